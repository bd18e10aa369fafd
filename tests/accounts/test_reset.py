"""Password reset, from the question to the notice afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import MailIntent, Token, User
from app.audit.models import AuditEvent
from app.outbox.models import OutboxMessage
from app.runtime import Runtime
from tests.conftest import Clock
from tests.factories import PASSWORD, make_user, without_tokens
from tests.visitor import Mailbox, Visitor, link_in

NEW = "four unrelated words here"


@pytest.fixture
def dana(session: Session, admin: User) -> User:
    person = make_user(session, "dana@acme.test", name="Dana")
    session.commit()
    return person


def ask(visitor: Visitor, email: str = "dana@acme.test") -> None:
    answer = visitor.submit("/forgot-password", email=email)
    assert (answer.status_code, answer.location) == (303, "/forgot-password/sent")


def choose(visitor: Visitor, link: str, password: str = NEW) -> int:
    answer = visitor.submit(link, password=password, password_confirm=password)
    return answer.status_code


def test_the_link_in_the_mail_sets_a_new_password_and_ends_the_old(
    visitor: Visitor,
    dana: User,
    mailbox: Mailbox,
    sign_in: Callable[[User], FlaskClient],
) -> None:
    elsewhere = Visitor(sign_in(dana))
    assert elsewhere.get("/account").status_code == 200
    ask(visitor)
    link = link_in(mailbox.only("dana@acme.test"))
    answer = visitor.submit(link, password=NEW, password_confirm=NEW)
    assert (answer.status_code, answer.location) == (303, "/login")
    assert visitor.get("/account").status_code == 303, "nobody is signed in by a reset"
    assert elsewhere.get("/account").status_code == 303, "sessions elsewhere have ended"
    assert visitor.sign_in("dana@acme.test", PASSWORD).status_code == 422
    assert visitor.sign_in("dana@acme.test", NEW).status_code == 303


def test_the_owner_is_told_afterwards(visitor: Visitor, dana: User, mailbox: Mailbox) -> None:
    ask(visitor)
    choose(visitor, link_in(mailbox.only("dana@acme.test")))
    notice = mailbox.only("dana@acme.test")
    assert notice.message["Subject"] == "Your password was changed"
    for part in (notice.text, notice.html):
        assert "Not you?" in part
        assert "https://hr.acme.test/forgot-password" in part
        assert "/reset-password/" not in part


def test_a_link_works_once(visitor: Visitor, dana: User, mailbox: Mailbox) -> None:
    ask(visitor)
    link = link_in(mailbox.only("dana@acme.test"))
    page = visitor.get(link)
    assert page.status_code == 200
    from tests.factories import csrf_of

    token = csrf_of(page.data)
    form = {"csrf_token": token, "password": NEW, "password_confirm": NEW}
    assert visitor.client.post(link, data=form).status_code == 303
    again = visitor.client.post(link, data={**form, "csrf_token": token})
    assert again.status_code in {400, 410}
    dead = visitor.get(link)
    assert dead.status_code == 410
    assert "This link no longer works" in dead.text


def test_looking_at_the_link_any_number_of_times_uses_nothing_up(
    visitor: Visitor, dana: User, mailbox: Mailbox
) -> None:
    ask(visitor)
    link = link_in(mailbox.only("dana@acme.test"))
    for _ in range(5):
        assert visitor.get(link).status_code == 200
        assert visitor.client.head(link).status_code == 200
    assert choose(visitor, link) == 303


def test_a_link_lives_thirty_minutes(
    visitor: Visitor, dana: User, mailbox: Mailbox, clock: Clock
) -> None:
    ask(visitor)
    link = link_in(mailbox.only("dana@acme.test"))
    clock.advance(minutes=29, seconds=59)
    assert visitor.get(link).status_code == 200
    clock.advance(seconds=1)
    assert visitor.get(link).status_code == 410


def test_a_newer_request_voids_the_older_link(
    visitor: Visitor, dana: User, mailbox: Mailbox
) -> None:
    ask(visitor)
    older = link_in(mailbox.only("dana@acme.test"))
    ask(visitor)
    newer = link_in(mailbox.only("dana@acme.test"))
    assert visitor.get(older).status_code == 410
    assert choose(visitor, newer) == 303


def test_three_mails_in_fifteen_minutes_and_no_fourth_but_the_same_answer(
    visitor: Visitor, dana: User, mailbox: Mailbox, clock: Clock
) -> None:
    for _ in range(5):
        ask(visitor)
    assert len(mailbox.deliver()) == 3
    clock.advance(minutes=15)
    ask(visitor)
    mailbox.only("dana@acme.test")


def test_only_the_newest_of_several_links_asked_for_at_once_works(
    visitor: Visitor, dana: User, mailbox: Mailbox
) -> None:
    for _ in range(3):
        ask(visitor)
    links = [link_in(mail) for mail in mailbox.deliver()]
    assert [visitor.get(link).status_code for link in links].count(200) == 1


def test_an_unknown_address_gets_the_same_answer_and_no_mail(
    visitor: Visitor, dana: User, mailbox: Mailbox, session: Session
) -> None:
    ask(visitor, "nobody@acme.test")
    assert mailbox.deliver() == []
    assert session.scalar(select(func.count()).select_from(MailIntent)) == 0


def test_while_mail_is_pending_everybody_gets_the_same_clear_error(
    visitor: Visitor, dana: User, session: Session
) -> None:
    known = visitor.submit("/forgot-password", email="dana@acme.test")
    unknown = visitor.submit("/forgot-password", email="dama@acme.test")
    assert known.status_code == unknown.status_code == 503
    assert without_tokens(known.text).replace("dana", "dama") == without_tokens(unknown.text)
    assert "Mail is not set up" in known.text
    assert "Ask your administrator" in known.text
    assert "users reset-link" in known.text
    assert session.scalar(select(func.count()).select_from(MailIntent)) == 0
    assert "Mail is not set up" in visitor.get("/forgot-password").text


def test_a_paused_mailer_holds_the_mail_and_answers_the_same(
    visitor: Visitor, dana: User, mailbox: Mailbox, session: Session, runtime: Runtime
) -> None:
    from app.mail.failures import Failure, FailureCode
    from app.mail.phases import Phase
    from app.mailer.health import pause

    pause(
        session,
        now=runtime.now(),
        failure=Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH, 535, "5.7.8"),
    )
    session.commit()
    ask(visitor)
    mailbox.deliver()
    states = session.scalars(select(OutboxMessage.state)).all()
    assert list(states) == ["held"]


@pytest.mark.parametrize(
    ("password", "confirm"),
    [
        ("short", "short"),
        ("passwordpassword", "passwordpassword"),
        ("dana@acme.test", "dana@acme.test"),
        (NEW, NEW + "!"),
        ("", ""),
    ],
)
def test_a_refused_password_keeps_the_link_alive(
    visitor: Visitor, dana: User, mailbox: Mailbox, password: str, confirm: str
) -> None:
    ask(visitor)
    link = link_in(mailbox.only("dana@acme.test"))
    answer = visitor.submit(link, password=password, password_confirm=confirm)
    assert answer.status_code == 422
    assert NEW not in answer.text
    assert choose(visitor, link) == 303


def test_a_reset_lifts_the_lock_that_forgetting_led_to(
    visitor: Visitor, dana: User, mailbox: Mailbox
) -> None:
    for _ in range(5):
        visitor.sign_in("dana@acme.test", "wrong")
    mailbox.deliver()
    ask(visitor)
    choose(visitor, link_in(mailbox.only("dana@acme.test")))
    assert visitor.sign_in("dana@acme.test", NEW).status_code == 303


def test_token_and_mail_are_written_together_and_only_hashed(
    visitor: Visitor, dana: User, mailbox: Mailbox, session: Session
) -> None:
    ask(visitor)
    secret = link_in(mailbox.only("dana@acme.test")).rpartition("/")[2]
    token = session.scalars(select(Token)).one()
    assert len(secret) >= 43
    assert secret not in str(vars(token))


def test_a_reset_is_audited_without_the_password_or_the_link(
    visitor: Visitor, dana: User, mailbox: Mailbox, session: Session
) -> None:
    ask(visitor)
    link = link_in(mailbox.only("dana@acme.test"))
    choose(visitor, link)
    event = session.scalars(select(AuditEvent)).one()
    assert (event.tag, event.target, event.actor) == (
        "password:reset",
        "dana@acme.test",
        "dana@acme.test",
    )
    assert event.changes == {"password": "changed"}


def test_mail_parts_agree_and_say_who_asked_and_until_when(
    visitor: Visitor, dana: User, mailbox: Mailbox
) -> None:
    ask(visitor)
    mail = mailbox.only("dana@acme.test")
    link = "https://hr.acme.test" + link_in(mail)
    assert mail.message["Auto-Submitted"] == "auto-generated"
    for part in (mail.text, mail.html):
        assert link in part
        assert "dana@acme.test" in part
        assert "UTC on" in part
        assert "Not you?" in part
    assert f"\n{link}\n" in mail.text.replace("\r\n", "\n")


def test_a_request_that_waited_too_long_is_dropped(
    visitor: Visitor, dana: User, mailbox: Mailbox, clock: Clock, session: Session
) -> None:
    ask(visitor)
    clock.advance(minutes=31)
    assert mailbox.deliver() == []
    assert session.scalar(select(func.count()).select_from(MailIntent)) == 0
