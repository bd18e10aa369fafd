"""A key that is really gone is no dead end: what it sealed is named, let go and asked for again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit.models import AuditEvent
from app.crypto.keys import format_keys, new_key
from app.crypto.secret import Secret
from app.forgetting import _COLUMNS
from app.mailer.configuration import stored
from app.outbox.worker import Deliverer, StepResult
from app.runtime import EXTENSION, Runtime
from app.sealing import SEALED_COLUMNS
from tests.conftest import Clock
from tests.factories import install_novantra, make_user
from tests.mailer.pages import MailerPage, smtp
from tests.outbox.letters import notice_mail, rows
from tests.smtpd import Relay
from tests.visitor import Visitor

PASSWORD = "relay-canary"


def forget(app: Flask, *words: str, stdin: str = "") -> Any:
    return app.test_cli_runner().invoke(args=["keys", "forget-lost", *words], input=stdin)


@pytest.fixture
def relay():
    with Relay(users={"novantra": PASSWORD}, require_auth=True) as relay:
        yield relay


@pytest.fixture
def lost(make_app: Callable[..., Flask], relay: Relay, clock: Clock) -> tuple[Flask, Visitor]:
    """An install with a relay password and a waiting mail, whose key file was just deleted."""
    app = make_app()
    live: Runtime = app.extensions[EXTENSION]
    with live.database.transaction() as session:
        install_novantra(session)
        make_user(session, "alice@acme.test", install_admin=True)
    alice = Visitor(app.test_client())
    assert alice.sign_in("alice@acme.test").status_code == 303
    saved = MailerPage(alice.client).save(**smtp(relay, username="novantra", password=PASSWORD))
    assert saved.status == 303, saved.text
    with live.database.transaction() as session:
        notice_mail(session, live, "old@acme.test")
    live.config.key_file.unlink()
    return app, alice


def test_every_sealed_column_can_be_let_go() -> None:
    assert set(_COLUMNS) == set(SEALED_COLUMNS)


def test_without_a_yes_nothing_happens(lost: tuple[Flask, Visitor]) -> None:
    app, _ = lost
    live: Runtime = app.extensions[EXTENSION]
    done = forget(app, stdin="n\n")
    assert done.exit_code == 2
    assert "1 password of the relay (mailer_configuration.password_sealed)" in done.output
    assert "1 mails that wait" in done.output
    assert not live.config.key_file.exists()
    assert rows(live)[0].state == "queued"


def test_what_is_lost_is_let_go_and_the_install_goes_on(
    lost: tuple[Flask, Visitor], relay: Relay
) -> None:
    app, alice = lost
    live: Runtime = app.extensions[EXTENSION]
    done = forget(app, "--yes")
    assert done.exit_code == 0, done.output
    assert live.box.ring.usable
    message = rows(live)[0]
    assert (message.state, message.sealed_bytes) == ("cancelled", None)
    assert app.test_cli_runner().invoke(args=["keys", "doctor"]).exit_code == 0
    with live.database.session(reading=True) as session:
        tags = session.scalars(select(AuditEvent.tag)).all()
    assert "keys:lost-forgotten" in tags

    status = app.test_cli_runner().invoke(args=["mailer", "status"])
    assert status.exit_code == 1
    assert "type the password again" in status.output.lower()
    assert "restore the key" not in status.output.lower()
    assert app.test_cli_runner().invoke(args=["mailer", "check"]).exit_code == 1
    with live.database.transaction() as session:
        notice_mail(session, live, "new@acme.test")
    deliverer = Deliverer(live)
    assert deliverer.step().idle
    assert relay.auth_attempts == []

    alice = Visitor(app.test_client())  # the key that signed the session is gone as well
    assert alice.sign_in("alice@acme.test").status_code == 303
    page = alice.get("/admin/system/mailer")
    assert "type the password again" in page.text.lower()
    activity = alice.get("/admin/system/mail-activity")
    assert "Cancelled" in activity.text
    saved = MailerPage(alice.client).save(**smtp(relay, username="novantra", password=PASSWORD))
    assert saved.status == 303, saved.text
    assert "type the password again" not in alice.get("/admin/system/mailer").text.lower()
    assert deliverer.step() is StepResult.SENT
    deliverer.close()
    assert [mail.rcpt_to for mail in relay.envelopes] == ["new@acme.test"]


def test_a_key_file_that_cannot_be_read_is_kept_beside_the_new_one(
    lost: tuple[Flask, Visitor],
) -> None:
    app, _ = lost
    live: Runtime = app.extensions[EXTENSION]
    live.config.key_file.write_text("half a k")
    assert forget(app, "--yes").exit_code == 0
    kept = [file for file in live.config.data_dir.iterdir() if "unreadable" in file.name]
    assert [file.read_text() for file in kept] == ["half a k"]
    assert live.box.ring.usable


def test_a_key_that_is_there_is_never_replaced(lost: tuple[Flask, Visitor]) -> None:
    app, _ = lost
    live: Runtime = app.extensions[EXTENSION]
    other = new_key()
    live.config.key_file.write_text(format_keys([other]))
    assert forget(app, "--yes").exit_code == 0
    assert [key.id for key in live.box.ring.keys] == [other.id]
    with live.database.session(reading=True) as session:
        row = stored(session)
        assert row is not None
        assert row.password_sealed is None


def test_with_every_key_in_place_there_is_nothing_to_forget(app: Flask) -> None:
    done = forget(app, "--yes")
    assert done.exit_code == 0
    assert "Nothing is lost" in done.output


def test_keys_from_the_environment_are_the_operators_to_make(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(key_provider="env", keys=Secret(""))
    done = forget(app, "--yes")
    assert done.exit_code == 2
    assert "NOVANTRA_KEYS" in done.output


def test_with_keys_from_the_environment_there_is_no_key_file_to_keep(
    lost: tuple[Flask, Visitor], make_app: Callable[..., Flask]
) -> None:
    other = make_app(key_provider="env", keys=Secret(format_keys([new_key()])))
    done = forget(other, "--yes")
    assert done.exit_code == 0, done.output
    assert "Keep NOVANTRA_KEYS now" in done.output
    assert "key file" not in done.output.rpartition("Done.")[2]
    doctor = other.test_cli_runner().invoke(args=["keys", "doctor"])
    assert "Nothing is sealed. Keys, newest first: " in doctor.output
