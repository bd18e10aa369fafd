"""Ends setup: everything the draft holds becomes the install, in one transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.users import create_user
from app.accounts.verification import start_verification
from app.audit.log import record
from app.install.models import Install
from app.install.service import current
from app.mail.addresses import Address
from app.mailer.in_force import in_force
from app.mailer.noting import note_in
from app.organizations.service import add_member, create_organization
from app.runtime import Runtime
from app.web.context import Actor
from wizard import draft as drafts
from wizard import mail_answer, mail_test
from wizard.draft import Draft, SetupClosed
from wizard.steps import mail_is_decided, next_step


class Unanswered(Exception):
    """A question of the draft has no answer any more."""


def finish(session: Session, runtime: Runtime, *, now: datetime, ip: str | None) -> User:
    """Make the install and sign nobody in. Returns its first administrator.

    The install row comes first: there can only be one, so of several people who finish at
    once one goes on and the others get :class:`~wizard.draft.SetupClosed`. Raises
    :class:`Unanswered`, :class:`~app.accounts.users.AddressTaken` and what opening the mail
    password raises; the caller rolls back.
    """
    draft = drafts.lock(session)
    if current(session) is not None:
        raise SetupClosed
    if next_step(draft).endpoint != "wizard.review":
        raise Unanswered
    _claim(session, draft, now)
    organization = create_organization(session, name=draft.organization_name or "", now=now)
    user = create_user(
        session,
        now=now,
        address=Address.parse(draft.email or ""),
        name=draft.name or "",
        password_hash=draft.password_hash,
        install_admin=True,
        verification_waived=True,
    )
    add_member(session, organization=organization, user=user, role="admin", now=now)
    actor = Actor(user.id, user.email, ip)
    record(
        session,
        now=now,
        actor=actor,
        tag="install:finished",
        target="install",
        changes={
            "access_url": {"old": None, "new": draft.access_url},
            "organization": {"old": None, "new": organization.name},
            "administrator": {"old": None, "new": user.email},
            "mail": {"old": None, "new": _mail_word(session, runtime, draft)},
        },
    )
    if draft.mail_choice == "configure":
        mail_answer.configure(session, runtime, draft, now=now, actor=actor)
        mail_test.carry_over(session, draft)
    note_in(session, runtime, mailing=False)  # nobody but this administrator waits
    if in_force(session, runtime) is not None:
        start_verification(session, runtime, user=user, now=now)
    drafts.discard(session)
    return user


def _claim(session: Session, draft: Draft, now: datetime) -> None:
    session.add(
        Install(access_url=draft.access_url or "", setup_finished_at=now, time_zone=draft.time_zone)
    )
    try:
        session.flush()
    except IntegrityError:
        raise SetupClosed from None


def _mail_word(session: Session, runtime: Runtime, draft: Draft) -> str:
    if mail_is_decided():
        row = in_force(session, runtime)
        return row.provider if row is not None else "pending"
    return str(draft.mail["provider"]) if draft.mail_choice == "configure" else "pending"
