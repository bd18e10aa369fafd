"""Links that an install administrator shows while mail does not go out, to be handed over.

Whoever the account belongs to is told by mail, once mail can be written. The link works like the
mailed one, but for no install administrator: neither when it is made nor when it is used may one
administrator open the account of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import reset, tokens, users, verification
from app.accounts.account_mails import link_shown
from app.accounts.models import HandedLink, User
from app.accounts.tokens import HANDED_OVER_BY, Purpose
from app.audit.log import record
from app.crypto.keys import KeysUnusable
from app.install.service import links
from app.mail.addresses import Address
from app.mailer.active import MailPending, require_mail
from app.moments import AtMostEvery
from app.runtime import Runtime
from app.throttle import Limit, subject_of_address, subject_of_person, take
from app.web.context import Actor

FOR_ONE_PERSON = Limit("handed-link-to", 5, timedelta(days=1))
BY_ONE_PERSON = Limit("handed-link-by", 50, timedelta(days=1))
EVERY = timedelta(minutes=1)
AT_ONCE = 100
UNTOLD = HandedLink.told_at.is_(None)


class What(StrEnum):
    """What the link is good for."""

    PASSWORD = "password"  # noqa: S105 - a name, not a password
    ADDRESS = "address"


@dataclass(frozen=True)
class Shown:
    """``link`` is told this once and kept nowhere."""

    user: User
    link: str
    expires_at: datetime


class CannotBeHandedOver(Exception):
    """Its text says to the administrator why there is no such link."""


def make(
    session: Session,
    runtime: Runtime,
    *,
    address: Address,
    what: What,
    maker: User,
    now: datetime,
    actor: Actor,
) -> Shown:
    """A new link for the person with that address; the ones before stop working. Audited.

    Raises :class:`CannotBeHandedOver`, ``TooMany``. The caller commits.
    """
    user = users.find(session, address)
    if user is None:
        raise CannotBeHandedOver("Nobody has this address.")
    if user.is_install_admin:
        raise CannotBeHandedOver(
            "This is an install administrator, whose links nobody else is shown. On the server,"
            " `users reset-link` and `users create-admin` help them."
        )
    if what is What.ADDRESS and user.email_verified_at is not None:
        raise CannotBeHandedOver("This address is verified already.")
    take(session, FOR_ONE_PERSON, subject_of_address(user.address), now)
    take(session, BY_ONE_PERSON, subject_of_person(maker.id), now)
    shown = _show(session, runtime, user, what, maker, now)
    row = HandedLink(user_id=user.id, what=what.value, maker=actor.label, made_at=now)
    session.add(row)
    record(
        session,
        now=now,
        actor=actor,
        tag="password:link-handed-over"
        if what is What.PASSWORD
        else "account:verification-handed-over",
        target=user.email,
    )
    _tell(session, runtime, row, user, now)
    return shown


def _show(
    session: Session, runtime: Runtime, user: User, what: What, maker: User, now: datetime
) -> Shown:
    by = {HANDED_OVER_BY: maker.id}
    if what is What.PASSWORD:
        link = reset.make_link(session, runtime, user=user, now=now, bound=by)
        return Shown(user, link, now + reset.LIFETIME)
    secret = tokens.issue(
        session,
        purpose=Purpose.VERIFY_EMAIL,
        user=user,
        now=now,
        lifetime=verification.LIFETIME,
        bound={"email": user.email, **by},
    )
    link = links(session, runtime.config).to("verify-email", secret)
    return Shown(user, link, now + verification.LIFETIME)


def _tell(session: Session, runtime: Runtime, row: HandedLink, user: User, now: datetime) -> bool:
    """Write the owner's mail, if there is a configuration to write it for; whether it is."""
    try:
        require_mail(session, runtime)
        link_shown(session, runtime, user=user, maker=row.maker, what=row.what, made_at=row.made_at)
    except (MailPending, KeysUnusable):
        return False
    row.told_at = now
    return True


class Telling:
    """A chore of the worker, once a minute: owners who could not be told yet are, however it was
    that mail came to be configured."""

    def __init__(self) -> None:
        self._each_minute = AtMostEvery(EVERY)

    def __call__(self, runtime: Runtime) -> bool:
        now = runtime.now()
        if not self._each_minute.is_time(now):
            return False
        with runtime.database.session(reading=True) as reading:
            untold = reading.scalar(select(HandedLink.id).where(UNTOLD).limit(1))
        if untold is None:
            return False
        with runtime.database.transaction() as session:
            rows = session.scalars(
                select(HandedLink)
                .where(UNTOLD)
                .order_by(HandedLink.id)
                .limit(AT_ONCE)
                .with_for_update(skip_locked=True)
            ).all()
            told = [
                _tell(session, runtime, row, session.get_one(User, row.user_id), now)
                for row in rows
            ]
            return any(told)
