"""While mail does not go out, an install administrator hands a link over; its owner hears of it."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.accounts.handed_links import Telling
from app.accounts.models import HandedLink, MailIntent, Token, User
from app.audit.models import AuditEvent
from app.mail.failures import Failure, FailureCode
from app.mail.phases import Phase
from app.mailer.health import pause
from app.mailer.models import MailerConfiguration
from app.outbox.models import OutboxMessage
from app.runtime import Runtime
from tests.conftest import Clock
from tests.factories import PASSWORD, make_user
from tests.organizations.people import configure_mail
from tests.visitor import Mailbox, Visitor

PAGE = "/admin/system/links"
NEW = "four unrelated words here"


@pytest.fixture
def dana(session: Session, admin: User) -> User:
    person = make_user(session, "dana@acme.test", name="Dana", verified=False)
    session.commit()
    return person


@pytest.fixture
def paused(session: Session, runtime: Runtime, dana: User) -> None:
    configure_mail(session, runtime)
    with runtime.database.transaction() as changing:
        failure = Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH)
        pause(changing, now=runtime.now(), failure=failure)
    session.rollback()


@pytest.fixture
def desk(admin_client: FlaskClient) -> Visitor:
    return Visitor(admin_client)


def take(desk: Visitor, what: str = "password", email: str = "dana@acme.test") -> str:
    answer = desk.submit(PAGE, email=email, what=what)
    assert answer.status_code == 200, answer.text
    found = re.search(
        r"https://hr\.acme\.test(/(?:reset-password|verify-email)/[\w-]+)", answer.text
    )
    assert found
    return found[1]


def refused(desk: Visitor, status: int = 422, **fields: str) -> str:
    answer = desk.submit(PAGE, **{"email": "dana@acme.test", "what": "password", **fields})
    assert answer.status_code == status
    return answer.text


def choose(visitor: Visitor, link: str) -> int:
    return visitor.submit(link, password=NEW, password_confirm=NEW).status_code


def waiting(session: Session, kind: str) -> list[OutboxMessage]:
    session.rollback()
    return list(session.scalars(select(OutboxMessage).where(OutboxMessage.kind == kind)))


def test_before_mail_is_set_up_somebody_gets_in_again(
    desk: Visitor, visitor: Visitor, session: Session, dana: User
) -> None:
    link = take(desk)
    assert choose(visitor, link) == 303
    assert visitor.sign_in("dana@acme.test", NEW).status_code == 303
    assert visitor.get(link).status_code == 410, "once"
    session.rollback()
    event = session.scalars(
        select(AuditEvent).where(AuditEvent.tag == "password:link-handed-over")
    ).one()
    assert event.target == "dana@acme.test"
    assert link.rpartition("/")[2] not in str(event.changes)


def test_its_owner_is_told_as_soon_as_mail_is_set_up_however_that_came(
    desk: Visitor, session: Session, runtime: Runtime, dana: User, mailbox: Mailbox, clock: Clock
) -> None:
    configuration = session.scalars(select(MailerConfiguration)).one()
    kept = {c.key: getattr(configuration, c.key) for c in MailerConfiguration.__table__.columns}
    session.execute(delete(MailerConfiguration))
    session.commit()
    take(desk)
    telling = Telling()
    assert not telling(runtime), "nothing can be written yet"
    assert not waiting(session, "link-shown")
    session.add(MailerConfiguration(**kept))
    session.commit()
    clock.advance(minutes=2)
    assert telling(runtime)
    clock.advance(minutes=2)
    assert not telling(runtime), "once"
    told = mailbox.only("dana@acme.test")
    assert "was shown a link" in told.text


def test_the_address_is_verified_by_it(
    desk: Visitor, visitor: Visitor, session: Session, paused: None, dana: User
) -> None:
    link = take(desk, "address")
    answer = visitor.submit(link)
    assert (answer.status_code, answer.location) == (303, "/")
    session.rollback()
    assert session.get_one(User, dana.id, populate_existing=True).email_verified_at is not None
    assert len(waiting(session, "link-shown")) == 1
    session.rollback()
    assert "verified already" in refused(desk, what="address")


def test_no_install_administrator_is_handed_out(
    desk: Visitor, session: Session, paused: None, dana: User
) -> None:
    make_user(session, "root@acme.test", name="Root", install_admin=True)
    session.commit()
    for email in ("root@acme.test", "alice@acme.test"):
        assert "install administrator" in refused(desk, email=email)
    assert "Nobody has this address" in refused(desk, email="nobody@acme.test")
    assert not session.scalars(select(HandedLink)).all()


@pytest.mark.parametrize("what", ["password", "address"])
def test_a_link_is_worth_nothing_once_its_owner_is_an_administrator(
    desk: Visitor, visitor: Visitor, session: Session, paused: None, dana: User, what: str
) -> None:
    link = take(desk, what)
    session.execute(update(User).where(User.id == dana.id).values(is_install_admin=True))
    session.commit()
    assert visitor.get(link).status_code == 410
    answer = visitor.submit("/login", to=link, password=NEW, password_confirm=NEW)
    assert answer.status_code == 410
    session.rollback()
    assert session.get_one(User, dana.id, populate_existing=True).email_verified_at is None


def test_a_link_is_worth_nothing_once_its_maker_is_no_administrator(
    desk: Visitor, visitor: Visitor, session: Session, paused: None, dana: User, admin: User
) -> None:
    link = take(desk)
    session.execute(update(User).where(User.id == admin.id).values(is_install_admin=False))
    session.commit()
    assert visitor.get(link).status_code == 410


def test_the_mail_whose_link_it_replaced_is_not_sent(
    desk: Visitor, visitor: Visitor, session: Session, runtime: Runtime, paused: None, dana: User
) -> None:
    assert visitor.submit("/forgot-password", email="dana@acme.test").status_code == 303
    for chore in runtime.chores:
        chore(runtime)
    assert not session.scalars(select(MailIntent)).all()
    (mail,) = waiting(session, "password-reset")
    kind, _, which = (mail.stands_on or "").partition(":")
    assert runtime.still_stands[kind](session, which, runtime.now())
    session.rollback()
    take(desk)
    session.rollback()
    assert not runtime.still_stands[kind](session, which, runtime.now())
    assert len(session.scalars(select(Token).where(Token.voided_at.is_(None))).all()) == 1


def test_while_mail_goes_out_no_link_is_shown(
    desk: Visitor, session: Session, runtime: Runtime, dana: User
) -> None:
    configure_mail(session, runtime)
    assert desk.get(PAGE).status_code == 409
    assert "Hand a link over" not in desk.get("/admin/system/administrators").text
    assert not session.scalars(select(Token)).all()


def test_the_way_there_stands_where_mail_waits(
    desk: Visitor, paused: None, session: Session
) -> None:
    assert "Hand a link over" in desk.get("/admin/system/administrators").text
    page = desk.get(f"{PAGE}?email=dana@acme.test&what=address")
    assert 'value="dana@acme.test"' in page.text
    assert '<option selected value="address">' in page.text
    assert desk.get(f"{PAGE}?what=nonsense").status_code == 200


def test_one_person_is_handed_five_a_day(desk: Visitor, paused: None) -> None:
    for _ in range(5):
        take(desk)
    assert "At most 5" in refused(desk, 429)


def test_a_person_who_is_signed_in_may_not(visitor: Visitor, paused: None) -> None:
    visitor.sign_in("dana@acme.test", PASSWORD)
    assert visitor.get(PAGE).status_code == 403
