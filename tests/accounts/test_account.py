"""What people change about themselves."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.audit.models import AuditEvent
from tests.conftest import Clock
from tests.factories import PASSWORD, make_user
from tests.visitor import Mailbox, Visitor, link_in

NEW = "four unrelated words here"


@pytest.fixture
def dana(session: Session, admin: User) -> User:
    person = make_user(session, "dana@acme.test", name="Dana")
    session.commit()
    return person


@pytest.fixture
def danas(dana: User, sign_in: Callable[[User], FlaskClient]) -> Visitor:
    return Visitor(sign_in(dana))


def change(danas: Visitor, password: str = NEW, current: str = PASSWORD) -> int:
    return danas.submit(
        "/account/password",
        current_password=current,
        password=password,
        password_confirm=password,
    ).status_code


def move(danas: Visitor, email: str = "dana@new.test", current: str = PASSWORD) -> int:
    return danas.submit("/account/email", email=email, current_password=current).status_code


def test_a_name_can_be_changed_and_stays_text(danas: Visitor) -> None:
    assert danas.submit("/account", name="<a href=//evil.com>{{7*7}}").status_code == 303
    page = danas.get("/account").text
    assert "&lt;a href=//evil.com&gt;{{7*7}}" in page
    assert danas.submit("/account", name="x" * 65).status_code == 422
    assert danas.submit("/account", name="  ").status_code == 422


def test_a_changed_password_ends_other_sessions_and_keeps_this_one(
    danas: Visitor, dana: User, sign_in: Callable[[User], FlaskClient], visitor: Visitor
) -> None:
    elsewhere = Visitor(sign_in(dana))
    assert change(danas) == 303
    assert danas.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303
    assert visitor.sign_in("dana@acme.test").status_code == 422
    assert visitor.sign_in("dana@acme.test", NEW).status_code == 303


def test_the_owner_is_told_of_a_changed_password(danas: Visitor, mailbox: Mailbox) -> None:
    change(danas)
    notice = mailbox.only("dana@acme.test")
    assert notice.message["Subject"] == "Your password was changed"


def test_changing_the_password_works_while_mail_is_pending(danas: Visitor) -> None:
    assert change(danas) == 303


def test_a_wrong_current_password_changes_nothing_and_five_close_the_form_for_a_while(
    danas: Visitor, visitor: Visitor, clock: Clock, mailbox: Mailbox
) -> None:
    for _ in range(3):
        assert change(danas, current="wrong") == 422
    for _ in range(2):
        assert move(danas, current="wrong") == 422
    assert change(danas) == 429
    assert move(danas) == 429
    assert visitor.sign_in("dana@acme.test").status_code == 303
    clock.advance(minutes=15)
    assert change(danas) == 303


def test_a_reset_link_asked_for_before_dies_with_the_password(
    danas: Visitor, visitor: Visitor, mailbox: Mailbox
) -> None:
    visitor.submit("/forgot-password", email="dana@acme.test")
    link = link_in(mailbox.only("dana@acme.test"))
    change(danas)
    assert visitor.get(link).status_code == 410


def test_a_new_address_counts_once_its_link_is_opened_and_both_mailboxes_are_told(
    danas: Visitor, visitor: Visitor, mailbox: Mailbox
) -> None:
    assert move(danas) == 303
    asked = {mail.rcpt_to: mail for mail in mailbox.deliver()}
    assert set(asked) == {"dana@new.test", "dana@acme.test"}
    assert asked["dana@acme.test"].message["Subject"] == "Somebody asked to change your address"
    assert "/verify-email/" not in asked["dana@acme.test"].text
    assert "dana@new.test" in danas.get("/account").text
    assert visitor.sign_in("dana@new.test").status_code == 422
    link = link_in(asked["dana@new.test"])
    assert visitor.get(link).status_code == 200
    assert visitor.sign_in("dana@new.test").status_code == 422, "looking changes nothing"
    assert visitor.submit(link).status_code == 303
    notice = mailbox.only("dana@acme.test")
    assert notice.message["Subject"] == "Your address was changed"
    assert "dana@new.test" in notice.text
    assert visitor.sign_in("dana@acme.test").status_code == 422
    assert visitor.sign_in("dana@new.test").status_code == 303


def test_a_changed_address_voids_links_that_went_to_the_old_mailbox(
    danas: Visitor, visitor: Visitor, mailbox: Mailbox
) -> None:
    visitor.submit("/forgot-password", email="dana@acme.test")
    reset = link_in(mailbox.only("dana@acme.test"))
    move(danas)
    link = next(link_in(m) for m in mailbox.deliver() if m.rcpt_to == "dana@new.test")
    visitor.submit(link)
    assert visitor.get(reset).status_code == 410


def test_changing_the_password_calls_off_a_change_of_address(
    danas: Visitor, visitor: Visitor, mailbox: Mailbox
) -> None:
    move(danas)
    link = next(link_in(m) for m in mailbox.deliver() if m.rcpt_to == "dana@new.test")
    change(danas)
    assert visitor.get(link).status_code == 410


def test_asking_for_another_address_voids_the_link_to_the_one_before(
    danas: Visitor, visitor: Visitor, mailbox: Mailbox
) -> None:
    move(danas, "dana@one.test")
    first = next(link_in(m) for m in mailbox.deliver() if m.rcpt_to == "dana@one.test")
    move(danas, "dana@two.test")
    assert visitor.get(first).status_code == 410


def test_an_address_that_belongs_to_somebody_is_not_told_and_not_taken(
    danas: Visitor, visitor: Visitor, mailbox: Mailbox
) -> None:
    assert move(danas, "alice@acme.test") == 303
    link = next(link_in(m) for m in mailbox.deliver() if m.rcpt_to == "alice@acme.test")
    answer = visitor.submit(link)
    assert answer.status_code == 409
    assert "belongs to another account" in answer.text
    assert visitor.sign_in("dana@acme.test").status_code == 303


def test_the_address_one_has_is_refused_beside_the_field(danas: Visitor, mailbox: Mailbox) -> None:
    assert move(danas, "dana@acme.test") == 422
    assert move(danas, "not an address") == 422
    assert mailbox.deliver() == []


def test_while_mail_is_pending_an_address_cannot_be_changed_and_nothing_is_stored(
    danas: Visitor, session: Session
) -> None:
    answer = danas.submit("/account/email", email="dana@new.test", current_password=PASSWORD)
    assert answer.status_code == 503
    assert "Mail is not set up" in answer.text
    assert (
        session.scalar(select(User.pending_email).where(User.email_key == "dana@acme.test")) is None
    )


def test_an_unverified_person_is_prompted_once_mail_works_and_can_have_the_mail_again(
    session: Session,
    admin: User,
    sign_in: Callable[[User], FlaskClient],
    visitor: Visitor,
    mailbox: Mailbox,
) -> None:
    admin.email_verified_at, admin.verification_waived = None, True
    session.commit()
    alice = Visitor(sign_in(admin))
    assert 'id="verify-email"' in alice.get("/admin/system/administrators").text
    assert alice.submit("/account", to="/account/verify-email").status_code == 303
    link = link_in(mailbox.only("alice@acme.test"))
    assert visitor.submit(link).status_code == 303
    assert 'id="verify-email"' not in alice.get("/account").text
    again = visitor.get(link)
    assert again.status_code == 200
    assert "Verified already" in again.text


def test_while_mail_is_pending_the_prompt_says_that_it_can_wait(
    session: Session, admin: User, sign_in: Callable[[User], FlaskClient]
) -> None:
    admin.email_verified_at, admin.verification_waived = None, True
    session.commit()
    alice = Visitor(sign_in(admin))
    page = alice.get("/account").text
    assert "That can wait until mail is set up" in page
    assert alice.submit("/account", to="/account/verify-email").status_code == 503


def test_no_more_than_three_verification_mails_in_fifteen_minutes(
    session: Session, dana: User, danas: Visitor, mailbox: Mailbox
) -> None:
    dana.email_verified_at = None
    session.commit()
    answers = [danas.submit("/account", to="/account/verify-email") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [303, 303, 303, 429]
    assert len(mailbox.deliver()) == 3


def test_changes_of_address_and_password_are_audited(
    danas: Visitor, visitor: Visitor, mailbox: Mailbox, session: Session
) -> None:
    move(danas)
    visitor.submit(next(link_in(m) for m in mailbox.deliver() if m.rcpt_to == "dana@new.test"))
    danas.submit("/account/password", current_password=PASSWORD, password=NEW, password_confirm=NEW)
    tags = session.scalars(select(AuditEvent.tag).order_by(AuditEvent.id)).all()
    assert list(tags) == [
        "account:email-change-asked",
        "account:email-changed",
        "password:changed",
    ]


def test_no_page_ever_writes_a_password_back(danas: Visitor) -> None:
    answer = danas.submit(
        "/account/password",
        current_password="typed-secret-1",
        password="typed-secret-2",
        password_confirm="x",
    )
    assert answer.status_code == 422
    assert not re.search("typed-secret", answer.text)
