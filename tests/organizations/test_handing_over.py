"""While mail does not go out, whoever may invite hands a link over; its owner hears of it."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts.models import User
from app.audit.models import AuditEvent
from app.mail.failures import Failure, FailureCode
from app.mail.phases import Phase
from app.mailer.health import pause
from app.organizations.models import Invitation, Membership
from app.outbox.models import OutboxMessage
from app.runtime import Runtime
from tests.factories import PASSWORD
from tests.organizations.people import INVITATIONS, MEMBERS, invite, post, said, waiting_mail


@pytest.fixture
def invited(boss_client: FlaskClient, runtime: Runtime, session: Session, mail: None) -> int:
    """Kim is invited, and mail is paused."""
    invite(boss_client, email="kim@else.test")
    with runtime.database.transaction() as changing:
        failure = Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH)
        pause(changing, now=runtime.now(), failure=failure)
    session.rollback()
    return session.scalars(select(Invitation.id)).one()


def take_link(client: FlaskClient, number: int) -> str:
    path = f"{INVITATIONS}/{number}/link"
    answer = post(client, path)
    assert answer.status_code == 200
    found = re.search(r"https://hr\.acme\.test(/invitations/[\w-]+)", answer.text)
    assert found
    return found[1]


def join(client: FlaskClient, link: str) -> TestResponse:
    fields = {"name": "Kim", "password": PASSWORD, "password_confirm": PASSWORD}
    return post(client, link, **fields)


def test_a_link_is_made_fresh_and_shown_once_after_a_question(
    boss_client: FlaskClient, client: FlaskClient, session: Session, runtime: Runtime, invited: int
) -> None:
    (before,) = waiting_mail(session, runtime)
    assert "Copy the link" in said(boss_client.get(MEMBERS))
    assert "You see it once" in said(boss_client.get(f"{INVITATIONS}/{invited}/link"))
    assert client.get(before.link).status_code == 200, "asking changes nothing"
    link = take_link(boss_client, invited)
    assert client.get(before.link).status_code == 404 or "no longer" in client.get(before.link).text
    assert client.get(link).status_code == 200
    assert link not in boss_client.get(MEMBERS).text
    event = session.scalars(
        select(AuditEvent).where(AuditEvent.tag == "invitation:handed-over")
    ).one()
    assert event.target == "acme: kim@else.test"
    assert link.rpartition("/")[2] not in str(event.changes)


def test_the_address_is_not_verified_by_it_and_its_owner_is_told_even_afterwards(
    boss_client: FlaskClient, client: FlaskClient, session: Session, runtime: Runtime, invited: int
) -> None:
    link = take_link(boss_client, invited)
    assert join(client, link).status_code == 303
    session.rollback()
    kim = session.scalars(select(User).where(User.email_key == "kim@else.test")).one()
    assert kim.email_verified_at is None
    (told,) = waiting_mail(session, runtime)
    assert "Bo Boss was shown this link as well" in told.text
    row = session.scalars(select(OutboxMessage).where(OutboxMessage.state == "held")).one()
    kind, _, which = (row.stands_on or "").partition(":")
    assert runtime.still_stands[kind](session, which, runtime.now())


def test_a_mailed_link_verifies_and_says_nothing_of_it(
    boss_client: FlaskClient, client: FlaskClient, session: Session, runtime: Runtime, mail: None
) -> None:
    invite(boss_client, email="kim@else.test")
    (mailed,) = waiting_mail(session, runtime)
    assert "was shown this link" not in mailed.text
    assert join(client, mailed.link).status_code == 303
    kim = session.scalars(select(User).where(User.email_key == "kim@else.test")).one()
    assert kim.email_verified_at is not None


def test_what_was_revoked_or_left_behind_is_not_told(
    boss_client: FlaskClient, session: Session, runtime: Runtime, boss: User, invited: int
) -> None:
    take_link(boss_client, invited)
    session.rollback()
    row = session.scalars(select(OutboxMessage).where(OutboxMessage.state == "held")).one()
    kind, _, which = (row.stands_on or "").partition(":")
    session.execute(update(Membership).where(Membership.user_id == boss.id).values(role="member"))
    session.commit()
    assert not runtime.still_stands[kind](session, which, runtime.now())


def test_while_mail_goes_out_no_link_is_shown(
    boss_client: FlaskClient, session: Session, mail: None
) -> None:
    invite(boss_client, email="kim@else.test")
    number = session.scalars(select(Invitation.id)).one()
    assert "Copy the link" not in said(boss_client.get(MEMBERS))
    assert post(boss_client, f"{INVITATIONS}/{number}/link", MEMBERS).status_code == 409


def test_members_get_no_link(
    boss_client: FlaskClient, member_client: FlaskClient, invited: int
) -> None:
    assert "Copy the link" not in said(member_client.get(MEMBERS))
    assert post(member_client, f"{INVITATIONS}/{invited}/link", "/account").status_code == 403


def test_one_address_is_mailed_about_it_at_most_five_times_a_day(
    boss_client: FlaskClient, invited: int
) -> None:
    for _ in range(4):
        take_link(boss_client, invited)
    assert post(boss_client, f"{INVITATIONS}/{invited}/link").status_code == 429
