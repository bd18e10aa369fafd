"""What needs the install's keys when a release brings something new to what is stored.

It happens in the very transaction that upgrades the schema, and at no other time. If it could
happen later, whoever can write the database could undo it and have it done again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import exists, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from app.audit import log
from app.audit.anchor import read
from app.audit.keys import AuditKeys
from app.audit.note import HeadNote
from app.config import Config
from app.crypto.box import UNBOUND, SealBroken, SealedBox
from app.crypto.keys import KeyRing
from app.database import Database, utcnow
from app.install.models import Install
from app.sealing import SEALED_COLUMNS, SealedColumn

SINCE = "0006"
"""The revision whose upgrade signs the audit log and binds sealed values to where they go."""

STEP = 200
"""Sealed values that are in memory at a time."""

logger = logging.getLogger("novantra.upgrade")


def carry_over(
    keyring: Callable[[], KeyRing], folder: Path
) -> Callable[[Connection, str | None], None]:
    """What :func:`app.schema.upgrade` calls after it applied something.

    ``folder`` holds the note of the audit log.
    """

    def then(connection: Connection, before: str | None) -> None:
        if before is None or before >= SINCE:
            return
        box = SealedBox(keyring())
        chain = log.Chain(AuditKeys(box), HeadNote(folder))
        with Session(connection, info={log.CHAIN: chain}) as session:
            bind(session, box)
            log.carry_over(session, now=utcnow())
            session.commit()  # of this session; the upgrade's transaction goes on

    return then


def attach_audit_log(database: Database, box: SealedBox, config: Config) -> None:
    """Let every session write signed events."""
    log.attach(database, log.Chain(AuditKeys(box), HeadNote(config.data_dir)))


def anchor_audit_log(database: Database) -> None:
    """Anchor a new install's log while it is empty."""
    with database.session(reading=True) as session:
        if read(session) is not None or session.scalar(select(exists().select_from(Install))):
            return
    with database.transaction() as session:
        log.begin(session)


def bind(session: Session, box: SealedBox) -> int:
    """Seal what the first release sealed in the form that binds it; returns how many values.

    What does not open, because its key is missing at this very moment, stays and is never opened
    again: ``keys doctor`` names it.
    """
    return sum(_bind(session, box, column) for column in SEALED_COLUMNS)


def _bind(session: Session, box: SealedBox, column: SealedColumn) -> int:
    names = ", ".join((column.row, column.column, *column.beside))
    unbound = f"SELECT {names} FROM {column.table} WHERE {column.column} LIKE '{UNBOUND}:%'"  # noqa: S608
    turn = f" ORDER BY {column.row} LIMIT {STEP}"
    first, next_ = text(unbound + turn), text(f"{unbound} AND {column.row} > :after{turn}")
    change = text(
        f"UPDATE {column.table} SET {column.column} = :sealed WHERE {column.row} = :row"  # noqa: S608
    )
    bound, rows = 0, session.execute(first).all()
    while rows:
        for row in rows:
            place = column.place_in(row)
            try:
                sealed = box.seal(box.open_unbound(row[1], place), place)
            except SealBroken as broken:
                logger.error("left as it is: %s", broken)
                continue
            session.execute(change, {"sealed": sealed, "row": row[0]})
            bound += 1
        rows = session.execute(next_, {"after": rows[-1][0]}).all()
    return bound
