"""Whoever is refused for doing too much is told when to come back, and is let in then."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.mail.addresses import Address
from app.organizations import inviting
from app.runtime import Runtime
from app.throttle import retry_at, subject_of, subject_of_address, take
from app.web.later import in_words, seconds_until, when
from tests.conftest import Clock
from tests.factories import csrf_of
from tests.visitor import Mailbox, Visitor

NOW = datetime(2026, 11, 25, 10, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "seconds", "words"),
    [
        (timedelta(seconds=-5), 1, "in 1 second"),
        (timedelta(milliseconds=1), 1, "in 1 second"),
        (timedelta(seconds=40), 40, "in 40 seconds"),
        (timedelta(seconds=40.2), 41, "in 41 seconds"),
        (timedelta(minutes=14), 840, "in 14 minutes, at 10:15 UTC on 25 November 2026"),
        (timedelta(minutes=14.01), 841, "in 15 minutes, at 10:15 UTC on 25 November 2026"),
        (timedelta(hours=23), 82_800, "in 23 hours, at 09:01 UTC on 26 November 2026"),
    ],
)
def test_the_number_and_the_words_say_the_same_and_never_too_early(
    span: timedelta, seconds: int, words: str
) -> None:
    assert seconds_until(NOW + span, NOW) == seconds
    assert when(NOW + span, NOW) == words


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (timedelta(minutes=1), "a minute"),
        (timedelta(minutes=15), "15 minutes"),
        (timedelta(hours=1), "an hour"),
        (timedelta(hours=24), "24 hours"),
    ],
)
def test_a_window_is_said_as_people_say_it(window: timedelta, words: str) -> None:
    assert in_words(window) == words


def test_a_limit_per_minute_frees_within_a_minute(make_app: Callable[..., Flask]) -> None:
    client = make_app(ratelimit_enabled=True).test_client()
    form = {"csrf_token": csrf_of(client.get("/setup").data)}
    answers = [client.post("/setup", data=form) for _ in range(31)]
    assert [answer.status_code for answer in answers[:30]] == [422] * 30
    last = answers[-1]
    assert last.status_code == 429
    assert 1 <= int(last.headers["Retry-After"]) <= 60
    assert "More than 30 requests" in last.text
    assert "within a minute" in last.text
    assert re.search(r"Try again in \d+ seconds?\.", last.text)
    assert "few minutes" not in last.text


@pytest.mark.parametrize("limit", ["address", "organization"])
def test_an_invitation_over_a_limit_names_the_moment_at_which_it_is_none(
    admin: User,
    sign_in: Callable[[User], object],
    session: Session,
    runtime: Runtime,
    mailbox: Mailbox,
    clock: Clock,
    limit: str,
) -> None:
    runtime.config = replace(runtime.config, invitations_per_day=3)
    subject, used = {
        "address": (subject_of_address(Address.parse("bob@acme.test")), inviting.TO_ADDRESS),
        "organization": (
            subject_of("organization", "1"),
            inviting.from_organization(runtime.config),
        ),
    }[limit]
    assert used.most == {"address": 5, "organization": 3}[limit]
    for _ in range(used.most):
        take(session, used, subject, clock())
    session.commit()
    clock.advance(hours=22, minutes=30)
    frees = retry_at(session, used, subject, clock())
    session.commit()
    assert frees is not None
    alice = Visitor(sign_in(admin))  # type: ignore[arg-type]
    invite = {"to": "/organizations/acme/invitations", "email": "bob@acme.test", "role": "member"}
    refused = alice.submit("/organizations/acme/members", **invite)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) == (frees - clock()).total_seconds() == 5_400
    assert "The next one can be sent in 90 minutes" in refused.text
    clock.advance(seconds=5_399)
    assert alice.submit("/organizations/acme/members", **invite).status_code == 429
    clock.advance(seconds=1)
    assert alice.submit("/organizations/acme/members", **invite).status_code == 303


@contextmanager
def redis_that_falls_silent() -> Iterator[tuple[str, threading.Event]]:
    """The address of a Redis that answers every command until the event is set, then none."""
    silent = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening, ExitStack() as open_lines:

        def answer(line: socket.socket) -> None:
            with suppress(OSError):
                while line.recv(4096):
                    if silent.is_set():
                        return
                    # One line serves as the answer to CLIENT SETINFO and to PING.
                    line.sendall(b"+PONG\r\n")

        def take_lines() -> None:
            with suppress(OSError):
                while True:
                    line = open_lines.enter_context(listening.accept()[0])
                    threading.Thread(target=answer, args=[line], daemon=True).start()

        threading.Thread(target=take_lines, daemon=True).start()
        yield f"redis://127.0.0.1:{listening.getsockname()[1]}/0", silent
        listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.slow
def test_a_redis_that_says_nothing_holds_a_request_up_for_seconds_only(
    make_app: Callable[..., Flask],
) -> None:
    with redis_that_falls_silent() as (storage, silent):
        client = make_app(ratelimit_enabled=True, ratelimit_storage=storage).test_client()
        form = {"csrf_token": csrf_of(client.get("/setup").data)}
        silent.set()
        began = time.monotonic()
        assert client.post("/setup", data=form).status_code == 422
        assert time.monotonic() - began < 15
