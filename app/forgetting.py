"""What is done when a key is really gone: what it sealed can never be opened again, and is let go.

Nothing is decrypted here. A sealed value names the key that it needs, and one whose key the install
lacks is lost, whatever it held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, text, update
from sqlalchemy.orm import Session

from app.accounts.models import Code
from app.audit.log import lock, record
from app.crypto.box import SealedBox
from app.install.models import SetupDraft
from app.mailer import snapshots
from app.mailer.configuration import stored
from app.mailer.models import MailerConfiguration, MailerTokens, SignIn
from app.mailer.snapshots import Way
from app.outbox.models import Ended, OutboxMessage, State
from app.sealing import (
    ACCESS_TOKEN,
    ALERT_SECRET,
    ALERT_URL,
    AUDIT_KEY,
    DRAFT_CLIENT_KEY,
    DRAFT_PASSWORD,
    MAILER_CLIENT_KEY,
    MAILER_PASSWORD,
    OUTBOX_BYTES,
    REFRESH_TOKEN,
    SEALED_COLUMNS,
    SIGN_IN,
    SealedColumn,
)
from app.web.context import Actor

BATCH = 500
HEAD = 200
"""Characters of a sealed value that hold its version and the id of its key."""


@dataclass(frozen=True)
class Lost:
    """The rows of one column whose key is gone. ``what`` and ``then`` are for people."""

    column: SealedColumn
    rows: tuple[object, ...]
    what: str
    then: str

    def __str__(self) -> str:
        where = f"{self.column.table}.{self.column.column}"
        return f"{len(self.rows)} {self.what} ({where}): {self.then}"


def lost_values(session: Session, box: SealedBox) -> list[Lost]:
    """What was sealed with keys that the install lacks, column by column; empty ones left out."""
    held = {key.id for key in box.ring.keys}
    found = []
    for column in SEALED_COLUMNS:
        rows = tuple(row for row, key_id in _key_ids(session, column) if key_id not in held)
        if rows:
            what, then, _ = _COLUMNS[column]
            found.append(Lost(column, rows, what, then))
    return found


def forget(session: Session, lost: list[Lost], *, now: datetime, actor: Actor, key: str) -> None:
    """Let go of all of it and audit that; the caller commits. ``key`` is the id that seals now.

    Codes that people were mailed are hashed with a key as well: those that are open end.
    """
    lock(session)
    for one in lost:
        _, _, let_go = _COLUMNS[one.column]
        for start in range(0, len(one.rows), BATCH):
            let_go(session, one.rows[start : start + BATCH], now)
    session.execute(delete(Code))
    record(
        session,
        now=now,
        actor=actor,
        tag="keys:lost-forgotten",
        target=key,
        changes={
            f"{one.column.table}.{one.column.column}": {"old": len(one.rows), "new": 0}
            for one in lost
        },
    )


def _key_ids(session: Session, column: SealedColumn) -> Iterator[tuple[object, str]]:
    rows = session.execute(
        text(
            f"SELECT {column.row}, substr({column.column}, 1, {HEAD})"  # noqa: S608 - fixed names
            f" FROM {column.table} WHERE {column.column} IS NOT NULL ORDER BY {column.row}"
        )
    )
    yield from ((row[0], SealedBox.key_id_of(row[1])) for row in rows.all())


def _mail_password(session: Session, _rows: tuple[object, ...], now: datetime) -> None:
    row = stored(session)
    if row is not None:
        held = snapshots.note_of(row)
        row.password_sealed, row.password_lost = None, True
        _another_version(session, row, held, now)


def _client_key(session: Session, _rows: tuple[object, ...], now: datetime) -> None:
    """Its certificate stays, which tells that a key is missing."""
    row = stored(session)
    if row is not None:
        held = snapshots.note_of(row)
        row.client_key_sealed = None
        _another_version(session, row, held, now)


def _another_version(
    session: Session, row: MailerConfiguration, held: dict[str, Any], now: datetime
) -> None:
    """Nobody saved it, and yet it is not what it was: what failed or worked before says nothing."""
    row.version += 1
    row.updated_at, row.updated_by_id, row.updated_by = now, None, "shell"
    session.flush()
    snapshots.keep(session, held)
    note = snapshots.note_of(row, way=Way.KEYS, counted=True)
    lost = set(held["secrets"]) - set(note["secrets"])
    snapshots.keep(session, note | {"secret_changes": dict.fromkeys(sorted(lost), snapshots.LOST)})


def _access_token(session: Session, _rows: tuple[object, ...], _now: datetime) -> None:
    session.execute(
        update(MailerTokens).values(
            access_sealed=None, access_expires_at=None, fence=MailerTokens.fence + 1
        )
    )


def _refresh_token(session: Session, _rows: tuple[object, ...], _now: datetime) -> None:
    session.execute(update(MailerTokens).values(refresh_sealed=None, fence=MailerTokens.fence + 1))


def _sign_ins(session: Session, rows: tuple[object, ...], _now: datetime) -> None:
    session.execute(delete(SignIn).where(SignIn.id.in_(rows)))


def _draft(session: Session, _rows: tuple[object, ...], _now: datetime) -> None:
    """The wizard asks about mail again."""
    for draft in session.query(SetupDraft):
        draft.sealed_mail_password = draft.sealed_client_key = None
        draft.answers = {**draft.answers, "mail_choice": None, "mail_check": None}


def _mails(session: Session, rows: tuple[object, ...], now: datetime) -> None:
    these = OutboxMessage.public_id.in_(rows)
    session.execute(
        update(OutboxMessage)
        .where(these, OutboxMessage.state.in_((State.QUEUED, State.HELD, State.SENDING)))
        .values(
            state=State.CANCELLED,
            ended_because=Ended.KEY_LOST,
            finished_at=now,
            lease_until=None,
            # Whoever still has it in hand comes too late to settle it.
            fence=OutboxMessage.fence + 1,
        )
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(OutboxMessage)
        .where(these)
        .values(sealed_bytes=None, bytes_until=None)
        .execution_options(synchronize_session=False)
    )


def _audit_keys(session: Session, rows: tuple[object, ...], _now: datetime) -> None:
    for row in rows:
        session.execute(text("DELETE FROM audit_keys WHERE key_id = :row"), {"row": row})


def _alert_targets(session: Session, rows: tuple[object, ...], _now: datetime) -> None:
    for row in rows:
        session.execute(text("DELETE FROM alert_targets WHERE id = :row"), {"row": row})


_LetGo = Callable[[Session, tuple[object, ...], datetime], None]
_COLUMNS: dict[SealedColumn, tuple[str, str, _LetGo]] = {
    MAILER_PASSWORD: (
        "password of the relay",
        "it must be typed again under System → Mailer; mail waits until then",
        _mail_password,
    ),
    MAILER_CLIENT_KEY: (
        "key of the certificate that the relay is shown",
        "it must be pasted again under System → Mailer; mail waits until then",
        _client_key,
    ),
    REFRESH_TOKEN: (
        "right to renew the token of the mailbox",
        "the mailbox must be connected again under System → Mailer; mail waits until then",
        _refresh_token,
    ),
    ACCESS_TOKEN: (
        "token of the mailbox",
        "another one is asked for with the next mail",
        _access_token,
    ),
    SIGN_IN: (
        "sign-ins that are under way",
        "whoever connects the mailbox begins again",
        _sign_ins,
    ),
    DRAFT_PASSWORD: (
        "password typed in the setup wizard",
        "the wizard asks about mail again",
        _draft,
    ),
    DRAFT_CLIENT_KEY: (
        "key of a client certificate pasted in the setup wizard",
        "the wizard asks about mail again",
        _draft,
    ),
    OUTBOX_BYTES: (
        "mails that wait or could be sent again",
        "they are never sent, and Mail activity says why; whoever asked for one asks again",
        _mails,
    ),
    ALERT_URL: (
        "addresses that alerts go to",
        "the targets are removed, and must be added again under System → Alerts",
        _alert_targets,
    ),
    ALERT_SECRET: (
        "secrets that alerts are signed with",
        "the targets are removed, and must be added again under System → Alerts",
        _alert_targets,
    ),
    AUDIT_KEY: (
        "keys that signed older parts of the audit log",
        "those parts can no longer be verified",
        _audit_keys,
    ),
}
