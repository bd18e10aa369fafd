"""Signing up (Cloud): an address, a code that proves it, then the account and its organization.

Each step is bound to the browser that began: it holds a secret, of which the row keeps the hash.
A known address goes the same way with another mail, and a code that nobody was told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts import clients, codes
from app.accounts.codes import CodePurpose
from app.accounts.models import User
from app.accounts.still_stands import on_code
from app.accounts.tokens import hash_secret, new_secret
from app.accounts.users import create_user
from app.accounts.users import find as find_person
from app.audit.log import record
from app.install.service import links
from app.mail.addresses import Address
from app.mailer.active import require_mail
from app.moments import sql_alive, sql_outside
from app.organizations.models import Organization, SignupRequest
from app.organizations.service import add_member, create_organization
from app.outbox.queue import enqueue
from app.runtime import Outdated, Runtime
from app.throttle import Limit, subject_of_address, take
from app.web.context import Actor

MAILS = Limit("signup-mail", 3, timedelta(minutes=15))
# From the first page to the last; the code itself lives ten minutes.
LIFETIME = timedelta(hours=1)
KEPT = timedelta(days=1)
WRONG_CODES = "signup-client"


class NotConfirmed(Exception):
    """This signup has not been confirmed with a code, or has been used or run out."""


@dataclass(frozen=True)
class Account:
    """What the last page asks."""

    name: str
    organization_name: str
    password_hash: str


def start(session: Session, runtime: Runtime, *, address: Address, now: datetime) -> str:
    """Begin with an address; the browser's secret. The mail is on its way.

    Raises ``MailPending``, ``KeysUnusable`` and ``TooMany``.
    """
    require_mail(session, runtime)
    take(session, MAILS, subject_of_address(address), now)
    secret = new_secret()
    request = SignupRequest(
        secret_hash=hash_secret(secret),
        address=address,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    session.add(request)
    code = codes.issue(
        session, runtime, purpose=CodePurpose.SIGNUP, subject=request.secret_hash, now=now
    )
    user = find_person(session, address)
    until = now + codes.LIFETIME
    if user is None:
        enqueue(
            session,
            runtime,
            kind="signup-code",
            to=address,
            context={"email": address.text, "code": code, "until": until},
            expires_at=until,
            stands_on=on_code(purpose=CodePurpose.SIGNUP, subject=request.secret_hash),
        )
    else:
        base = links(session, runtime.config)
        enqueue(
            session,
            runtime,
            kind="signup-existing",
            to=user.address,
            time_zone=user.time_zone,
            context={
                "email": user.email,
                "link": base.to("login"),
                "reset_link": base.to("forgot-password"),
            },
            expires_at=now + LIFETIME,
        )
    return secret


def find(session: Session, secret: str | None, *, now: datetime) -> SignupRequest | None:
    """The signup of a browser while it can still be finished."""
    if not secret:
        return None
    return session.scalar(
        select(SignupRequest).where(
            SignupRequest.secret_hash == hash_secret(secret),
            SignupRequest.completed_at.is_(None),
            sql_alive(SignupRequest.created_at, SignupRequest.expires_at, now),
        )
    )


def confirm(
    session: Session,
    runtime: Runtime,
    *,
    request: SignupRequest,
    code: str,
    ip: str,
    now: datetime,
) -> bool:
    """Check the code. A try is counted either way: commit either way."""
    fits = codes.check(
        session,
        runtime,
        purpose=CodePurpose.SIGNUP,
        subject=request.secret_hash,
        code=code,
        now=now,
    )
    if not fits:
        clients.count_wrong_guess(session, runtime.config, purpose=WRONG_CODES, ip=ip, now=now)
        return False
    session.execute(
        update(SignupRequest)
        .where(SignupRequest.id == request.id)
        .values(confirmed_at=now)
        .execution_options(synchronize_session=False)
    )
    return True


def complete(
    session: Session, *, secret: str, account: Account, now: datetime, ip: str | None
) -> tuple[User, Organization]:
    """Make the account and its organization, once. The code has verified the address.

    Raises :class:`NotConfirmed`, and ``AddressTaken`` when somebody was quicker elsewhere.
    """
    claimed = session.scalar(
        update(SignupRequest)
        .where(
            SignupRequest.secret_hash == hash_secret(secret),
            SignupRequest.confirmed_at.is_not(None),
            SignupRequest.completed_at.is_(None),
            sql_alive(SignupRequest.created_at, SignupRequest.expires_at, now),
        )
        .values(completed_at=now)
        .returning(SignupRequest)
        .execution_options(synchronize_session=False)
    )
    if claimed is None:
        raise NotConfirmed
    user = create_user(
        session,
        now=now,
        address=claimed.address,
        name=account.name,
        password_hash=account.password_hash,
        verified=True,
    )
    organization = create_organization(session, name=account.organization_name, now=now)
    add_member(session, organization=organization, user=user, role="admin", now=now)
    codes.discard(session, purpose=CodePurpose.SIGNUP, subject=hash_secret(secret))
    record(
        session,
        now=now,
        actor=Actor(user.id, user.email, ip),
        tag="organization:created",
        target=organization.slug,
        changes={"name": {"old": None, "new": organization.name}},
    )
    return user, organization


def outdated(now: datetime) -> list[Outdated]:
    """Signups long over, finished or not. Their codes are cleared with all other codes."""
    return [(SignupRequest, sql_outside(SignupRequest.created_at, now, LIFETIME + KEPT))]
