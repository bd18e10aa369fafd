"""What a running install is made of, handed to services, the worker and commands alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from flask import current_app
from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.config import Config
from app.crypto.box import SealedBox
from app.database import Base, Database, utcnow
from app.watched_files import WatchedFiles

EXTENSION = "novantra"

Outdated = tuple[type[Base], ColumnElement[bool]]


@dataclass(frozen=True)
class Perishable:
    """A table whose rows are made at one moment and run out at another, if they run out.

    ``life``: how long a row can live at most, where ``ends`` may be set anew without ``made``.
    """

    model: type[Base]
    made: InstrumentedAttribute[datetime]
    ends: InstrumentedAttribute[Any] | None = None
    life: timedelta | None = None


class Companion(Protocol):
    """Threads that a process which serves or delivers has beside those that do."""

    def start(self) -> None: ...

    def stop(self) -> None:
        """Begin nothing more; soon over, and safe to call twice."""


def _nobody() -> None:
    """Nobody delivers in this process."""


@dataclass(frozen=True)
class Promised:
    """Mails that somebody was told of and nobody has made yet, and since when the oldest."""

    count: int = 0
    since: datetime | None = None


@dataclass(frozen=True)
class LiveWorker:
    """A process that delivers and has said so a moment ago."""

    host: str
    pid: int
    process: str
    started_at: datetime
    seen_at: datetime


@dataclass(frozen=True)
class QueueSummary:
    """What waits to be sent and what became of the rest, for pages that tell how mail fares.

    ``waiting`` counts everything that was promised, whether its mail is made or not. ``due_since``
    is when the oldest of it should have been taken up, ``None`` while nothing is due.
    """

    waiting: int = 0
    promised: int = 0
    held: int = 0
    due: int = 0
    oldest_at: datetime | None = None
    due_since: datetime | None = None
    workers: tuple[LiveWorker, ...] = ()
    # A mail that waits does not open with the install's keys.
    unreadable: bool = False
    # What could not be worked on and waits for a person: what it is → how many.
    set_aside: Mapping[str, int] = field(default_factory=dict)
    sent_this_week: int = 0
    failed_this_week: int = 0
    # Mail that ran out while it waited, since the pause began.
    expired_while_paused: int = 0


@dataclass(frozen=True)
class Flow:
    """One kind of mail in an outage: how many wait, how many people ran into it, how many mails ran
    out, and when the next one does."""

    label: str
    waiting: int
    people: int
    expired: int
    next_expiry: datetime | None


@dataclass(frozen=True)
class Impact:
    """What an outage does. ``organizations``: how many mails of each wait, by name."""

    since: datetime
    flows: tuple[Flow, ...] = ()
    organizations: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Expired:
    """A mail that ran out before it could be sent. ``stands_on`` as in the outbox."""

    kind: str
    to: str
    stands_on: str | None = None


Renewer = Callable[[Session, Any, Sequence[Expired], Any], int]
"""Makes such mails anew: the session, the runtime, the mails and the actor; how many it made."""


def _no_impact(_session: Session, since: datetime) -> Impact:
    return Impact(since)


def _nothing_expired(_session: Session) -> list[Expired]:
    return []


def _nothing_renewed(_session: Session, _mails: Sequence[Expired], _actor: Any) -> int:
    return 0


def _no_queue(_session: Session) -> QueueSummary:
    return QueueSummary()


def _none_of(_session: Session, _user_id: int) -> list[str]:
    return []


@dataclass
class Runtime:
    """The parts every floor shares. ``clock`` gives aware UTC times."""

    config: Config
    database: Database
    box: SealedBox
    clock: Callable[[], datetime] = utcnow
    # Files that the environment names, read again when they change.
    watched_files: WatchedFiles = field(default_factory=WatchedFiles)
    # What the environment says about mail; the mailer puts the real one here, which knows forms.
    declared_mail: Any = None
    # Wakes whoever delivers mail; the outbox puts the real one here.
    wake_worker: Callable[[], None] = field(default=_nobody)
    # Counts the queue; the outbox puts the real one here, so that rooms to its right can ask.
    queue_summary: Callable[[Session], QueueSummary] = field(default=_no_queue)
    # What an outage does, since a moment; what ran out and can be made anew; and making some of it.
    impact: Callable[[Session, datetime], Impact] = field(default=_no_impact)
    renewable: Callable[[Session], list[Expired]] = field(default=_nothing_expired)
    renew_expired: Callable[[Session, Sequence[Expired], Any], int] = field(
        default=_nothing_renewed
    )
    # Who makes an expired mail anew, by its kind; and what was asked for anew and waits.
    renewers: dict[str, Renewer] = field(default_factory=dict)
    asked_anew: list[Callable[[Session], list[Expired]]] = field(default_factory=list)
    # How many mails of each organization wait, by its name; each room counts its own.
    waiting_by_organization: list[Callable[[Session], dict[str, int]]] = field(default_factory=list)
    # What rooms have promised and a chore will make into mails; each counts its own.
    promises: list[Callable[[Session, datetime], Promised]] = field(default_factory=list)
    # What waited for a configuration that delivers, each to be called in the transaction that
    # saves the first one; they say which addresses they mailed.
    once_mail_delivers: list[Callable[[Session, Runtime], list[str]]] = field(default_factory=list)
    # Which organizations, by name, would have no admin without somebody, and nobody else decides
    # about their members until the transaction ends; the organizations put the real one here.
    only_admin_of: Callable[[Session, int], list[str]] = field(default=_none_of)
    # What a worker does between deliveries; each says whether it did something.
    chores: list[Callable[[Runtime], bool]] = field(default_factory=list)
    # What runs beside the server or the worker, in threads of its own.
    companions: list[Callable[[Runtime], Companion]] = field(default_factory=list)
    # The same, only where mail is delivered from.
    delivering_companions: list[Callable[[Runtime], Companion]] = field(default_factory=list)
    # What nobody will ask for any more: a table and its rows that are too old at a moment. Once an
    # hour they are deleted, some at a time.
    outdated: list[Callable[[datetime], list[Outdated]]] = field(default_factory=list)
    # What was made at one moment to run out at another; see app.redating.
    perishable: list[Perishable] = field(default_factory=list)
    # Counts what was set aside because it could not be worked on: what it is → how many.
    set_aside: dict[str, Callable[[Session], int]] = field(default_factory=dict)
    # Asks before a mail goes out whether what it says still holds: the first part of
    # ``stands_on`` → a function of the rest, which says ``True`` or ``False``.
    still_stands: dict[str, Callable[[Session, str, datetime], bool]] = field(default_factory=dict)
    # The same for many at once, of kinds that go out by the hundred: which of them still hold.
    still_stand: dict[str, Callable[[Session, Sequence[str], datetime], set[str]]] = field(
        default_factory=dict
    )

    def now(self) -> datetime:
        return self.clock()


def runtime() -> Runtime:
    """The runtime of the application at work."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Runtime)
    return found
