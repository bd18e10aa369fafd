"""Locks after repeated failed sign-ins, of an address, whoever has it, or of a known browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app import throttle
from app.accounts import codes, devices
from app.accounts.models import KnownDevice, LoginGuard, User
from app.audit.log import record
from app.mail.addresses import Address
from app.moments import lies_ahead, sql_lies_ahead, within
from app.throttle import subject_of_address
from app.web.context import Actor

FAILURES = 5
WINDOW = timedelta(minutes=15)
DURATION = timedelta(minutes=15)
# How often administrators may lift the locks of one person within a window.
LIFTS = 3
# Locks that the audit log takes in a day: of one address, of one network, of all visitors.
EVENTS_PER_ADDRESS, EVENTS_PER_CLIENT, EVENTS_FOR_ALL = 5, 20, 200
DAY = timedelta(hours=24)
EVENT = "lock-event"


class TooManyLifts(Exception):
    """The lock was lifted as often as it may be; it ends by itself at ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__("lifted too often")
        self.until = until


@dataclass(frozen=True)
class Lock:
    """``code_asked`` says whether a code that lifts it was asked for when it began."""

    until: datetime
    code_asked: bool


def locks(session: Session, *, users: Sequence[User], now: datetime) -> dict[int, datetime]:
    """The locks of these people, in whichever browser: a person's id → when the last one ends."""
    whose = {subject_of_address(user.address): user.id for user in users}
    whose |= devices.subjects(session, [user.id for user in users])
    ends: dict[int, datetime] = {}
    for guard in _locked(session, list(whose), now):
        user_id, until = whose[guard.subject], guard.locked_until
        if until is not None:
            ends[user_id] = max(until, ends.get(user_id, until))
    return ends


def latest(
    session: Session, *, address: Address, user: User | None, now: datetime
) -> datetime | None:
    """When the last lock of an address ends, those of its person's browsers included."""
    found = _locked(session, _subjects_of(session, address, user), now)
    return max((guard.locked_until for guard in found if guard.locked_until), default=None)


def hold(session: Session, *, subject: str, now: datetime) -> Lock | None:
    """The lock in force, if any; and nobody else decides about this subject until we commit."""
    insert = postgresql.insert if _is_postgres(session) else sqlite.insert
    session.execute(
        insert(LoginGuard)
        .values(subject=subject, failures=0, window_started_at=now)
        .on_conflict_do_nothing(index_elements=[LoginGuard.subject])
    )
    guard = _held(session, subject)
    if guard.locked_until is None or not lies_ahead(guard.locked_until, now, DURATION):
        return None
    return Lock(guard.locked_until, guard.code_asked)


def record_failure(session: Session, *, subject: str, now: datetime) -> datetime | None:
    """Count a failure of a subject that :func:`hold` holds and found without a lock.

    When the lock ends that begins with it, or ``None``.
    A lock that was lifted left its failures, so the next one within the window locks again.
    """
    guard = _held(session, subject)
    ran_out = guard.locked_until is not None
    if ran_out or guard.failures == 0 or not within(guard.window_started_at, now, WINDOW):
        guard.failures, guard.window_started_at = 0, now
        guard.locked_at = guard.locked_until = None
    guard.failures += 1
    if guard.failures < FAILURES:
        session.flush()
        return None
    guard.locked_at, guard.locked_until = now, now + DURATION
    guard.code_asked = False
    session.flush()
    return guard.locked_until


