"""Known and unknown addresses get the same answer in the same time."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from statistics import median

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.mailer.models import MailerConfiguration
from app.outbox.worker import Deliverer
from app.runtime import Runtime
from tests.conftest import Clock
from tests.factories import csrf_of, make_user, without_tokens
from tests.visitor import Mailbox, Visitor

PEOPLE = 100
PAIRS = 300
AT_ONCE = 50
"""After so many pairs, and again after as many, it is asked whether the answer is plain already."""
WITHIN = 0.005  # seconds between the medians


@pytest.fixture
def crowd(session: Session, admin: User) -> list[str]:
    """Addresses of a hundred people; those of nobody differ in one letter."""
    emails = [f"known{number:03}@acme.test" for number in range(PEOPLE)]
    for email in emails:
        make_user(session, email, organization_role=None)
    session.commit()
    return emails


@pytest.fixture
def silent_relay_down(
    runtime: Runtime, session: Session, mailbox: Mailbox
) -> Iterator[Callable[[], None]]:
    """Starts a worker that fails against a relay nobody listens at; ends it afterwards."""
    ended = threading.Event()
    deliverer = Deliverer(runtime)

    def work() -> None:
        while not ended.is_set():
            if deliverer.step().idle:
                ended.wait(0.05)

    worker = threading.Thread(target=work)

    def start() -> None:
        mailbox.relay.stop()
        worker.start()

    yield start
    ended.set()
    if worker.ident is not None:
        worker.join()
    deliverer.close()


def unknown(email: str) -> str:
    return email.replace("known", "knawn")


def timed(
    app: Flask, path: str, emails: list[str], fields: Callable[[str], dict[str, str]]
) -> tuple[list[float], list[float], set[str]]:
    """Seconds for known and for unknown addresses in turn, and every distinct answer.

    One client throughout: each request carries the same cookie and form token. It ends early once
    everybody was asked for, and more pairs could not change what :func:`assert_alike` finds.
    """
    client = app.test_client()
    token = csrf_of(client.get(path).data)
    spent: tuple[list[float], list[float]] = ([], [])
    answers: set[str] = set()
    for number in range(PAIRS):
        if number >= len(emails) and number % AT_ONCE == 0 and surely_alike(*spent):
            break
        email = emails[number % len(emails)]
        pair = [(0, email), (1, unknown(email))]
        for which, address in pair if number % 2 else reversed(pair):
            data = {"csrf_token": token, **fields(address)}
            began = time.perf_counter()
            answer = client.post(path, data=data)
            spent[which].append(time.perf_counter() - began)
            seen = f"{answer.status_code} {answer.location} {answer.text}"
            seen = without_tokens(seen)
            # "in 15 minutes" becomes 14 while this runs, for known and unknown addresses alike.
            seen = re.sub(r"(<time [^>]+>)[^<]+", r"\1", seen)
            answers.add(seen.replace(address, "ADDRESS"))
    return (*spent, answers)


def surely_alike(known: list[float], unknown: list[float]) -> bool:
    """Whether the medians stay within the bound if they are off by four standard errors.

    That of a median is 1.25 σ/√n, and σ 1.48 times the median distance from it, outliers or not.
    """
    apart = abs(median(known) - median(unknown))
    variance = 0.0
    for seconds in (known, unknown):
        middle = median(seconds)
        sigma = 1.48 * median(abs(one - middle) for one in seconds)
        variance += (1.25 * sigma) ** 2 / len(seconds)
    return apart + 4 * variance**0.5 < WITHIN


def assert_alike(known: list[float], unknown: list[float], answers: set[str]) -> None:
    assert len(answers) == 1, answers
    assert abs(median(known) - median(unknown)) < WITHIN


def test_it_ends_early_only_where_the_answer_is_plain() -> None:
    even = [0.02 + 0.0001 * (number % 7) for number in range(100)]
    assert surely_alike(even, even[::-1])
    assert not surely_alike(even, [one + 0.006 for one in even])
    noisy = [0.02 + 0.004 * (number % 11) for number in range(100)]
    assert not surely_alike(noisy, noisy[::-1])
    assert not surely_alike(even[:1] * 3 + [one + 0.02 for one in even], even)


@pytest.mark.timing
def test_a_reset_request_answers_alike(app: Flask, crowd: list[str], mailbox: Mailbox) -> None:
    assert_alike(*timed(app, "/forgot-password", crowd, lambda email: {"email": email}))


@pytest.mark.timeout(400)  # 600 requests beside a worker that keeps failing
@pytest.mark.timing
def test_a_reset_request_answers_alike_while_the_relay_is_down(
    app: Flask, crowd: list[str], silent_relay_down: Callable[[], None]
) -> None:
    silent_relay_down()
    assert_alike(*timed(app, "/forgot-password", crowd, lambda email: {"email": email}))


@pytest.mark.timing
def test_a_reset_request_answers_alike_while_mail_is_pending(
    app: Flask, crowd: list[str], session: Session
) -> None:
    assert session.get(MailerConfiguration, 1) is None
    session.rollback()
    assert_alike(*timed(app, "/forgot-password", crowd, lambda email: {"email": email}))


@pytest.mark.timeout(400)  # 600 requests, and hashing is slow on purpose
@pytest.mark.timing
def test_a_failed_sign_in_answers_alike(app: Flask, crowd: list[str], mailbox: Mailbox) -> None:
    """Three failures of each address: none is locked yet."""
    fields = lambda email: {"email": email, "password": "wrong password"}  # noqa: E731
    assert_alike(*timed(app, "/login", crowd, fields))


@pytest.mark.timeout(400)  # 600 requests, and hashing is slow on purpose
@pytest.mark.timing
def test_locked_addresses_answer_alike(
    app: Flask, crowd: list[str], mailbox: Mailbox, visitor: Visitor
) -> None:
    few = crowd[:3]
    for email in few:
        for address in (email, unknown(email)):
            for _ in range(5):
                visitor.sign_in(address, "wrong password")
    fields = lambda email: {"email": email, "password": "wrong password"}  # noqa: E731
    assert_alike(*timed(app, "/login", few, fields))


@pytest.mark.timing
def test_a_wrong_unlock_code_answers_alike(
    app: Flask, crowd: list[str], mailbox: Mailbox, visitor: Visitor, clock: Clock
) -> None:
    """Both have a lock and a code: the unknown address's was told to nobody."""
    few = crowd[:3]
    for email in few:
        for address in (email, unknown(email)):
            for _ in range(5):
                visitor.sign_in(address, "wrong password")
    assert {mail.rcpt_to for mail in mailbox.deliver()} == set(few)
    fields = lambda email: {"email": email, "code": "AAAAAAAA"}  # noqa: E731
    assert_alike(*timed(app, "/unlock", few, fields))


def test_the_rows_left_behind_are_the_same(
    app: Flask, crowd: list[str], mailbox: Mailbox, visitor: Visitor, session: Session
) -> None:
    from sqlalchemy import func, select

    from app.accounts.models import Code, LoginGuard, MailIntent
    from app.throttle import Throttle

    def rows() -> list[int]:
        with Session(session.get_bind()) as own:
            tables = (LoginGuard, MailIntent, Throttle, Code)
            return [own.scalar(select(func.count()).select_from(t)) or 0 for t in tables]

    def cause(email: str) -> list[int]:
        before = rows()
        visitor.submit("/forgot-password", email=email)
        for _ in range(6):
            visitor.sign_in(email, "wrong password")
        asked = rows()
        mailbox.deliver()
        return [b - a for a, b in zip(before, asked + rows(), strict=False)]

    assert cause(crowd[0]) == cause(unknown(crowd[0]))
