"""The circuit breaker before the relay: whether mail may go out at all, asked before every claim.

**Closed** while the last real send with this configuration succeeded (``proven``): every worker
sends. **Half-open** after a change or a failure: one message goes ahead alone to try the relay
out. **Open** while mail is paused (``paused``): a person must act, and what is queued is held.
When it closes again, what was held is released, and what rests between two attempts is brought
forward if there is a new reason to hope.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, case, func, literal, literal_column, select, text
from sqlalchemy.orm import Session

from app.crypto.keys import Key
from app.flights import Ready
from app.in_steps import ROWS, change_some
from app.install.models import Install
from app.mail.phases import Phase
from app.mailer.active import ActiveMailer, active_mailer
from app.mailer.declared import reader_of
from app.mailer.models import MailerConfiguration, MailerEnvironment, MailerTokens, MailHealth
from app.mailer.versions import version_in_force
from app.moments import sql_happened_since, sql_lies_ahead
from app.outbox.kinds import EXPRESS, ORDINARY
from app.outbox.models import QUEUED, SENDING, OutboxAttempt, OutboxMessage, State
from app.runtime import Runtime

# Any number will do as long as every process uses the same one.
PROBE_LOCK = 7_401_227

LEASE_AT_MOST = timedelta(minutes=5)
"""No claim holds longer, whatever timeout is configured."""

log = logging.getLogger("novantra.outbox")


_HEALTH, _CONFIGURATION = MailHealth.__table__.c, MailerConfiguration.__table__.c
_INSTALL, _ROW = Install.__table__.c, OutboxMessage.__table__.c
_TOKENS, _ENVIRONMENT = MailerTokens.__table__.c, MailerEnvironment.__table__.c


def _looking() -> Ready:
    """What decides, of the tables that have one row or none, and one that is held."""
    held = select(_ROW.id).where(_ROW.state == literal("held")).limit(1).scalar_subquery()
    rows: FromClause = select(literal_column("1")).subquery("always")
    ones = (MailHealth, MailerConfiguration, MailerEnvironment, Install, MailerTokens)
    for one in ones:
        rows = rows.outerjoin(one.__table__, one.__table__.c.id == literal_column("1"))
    return Ready(
        select(
            _HEALTH.paused_at,
            _HEALTH.consecutive_failures.label("failures"),
            _HEALTH.last_success_version.label("success"),
            _CONFIGURATION.updated_at.label("changed"),
            _CONFIGURATION.version,
            _ENVIRONMENT.changed_at.label("noted"),
            _ENVIRONMENT.version.label("declared"),
            _ENVIRONMENT.alone,
            _INSTALL.access_url,
            _TOKENS.connected_at.label("connected"),
            held.label("held"),
        ).select_from(rows)
    )


_LOOK = _looking()


@dataclass(frozen=True)
class BreakerState:
    """``active`` is ``None`` while mail is pending, its password cannot be decrypted, or a newer
    environment is known than this process has; ``held``
    says that messages are held, ``failing`` that the last real send failed, ``changed`` when the
    configuration was saved or the environment noted."""

    active: ActiveMailer | None
    paused: bool
    proven: bool
    held: bool
    failing: bool
    changed: datetime | None

    @property
    def may_send(self) -> bool:
        """Closed or half-open, and there is something to send with."""
        return self.active is not None and not self.paused


class Breaker:
    """Asked by the workers of one process; it remembers no state but the opened configuration."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._known: tuple[object, ActiveMailer | None] | None = None
        self._last: tuple[object, BreakerState] | None = None
        self._said = False

    def look(self, session: Session) -> BreakerState:
        """Its state as this transaction sees it.

        A configuration is *proven* while its last real send succeeded. Until then one message
        goes ahead alone, whatever the number of workers, and the rest follow when it got
        through: a wrong password costs one login, not one per connection.
        """
        (seen,) = _LOOK.run(session.connection(), {}).rows
        found = seen, self._declared(), *self.runtime.box.ring.keys
        if self._last is None or self._last[0] != found:
            self._last = found, self._state(session, *found)
        return self._last[1]

    def _state(self, session: Session, seen: Any, declared: int, *keys: Key) -> BreakerState:
        made_of = seen.version, seen.changed, seen.access_url, seen.connected, seen.noted
        changed = max((at for at in (seen.changed, seen.noted) if at is not None), default=None)
        active = self._active(session, (*made_of, declared, *keys))
        usable = active is not None and active.problem is None and bool(keys)
        if usable and self._is_outdated(seen, active):
            usable = False
        return BreakerState(
            active=active if usable else None,
            paused=seen.paused_at is not None,
            proven=_proven(seen.failures or 0, seen.success, active),
            held=seen.held is not None,
            failing=bool(seen.failures),
            changed=changed,
        )

    def _is_outdated(self, seen: Any, active: ActiveMailer | None) -> bool:
        """Whether a process that began later has noted another environment than this one has.

        Then this process sends nothing until it is restarted: whoever changed the environment
        wants nothing to go the old way, and two that pause and resume by different settings would
        knock at a relay without end.
        """
        current = version_in_force(seen.version, seen.declared, seen.alone)
        outdated = active is not None and current is not None and active.version != current
        if outdated and not self._said:
            log.warning("another mail environment was noted: nothing is sent with the one of here")
        self._said = outdated
        return outdated

    def _declared(self) -> int:
        """Another number when a file that the environment names has changed."""
        reader = reader_of(self.runtime)
        return reader.moved() if reader is not None else 0

    def _active(self, session: Session, made_of: object) -> ActiveMailer | None:
        """The configuration, opened again only when something that it is made of has changed."""
        known = self._known
        if known is None or known[0] != made_of:
            known = self._known = made_of, active_mailer(session, self.runtime)
        return known[1]


