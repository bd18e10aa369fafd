"""Writes down what became of claimed messages."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, bindparam, func, select, update
from sqlalchemy.orm import Session

from app.audit.log import lock
from app.counters import count, raised
from app.mail.failures import Disposition, Failure, FailureCode, disposition_of
from app.mail.transport import Receipt, TransportError
from app.mailer import health, snapshots
from app.mailer.failure_columns import answer_in
from app.mailer.models import MailHealth
from app.mailer.outgoing import Attempt
from app.mailer.versions import is_superseded
from app.moments import happened_since, sql_happened_since
from app.outbox.breaker import hold, is_paused, release
from app.outbox.models import MESSAGES, Ended, OutboxAttempt, State
from app.outbox.retry import MAX_ATTEMPTS, PROTOCOL_ATTEMPTS, kept_until, pause_after
from app.outbox.sent import NOTE, UNSETTLED, Sent, noted, write_sent
from app.outbox.taken import Claim

log = logging.getLogger("novantra.outbox")


ATTEMPTS_MADE = "attempts"
"""The counter of attempts, by kind, outcome, code and phase."""


class SettleResult(StrEnum):
    """What one attempt came to."""

    SENT = "sent"
    RETRIED = "retried"
    FAILED = "failed"
    HELD = "held"
    STALE = "stale"
    """The lease had run out and somebody else holds the message: nothing was written."""


def settle(session: Session, claim: Claim, tried: Attempt, now: datetime) -> SettleResult:
    """Write the outcome, the attempt and the transport's health in one transaction."""
    if not isinstance(tried.answer, TransportError):
        return settle_sent(session, [(claim, tried)], now)[0]
    outcome, values = _refused(session, claim, tried.answer.failure, now)
    if outcome is SettleResult.HELD:
        lock(session)  # a pause is audited, and so is what an administrator does to a message
    if not _write(session, claim, values):
        log.warning("outcome came too late", extra={"mail": claim.public_id})
        return SettleResult.STALE
    NOTE.each(session.connection(), {"now": now}, [noted(claim, tried)])
    failure = tried.answer.failure
    _tell_health(session, claim, failure, outcome, now)
    snapshots.count_failed(session, claim.active.version)
    labels = {
        "kind": claim.kind,
        "outcome": outcome.value,
        "code": failure.code.value,
        "phase": failure.phase.value if failure.phase else "",
    }
    count(session, ATTEMPTS_MADE, labels, milliseconds=tried.duration_ms)
    return outcome


def settle_sent(session: Session, sent: Sequence[Sent], now: datetime) -> list[SettleResult]:
    """As :func:`settle`, for many at once that all got through, in the order in which they did."""
    newest = {claim.id: claim for claim, _ in sent}
    known = [(claim, tried) for claim, tried in sent if newest[claim.id] is claim]
    written = write_sent(session.connection(), known, now)
    if written:
        _tell_all(session, written, now)
    if late := len(sent) - len(written):
        log.warning("outcomes came too late", extra={"mails": late})
    kept = {id(claim) for claim, _ in written}
    return [SettleResult.SENT if id(c) in kept else SettleResult.STALE for c, _ in sent]


def _tell_all(session: Session, written: Sequence[Sent], now: datetime) -> None:
    """Health, the configurations and the counters: last, since their rows are everybody's."""
    last = written[-1][0]
    versions = Counter(claim.active.version for claim, _ in written)
    taken: defaultdict[str, list[int]] = defaultdict(list)
    for claim, tried in written:
        taken[claim.kind].append(tried.duration_ms)
    counted = [
        raised(
            ATTEMPTS_MADE,
            {"kind": kind, "outcome": SettleResult.SENT.value, "code": "", "phase": ""},
            number=len(times),
            milliseconds=sum(times),
        )
        for kind, times in sorted(taken.items())
    ]
    health.record_success(
        session,
        now=now,
        kind=last.kind,
        version=last.active.version,
        beside=[*snapshots.sent(versions, now), *counted],
    )


_ROW = MESSAGES.c
# Built once, as they are run often.
_SETTLE = (
    update(MESSAGES)
    .where(
        _ROW.id == bindparam("claimed_id"),
        _ROW.fence == bindparam("claimed_fence"),
        _ROW.attempts == bindparam("claimed_attempts"),
        UNSETTLED,
    )
    .values(attempts=_ROW.attempts + 1, lease_until=None)
    .returning(_ROW.id)
)
_UNDO = (
    update(MESSAGES)
    .where(
        _ROW.id == bindparam("claimed_id"),
        _ROW.fence == bindparam("claimed_fence"),
        _ROW.state == State.SENDING,
    )
    .values(state=State.QUEUED, lease_until=None, forgiven=_ROW.forgiven + 1)
)


def undo(session: Session, claims: Sequence[Claim]) -> None:
    """Give up claims of which nothing was begun: they are undone and do not count."""
    if claims:
        which = [{"claimed_id": claim.id, "claimed_fence": claim.fence} for claim in claims]
        session.connection().execute(_UNDO, which)


def _write(session: Session, claim: Claim, values: dict[str, object]) -> bool:
    claimed = {
        "claimed_id": claim.id,
        "claimed_fence": claim.fence,
        "claimed_attempts": claim.attempts,
    }
    return session.connection().execute(_SETTLE, values | claimed).first() is not None


