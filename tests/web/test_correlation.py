"""One word from the request through the outbox to the attempt, and how much is logged."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import correlation, logs
from app.config import Config, ConfigError
from app.outbox.models import OutboxMessage
from app.runtime import EXTENSION, Runtime
from tests.factories import csrf_of, install_novantra
from tests.visitor import Mailbox

GIVEN = "edge-7f3a.2026:11"


Lines = Callable[[], list[dict[str, object]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Every record of ours, as a line of JSON has it."""
    kept: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(logs.JsonLines().format(record))

    handler = Keep()
    handler.addFilter(correlation.Mark())
    logging.getLogger("novantra").addHandler(handler)
    yield lambda: [json.loads(line) for line in kept]
    logging.getLogger("novantra").removeHandler(handler)


def test_every_answer_has_a_word_of_its_own(client: FlaskClient) -> None:
    words = [client.get("/login").headers["X-Request-ID"] for _ in range(5)]
    assert len(set(words)) == 5
    assert all(correlation.fit(word) == word for word in words)


def test_a_mail_and_its_attempts_carry_the_word_of_the_request_that_caused_them(
    admin_client: FlaskClient,
    mailbox: Mailbox,
    runtime: Runtime,
    lines: Lines,
) -> None:
    asked = admin_client.post(
        "/organizations/acme/invitations",
        data={
            "csrf_token": csrf_of(admin_client.get("/organizations/acme/members").data),
            "email": "dana@else.test",
            "role": "member",
        },
    )
    word = asked.headers["X-Request-ID"]
    mailbox.only("dana@else.test")
    with runtime.database.session(reading=True) as session:
        row = session.scalars(select(OutboxMessage)).one()
    assert row.correlation_id == word
    (sent,) = [line for line in lines() if line["message"] == "mail accepted"]
    assert sent["correlation_id"] == word
    assert (sent["mail"], sent["kind"], sent["attempt"]) == (row.public_id, "invitation", 1)
    assert word in admin_client.get(f"/admin/system/mail-activity/{row.public_id}").text


def test_a_mail_that_a_worker_makes_later_belongs_to_the_request_too(
    client: FlaskClient, admin: object, mailbox: Mailbox, runtime: Runtime
) -> None:
    asked = client.post(
        "/forgot-password",
        data={
            "csrf_token": csrf_of(client.get("/forgot-password").data),
            "email": "alice@acme.test",
        },
    )
    mailbox.only("alice@acme.test")
    with runtime.database.session(reading=True) as session:
        row = session.scalars(select(OutboxMessage)).one()
    assert row.correlation_id == asked.headers["X-Request-ID"]


def test_one_request_s_word_is_not_the_next_one_s(client: FlaskClient) -> None:
    client.get("/login")
    assert correlation.current() is None


@pytest.mark.parametrize(("proxies", "kept"), [(0, False), (1, True)])
def test_a_trusted_proxy_may_give_the_word(
    make_app: Callable[..., Flask], proxies: int, kept: bool
) -> None:
    app = make_app(trusted_proxies=proxies)
    with app.extensions[EXTENSION].database.transaction() as session:
        install_novantra(session)
    answer = app.test_client().get("/login", headers={"X-Request-ID": GIVEN})
    assert (answer.headers["X-Request-ID"] == GIVEN) is kept


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "a b c d e f", "é" * 10, "<script>alert(1)"]
)
def test_what_cannot_stand_in_a_line_is_not_taken_over(
    make_app: Callable[..., Flask], given: str
) -> None:
    app = make_app(trusted_proxies=1)
    with app.extensions[EXTENSION].database.transaction() as session:
        install_novantra(session)
    answer = app.test_client().get("/login", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"] != given


@pytest.mark.parametrize(
    ("level", "shown"),
    [("debug", "diwe"), ("info", "iwe"), ("warning", "we"), ("error", "e")],
)
def test_the_level_decides_what_is_written(
    capsys: pytest.CaptureFixture[str], level: str, shown: str
) -> None:
    try:
        logs.configure("json", level)
        log = logging.getLogger("novantra.test")
        for write, word in (
            (log.debug, "d"),
            (log.info, "i"),
            (log.warning, "w"),
            (log.error, "e"),
        ):
            write(word)
        written = [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()]
        assert "".join(written) == shown
    finally:
        logs.configure("json")


def test_a_level_that_is_none_is_named() -> None:
    assert Config.from_env({"NOVANTRA_LOG_LEVEL": "debug"}).log_level == "debug"
    with pytest.raises(ConfigError, match="NOVANTRA_LOG_LEVEL"):
        Config.from_env({"NOVANTRA_LOG_LEVEL": "loud"})