def _proven(failures: int, success: int | None, active: ActiveMailer | None) -> bool:
    return failures == 0 and active is not None and success == active.version


def is_paused(session: Session) -> bool:
    """Whether a person must act before mail goes out again."""
    return (
        session.scalar(select(MailHealth.id).where(MailHealth.paused_at.is_not(None))) is not None
    )


def lock_probe(session: Session) -> None:
    """Only one transaction at a time may decide who goes ahead. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": PROBE_LOCK})


def somebody_is_ahead(session: Session, now: datetime) -> bool:
    """Whether a message is on its way right now."""
    return bool(
        session.scalar(
            select(func.count())
            .select_from(OutboxMessage)
            .where(SENDING, sql_lies_ahead(OutboxMessage.lease_until, now, LEASE_AT_MOST))
        )
    )


def hold(session: Session) -> bool:
    """Hold some of what is queued, since mail is paused; whether there may be more.

    Workers do this and :func:`release` by what they find and not by what changed, so it does
    not matter who began or ended the pause, in which process, or what was enqueued at that
    very moment. Nothing is sent meanwhile: the pause itself closes the queue.
    """
    return change_some(session, OutboxMessage, QUEUED, values={"state": State.HELD}) == ROWS


def release(session: Session) -> None:
    """Some of what is held goes out, oldest first, whichever lane it came from.

    Called before every claim while something is held, so the rest follows while mail goes out.
    """
    released = change_some(
        session,
        OutboxMessage,
        OutboxMessage.state == State.HELD,
        values={"state": State.QUEUED, "lane": EXPRESS, "due_at": OutboxMessage.created_at},
        oldest_first=OutboxMessage.id,
    )
    log.info("the pause is over", extra={"released": released})


# The relay said nothing at all: it was away. One that answers may want us to slow down.
NO_ANSWER = OutboxMessage.last_reply_code.is_(None) & OutboxMessage.last_phase.in_(
    (Phase.DNS, Phase.CONNECT, Phase.TLS, Phase.GREETING)
)


class Forwarder:
    """Brings mail forward that rests between two attempts, when there is a new reason to hope.

    A person who corrects the mailer expects what waits to go out then, and not when a pause chosen
    under the old configuration is over. The same holds when a relay that was away is back.

    It is what one process has noticed so far. Asked before every claim, so it mostly compares.
    """

    def __init__(self) -> None:
        self._changed: datetime | None = None
        self._failing = False
        # What is being brought forward, by the reason.
        self._begun: dict[str, ColumnElement[bool]] = {}

    def look(self, session: Session, seen: BreakerState, now: datetime) -> None:
        """Acts on a changed configuration and on the end of failures, some rows at a time.

        By what is found and not by what happened, so it does not matter which process saved or
        sent: only messages are moved that were not tried since the change.
        """
        if seen.changed is not None and seen.changed != self._changed:
            self._begun["change"] = ~_tried_since(seen.changed, now)
        elif self._failing and not seen.failing:
            self._begun["recovery"] = NO_ANSWER
        self._changed, self._failing = seen.changed, seen.failing
        for reason, which in list(self._begun.items()):
            # Until nothing is left: a step may have been undone with the claim it came before.
            if not _bring_some_forward(session, now, which):
                self._begun.pop(reason, None)


def _tried_since(moment: datetime, now: datetime) -> ColumnElement[bool]:
    return (
        select(OutboxAttempt.id)
        .where(
            OutboxAttempt.message_id == OutboxMessage.id,
            sql_happened_since(OutboxAttempt.at, moment, now),
        )
        .exists()
    )


def _bring_some_forward(session: Session, now: datetime, which: ColumnElement[bool]) -> int:
    row = OutboxMessage
    moved = change_some(
        session,
        row,
        QUEUED,
        row.lane.in_((EXPRESS, ORDINARY)),  # so that the queue's index serves
        row.attempts > 0,
        row.due_at > now,
        which,
        # Under a wrong clock it may have been made later than now.
        values={"due_at": case((row.created_at > now, now), else_=row.created_at)},
    )
    if moved:
        log.info("tried again at once", extra={"messages": moved})
    return moved