def record_lock(
    session: Session,
    *,
    address: Address,
    subject: str,
    known: bool,
    ip: str,
    until: datetime,
    now: datetime,
) -> None:
    """Write a lock into the audit log, as far as visitors may fill it.

    Anybody can lock any address with five wrong passwords, and what the log says stays for good.
    So one address, one network and all visitors together make so many events in a day; the last
    of them says that more locks follow without one. Addresses that somebody has (``known``) are
    counted apart, so that made-up ones cannot use up what is kept for them. ``subject`` is whose
    lock it is as throttles count it.
    """
    everybody = throttle.subject_of("locks", "of people" if known else "of nobody")
    limits = (
        (throttle.Limit(EVENT, EVENTS_PER_ADDRESS, DAY), subject),
        (throttle.Limit(EVENT, EVENTS_PER_CLIENT, DAY), throttle.subject_of_client(ip)),
        (throttle.Limit(EVENT, EVENTS_FOR_ALL, DAY), everybody),
    )
    left = min(throttle.left(session, limit, whose, now) for limit, whose in limits)
    if not left:
        return
    try:
        for limit, whose in limits:
            throttle.take(session, limit, whose, now)
    except throttle.TooMany:
        return  # somebody else took the last place since the look
    changes: dict[str, object] = {
        "locked_until": {"old": None, "new": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
    }
    if left == 1:
        changes["further_locks"] = "not recorded one by one for up to 24 hours"
    record(
        session,
        now=now,
        actor=Actor(None, "anonymous", ip),
        tag="login:locked",
        target=address.text,
        changes=changes,
    )


def code_was_asked(session: Session, *, subject: str) -> None:
    """A code for the lock that just began is on its way, if somebody has the address."""
    _held(session, subject).code_asked = True
    session.flush()


def forget(session: Session, *, subject: str) -> None:
    """Start one guard anew: somebody signed in behind it. The code that would lift it goes too."""
    session.execute(delete(LoginGuard).where(LoginGuard.subject == subject))
    codes.discard(session, purpose=codes.CodePurpose.UNLOCK, subject=subject)


def forget_all(session: Session, *, user: User) -> None:
    """Start all guards of a person anew: what was guessed at is gone."""
    for subject in _subjects_of(session, user.address, user):
        forget(session, subject=subject)


def lift(session: Session, *, address: Address, user: User | None, now: datetime) -> bool:
    """Lift the locks of an address and of its person's browsers; whether there was one.

    The failures stay: lifting gives one try, and no new five within the same window.
    """
    found = _held_locks(session, _subjects_of(session, address, user), now)
    for guard in found:
        guard.locked_at = guard.locked_until = None
    codes.discard(session, purpose=codes.CodePurpose.UNLOCK, subject=subject_of_address(address))
    session.flush()
    return bool(found)


def lift_lock(session: Session, *, user: User, now: datetime, actor: Actor) -> bool:
    """An administrator lifts the locks of a person; audited. Whether there was one.

    Whether they may is asked before. Raises :class:`TooManyLifts`: each lift is one more guess.
    """
    worn = [
        guard
        for guard in _held_locks(session, _subjects_of(session, user.address, user), now)
        if guard.failures >= FAILURES + LIFTS
    ]
    if worn:
        raise TooManyLifts(max(guard.locked_until for guard in worn if guard.locked_until))
    lifted = lift(session, address=user.address, user=user, now=now)
    if lifted:
        record(session, now=now, actor=actor, tag="login:unlocked", target=user.email_key)
    return lifted


def inherit(session: Session, *, device: KnownDevice, address: Address) -> None:
    """A browser that becomes known by a code starts with the failures of the address."""
    guard = session.get(LoginGuard, subject_of_address(address), populate_existing=True)
    subject = devices.subject(device)
    if guard is None or session.get(LoginGuard, subject) is not None:
        return
    session.add(
        LoginGuard(
            subject=subject,
            failures=guard.failures,
            window_started_at=guard.window_started_at,
            code_asked=False,
        )
    )
    session.flush()


def _subjects_of(session: Session, address: Address, user: User | None) -> list[str]:
    subjects = list(devices.subjects(session, [user.id])) if user else []
    return [subject_of_address(address), *subjects]


def _locked(session: Session, subjects: list[str], now: datetime) -> Sequence[LoginGuard]:
    return session.scalars(_locks_of(subjects, now)).all()


def _held_locks(session: Session, subjects: list[str], now: datetime) -> Sequence[LoginGuard]:
    """The same, and nobody else decides about them until we commit."""
    held = _locks_of(subjects, now).order_by(LoginGuard.subject).with_for_update()
    return session.scalars(held.execution_options(populate_existing=True)).all()


def _locks_of(subjects: list[str], now: datetime) -> Select[LoginGuard]:
    return select(LoginGuard).where(
        LoginGuard.subject.in_(subjects), sql_lies_ahead(LoginGuard.locked_until, now, DURATION)
    )


def _held(session: Session, subject: str) -> LoginGuard:
    return session.scalars(
        select(LoginGuard)
        .where(LoginGuard.subject == subject)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _is_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
