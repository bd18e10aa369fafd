"""A mail that waited is not sent when what it stands on has gone meanwhile."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import throttle
from app.accounts import intents, lockout
from app.accounts.models import MailIntent, Token, User
from app.outbox.models import OutboxMessage
from app.runtime import Runtime
from tests.factories import make_user
from tests.visitor import Mailbox, Visitor


@pytest.fixture
def dana(session: Session, admin: User) -> User:
    person = make_user(session, "dana@acme.test", name="Dana", verified=False)
    session.commit()
    return person


def waiting(runtime: Runtime, session: Session, kind: str, email: str) -> None:
    """A mail of a kind, asked for and queued, not yet sent."""
    session.add(
        MailIntent(kind=kind, email=email, email_key=email, ip=None, created_at=runtime.now())
    )
    session.commit()
    intents.resolve(runtime)


def withdrawn(session: Session, mailbox: Mailbox) -> bool:
    session.commit()
    assert mailbox.deliver() == []
    row = session.scalars(select(OutboxMessage)).one()
    return (row.state, row.ended_because, row.sealed_bytes) == ("cancelled", "withdrawn", None)


@pytest.mark.parametrize("what", ["used_at", "voided_at"])
def test_a_reset_whose_link_was_used_or_replaced_is_withdrawn(
    what: str, runtime: Runtime, session: Session, dana: User, mailbox: Mailbox
) -> None:
    waiting(runtime, session, intents.PASSWORD_RESET, dana.email)
    session.execute(update(Token).values({what: runtime.now()}))
    assert withdrawn(session, mailbox)


def test_an_unlock_code_is_withdrawn_when_the_lock_was_lifted(
    runtime: Runtime, session: Session, dana: User, mailbox: Mailbox, visitor: Visitor
) -> None:
    for _ in range(lockout.FAILURES):
        visitor.sign_in(dana.email, "wrong")
    intents.resolve(runtime)  # the lock itself asked for a code
    lockout.forget(session, subject=throttle.subject_of_address(dana.address))
    assert withdrawn(session, mailbox)


def test_whoever_asks_twice_gets_two_mails(
    runtime: Runtime, session: Session, dana: User, mailbox: Mailbox
) -> None:
    for _ in range(2):
        waiting(runtime, session, intents.PASSWORD_RESET, dana.email)
    assert len(mailbox.deliver()) == 2


def test_a_verification_of_an_address_that_changed_is_withdrawn(
    session: Session, dana: User, visitor: Visitor, mailbox: Mailbox
) -> None:
    visitor.sign_in(dana.email)
    visitor.submit("/account", to="/account/verify-email")
    session.execute(update(User).where(User.id == dana.id).values(email="new@acme.test"))
    assert withdrawn(session, mailbox)


@pytest.mark.parametrize("lost", [{"is_install_admin": False}, {"email_verified_at": None}])
def test_an_administrators_invitation_is_withdrawn_with_the_right_of_whoever_sent_it(
    lost: dict[str, object],
    session: Session,
    admin: User,
    admin_client: FlaskClient,
    mailbox: Mailbox,
) -> None:
    Visitor(admin_client).submit("/admin/system/administrators", name="Kim", email="kim@acme.test")
    session.execute(update(User).where(User.id == admin.id).values(lost))
    assert withdrawn(session, mailbox)
