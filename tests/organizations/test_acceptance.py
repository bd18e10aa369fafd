"""What an invitation link does for whom. Tampering and races: tests/security/test_r34*."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.passwords import verify_password
from app.accounts.users import create_user, find
from app.audit.models import AuditEvent
from app.mail.addresses import Address
from app.organizations.models import Invitation
from app.organizations.service import add_member, membership_of
from app.runtime import Runtime
from tests.conftest import Clock
from tests.factories import PASSWORD
from tests.organizations.people import MEMBERS, acme, invite, post, said, waiting_mail

JOIN = {"name": "Kim New", "password": PASSWORD, "password_confirm": PASSWORD}


@pytest.fixture
def link(boss_client: FlaskClient, session: Session, runtime: Runtime, mail: None) -> str:
    """The path of an invitation of kim@else.test as an admin of Acme."""
    assert invite(boss_client, email="kim@else.test", role="admin").status_code == 303
    return waiting_mail(session, runtime)[-1].link


def kim(session: Session) -> User | None:
    session.rollback()
    return find(session, Address.as_typed("kim@else.test"))


def have_account(session: Session, runtime: Runtime) -> User:
    user = create_user(
        session, now=runtime.now(), address=Address.parse("kim@else.test"), name="Kim"
    )
    session.commit()
    return user


def test_looking_changes_nothing(client: FlaskClient, session: Session, link: str) -> None:
    for _ in range(3):
        page = client.get(link)
        assert page.status_code == 200
        assert "Bo Boss invites kim@else.test to become an admin of Acme" in said(page)
    assert client.head(link).status_code == 200
    assert kim(session) is None
    assert session.scalars(select(Invitation)).one().accepted_at is None


def test_a_new_person_chooses_a_name_and_password_and_is_in(
    client: FlaskClient, session: Session, link: str
) -> None:
    answer = post(client, link, **JOIN)
    assert answer.status_code == 303
    assert answer.headers["Location"] == MEMBERS
    page = client.get(MEMBERS)
    assert page.status_code == 200
    assert "You are now a member of Acme" in said(page)
    user = kim(session)
    assert user is not None
    assert (user.name, user.is_install_admin) == ("Kim New", False)
    assert user.email_verified_at is not None
    assert verify_password(user.password_hash, PASSWORD)
    membership = membership_of(session, organization=acme(session), user=user)
    assert membership is not None
    assert membership.role == "admin"
    event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert (event.tag, event.actor) == ("invitation:accepted", "kim@else.test")


def test_the_link_works_once(client: FlaskClient, app: Flask, session: Session, link: str) -> None:
    stale = app.test_client()
    token_page = stale.get(link)
    post(client, link, **JOIN)
    assert stale.get(link).status_code == 410
    from tests.factories import csrf_of

    again = stale.post(link, data={"csrf_token": csrf_of(token_page.data), **JOIN})
    assert again.status_code == 410
    assert "It works once" in said(again)
    # The person themself is shown the way.
    assert f'href="{MEMBERS}"' in client.get(link).text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": " "}, "Type your name."),
        ({"name": "K" * 65}, "Use at most 64 characters."),
        ({"name": "Kim\nBcc: x@y.test"}, "line breaks"),
        ({"password": "short", "password_confirm": "short"}, "Use at least 12 characters"),
        ({"password": "kim@else.test", "password_confirm": "kim@else.test"}, "Do not build the"),
        ({"password_confirm": "something else"}, "This is not the same as the password above."),
        ({"password": ""}, "Choose a password."),
    ],
)
def test_a_mistake_is_named_beside_its_field_and_costs_nothing(
    client: FlaskClient, session: Session, link: str, change: dict[str, str], message: str
) -> None:
    answer = post(client, link, **{**JOIN, **change})
    assert answer.status_code == 422
    assert message in said(answer)
    assert PASSWORD not in answer.text
    if "name" not in change:
        assert 'value="Kim New"' in answer.text
    assert kim(session) is None
    assert post(client, link, **JOIN).status_code == 303


def test_somebody_with_an_account_signs_in_first(
    client: FlaskClient, session: Session, runtime: Runtime, link: str
) -> None:
    have_account(session, runtime)
    page = client.get(link)
    assert page.status_code == 200
    assert f"/login?next={link}" in page.text.replace("%2F", "/")
    assert 'name="password"' not in page.text
    token = client.get("/login")
    from tests.factories import csrf_of

    answer = client.post(link, data={"csrf_token": csrf_of(token.data), **JOIN})
    assert answer.status_code == 403
    user = kim(session)
    assert user is not None
    assert user.password_hash is None
    assert session.scalars(select(Invitation)).one().accepted_at is None


def test_somebody_signed_in_as_that_address_confirms(
    sign_in: Callable[[User], FlaskClient], session: Session, runtime: Runtime, link: str
) -> None:
    user = have_account(session, runtime)
    mine = sign_in(user)
    assert "Join Acme" in said(mine.get(link))
    answer = post(mine, link)
    assert answer.status_code == 303
    assert answer.headers["Location"] == MEMBERS
    membership = membership_of(session, organization=acme(session), user=user)
    assert membership is not None
    assert membership.role == "admin"


def test_somebody_signed_in_as_another_is_told_and_uses_nothing_up(
    member_client: FlaskClient, session: Session, link: str
) -> None:
    page = member_client.get(link)
    assert page.status_code == 200
    assert "You are signed in as somebody else" in said(page)
    assert "mia@acme.test" in said(page)
    answer = post(member_client, link, **JOIN)
    assert answer.status_code == 403
    assert kim(session) is None
    assert session.scalars(select(Invitation)).one().accepted_at is None


def test_a_link_runs_out_after_seven_days(
    client: FlaskClient, session: Session, clock: Clock, link: str
) -> None:
    clock.advance(days=7)
    page = client.get(link)
    assert page.status_code == 410
    assert "seven days" in said(page)
    assert kim(session) is None


def test_an_unknown_link_says_so(client: FlaskClient, link: str) -> None:
    for path in ("/invitations/nonsense", link[:-1], link + "x", "/invitations/%00"):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert "Error 404" in said(answer)


def test_somebody_added_by_hand_meanwhile_keeps_the_role_chosen_then(
    sign_in: Callable[[User], FlaskClient], session: Session, runtime: Runtime, link: str
) -> None:
    user = have_account(session, runtime)
    add_member(session, organization=acme(session), user=user, role="member", now=runtime.now())
    session.commit()
    assert post(sign_in(user), link).status_code == 303
    session.rollback()
    membership = membership_of(session, organization=acme(session), user=user)
    assert membership is not None
    assert membership.role == "member"


def test_accepting_works_while_mail_is_broken(
    client: FlaskClient, session: Session, link: str
) -> None:
    from app.mailer.models import MailerConfiguration

    session.query(MailerConfiguration).delete()
    session.commit()
    assert post(client, link, **JOIN).status_code == 303
