"""What wakes whoever delivers, and what must not keep it waiting."""

from __future__ import annotations

import sqlite3

import pytest
from flask import Flask

from app.audit.log import record
from app.audit.note import HeadNote
from app.database_waits import PASSING, waiting
from app.mailer.summary import current_summary
from app.outbox.wakeup import waker_of
from app.runtime import EXTENSION, Runtime
from app.web.context import Actor, db
from tests.outbox.letters import reset_mail


def test_the_bell_rings_before_the_end_of_the_audit_log_is_noted(
    mail: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That note waits for the disk, and whoever delivers need not."""
    bell = waker_of(mail.wake_worker).bell
    rung, noted = bell.rung, []
    monkeypatch.setattr(HeadNote, "write", lambda *_: noted.append(bell.rung))
    with mail.database.transaction() as session:
        record(
            session,
            now=mail.now(),
            actor=Actor(None, "Bo", None),
            tag="administrator:added",
            target="bo@acme.test",
        )
        reset_mail(session, mail, "bo@acme.test")
    assert noted == [rung + 1]


def test_asking_how_mail_fares_takes_no_turn_from_whoever_delivers(
    app: Flask, mail: Runtime
) -> None:
    database = app.extensions[EXTENSION].database
    if not database.is_sqlite:
        pytest.skip("only SQLite has one write lock")
    with app.test_request_context("/", method="POST"), waiting(PASSING):
        db().commit()
        holder = sqlite3.connect(database.file, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        try:
            assert current_summary().queue is not None
        finally:
            holder.close()
