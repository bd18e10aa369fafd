"""Locks after failed sign-ins, and the code that lifts them."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import MailIntent, User
from app.audit.models import AuditEvent
from tests.conftest import Clock
from tests.factories import PASSWORD, make_user, without_tokens
from tests.visitor import Mailbox, Visitor, code_in


@pytest.fixture
def dana(session: Session, admin: User) -> User:
    person = make_user(session, "dana@acme.test", name="Dana")
    session.commit()
    return person


def fail(visitor: Visitor, times: int, email: str = "dana@acme.test") -> None:
    for _ in range(times):
        visitor.sign_in(email, "wrong")


def test_five_failures_lock_and_the_right_password_is_refused_too(
    visitor: Visitor, dana: User, mailbox: Mailbox
) -> None:
    fail(visitor, 4)
    assert visitor.sign_in("dana@acme.test").status_code == 303
    visitor.submit("/account", to="/logout")
    fail(visitor, 4)
    fifth = visitor.sign_in("dana@acme.test", "wrong")
    right = visitor.sign_in("dana@acme.test")
    wrong = visitor.sign_in("dana@acme.test", "wrong")
    assert [a.status_code for a in (fifth, right, wrong)] == [429, 429, 429]
    # The form's token carries the second it was made in.
    same = {without_tokens(answer.text) for answer in (fifth, right, wrong)}
    assert len(same) == 1
    assert int(right.headers["Retry-After"]) == pytest.approx(900, abs=2)
    assert "locked" in right.text


def test_the_lock_ends_by_itself_after_fifteen_minutes(
    visitor: Visitor, dana: User, clock: Clock
) -> None:
    fail(visitor, 5)
    clock.advance(minutes=14, seconds=59)
    assert visitor.sign_in("dana@acme.test").status_code == 429
    clock.advance(seconds=1)
    assert visitor.sign_in("dana@acme.test").status_code == 303


def test_failures_while_locked_do_not_prolong_the_lock(
    visitor: Visitor, dana: User, clock: Clock
) -> None:
    fail(visitor, 5)
    clock.advance(minutes=10)
    fail(visitor, 10)
    clock.advance(minutes=5)
    assert visitor.sign_in("dana@acme.test").status_code == 303


def test_failures_spread_over_a_longer_time_do_not_lock(
    visitor: Visitor, dana: User, clock: Clock
) -> None:
    for _ in range(3):
        fail(visitor, 4)
        clock.advance(minutes=16)
    assert visitor.sign_in("dana@acme.test").status_code == 303


def test_a_lock_holds_for_one_address_only(visitor: Visitor, dana: User) -> None:
    fail(visitor, 5)
    assert visitor.sign_in("alice@acme.test").status_code == 303


def test_one_lock_mails_one_code_and_the_code_lets_the_password_work(
    visitor: Visitor, dana: User, mailbox: Mailbox
) -> None:
    fail(visitor, 8)
    mail = mailbox.only("dana@acme.test")
    answer = visitor.submit("/unlock", email="dana@acme.test", code=code_in(mail))
    assert (answer.status_code, answer.location) == (303, "/login")
    assert visitor.get("/account").status_code == 303, "the code signs nobody in"
    assert visitor.sign_in("dana@acme.test").status_code == 303


def test_a_code_may_be_typed_in_small_letters_with_spaces(
    visitor: Visitor, dana: User, mailbox: Mailbox
) -> None:
    fail(visitor, 5)
    code = code_in(mailbox.only("dana@acme.test"))
    typed = f" {code[:4].lower()}-{code[4:].lower()} "
    answer = visitor.submit("/unlock", email="DANA@acme.test", code=typed)
    assert answer.status_code == 303


def test_the_code_stops_working_after_ten_minutes(
    visitor: Visitor, dana: User, mailbox: Mailbox, clock: Clock
) -> None:
    fail(visitor, 5)
    code = code_in(mailbox.only("dana@acme.test"))
    clock.advance(minutes=10)
    assert visitor.submit("/unlock", email="dana@acme.test", code=code).status_code == 422
    assert visitor.sign_in("dana@acme.test").status_code == 429


def test_a_used_code_does_not_lift_the_next_lock(
    visitor: Visitor, dana: User, mailbox: Mailbox
) -> None:
    fail(visitor, 5)
    code = code_in(mailbox.only("dana@acme.test"))
    visitor.submit("/unlock", email="dana@acme.test", code=code)
    fail(visitor, 5)
    assert code_in(mailbox.only("dana@acme.test")) != code
    assert visitor.submit("/unlock", email="dana@acme.test", code=code).status_code == 422


def test_the_locked_page_says_when_it_ends_and_takes_the_code(
    visitor: Visitor, dana: User, mailbox: Mailbox, clock: Clock
) -> None:
    fail(visitor, 5)
    page = visitor.sign_in("dana@acme.test").text
    ends = clock.time.replace(microsecond=0)
    assert re.search(r'<time datetime="[^"]+Z" data-time="at">', page)
    assert f"{ends.year}" in page
    assert 'action="/unlock"' in page
    assert 'value="dana@acme.test"' in page


def test_while_mail_is_pending_no_code_is_promised_and_the_ways_out_are_named(
    visitor: Visitor, dana: User, session: Session
) -> None:
    fail(visitor, 5)
    page = visitor.sign_in("dana@acme.test").text
    assert "Mail is not set up" in page
    assert "An administrator can lift the lock" in page
    assert "users unlock" in page
    assert 'action="/unlock"' not in page
    assert session.scalar(select(func.count()).select_from(MailIntent)) == 0
    assert "No code can be sent" in visitor.get("/unlock").text


def test_an_unknown_address_gets_the_same_page_and_nobody_a_mail(
    visitor: Visitor, dana: User, mailbox: Mailbox
) -> None:
    fail(visitor, 5)
    fail(visitor, 5, "dama@acme.test")
    known, unknown = visitor.sign_in("dana@acme.test"), visitor.sign_in("dama@acme.test")
    assert known.status_code == unknown.status_code == 429
    strip = re.compile(r'name="csrf_token"[^>]*>')
    assert strip.sub("", known.text).replace("dana", "dama") == strip.sub("", unknown.text)
    mailbox.only("dana@acme.test")


def test_an_administrator_sees_the_lock_and_lifts_it(
    visitor: Visitor, dana: User, session: Session, admin_client: FlaskClient
) -> None:
    dana.is_install_admin = True
    session.commit()
    fail(visitor, 5)
    alice = Visitor(admin_client)
    page = alice.get("/admin/system/administrators").text
    assert "Locked" in page
    answer = alice.submit(
        "/admin/system/administrators", to=f"/admin/system/administrators/{dana.id}/unlock"
    )
    assert answer.status_code == 303
    assert visitor.sign_in("dana@acme.test").status_code == 303
    tags = [(e.actor, e.tag) for e in session.scalars(select(AuditEvent).order_by(AuditEvent.id))]
    assert ("alice@acme.test", "login:unlocked") in tags


def test_a_lock_and_its_release_are_audited(
    visitor: Visitor, dana: User, mailbox: Mailbox, session: Session
) -> None:
    fail(visitor, 5)
    code = code_in(mailbox.only("dana@acme.test"))
    visitor.submit("/unlock", email="dana@acme.test", code=code)
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [event.tag for event in events] == ["login:locked", "login:unlocked"]
    assert all(event.target == "dana@acme.test" for event in events)
    assert code not in str([event.changes for event in events])


def test_the_mail_says_who_what_and_until_when_in_both_parts(
    visitor: Visitor, dana: User, mailbox: Mailbox
) -> None:
    fail(visitor, 5)
    mail = mailbox.only("dana@acme.test")
    code = code_in(mail)
    for part in (mail.text, mail.html):
        assert code in part
        assert "UTC on" in part
        assert "Not you?" in part
        assert "https://hr.acme.test/unlock" in part
    assert code not in str(mail.message["Subject"])


def test_no_more_than_three_codes_go_to_one_address_in_fifteen_minutes(
    visitor: Visitor, dana: User, mailbox: Mailbox
) -> None:
    for _ in range(3):
        fail(visitor, 5)
        code = code_in(mailbox.only("dana@acme.test"))
        visitor.submit("/unlock", email="dana@acme.test", code=code)
    fail(visitor, 5)
    assert mailbox.deliver() == []
    assert PASSWORD not in visitor.sign_in("dana@acme.test").text
