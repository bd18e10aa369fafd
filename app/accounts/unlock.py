"""Lifting a lock with a mailed code. The code lifts the lock and does nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts import clients, codes, lockout
from app.accounts.codes import CodePurpose
from app.accounts.models import MailIntent, User
from app.accounts.still_stands import on_code
from app.accounts.users import find
from app.audit.log import record
from app.install.service import links
from app.mail.addresses import Address
from app.outbox.queue import enqueue
from app.runtime import Runtime
from app.throttle import subject_of_address
from app.web.context import Actor

WRONG_CODES = "unlock-client"


@dataclass(frozen=True)
class Lifted:
    """A lock is lifted. Whose it was; nobody's when the account went meanwhile."""

    user: User | None


def send_code(session: Session, runtime: Runtime, intent: MailIntent, now: datetime) -> None:
    """Make a code for a locked address and mail it, if anybody has that address.

    Unknown addresses get a code too, which nobody is told: typing a wrong one must cost the
    same for both.
    """
    subject = subject_of_address(intent.address)
    user = find(session, intent.address)
    locked_until = lockout.latest(session, address=intent.address, user=user, now=now)
    if locked_until is None:
        return
    code = codes.issue(session, runtime, purpose=CodePurpose.UNLOCK, subject=subject, now=now)
    if user is None:
        return
    expires_at = now + codes.LIFETIME
    enqueue(
        session,
        runtime,
        kind="unlock-code",
        to=user.address,
        time_zone=user.time_zone,
        context={
            "code": code,
            "email": user.email,
            "expires_at": expires_at,
            "locked_until": locked_until,
            "link": links(session, runtime.config).to("unlock"),
        },
        expires_at=expires_at,
        stands_on=on_code(purpose=CodePurpose.UNLOCK, subject=subject),
    )


def lift_with_code(
    session: Session, runtime: Runtime, *, address: Address, code: str, ip: str, now: datetime
) -> Lifted | None:
    """Lift the lock when the code is right. A try is counted either way: commit either way."""
    subject = subject_of_address(address)
    if not codes.check(
        session, runtime, purpose=CodePurpose.UNLOCK, subject=subject, code=code, now=now
    ):
        clients.count_wrong_guess(session, runtime.config, purpose=WRONG_CODES, ip=ip, now=now)
        return None
    user = find(session, address)
    lockout.lift(session, address=address, user=user, now=now)
    record(
        session,
        now=now,
        actor=Actor(None, "anonymous", ip),
        tag="login:unlocked",
        target=address.key,
        changes={"by": {"old": None, "new": "code"}},
    )
    return Lifted(user)
