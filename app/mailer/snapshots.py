"""Notes every configuration that is saved, without its secret, and what came of it.

What was noted says who saved what, and when; what counts up beside it is the evidence that mail got
through with that very version. A process of an older release saves without a note: the next save
here makes up for it, as the row that it changes is still the older one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.database import UtcDateTime
from app.flights import Ready, Values
from app.mailer.models import MailerConfiguration, MailerVersion
from app.mailer.settings import CLIENT_KEY, FIELDS, Settings

KEPT = 50
"""How many are kept, the one in force included; the last one that worked is kept in any case."""


LOST = "lost"
"""What became of a secret whose key was given up, in the words of what the audit log has."""


class Way(StrEnum):
    """Through what a configuration was saved."""

    PAGE = "page"
    WIZARD = "wizard"
    COMMAND = "command"
    KEYS = "keys"
    """Nobody saved: the key of its secret was given up, and that with it."""


def note_of(
    row: MailerConfiguration,
    *,
    secret_changes: Mapping[str, str] | None = None,
    way: Way | None = None,
    restores: int | None = None,
    counted: bool = False,
) -> dict[str, Any]:
    """What :class:`~app.mailer.models.MailerVersion` says of the row as it stands."""
    settings = Settings(**{name: getattr(row, name) for name in FIELDS})
    return {
        "version": row.version,
        "settings": asdict(settings),
        "secrets": _stored_with(row, settings),
        "secret_changes": None if secret_changes is None else dict(secret_changes),
        "saved_at": row.updated_at,
        "saved_by_id": row.updated_by_id,
        "saved_by": row.updated_by,
        "way": way.value if way else None,
        "restores": restores,
        "counted": counted,
        "sent": 0,
        "failed": 0,
        "last_sent_at": None,
        "test_passed_at": None,
    }


def _stored_with(row: MailerConfiguration, settings: Settings) -> list[str]:
    """The names of the secrets that are stored, as the audit log has them."""
    own = "certificate" if settings.makes_certificate else settings.secret_field or "password"
    held = {own: row.password_sealed, CLIENT_KEY: row.client_key_sealed}
    return [name for name, sealed in held.items() if sealed is not None]


def keep(session: Session, note: Mapping[str, Any]) -> None:
    """Note it, unless this very save is noted already; the caller commits.

    Another save of that number is replaced: the configuration was taken away since, and begun anew.
    """
    made = _INSERT[session.get_bind().dialect.name](_NOTES)
    session.execute(
        made.values(**note).on_conflict_do_update(
            index_elements=["version"],
            set_={name: made.excluded[name] for name in note if name != "version"},
            where=_NOTES.c.saved_at != made.excluded.saved_at,
        )
    )


def forget_older(session: Session, newest: int) -> None:
    """Let go of all but the newest :data:`KEPT`, and of those that a configuration begun anew has
    not come to again."""
    proven = func.coalesce(MailerVersion.last_sent_at, MailerVersion.test_passed_at)
    worked = select(MailerVersion.version).where(proven.is_not(None))
    last = worked.order_by(MailerVersion.version.desc()).limit(1).scalar_subquery()
    session.execute(
        delete(MailerVersion)
        .where(
            (MailerVersion.version > newest)
            | (MailerVersion.version <= newest - KEPT)
            & (MailerVersion.version != func.coalesce(last, 0))
        )
        .execution_options(synchronize_session=False)
    )


def sent(numbers: Mapping[int, int], now: datetime) -> list[tuple[Ready, Values]]:
    """So many mails of each version were taken by a relay, for a flight; the caller commits."""
    return [
        (_SENT, {"is": version, "more": number, "now": now})
        for version, number in sorted(numbers.items())
    ]


def count_failed(session: Session, version: int) -> None:
    """One more attempt with this version did not get there; the caller commits."""
    session.connection().execute(_FAILED, {"is": version})


def note_test(session: Session, version: int, now: datetime) -> None:
    """A test mail got through with this version; the caller commits."""
    session.connection().execute(_TESTED, {"is": version, "now": now})


def settings_in(note: MailerVersion) -> Settings:
    """The settings that were saved. What a field of a later release was, is its default; what only
    a later release knew is left out."""
    return Settings(**{name: note.settings[name] for name in FIELDS if name in note.settings})


_NOTES = cast(Table, MailerVersion.__table__)
_INSERT: dict[str, Any] = {"postgresql": postgres_insert, "sqlite": sqlite_insert}
_THIS = update(_NOTES).where(_NOTES.c.version == bindparam("is"))
# Built once, since every batch of mail ends with one.
_SENT = Ready(
    _THIS.values(
        sent=_NOTES.c.sent + bindparam("more"), last_sent_at=bindparam("now", type_=UtcDateTime)
    )
)
_FAILED = _THIS.values(failed=_NOTES.c.failed + 1)
_TESTED = _THIS.values(test_passed_at=bindparam("now", type_=UtcDateTime))
