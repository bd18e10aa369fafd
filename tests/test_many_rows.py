"""Rows that are written together are what the model would have written one by one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from sqlalchemy import Table, inspect, select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from app.audit.models import AuditEvent
from app.database import Base, Database
from app.many_rows import ManyRows, among, given
from app.outbox.models import OutboxMessage
from app.runtime import Runtime
from tests.statements import statements

NOW = datetime(2026, 11, 26, 7, 30, 0, 123456, tzinfo=UTC)
ODD = ["plain", "o'hara", '"quoted"', "back\\slash", "{a,b}", "NULL", "ünï", "", "100 %s"]

MAIL: dict[str, Any] = {
    "kind": "invitation",
    "state": "queued",
    "mail_from": "novantra@acme.test",
    "rcpt_domain": "else.test",
    "created_at": NOW,
    "due_at": NOW,
}


@pytest.fixture
def database(runtime: Runtime) -> Database:
    return runtime.database


def mails(labels: list[str]) -> dict[str, list[Any]]:
    return {
        "public_id": [f"{number:032x}" for number in range(len(labels))],
        "label": labels,
        "rcpt_to": [f"p{number}@else.test" for number in range(len(labels))],
        "rcpt_key": [f"p{number}@else.test" for number in range(len(labels))],
        "message_id": [f"<{number}@acme.test>" for number in range(len(labels))],
        "size": [number * 40_000 for number in range(len(labels))],
        "sealed_bytes": [
            None if number % 3 else label * 500 for number, label in enumerate(labels)
        ],
        "expires_at": [NOW if number % 2 else None for number in range(len(labels))],
    }


def rows(session: Session, model: type[Base]) -> list[dict[str, Any]]:
    columns = [one.key for one in inspect(model).column_attrs]
    found = session.scalars(select(model).order_by(cast(Any, model).id))
    return [{name: getattr(one, name) for name in columns if name != "id"} for one in found]


def write(database: Database, model: type[Base], columns: dict[str, list[Any]], **same: Any) -> Any:
    with database.transaction() as session:
        ManyRows(cast(Table, model.__table__)).insert(session.connection(), columns, **same)
        session.flush()
        found = rows(session, model)
        session.rollback()
    return found


def write_models(
    database: Database, model: type[Base], columns: dict[str, list[Any]], **same: Any
) -> Any:
    with database.transaction() as session:
        for values in zip(*columns.values(), strict=True):
            session.add(model(**dict(zip(columns, values, strict=True)), **same))
            session.flush()
        session.expunge_all()
        found = rows(session, model)
        session.rollback()
    return found


@pytest.mark.parametrize("labels", [ODD[:1], ODD])
def test_mails_with_their_defaults(database: Database, labels: list[str]) -> None:
    written = write(database, OutboxMessage, mails(labels), **MAIL)
    assert written == write_models(database, OutboxMessage, mails(labels), **MAIL)
    assert written[0]["lane"] == 1
    assert len(written) == len(labels)


def test_events_with_their_changes(database: Database) -> None:
    shared = {"role": {"old": None, "new": "member"}}
    columns: dict[str, list[Any]] = {
        "id": [3, 4, 2**40],
        "target": ODD[:3],
        "actor_id": [None, 7, 2**40],
        "changes": [shared, shared, {"name": {"old": "ünï", "new": [1, "'"]}}],
    }
    same = {"at": NOW, "actor": "Bo", "tag": "a:b", "ip": None, "key_id": None}
    same |= {"previous_digest": "0" * 64, "digest": "1" * 64}
    assert write(database, AuditEvent, columns, **same) == write_models(
        database, AuditEvent, columns, **same
    )


def test_any_number_is_one_statement(database: Database) -> None:
    many = ManyRows(cast(Table, OutboxMessage.__table__))
    with database.transaction() as session, statements(database) as sent:
        many.insert(session.connection(), mails(["x"] * 300), **MAIL)
        session.rollback()
    assert len(sent) == 1


def test_none_is_nothing_and_columns_are_equally_long(database: Database) -> None:
    many = ManyRows(cast(Table, OutboxMessage.__table__))
    with database.session() as session, statements(database) as sent:
        many.insert(session.connection(), mails([]), **MAIL)
        with pytest.raises(ValueError, match="different lengths"):
            many.insert(session.connection(), mails(["x"]) | {"label": []}, **MAIL)
    assert sent == []


def test_what_the_table_refuses_is_refused(database: Database) -> None:
    many = ManyRows(cast(Table, OutboxMessage.__table__))
    with database.session() as session, pytest.raises(IntegrityError):
        many.insert(session.connection(), mails(["x", "y"]) | {"public_id": ["1", "1"]}, **MAIL)
    later = {"expires_at": [NOW.replace(tzinfo=None)]}
    with database.session() as session, pytest.raises(ValueError, match="zone"):
        many.insert(session.connection(), mails(["x"]) | later, **MAIL)
    if not database.is_sqlite:  # which has no lengths
        with database.session() as session, pytest.raises(DataError):
            many.insert(session.connection(), mails(["x" * 201]), **MAIL)


def test_conditions_about_many_values(database: Database) -> None:
    with database.session() as session:
        ManyRows(cast(Table, OutboxMessage.__table__)).insert(
            session.connection(), mails(ODD), **MAIL
        )
        label = OutboxMessage.label

        def labels(wanted: list[str]) -> set[str]:
            return set(session.scalars(select(label).where(among(session, label, wanted))))

        assert labels(ODD) == set(ODD)
        assert labels(["ünï", "{a,b}", "x" * 400, "PLAIN"]) == {"ünï", "{a,b}"}
        assert labels([]) == set()
        by_id = select(label).where(among(session, OutboxMessage.id, [-1, 2**40]))
        assert session.scalars(by_id).all() == []
        table = given(session, label.type, ODD)
        assert set(session.scalars(select(table.c.value))) == set(ODD)
