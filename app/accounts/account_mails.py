"""Mails that tell the owner of an account what happened to it. They never fail the deed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.crypto.keys import KeysUnusable
from app.install.service import links
from app.mail.addresses import Address
from app.mailer.active import MailPending
from app.outbox.queue import enqueue
from app.runtime import Runtime


def password_changed(session: Session, runtime: Runtime, *, user: User, now: datetime) -> None:
    """The password of that account is another one since ``now``."""
    context = {"email": user.email, "changed_at": now}
    _tell(session, runtime, user, kind="password-changed", to=user.address, context=context)


def address_change(
    session: Session,
    runtime: Runtime,
    *,
    user: User,
    old: Address,
    new: Address,
    done: bool,
    now: datetime,
) -> None:
    """Tell the old address that another one was asked for, or has taken its place."""
    context = {"email": old.text, "new_email": new.text, "done": done, "changed_at": now}
    _tell(session, runtime, user, kind="email-changed", to=old, context=context)


def link_shown(
    session: Session, runtime: Runtime, *, user: User, maker: str, what: str, made_at: datetime
) -> None:
    """Somebody else was shown a link to that account, while no mail went out.

    ``what`` is ``password`` or ``address``. Raises ``MailPending``, ``KeysUnusable``: whoever
    showed the link has this mail written later.
    """
    context = {
        "email": user.email,
        "maker": maker,
        "what": what,
        "made_at": made_at,
        "reset_link": links(session, runtime.config).to("forgot-password"),
    }
    enqueue(
        session,
        runtime,
        kind="link-shown",
        to=user.address,
        context=context,
        time_zone=user.time_zone,
    )


def _tell(
    session: Session,
    runtime: Runtime,
    user: User,
    *,
    kind: str,
    to: Address,
    context: dict[str, Any],
) -> None:
    base = links(session, runtime.config)
    context["reset_link"] = base.to("forgot-password")
    try:
        enqueue(session, runtime, kind=kind, to=to, context=context, time_zone=user.time_zone)
    except (MailPending, KeysUnusable):
        # Mail is not set up, or nothing can be sealed: the change itself still stands.
        return
