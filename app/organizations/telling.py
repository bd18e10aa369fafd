"""Tells people with an account that they were added."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.install.service import links
from app.mailer.active import MailPending, require_mail
from app.organizations.desk import Desk
from app.organizations.limits import TooManyForAddress, TooManyForOrganization, count_mail
from app.outbox.queue import enqueue

NOTICE_LIFETIME = timedelta(days=3)


def tell_added(session: Session, desk: Desk, user: User) -> None:
    """A courtesy: without mail, or beyond the limits, the membership stands all the same."""
    if not desk.runtime.box.ring.usable:
        return
    try:
        require_mail(session, desk.runtime)
        count_mail(
            session,
            desk.runtime.config,
            organization=desk.organization,
            email_key=user.email_key,
            now=desk.now,
        )
    except (MailPending, TooManyForAddress, TooManyForOrganization):
        return
    enqueue(
        session,
        desk.runtime,
        kind="membership-added",
        to=user.email,
        context={
            "name": user.name,
            "organization": desk.organization.name,
            "role": desk.role,
            "inviter": desk.inviter_name,
            "link": links(session, desk.runtime.config).to(
                "organizations", desk.organization.slug, "members"
            ),
        },
        expires_at=desk.now + NOTICE_LIFETIME,
        stands_on=f"membership:{desk.organization.id}:{user.id}",
    )
