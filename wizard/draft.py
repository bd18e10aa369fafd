"""What the wizard was told so far, kept in the database so that another browser can go on."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.install.models import SetupDraft
from app.install.service import current

DRAFT_ID = 1


class Overtaken(Exception):
    """Another page answered the step since the one was opened that answers it now."""


class Opened(Protocol):
    """The page that an answer comes from: see :class:`wizard.meanwhile.Mark`."""

    @property
    def own(self) -> str: ...

    def too_late(self, draft: Draft, step: str) -> bool: ...


class SetupClosed(Exception):
    """Setup is finished: there is nothing to answer any more."""


@dataclass(frozen=True)
class Draft:
    """The answers as they stand. ``mail_choice`` is ``configure``, ``defer`` or ``None``."""

    access_url: str | None = None
    organization_name: str | None = None
    time_zone: str | None = None
    name: str | None = None
    email: str | None = None
    password_hash: str | None = field(default=None, repr=False)
    mail_choice: str | None = None
    # The mail form's fields as typed, without the password.
    mail: Mapping[str, Any] = field(default_factory=dict)
    sealed_mail_password: str | None = field(default=None, repr=False)
    # The key of the client certificate in ``mail``.
    sealed_client_key: str | None = field(default=None, repr=False)
    # What the last connection check said, and about which answer: see wizard.mail_check.
    mail_check: Mapping[str, Any] | None = None
    # What became of the last test mail, and with which answer: see wizard.mail_test.
    mail_test: Mapping[str, Any] | None = None
    # Which page answered a step last, by the step: see wizard.meanwhile.
    answered_by: Mapping[str, str] = field(default_factory=dict)

    @property
    def administrator_named(self) -> bool:
        return bool(self.organization_name and self.name and self.email and self.password_hash)


ANSWERS = (
    "access_url",
    "organization_name",
    "time_zone",
    "name",
    "email",
    "password_hash",
    "mail_choice",
    "mail",
    "mail_check",
    "mail_test",
    "answered_by",
)
SECRETS = ("sealed_mail_password", "sealed_client_key")
"""What the draft keeps in columns of their own."""


def load(session: Session) -> Draft:
    """The draft, empty before the first answer."""
    return _draft(session.get(SetupDraft, DRAFT_ID))


def answer(session: Session, step: str, opened: Opened, *, now: datetime, **answers: Any) -> Draft:
    """Answer a step from a page; the caller commits. The same answer once more leaves other pages
    of the step as they are.

    Raises :class:`SetupClosed`, and :class:`Overtaken` when another page answered it since.
    """
    held = _draft(_locked(session, now))
    if all(getattr(held, name) == value for name, value in answers.items()):
        return save(session, now=now)
    if opened.too_late(held, step):
        raise Overtaken
    page = opened.own or secrets.token_hex(8)
    return save(session, now=now, answered_by={**held.answered_by, step: page}, **answers)


def save(session: Session, *, now: datetime, **answers: Any) -> Draft:
    """Change these answers and keep the others. Raises :class:`SetupClosed`.

    The row is locked first, so a finish that runs at the same time either sees this answer
    or ends before it: then there is an install, and the answer goes nowhere.
    """
    row = _locked(session, now)
    if current(session) is not None:
        raise SetupClosed
    for secret in SECRETS:
        if secret in answers:
            setattr(row, secret, answers.pop(secret))
    unknown = answers.keys() - set(ANSWERS)
    if unknown:
        raise ValueError(f"no such answer: {', '.join(sorted(unknown))}")
    row.answers = {**row.answers, **answers}
    row.updated_at = now
    session.flush()
    return _draft(row)


def lock(session: Session) -> Draft:
    """The draft, held until the transaction ends."""
    statement = select(SetupDraft).where(SetupDraft.id == DRAFT_ID).with_for_update()
    return _draft(session.scalar(statement.execution_options(populate_existing=True)))


def discard(session: Session) -> None:
    session.execute(delete(SetupDraft))


def _locked(session: Session, now: datetime) -> SetupDraft:
    statement = select(SetupDraft).where(SetupDraft.id == DRAFT_ID).with_for_update()
    statement = statement.execution_options(populate_existing=True)
    row = session.scalar(statement)
    if row is None:
        try:
            with session.begin_nested():
                session.add(SetupDraft(id=DRAFT_ID, answers={}, updated_at=now))
                session.flush()
        except IntegrityError:
            # Another browser gave the first answer between our look and our insert.
            pass
        row = session.scalar(statement)
    if row is None:
        raise SetupClosed
    return row


def _draft(row: SetupDraft | None) -> Draft:
    if row is None:
        return Draft()
    known = {name: row.answers[name] for name in ANSWERS if name in row.answers}
    return Draft(**known, **{secret: getattr(row, secret) for secret in SECRETS})
