"""Whoever can write the database cannot have a sealed value sent anywhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.audit.models import AuditEvent
from app.crypto.box import Place, SealBroken, SealedBox, SealKeyMissing
from app.crypto.keys import KeyRing, new_key
from app.crypto.secret import Secret
from app.install.models import SetupDraft
from app.mailer.active import CHANGED_OUTSIDE, active_mailer
from app.mailer.configuration import password_of, password_place, settings_of, stored
from app.mailer.destination import Destination
from app.mailer.models import MailerConfiguration
from app.outbox.models import OutboxMessage
from app.outbox.worker import Deliverer
from app.resealing import examine, reseal
from app.runtime import Runtime
from app.sealing import DESTINATION, DRAFT_PASSWORD, OUTBOX_BYTES
from app.upgrading import bind
from tests.factories import RELAY_PASSWORD
from tests.mailer.pages import CHECKED, MailerPage
from tests.outbox.letters import configure, notice_mail, only_row, rows
from tests.smtpd import Relay


def attack(runtime: Runtime, statement: str, **values: object) -> None:
    with runtime.database.engine.begin() as connection:
        connection.execute(text(statement), values)


def problem_of(runtime: Runtime) -> str | None:
    with runtime.database.session(reading=True) as session:
        active = active_mailer(session, runtime)
    assert active is not None
    assert active.problem is None or active.relay is None or active.relay.password is None
    return active.problem


def first_form(runtime: Runtime, sealed: str, name: str) -> str:
    """The same value as the first release would have sealed it."""
    from base64 import b64encode

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key = runtime.box.ring.newest
    content = AESGCM(key.material).encrypt(
        b"n" * 12, sealed.encode(), f"v1|{key.id}|{name}".encode()
    )
    return f"v1:{key.id}:{b64encode(b'n' * 12 + content).decode()}"


def test_the_seal_holds_the_whole_destination() -> None:
    """A field that joins the destination must join the seal, or it can be changed behind it."""
    assert {field.name for field in fields(Destination)} == set(DESTINATION)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("host", "relay.evil.test"),
        ("port", 2526),
        ("secure", True),
        ("encryption", "implicit"),
        ("ignore_tls_errors", True),
        ("username", "mallory"),
        ("provider", "microsoft365"),
        ("region", "eu-west-1"),
    ],
)
def test_a_password_does_not_open_for_another_destination(
    runtime: Runtime, column: str, value: object
) -> None:
    configure(runtime, username="novantra", password=RELAY_PASSWORD)
    assert problem_of(runtime) is None
    attack(runtime, f"UPDATE mailer_configuration SET {column} = :value", value=value)  # noqa: S608
    assert problem_of(runtime) == CHANGED_OUTSIDE


@pytest.mark.parametrize(
    ("column", "value"),
    [("sender_name", "Else"), ("connection_timeout", 20), ("ehlo_name", "mx.acme.test")],
)
def test_what_is_no_part_of_the_destination_may_change(
    runtime: Runtime, column: str, value: object
) -> None:
    configure(runtime, username="novantra", password=RELAY_PASSWORD)
    attack(runtime, f"UPDATE mailer_configuration SET {column} = :value", value=value)  # noqa: S608
    assert problem_of(runtime) is None


def test_a_redirected_password_is_sent_nowhere_and_told_until_it_is_typed_again(
    runtime: Runtime, admin_client: FlaskClient, app: Flask
) -> None:
    page = MailerPage(admin_client)
    with (
        Relay(users={"novantra": RELAY_PASSWORD}, require_auth=True) as mine,
        Relay(users={"novantra": RELAY_PASSWORD}, require_auth=True) as theirs,
    ):
        configure(runtime, port=mine.port, username="novantra", password=RELAY_PASSWORD)
        with runtime.database.transaction() as session:
            notice_mail(session, runtime, "dana@acme.test")
        attack(runtime, "UPDATE mailer_configuration SET port = :port", port=theirs.port)
        deliverer = Deliverer(runtime)
        deliverer.step()
        deliverer.close()
        assert page.send_test().status in {303, 409, 422, 503}
        told = page.open().text
        assert "changed outside Novantra" in told
        assert "Held: changed outside" in told
        status = app.test_cli_runner().invoke(args=["mailer", "status"])
        assert status.exit_code == 1
        assert "changed outside" in status.output
        app.test_cli_runner().invoke(args=["mailer", "test", "--to", "alice@acme.test"])
        app.test_cli_runner().invoke(args=["mailer", "check"])
        assert theirs.auth_attempts == []
        assert theirs.envelopes == []
        assert rows(runtime)[0].state == "queued"
        # Saving again without typing it does not make it theirs either.
        page.save(sender_name="Somebody")
        assert problem_of(runtime) == CHANGED_OUTSIDE
        # Whoever types the password decides where it goes.
        with runtime.database.session(reading=True) as session:
            row = stored(session)
            assert row is not None
            fields = {
                "provider": row.provider, "sender_address": row.sender_address,
                "host": row.host or "", "username": row.username or "",
                "secure": CHECKED if row.secure else None,
            }  # fmt: skip
        page.save(**fields, port=str(mine.port), password=RELAY_PASSWORD)
        assert problem_of(runtime) is None


def test_a_password_of_the_first_form_is_never_opened_again(runtime: Runtime) -> None:
    """An old backup holds such values; they were bound to no destination."""
    configure(runtime, username="novantra", password=RELAY_PASSWORD)
    old = first_form(runtime, RELAY_PASSWORD, "mailer_configuration:1:password_sealed")
    attack(runtime, "UPDATE mailer_configuration SET password_sealed = :old, port = 2526", old=old)
    assert problem_of(runtime) == CHANGED_OUTSIDE
    reseal(runtime.database, runtime.box)
    with runtime.database.session(reading=True) as session:
        _, found = examine(session, runtime.box)
    assert len(found) == 1
    assert "no longer accepted" in found[0]
    assert problem_of(runtime) == CHANGED_OUTSIDE


def test_the_upgrade_binds_what_the_first_release_sealed(runtime: Runtime) -> None:
    configure(runtime, username="novantra", password=RELAY_PASSWORD)
    with runtime.database.transaction() as session:
        for number in range(3):
            notice_mail(session, runtime, f"p{number}@acme.test")
    kept: dict[str, bytes] = {}
    with runtime.database.transaction() as session:
        row = session.get(MailerConfiguration, 1)
        assert row is not None
        row.password_sealed = first_form(
            runtime, RELAY_PASSWORD, "mailer_configuration:1:password_sealed"
        )
        for mail in session.query(OutboxMessage):
            plain = runtime.box.open(mail.sealed_bytes or "", OUTBOX_BYTES.place_in(mail))
            kept[mail.public_id] = plain
            name = f"outbox_messages:{mail.public_id}:sealed_bytes"
            mail.sealed_bytes = first_form(runtime, plain.decode(), name)
        gone = session.query(OutboxMessage).order_by(OutboxMessage.id).first()
        assert gone is not None
        lost = gone.public_id
        gone.sealed_bytes = "v1:lost:" + (gone.sealed_bytes or "").rpartition(":")[2]
    assert problem_of(runtime) == CHANGED_OUTSIDE
    with runtime.database.transaction() as session:
        assert bind(session, runtime.box) == 3
    assert problem_of(runtime) is None
    with runtime.database.session() as session:
        for mail in session.query(OutboxMessage):
            place = OUTBOX_BYTES.place_in(mail)
            if mail.public_id == lost:
                with pytest.raises(SealKeyMissing):
                    runtime.box.open(mail.sealed_bytes or "", place)
            else:
                assert runtime.box.open(mail.sealed_bytes or "", place) == kept[mail.public_id]
        assert bind(session, runtime.box) == 0


@pytest.mark.parametrize("statement", ["rcpt_to = 'mallory@evil.test'", "kind = 'invitation'"])
def test_a_waiting_mail_goes_to_nobody_else_and_holds_nothing_up(
    runtime: Runtime, statement: str
) -> None:
    with Relay(users={"novantra": RELAY_PASSWORD}, require_auth=True) as relay:
        configure(runtime, port=relay.port, username="novantra", password=RELAY_PASSWORD)
        with runtime.database.transaction() as session:
            first = notice_mail(session, runtime, "dana@acme.test").public_id
            notice_mail(session, runtime, "kim@acme.test")
        attack(
            runtime,
            f"UPDATE outbox_messages SET {statement} WHERE public_id = :first",  # noqa: S608
            first=first,
        )
        deliverer = Deliverer(runtime)
        for _ in range(4):
            deliverer.step()
        deliverer.close()
        assert [mail.rcpt_to for mail in relay.envelopes] == ["kim@acme.test"]
    found = {row.public_id: row for row in rows(runtime)}
    assert found[first].state == "failed"
    assert "do not open" in (found[first].set_aside_because or "")


def test_keys_rotate_and_keep_what_is_bound(runtime: Runtime, app: Flask) -> None:
    configure(runtime, username="novantra", password=RELAY_PASSWORD)
    with runtime.database.transaction() as session:
        notice_mail(session, runtime, "dana@acme.test")
    assert app.test_cli_runner().invoke(args=["keys", "rotate"]).exit_code == 0
    assert app.test_cli_runner().invoke(args=["keys", "doctor"]).exit_code == 0
    assert problem_of(runtime) is None
    row = only_row(runtime)
    assert b"dana" in runtime.box.open(row.sealed_bytes or "", OUTBOX_BYTES.place_in(row))
    # Rotating does not bind a password to where it was redirected.
    attack(runtime, "UPDATE mailer_configuration SET port = 2526")
    assert app.test_cli_runner().invoke(args=["keys", "rotate"]).exit_code == 1
    assert problem_of(runtime) == CHANGED_OUTSIDE


def test_a_kept_password_follows_the_same_destination_written_differently(
    runtime: Runtime,
) -> None:
    configure(runtime, username="novantra", password=RELAY_PASSWORD)
    with runtime.database.transaction() as session:
        row = stored(session)
        assert row is not None
        row.region = ""
        row.password_sealed = runtime.box.seal_secret(
            Secret(RELAY_PASSWORD), password_place(settings_of(row))
        )
    assert problem_of(runtime) is None
    attack(runtime, "UPDATE mailer_configuration SET region = NULL")
    assert problem_of(runtime) is None


def test_the_draft_of_the_wizard_is_bound_too(make_app: Callable[..., Flask]) -> None:
    from app.runtime import EXTENSION

    live = make_app().extensions[EXTENSION]
    mail: dict[str, Any] = {"provider": "smtp", "host": "relay.acme.test", "port": 587}
    mail |= {"secure": True, "username": "novantra"}
    place = DRAFT_PASSWORD.place(1, answers={"mail": mail})
    with live.database.transaction() as session:
        sealed = live.box.seal_secret(Secret(RELAY_PASSWORD), place)
        session.add(
            SetupDraft(
                id=1, answers={"mail": mail}, sealed_mail_password=sealed, updated_at=live.now()
            )
        )
    with live.database.session() as session:
        assert examine(session, live.box) == (1, [])
        row = session.get(SetupDraft, 1)
        assert row is not None
        row.answers = {"mail": mail | {"host": "relay.evil.test"}}
        session.flush()
        total, broken = examine(session, live.box)
        assert (total, len(broken)) == (1, 1)


def test_what_a_value_is_bound_to_shows_nowhere() -> None:
    box = SealedBox(KeyRing([new_key()]))
    sealed = box.seal(b"x", Place("table:1:column", (("username", "canary"),)))
    with pytest.raises(SealBroken) as caught:
        box.open(sealed, Place("table:1:column", (("username", "canary2"),)))
    assert "canary" not in str(caught.value)
    with pytest.raises(SealBroken):
        box.open(sealed, "table:1:column")
    with pytest.raises(SealBroken):
        box.open(sealed.replace("v2:", "v1:"), Place("table:1:column", (("username", "canary"),)))


def test_the_events_of_saving_name_no_seal(runtime: Runtime) -> None:
    configure(runtime, username="novantra", password=RELAY_PASSWORD)
    with runtime.database.session() as session:
        row = stored(session)
        assert row is not None
        assert password_of(row, runtime.box) == Secret(RELAY_PASSWORD)
        for event in session.query(AuditEvent):
            assert (row.password_sealed or "")[-20:] not in str(event.changes)
