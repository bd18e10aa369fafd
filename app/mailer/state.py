"""Whether mail can be sent at all: pending, configured or paused."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.mailer.managed import managed_mailer
from app.mailer.models import MailerConfiguration, MailHealth
from app.runtime import Runtime

PENDING, CONFIGURED, PAUSED = "pending", "configured", "paused"


class MailPending(Exception):
    """Mail has never been configured, so what needs it cannot be done."""


def mail_state(session: Session, runtime: Runtime) -> str:
    """``pending``: never configured. ``paused``: configured, but a person must act."""
    if runtime.config.is_cloud:
        configured = managed_mailer(runtime.config) is not None
    else:
        configured = session.scalar(select(MailerConfiguration.id)) is not None
    if not configured:
        return PENDING
    paused = session.scalar(select(MailHealth.id).where(MailHealth.paused_at.is_not(None)))
    return PAUSED if paused is not None else CONFIGURED


def require_mail(session: Session, runtime: Runtime) -> None:
    """Raises :class:`MailPending` unless mail has been configured. A pause does not matter here:
    mail is accepted and held."""
    if mail_state(session, runtime) == PENDING:
        raise MailPending
