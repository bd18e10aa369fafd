"""What needs the install's keys when a release brings something new to what is stored.

It happens in the very transaction that upgrades the schema, and at no other time. If it could
happen later, whoever can write the database could undo it and have it done again.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import exists, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from app.audit import log
from app.audit.anchor import read
from app.audit.keys import AuditKeys
from app.audit.note import HeadNote
from app.config import Config
from app.crypto.box import SealedBox
from app.database import Database, utcnow
from app.install.models import Install
from app.keyring import load_keyring

SIGNED_SINCE = "0006"
"""The revision whose upgrade signs the audit log."""


def carry_over(config: Config) -> Callable[[Connection, str | None], None]:
    """What :func:`app.schema.upgrade` calls after it applied something."""

    def then(connection: Connection, before: str | None) -> None:
        if before is None or before >= SIGNED_SINCE:
            return
        chain = log.Chain(
            AuditKeys(SealedBox(load_keyring(config)())),
            HeadNote(config.data_dir),
        )
        with Session(connection, info={log.CHAIN: chain}) as session:
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
