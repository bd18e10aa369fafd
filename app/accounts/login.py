"""Signing in: look somebody up, check the password with no transaction open, then decide.

Checking a password takes tens of milliseconds on purpose. It happens between two short
transactions, so that nobody waits for a database lock meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts import clients, devices, intents, lockout
from app.accounts.lockout import Lock
from app.accounts.models import User
from app.accounts.passwords import hash_password, needs_rehash, verify_password
from app.accounts.users import find
from app.mail.addresses import Address
from app.mailer.active import mail_state
from app.runtime import Runtime
from app.throttle import subject_of_address

WRONG_PASSWORDS = "login-client"


@dataclass(frozen=True)
class Candidate:
    """Who somebody claims to be. ``user_id`` is ``None`` for an unknown address."""

    address: Address
    user_id: int | None
    password_hash: str | None


@dataclass(frozen=True)
class PasswordCheck:
    """Whether the password fits, and its hash under today's settings when the stored is old."""

    fits: bool
    renewed_hash: str | None


@dataclass(frozen=True)
class LoginResult:
    """``user`` when signed in; else ``lock`` when a lock is the reason."""

    user: User | None = None
    lock: Lock | None = None


def look_up(session: Session, address: Address) -> Candidate:
    """The candidate for an address as typed. What is no address at all is merely unknown."""
    user = find(session, address)
    if user is None:
        return Candidate(address, None, None)
    return Candidate(address, user.id, user.password_hash)


def check_password(candidate: Candidate, password: str) -> PasswordCheck:
    """Check the password; as slow for unknown addresses. Call it with no transaction open."""
    fits = verify_password(candidate.password_hash, password)
    stale = fits and candidate.password_hash and needs_rehash(candidate.password_hash)
    return PasswordCheck(fits, hash_password(password) if stale else None)


def settle(
    session: Session,
    runtime: Runtime,
    *,
    candidate: Candidate,
    checked: PasswordCheck,
    known_browser: str | None,
    ip: str,
    now: datetime,
) -> LoginResult:
    """Decide and write it down: a lock refuses the right password too, in the same way.

    A browser that is known as this person's counts for itself: a stranger's failures do not lock
    it, and what it does leaves the lock of strangers as it is.
    """
    device = devices.find(session, secret=known_browser, user_id=candidate.user_id, now=now)
    subject = devices.subject(device) if device else subject_of_address(candidate.address)
    lock = lockout.hold(session, subject=subject, now=now)
    if lock is not None:
        return LoginResult(lock=lock)
    user = _confirmed(session, candidate) if checked.fits else None
    if user is None:
        return _failed(session, runtime, candidate=candidate, subject=subject, ip=ip, now=now)
    lockout.forget(session, subject=subject)
    if checked.renewed_hash:
        user.password_hash = checked.renewed_hash
    session.flush()
    return LoginResult(user=user)


def _confirmed(session: Session, candidate: Candidate) -> User | None:
    """The person, unless the password changed while it was being checked."""
    if candidate.user_id is None:
        return None
    user = session.get(User, candidate.user_id, populate_existing=True)
    if user is None or user.password_hash != candidate.password_hash:
        return None
    return user


def _failed(
    session: Session,
    runtime: Runtime,
    *,
    candidate: Candidate,
    subject: str,
    ip: str,
    now: datetime,
) -> LoginResult:
    clients.count_wrong_guess(session, runtime.config, purpose=WRONG_PASSWORDS, ip=ip, now=now)
    until = lockout.record_failure(session, subject=subject, now=now)
    if until is None:
        return LoginResult()
    lockout.record_lock(
        session,
        address=candidate.address,
        subject=subject,
        known=candidate.user_id is not None,
        ip=ip,
        until=until,
        now=now,
    )
    asked = mail_state(session, runtime) != "pending" and intents.ask(
        session,
        runtime,
        kind=intents.UNLOCK_CODE,
        address=candidate.address,
        ip=ip,
        now=now,
    )
    if asked:
        lockout.code_was_asked(session, subject=subject)
    return LoginResult(lock=Lock(until, asked))
