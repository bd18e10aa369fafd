"""Many open invitations: a total, a filter by what became of the mail, and several at a time."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.organizations.models import Invitation
from app.outbox.models import OutboxMessage
from app.runtime import Runtime
from tests.conftest import Clock
from tests.factories import csrf_of
from tests.organizations.people import INVITATIONS, MEMBERS, invite, said, waiting_mail

OPEN = f"{INVITATIONS}/open"


@pytest.fixture
def many(boss_client: FlaskClient, mail: None) -> FlaskClient:
    invite(boss_client, emails="\n".join(f"p{n}@else.test" for n in range(25)))
    return boss_client


def listed(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200
    return list(html.fromstring(answer.data).xpath("//tr/@data-email"))


def do(client: FlaskClient, query: str) -> TestResponse:
    asked = client.get(f"{OPEN}/selected?{query}")
    assert asked.status_code == 200, asked.text
    data = {"csrf_token": csrf_of(asked.data)}
    return client.post(f"{OPEN}/selected?{query}", data=data, follow_redirects=True)


def still_open(session: Session) -> list[str]:
    session.rollback()
    query = select(Invitation.email_key).where(Invitation.revoked_at.is_(None))
    return sorted(session.scalars(query))


def test_members_are_not_pushed_down_and_all_invitations_have_a_page(many: FlaskClient) -> None:
    page = many.get(MEMBERS)
    invitations = [email for email in listed(page) if email.endswith("@else.test")]
    assert len(invitations) == 5
    assert "See all 25" in page.text
    first = many.get(OPEN)
    assert "25 invitations" in said(first)
    assert len(listed(first)) == 20
    assert len(listed(many.get(f"{OPEN}?page=2"))) == 5
    assert listed(many.get(f"{OPEN}?q=p24@")) == ["p24@else.test"]


def test_they_are_found_by_what_became_of_their_mail(
    many: FlaskClient, session: Session, clock: Clock
) -> None:
    names = session.scalars(select(OutboxMessage.public_id).order_by(OutboxMessage.id)).all()
    for name, state in zip(names, ("sent", "failed", "cancelled"), strict=False):
        session.execute(
            update(OutboxMessage).where(OutboxMessage.public_id == name).values(state=state)
        )
    session.commit()
    assert listed(many.get(f"{OPEN}?mail=sent")) == ["p0@else.test"]
    assert sorted(listed(many.get(f"{OPEN}?mail=not-sent"))) == ["p1@else.test", "p2@else.test"]
    assert "22 invitations in this list" in said(many.get(f"{OPEN}?mail=waiting"))
    assert listed(many.get(f"{OPEN}?mail=ran-out")) == []


def test_several_are_revoked_after_a_question_with_their_number(
    many: FlaskClient, session: Session, runtime: Runtime
) -> None:
    ids = session.scalars(select(Invitation.id).order_by(Invitation.id).limit(2)).all()
    query = f"do=revoke&invitation={ids[0]}&invitation={ids[1]}"
    assert "Revoke 2 invitations?" in many.get(f"{OPEN}/selected?{query}").text
    assert len(still_open(session)) == 25, "asking changes nothing"
    assert "2 invitations are revoked" in do(many, query).text
    assert "p0@else.test" not in still_open(session)
    assert len(waiting_mail(session, runtime)) == 23, "their mails are not sent"
    assert many.get(f"{OPEN}/selected?{query}").status_code == 409


def test_all_in_the_list_are_sent_again_with_new_links(
    many: FlaskClient, session: Session, runtime: Runtime
) -> None:
    before = {mail.link for mail in waiting_mail(session, runtime)}
    answer = do(many, "do=resend&which=all&q=p1")  # p1, p10 … p19
    assert "11 invitations" in said(answer)
    after = {mail.link for mail in waiting_mail(session, runtime)}
    assert len(after) == 25
    assert len(before - after) == 11


def test_what_the_limits_refuse_is_counted_and_keeps_its_link(
    many: FlaskClient, session: Session, runtime: Runtime
) -> None:
    for _ in range(4):
        do(many, "do=resend&which=all&q=p24@")
    before = {mail.link for mail in waiting_mail(session, runtime)}
    answer = said(do(many, "do=resend&which=all&q=p24@"))
    assert "1 invitation was not sent again, and its link still works" in answer
    assert {mail.link for mail in waiting_mail(session, runtime)} == before


def test_members_look_and_change_nothing(
    many: FlaskClient, member_client: FlaskClient, session: Session
) -> None:
    page = member_client.get(OPEN)
    assert len(listed(page)) == 20
    assert 'name="invitation"' not in page.text
    assert member_client.get(f"{OPEN}/selected?do=revoke&which=all").status_code == 403
    token = csrf_of(member_client.get("/account").data)
    answer = member_client.post(f"{OPEN}/selected?do=revoke&which=all", data={"csrf_token": token})
    assert answer.status_code == 403
    assert len(still_open(session)) == 25
