"""Proving that an address is somebody's: the first one, a new one, or a new administrator's.

First the links: mailed, looked at, used. At the end what became of the mail with one, and what to
do about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import account_mails, lockout, tokens
from app.accounts.models import Token, User
from app.accounts.still_stands import on_token
from app.accounts.tokens import Purpose
from app.accounts.users import AddressTaken, find
from app.audit.log import record
from app.install.service import links
from app.mail.addresses import Address
from app.mailer.active import require_mail
from app.mailer.summary import Prospect
from app.mailer.whom_to_ask import WAITING
from app.outbox.fate import Fate, fate_of, newest
from app.outbox.queue import enqueue
from app.runtime import Expired, Runtime
from app.throttle import Limit, TooMany, subject_of_address, take
from app.web.context import Actor

LIFETIME = timedelta(hours=24)
INVITATION_LIFETIME = timedelta(days=7)
MAILS = Limit("mail:verify-email", 3, timedelta(minutes=15))
PURPOSES = (Purpose.VERIFY_EMAIL, Purpose.CHANGE_EMAIL, Purpose.ADMIN_INVITATION)
# Whoever once invited them is not known any more.
NOBODY = Actor(None, "An administrator", None)
KINDS = ("verify-email", "admin-invitation")


@dataclass(frozen=True)
class Opened:
    """A live link: whose it is, which address it proves, whether a password is still missing."""

    user: User
    email: str
    purpose: Purpose

    @property
    def needs_password(self) -> bool:
        return self.purpose is Purpose.ADMIN_INVITATION and self.user.password_hash is None


def start_verification(session: Session, runtime: Runtime, *, user: User, now: datetime) -> None:
    """Mail a link that verifies the present address. Raises ``MailPending``, ``TooMany``."""
    require_mail(session, runtime)
    _count_mail(session, user.address, now)
    _mail_link(session, runtime, user, Purpose.VERIFY_EMAIL, user.address, now)


def verify_anew(
    session: Session, runtime: Runtime, mails: Sequence[Expired], _actor: object
) -> int:
    """Mail the link again to those whose first one ran out before it could be sent; how many."""
    made = 0
    for mail in mails:
        user = find(session, Address.parse(mail.to))
        if user is None or user.email_verified_at is not None:
            continue
        try:
            start_verification(session, runtime, user=user, now=runtime.now())
        except TooMany:
            continue
        made += 1
    return made


def start_address_change(
    session: Session, runtime: Runtime, *, user: User, new: Address, now: datetime, actor: Actor
) -> None:
    """Mail a link to the new address and a notice to the old one; nothing changes yet.

    Whether somebody else has the new address is not told here: only its owner gets to know.
    """
    require_mail(session, runtime)
    _count_mail(session, new, now)
    user.pending_email = new.text
    _mail_link(session, runtime, user, Purpose.CHANGE_EMAIL, new, now)
    account_mails.address_change(
        session, runtime, user=user, old=user.address, new=new, done=False, now=now
    )
    record(
        session,
        now=now,
        actor=actor,
        tag="account:email-change-asked",
        target=user.email,
        changes={"email": {"old": user.email, "new": new.text}},
    )


def invite_administrator(
    session: Session, runtime: Runtime, *, user: User, invited_by: Actor, now: datetime
) -> None:
    """Mail a link that verifies the address and sets the password of a new administrator."""
    require_mail(session, runtime)
    _count_mail(session, user.address, now)
    secret = tokens.issue(
        session,
        purpose=Purpose.ADMIN_INVITATION,
        user=user,
        now=now,
        lifetime=INVITATION_LIFETIME,
        bound={"email": user.email, "invited_by_id": invited_by.id},
    )
    enqueue(
        session,
        runtime,
        kind="admin-invitation",
        to=user.address,
        time_zone=user.time_zone,
        context={
            "link": links(session, runtime.config).to("verify-email", secret),
            "email": user.email,
            "inviter_email": invited_by.label,
            "expires_at": now + INVITATION_LIFETIME,
        },
        expires_at=now + INVITATION_LIFETIME,
        stands_on=on_token(secret),
    )


def send_link(
    session: Session, runtime: Runtime, *, user: User, invited_by: Actor, now: datetime
) -> None:
    """Mail an administrator the link that fits: it sets a password where there is none yet."""
    if user.password_hash is None:
        invite_administrator(session, runtime, user=user, invited_by=invited_by, now=now)
    else:
        start_verification(session, runtime, user=user, now=now)


def was_verified(session: Session, *, secret: str) -> bool:
    """Whether this very link was used before, and what it proved still holds."""
    for purpose in PURPOSES:
        token = tokens.find_used(session, purpose=purpose, secret=secret)
        user = session.get(User, token.user_id) if token else None
        if token is not None and user is not None:
            return user.email_verified_at is not None and user.email == token.bound.get("email")
    return False


def look(session: Session, *, secret: str, now: datetime) -> Opened | None:
    """What a link is good for, or ``None`` when it no longer works. Uses nothing up."""
    for purpose in PURPOSES:
        token = tokens.find(session, purpose=purpose, secret=secret, now=now)
        if token is not None:
            return _opened(session, token)
    return None


def finish(
    session: Session,
    runtime: Runtime,
    *,
    secret: str,
    ip: str,
    now: datetime,
    password_hash: str | None = None,
) -> Opened | None:
    """Use the link up. Raises :class:`AddressTaken` when somebody else got the address."""
    seen = look(session, secret=secret, now=now)
    if seen is None or (seen.needs_password and password_hash is None):
        return None
    if tokens.claim(session, purpose=seen.purpose, secret=secret, now=now) is None:
        return None
    user = seen.user
    if seen.purpose is Purpose.CHANGE_EMAIL:
        _change_address(session, runtime, user=user, new=Address.parse(seen.email), ip=ip, now=now)
        return seen
    if seen.needs_password:
        user.password_hash = password_hash
    user.email_verified_at = now
    record(
        session,
        now=now,
        actor=Actor(user.id, user.email, ip),
        tag="account:email-verified",
        target=user.email,
    )
    return seen


def _opened(session: Session, token: Token) -> Opened | None:
    user = session.get(User, token.user_id)
    email = str(token.bound.get("email", ""))
    purpose = Purpose(token.purpose)
    if user is None or not tokens.opens(session, token, user):
        return None
    # The link proves one address: it is void when the account has moved on to another.
    current = user.pending_email if purpose is Purpose.CHANGE_EMAIL else user.email
    return Opened(user, email, purpose) if email and email == current else None


def _change_address(
    session: Session, runtime: Runtime, *, user: User, new: Address, ip: str, now: datetime
) -> None:
    old = user.address
    owner = find(session, new)
    if owner is not None and owner.id != user.id:
        raise AddressTaken
    try:
        with session.begin_nested():
            user.address = new
            user.pending_email = None
            user.email_verified_at = now
    except IntegrityError:
        raise AddressTaken from None
    # Links and codes that went to the old mailbox must not open the account any more. Sessions
    # and known browsers stay: the password that opened them is the same.
    tokens.void(session, user=user, now=now)
    lockout.forget(session, subject=subject_of_address(old))
    record(
        session,
        now=now,
        actor=Actor(user.id, old.text, ip),
        tag="account:email-changed",
        target=new.text,
        changes={"email": {"old": old.text, "new": new.text}},
    )
    account_mails.address_change(session, runtime, user=user, old=old, new=new, done=True, now=now)


def _count_mail(session: Session, address: Address, now: datetime) -> None:
    take(session, MAILS, subject_of_address(address), now)


def _mail_link(
    session: Session, runtime: Runtime, user: User, purpose: Purpose, to: Address, now: datetime
) -> None:
    secret = tokens.issue(
        session,
        purpose=purpose,
        user=user,
        now=now,
        lifetime=LIFETIME,
        bound={"email": to.text},
    )
    enqueue(
        session,
        runtime,
        kind="verify-email",
        to=to,
        time_zone=user.time_zone,
        context={
            "link": links(session, runtime.config).to("verify-email", secret),
            "email": to.text,
            "changes": purpose is Purpose.CHANGE_EMAIL,
            "account_email": user.email,
            "expires_at": now + LIFETIME,
        },
        expires_at=now + LIFETIME,
        stands_on=on_token(secret),
    )


@dataclass(frozen=True)
class VerificationStatus:
    """``text`` is for the person whose address it is. ``may_send``: another mail would help."""

    fate: Fate | None
    text: str
    state: str
    may_send: bool


def verification_status(
    session: Session, user: User, expected: Prospect, *, logged: bool, now: datetime
) -> VerificationStatus:
    """How the verification of somebody unverified stands.

    :param logged: the provider only writes mail to a log, so that none arrives
    """
    if expected is Prospect.NONE:
        text = f"{user.email} can be verified once mail is set up."
        return VerificationStatus(None, text, "Waits for mail", False)
    if logged:
        return VerificationStatus(
            None,
            f"{user.email} can be verified once a provider is chosen that delivers: until then"
            " each mail is a line in Novantra’s log.",
            "Waits for mail",
            True,
        )
    message = newest(session, user.address, kinds=KINDS)
    if message is None:
        return VerificationStatus(
            None, f"No link was mailed to {user.email} yet.", "Not verified", True
        )
    fate = fate_of(message, expected, now)
    sentences = {
        Fate.UNDER_WAY: f"A mail with a link is on its way to {user.email}.",
        Fate.TRIED_AGAIN: f"The mail with a link to {user.email} did not get through yet. It is"
        " tried again by itself.",
        Fate.WAITS: f"A mail with a link to {user.email} was written. {WAITING}",
        Fate.SENT: f"Open the link that was mailed to {user.email}, or have it sent again.",
        Fate.FAILED: f"The mail with a link to {user.email} could not be sent.",
        Fate.EXPIRED: f"The link that was mailed to {user.email} has run out."
        if message.sent_at
        else f"The mail with a link to {user.email} ran out before it could be sent.",
        Fate.CANCELLED: f"The mail with a link to {user.email} was cancelled before it was sent.",
    }
    states = {Fate.WAITS: "Mail waits", Fate.UNDER_WAY: "Mail on its way"}
    may_send = fate not in {Fate.UNDER_WAY, Fate.TRIED_AGAIN, Fate.WAITS}
    return VerificationStatus(fate, sentences[fate], states.get(fate, "Not verified"), may_send)


def mail_unverified(session: Session, runtime: Runtime) -> list[str]:
    """Mail a link to every install administrator who waits for one; their addresses.

    For the moment at which mail can first be delivered. The caller commits.
    """
    if not runtime.box.ring.usable:
        return []  # nothing can be sealed; the link can be asked for when the key is back
    waiting = session.scalars(
        select(User)
        .where(User.is_install_admin, User.email_verified_at.is_(None))
        .order_by(User.id)
    ).all()
    mailed = []
    for user in waiting:
        try:
            send_link(session, runtime, user=user, invited_by=NOBODY, now=runtime.now())
        except TooMany:
            continue
        mailed.append(user.email)
    return mailed
