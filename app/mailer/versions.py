"""The number that stands for a configuration: facts about another one say nothing about it.

The stored row counts its saves. Nobody counts how an environment changes, so there the number is
worked out from what it says, from a range that no count of saves reaches; the row's own is added
where something of the row counts as well.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.mailer.models import MailerConfiguration, MailerEnvironment

FIRST = 2**30
"""Versions from here on stand for an environment; there are as many as below."""


def version_of(digest: bytes) -> int:
    """The number of an environment that has this digest."""
    return FIRST + int.from_bytes(digest[:4]) % FIRST


def combined(version: int, *, alone: bool, of_the_row: int) -> int:
    """The number of an environment and the stored row together. ``alone``: nothing of the row
    counts."""
    return version if alone else FIRST + (version - FIRST + of_the_row) % FIRST


def current_version(session: Session) -> int | None:
    """The version that mail is sent with, as far as the database tells: by what was noted last.

    A process with another environment than the one that was noted last sends nothing: see
    :class:`app.outbox.breaker.Breaker`.
    """
    row = select(MailerConfiguration.version).limit(1).scalar_subquery()
    version = select(MailerEnvironment.version).limit(1).scalar_subquery()
    alone = select(MailerEnvironment.alone).limit(1).scalar_subquery()
    stored, declared, by_itself = session.execute(select(row, version, alone)).one()
    return version_in_force(stored, declared, by_itself)


def version_in_force(stored: int | None, declared: int | None, alone: bool | None) -> int | None:
    """The same of columns that are at hand: the row's version, the note's, and its ``alone``."""
    if declared is None:
        return stored
    return combined(declared, alone=bool(alone), of_the_row=stored or 0)


def is_superseded(session: Session, version: int) -> bool:
    """Whether another configuration is in force since ``version``."""
    current = current_version(session)
    return current is not None and current != version
