"""A note of the chain's end outside the database, which whoever writes the database cannot reach.

One file in the data folder, ``ID:DIGEST`` as people note it. It only ever moves forward, and only
along a chain that still contains what it says: after events were taken away, or an older copy of
the database was brought back, it stays and contradicts.
"""

from __future__ import annotations

import fcntl
import logging
import os
from pathlib import Path

from sqlalchemy import bindparam, event, select
from sqlalchemy.orm import Session

from app.audit.chain import Head
from app.audit.models import AuditEvent
from app.flights import Ready

log = logging.getLogger("novantra.audit")

NAME = "audit-head"
_PENDING = "audit-head"
_AT = Ready(select(AuditEvent.digest).where(AuditEvent.id == bindparam("noted_id")))


class NoteUnreadable(Exception):
    """The file is there and holds no head."""


class HeadNote:
    """The file. Several processes of one host may write it at the same time."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    def read(self) -> Head | None:
        """What was noted, ``None`` before anything was. Raises :class:`NoteUnreadable`."""
        try:
            return Head.parse(self.path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as problem:
            raise NoteUnreadable(f"The note {self.path} cannot be read: {problem}") from None

    def advance_with(self, session: Session, head: Head) -> None:
        """Note ``head`` once this session has committed, if the chain contains the note before."""
        try:
            noted = self.read()
        except NoteUnreadable:
            return
        if noted is not None and noted.id:
            rows = _AT.run(session.connection(), {"noted_id": noted.id}).rows
            if not rows or rows[0].digest != noted.digest:
                log.error(
                    "the audit log no longer contains the head noted in the data folder",
                    extra={"noted": noted.id},
                )
                return
        session.info[_PENDING] = (self, head)

    def write(self, head: Head) -> None:
        """Replace the note unless a later one is there; a note that cannot be kept is logged."""
        try:
            self._write(head)
        except (OSError, NoteUnreadable) as problem:
            log.warning("the head of the audit log was not noted: %s", problem)

    def _write(self, head: Head) -> None:
        lock = os.open(self.path.with_name(f"{NAME}.lock"), os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            self._as_the_folder(lock)
            fcntl.flock(lock, fcntl.LOCK_EX)
            noted = self.read()
            if noted is not None and noted.id >= head.id:
                return
            draft = self.path.with_name(f"{NAME}.new")
            file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                self._as_the_folder(file)
                os.write(file, f"{head}\n".encode())
                os.fsync(file)
            finally:
                os.close(file)
            draft.replace(self.path)
        finally:
            os.close(lock)

    def _as_the_folder(self, file: int) -> None:
        """A command run as root must not leave a file that the service cannot read."""
        if os.geteuid() == 0:
            owner = self.path.parent.stat()
            os.fchown(file, owner.st_uid, owner.st_gid)


@event.listens_for(Session, "after_commit")
def _committed(session: Session) -> None:
    # Releasing a savepoint is told as a commit too, and may still be rolled back.
    if session.in_nested_transaction():
        return
    pending = session.info.pop(_PENDING, None)
    if pending is not None:
        note, head = pending
        note.write(head)


@event.listens_for(Session, "after_soft_rollback")
def _rolled_back(session: Session, _transaction: object) -> None:
    session.info.pop(_PENDING, None)
