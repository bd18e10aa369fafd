"""Install administrators: made, promoted, demoted and removed. One who can work always stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import verification
from app.accounts.models import User
from app.accounts.users import create_user, end_access, find
from app.audit.log import record
from app.mail.addresses import Address
from app.mailer.active import require_mail
from app.runtime import Runtime
from app.web.context import Actor
from app.web.guards import Permission


class LastAdministrator(Exception):
    """Without this person nobody could open the system console."""


class OnlyAdminOf(Exception):
    """Organizations would be left without an admin: ``names``."""

    def __init__(self, names: list[str]) -> None:
        super().__init__("the only admin of an organization")
        self.names = names


class AlreadyAdministrator(Exception):
    """The person is an install administrator as it is."""


class Added(StrEnum):
    """How somebody became an administrator, and what has to happen yet."""

    CREATED = "created"
    PROMOTED = "promoted"
    PROMOTED_UNVERIFIED = "promoted-unverified"


def everybody(session: Session) -> Sequence[User]:
    """All install administrators, longest in office first."""
    return session.scalars(select(User).where(User.is_install_admin).order_by(User.id)).all()


def add(
    session: Session, runtime: Runtime, *, address: Address, name: str, now: datetime, actor: Actor
) -> Added:
    """Create or promote. Raises ``MailPending`` before anything is written.

    A person who is verified needs no mail. Anybody else gets a link first, and the console
    stays closed to them until they open it.
    """
    user = find(session, address)
    if user is not None and user.is_install_admin:
        raise AlreadyAdministrator
    if user is not None and user.email_verified_at is not None:
        _promote(session, user, now, actor)
        return Added.PROMOTED
    require_mail(session, runtime)
    if user is not None:
        _promote(session, user, now, actor)
        verification.send_link(session, runtime, user=user, invited_by=actor, now=now)
        return Added.PROMOTED_UNVERIFIED
    user = create_user(session, now=now, address=address, name=name, install_admin=True)
    record(session, now=now, actor=actor, tag="administrator:created", target=user.email)
    verification.send_link(session, runtime, user=user, invited_by=actor, now=now)
    return Added.CREATED


def send_again(
    session: Session, runtime: Runtime, *, user: User, now: datetime, actor: Actor
) -> None:
    """Mail an unverified administrator a new link; the older one stops working."""
    verification.send_link(session, runtime, user=user, invited_by=actor, now=now)
    record(session, now=now, actor=actor, tag="administrator:link-sent", target=user.email)


def demote(session: Session, *, user_id: int, now: datetime, actor: Actor) -> User | None:
    """Take the role away; the person stays but is signed out. Raises :class:`LastAdministrator`."""
    user = _leaving(session, user_id)
    if user is None:
        return None
    user.is_install_admin = False
    user.verification_waived = False
    end_access(session, user=user, now=now)
    record(session, now=now, actor=actor, tag="administrator:demoted", target=user.email)
    return user


def remove(
    session: Session, runtime: Runtime, *, user_id: int, now: datetime, actor: Actor
) -> User | None:
    """Delete the account with its memberships.

    Raises :class:`LastAdministrator` and :class:`OnlyAdminOf`: whoever leaves an organization
    without an admin takes it away from everybody in it.
    """
    # First, because whoever changes an organization's people locks it before them.
    orphaned = runtime.only_admin_of(session, user_id)
    user = _leaving(session, user_id)
    if user is None:
        return None
    if orphaned:
        raise OnlyAdminOf(orphaned)
    end_access(session, user=user, now=now)
    session.delete(user)
    session.flush()
    record(session, now=now, actor=actor, tag="administrator:removed", target=user.email)
    return user


def can_work(user: User) -> bool:
    """Whether this administrator can sign in and open the console today."""
    return user.password_hash is not None and user.denial(Permission.SYSTEM_CONFIGURE) is None


def _promote(session: Session, user: User, now: datetime, actor: Actor) -> None:
    user.is_install_admin = True
    record(session, now=now, actor=actor, tag="administrator:promoted", target=user.email)


def _leaving(session: Session, user_id: int) -> User | None:
    """The administrator who is to go. All of them are locked: two who demote each other at
    once must not both succeed, and the second sees what the first did."""
    admins = session.scalars(
        select(User)
        .where(User.is_install_admin)
        .order_by(User.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    leaving = next((user for user in admins if user.id == user_id), None)
    if leaving is None:
        return None
    if can_work(leaving) and not any(can_work(user) for user in admins if user is not leaving):
        raise LastAdministrator
    return leaving
