"""The last step of a reset checks the link again, and ends what the old password began."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Token, User
from tests.conftest import Clock
from tests.factories import PASSWORD, csrf_of
from tests.visitor import Mailbox, Visitor, link_in

NEW = "four unrelated words here"
FORM = {"password": NEW, "password_confirm": NEW}


def opened(visitor: Visitor, mailbox: Mailbox) -> tuple[str, dict[str, str]]:
    """A link whose page is open in the browser, and the form to send."""
    visitor.submit("/forgot-password", email="alice@acme.test")
    link = link_in(mailbox.only("alice@acme.test"))
    return link, {"csrf_token": csrf_of(visitor.get(link).data), **FORM}


def test_a_link_that_ran_out_while_the_page_was_open_is_refused(
    visitor: Visitor, admin: User, mailbox: Mailbox, clock: Clock
) -> None:
    link, form = opened(visitor, mailbox)
    clock.advance(minutes=30)
    assert visitor.client.post(link, data=form).status_code == 410
    assert visitor.sign_in("alice@acme.test", PASSWORD).status_code == 303


def test_a_link_that_a_newer_one_replaced_meanwhile_is_refused(
    visitor: Visitor, admin: User, mailbox: Mailbox
) -> None:
    link, form = opened(visitor, mailbox)
    visitor.submit("/forgot-password", email="alice@acme.test")
    mailbox.deliver()
    assert visitor.client.post(link, data=form).status_code == 410


def test_the_person_is_the_links_and_no_fields(
    visitor: Visitor, admin: User, mailbox: Mailbox, session: Session
) -> None:
    from tests.factories import make_user

    make_user(session, "dana@acme.test")
    session.commit()
    link, form = opened(visitor, mailbox)
    more = {**form, "email": "dana@acme.test", "user_id": "2", "username": "dana@acme.test"}
    assert visitor.client.post(link, data=more).status_code == 303
    assert visitor.sign_in("dana@acme.test", NEW).status_code == 422
    assert visitor.sign_in("alice@acme.test", NEW).status_code == 303


def test_sessions_and_every_other_link_end_and_the_owner_is_told(
    visitor: Visitor,
    admin: User,
    mailbox: Mailbox,
    session: Session,
    sign_in: Callable[[User], FlaskClient],
) -> None:
    elsewhere = Visitor(sign_in(admin))
    elsewhere.submit("/account/email", email="evil@evil.example", current_password=PASSWORD)
    change = next(link_in(m) for m in mailbox.deliver() if m.rcpt_to == "evil@evil.example")
    link, form = opened(visitor, mailbox)
    answer = visitor.client.post(link, data=form)
    assert (answer.status_code, answer.location) == (303, "/login")
    assert elsewhere.get("/account").status_code == 303
    assert visitor.get("/account").status_code == 303, "nobody is signed in"
    assert visitor.get(change).status_code == 410
    mailbox.only("alice@acme.test")
    assert not [t for t in session.scalars(select(Token)) if not (t.used_at or t.voided_at)]


def test_a_person_removed_meanwhile_cannot_come_back(
    visitor: Visitor, admin: User, mailbox: Mailbox, session: Session
) -> None:
    link, form = opened(visitor, mailbox)
    session.delete(session.get_one(User, admin.id))
    session.commit()
    assert visitor.client.post(link, data=form).status_code == 410
