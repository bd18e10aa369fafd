"""An install of the first release goes on: people, links, passwords, waiting mail, history."""

from __future__ import annotations

from importlib import import_module

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import select, text

from app.audit.verify import verify
from app.database import Base
from app.mailer.active import active_mailer
from app.mailer.configuration import save, settings_of, stored
from app.mailer.settings import PasswordChange
from app.mailer.test_mail import LIMIT, allowance
from app.outbox.models import OutboxMessage
from app.runtime import EXTENSION, Runtime
from app.web.context import Actor
from tests.conftest import Clock
from tests.functional.install import RunningInstall
from tests.smtpd import Relay
from tests.upgrade.conftest import Released
from tests.visitor import Mailbox, Visitor


def runtime_of(app: Flask) -> Runtime:
    found = app.extensions[EXTENSION]
    assert isinstance(found, Runtime)
    return found


def test_the_upgraded_database_equals_the_models_and_keeps_every_row(
    released: Released, carried_over: Flask
) -> None:
    for package in ("install", "audit", "mailer", "outbox", "accounts", "organizations"):
        import_module(f"app.{package}.models")
    import_module("app.throttle")
    database = runtime_of(carried_over).database
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []
        counted = {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar()  # noqa: S608
            for table in released.rows
        }
    # One event says that those before it were carried over.
    assert counted.pop("audit_events") == released.rows.pop("audit_events") + 1
    assert counted == released.rows


def test_everybody_signs_in_with_the_password_they_had(
    released: Released, carried_over: Flask, clock: Clock
) -> None:
    clock.advance(minutes=16)  # bob had locked himself out
    for email in released.facts["members"]:
        answer = Visitor(carried_over.test_client()).sign_in(email, released.facts["password"])
        assert answer.status_code == 303, email


def test_links_that_were_mailed_before_still_open(released: Released, carried_over: Flask) -> None:
    client = carried_over.test_client()
    invitation = client.get(released.facts["dave_invitation"])
    assert invitation.status_code == 200
    assert "Acme" in invitation.text
    assert client.get(released.facts["carol_reset"]).status_code == 200


def test_the_relays_password_opens_and_a_pause_is_still_a_pause(
    released: Released, carried_over: Flask
) -> None:
    runtime = runtime_of(carried_over)
    with runtime.database.session() as session:
        active = active_mailer(session, runtime)
        assert active is not None
        assert active.problem is None
        assert active.relay is not None
        assert active.relay.password is not None
        assert active.relay.password.reveal() == released.facts["relay_password"]
    client = carried_over.test_client()
    Visitor(client).sign_in(released.facts["admin"], released.facts["password"])
    page = client.get("/admin/system/mailer").text
    assert 'data-value="paused"' in page


def test_mail_that_waited_goes_out_once_the_relay_is_put_right(
    released: Released, carried_over: Flask
) -> None:
    runtime = runtime_of(carried_over)
    with Relay() as relay:
        with runtime.database.transaction() as session:
            row = stored(session)
            assert row is not None
            settings = settings_of(row)
            changed = {"host": relay.host, "port": relay.port, "username": None}
            save(
                session,
                runtime.box,
                settings=type(settings)(**{**vars(settings), **changed}),
                password=PasswordChange(remove=True),
                version=row.version,
                now=runtime.now(),
                actor=Actor(1, released.facts["admin"], None),
            )
        arrived = {mail.rcpt_to for mail in Mailbox(runtime, relay).deliver()}
    assert arrived == set(released.facts["waiting"])
    with runtime.database.session() as session:
        assert set(session.scalars(select(OutboxMessage.state))) <= {"sent", "failed"}


def test_the_audit_log_of_before_still_verifies(released: Released, carried_over: Flask) -> None:
    with runtime_of(carried_over).database.session() as session:
        report = verify(session)
    assert report.holds, report
    assert report.checked == released.rows["audit_events"] + 1
    assert report.carried is not None
    assert report.carried.count == released.rows["audit_events"]


@pytest.mark.process
def test_the_commands_find_everything_in_order_and_a_second_start_changes_nothing(
    released: Released,
) -> None:
    data, url = released.config.data_dir, released.config.database_url
    for _ in range(2):
        with RunningInstall(data, NOVANTRA_DATABASE_URL=url) as install:
            assert "Traceback" not in install.log
            for words in (("keys", "doctor"), ("audit", "verify")):
                answer = install.command(*words)
                assert answer.returncode == 0, answer.stdout + answer.stderr
            assert install.command("mailer", "status").returncode == 1, "paused before and after"
            assert install.stop() == 0


def test_a_test_mail_of_just_before_counts_on(released: Released, carried_over: Flask) -> None:
    with runtime_of(carried_over).database.session(reading=True) as session:
        found = allowance(session, user_id=1, now=released.left_at)
    assert found.left == LIMIT.most - 1
    assert found.again_at is not None