def put_back(session: Session, claim: Claim, now: datetime, *, reason: str) -> SettleResult:
    """Give up a claim without an attempt, because something of ours went wrong with this message.

    It rests like one whose attempt failed, and is set aside when that happens again and again.
    """
    unsettled = claim.fence - claim.attempts - claim.forgiven
    values: dict[str, object] = {
        "state": State.QUEUED,
        "lease_until": None,
        "due_at": now + pause_after(max(unsettled, 1)),
        "set_aside_because": reason,
    }
    given_back = session.execute(
        update(MESSAGES).where(*_held_by(claim)).values(values).returning(_ROW.id)
    ).first()
    return SettleResult.RETRIED if given_back else SettleResult.STALE


def write_down_at_least(
    session: Session, claim: Claim, tried: Attempt, now: datetime, *, reason: str
) -> SettleResult:
    """What matters most of an outcome that cannot be written as usual: a message that the relay
    took must not go out again, and one that it did not take must not be lost."""
    if not isinstance(tried.answer, Receipt):
        return put_back(session, claim, now, reason=reason)
    written = session.execute(
        update(MESSAGES)
        .where(*_held_by(claim))
        .values(
            state=State.SENT,
            sealed_bytes=None,
            sent_at=now,
            finished_at=now,
            lease_until=None,
            set_aside_because=reason,
        )
        .returning(_ROW.id)
    ).first()
    return SettleResult.SENT if written else SettleResult.STALE


def _held_by(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return _ROW.id == claim.id, _ROW.fence == claim.fence, _ROW.state == State.SENDING


def _refused(
    session: Session, claim: Claim, failure: Failure, now: datetime
) -> tuple[SettleResult, dict[str, object]]:
    facts = answer_in("last_", failure)
    disposition = disposition_of(failure.code)
    if disposition is Disposition.REJECT:
        return SettleResult.FAILED, facts | _dead(claim, Ended.REJECTED, now)
    if disposition is Disposition.PAUSE or _speaks_no_smtp(session, claim, failure, now):
        return SettleResult.HELD, facts | {"state": State.HELD}
    return _again(session, claim, facts, now)


def _again(
    session: Session, claim: Claim, facts: dict[str, object], now: datetime
) -> tuple[SettleResult, dict[str, object]]:
    due = now + pause_after(claim.attempts + 1)
    if is_superseded(session, claim.active.version):
        due = now  # what failed is no longer what the next attempt is made with
    if claim.expires_at is not None and due >= claim.expires_at:
        return SettleResult.FAILED, facts | _dead(claim, Ended.NO_TIME_LEFT, now)
    if claim.expires_at is None and claim.attempts + 1 >= MAX_ATTEMPTS:
        return SettleResult.FAILED, facts | _dead(claim, Ended.GAVE_UP, now)
    return SettleResult.RETRIED, facts | {"state": State.QUEUED, "due_at": due}


def _dead(claim: Claim, because: Ended, now: datetime) -> dict[str, object]:
    return {
        "state": State.FAILED,
        "ended_because": because,
        "finished_at": now,
        "bytes_until": kept_until(claim.expires_at, now),
    }


def _speaks_no_smtp(session: Session, claim: Claim, failure: Failure, now: datetime) -> bool:
    """Whether protocol errors have gone on for long enough to ask for a person.

    If other mail got through since this message's first one, the relay does speak SMTP and
    only this message has trouble: then the others must not stop for it.
    """
    if failure.code is not FailureCode.PROTOCOL_ERROR:
        return False
    count, first = session.execute(
        select(func.count(), func.min(OutboxAttempt.at)).where(
            OutboxAttempt.message_id == claim.id, OutboxAttempt.code == failure.code
        )
    ).one()
    if count + 1 < PROTOCOL_ATTEMPTS:
        return False
    success = session.scalar(select(MailHealth.last_success_at).where(MailHealth.id == 1))
    return not happened_since(success, first, now)


def _tell_health(
    session: Session,
    claim: Claim,
    failure: Failure,
    outcome: SettleResult,
    now: datetime,
) -> None:
    """A refused recipient neither raises nor clears the count of failures, unless every recipient
    is refused: that is our trouble."""
    version = claim.active.version
    if disposition_of(failure.code) is Disposition.REJECT:
        if failure.reply_code is None:
            return  # no relay refused it: the address could not be offered to this one
        health.record_refusal(
            session,
            now=now,
            failure=failure,
            version=version,
            domains_since=lambda since: _domains_refused(session, since, now),
        )
        return
    health.record_failure(session, now=now, failure=failure, version=version)
    if outcome is SettleResult.HELD:
        health.pause(session, now=now, failure=failure, version=version)
        # Not paused after all when another configuration was saved while this one failed.
        if is_paused(session):
            hold(session)
        else:
            release(session)


def _domains_refused(session: Session, since: datetime, now: datetime) -> int:
    return (
        session.scalar(
            select(func.count(_ROW.rcpt_domain.distinct())).where(
                sql_happened_since(_ROW.finished_at, since, now),
                _ROW.state == State.FAILED,
                _ROW.ended_because == Ended.REJECTED,
            )
        )
        or 0
    )
