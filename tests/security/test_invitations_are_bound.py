"""An invitation is bound in the database to address, organization and role."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.users import find
from app.mail.addresses import Address
from app.organizations.acceptance import NoLongerOpen, accept_as, accept_as_new
from app.organizations.invitations import invite
from app.organizations.inviting import Inviting
from app.organizations.models import Invitation, Membership, Organization
from app.organizations.service import create_organization
from app.runtime import Runtime
from app.web.context import Actor
from tests.factories import PASSWORD, csrf_of, make_user, password_hash
from tests.organizations.people import acme, configure_mail, waiting_mail

JOIN = {"name": "Kim", "password": PASSWORD, "password_confirm": PASSWORD}


@pytest.fixture
def session(runtime: Runtime) -> Session:
    """Looking with it never keeps requests from writing."""
    with runtime.database.session(reading=True) as session:
        yield session


@pytest.fixture
def inviting(session: Session, runtime: Runtime) -> Inviting:
    """Bo, an admin of Acme, invites members."""
    configure_mail(session, runtime)
    boss = make_user(session, "bo@acme.test", name="Bo", organization_role="admin")
    session.commit()
    actor = Actor(boss.id, boss.email, None)
    return Inviting(runtime, acme(session), "member", boss, actor, runtime.now())


@pytest.fixture
def link(session: Session, runtime: Runtime, inviting: Inviting) -> str:
    """The path of an invitation of kim@else.test as a plain member of Acme."""
    invite(session, inviting, Address.parse("kim@else.test"))
    session.commit()
    return waiting_mail(session, runtime)[-1].link


def secret_of(link: str) -> str:
    return link.rpartition("/")[2]


def memberships(session: Session, email: str) -> list[tuple[str, str]]:
    session.rollback()
    rows = session.execute(
        select(Organization.slug, Membership.role)
        .join(Membership, Membership.organization_id == Organization.id)
        .join(User, User.id == Membership.user_id)
        .where(User.email == email)
    )
    return [(slug, role) for slug, role in rows]


def test_nothing_in_the_form_can_change_address_organization_or_role(
    client: FlaskClient, session: Session, runtime: Runtime, link: str
) -> None:
    other = create_organization(session, name="Other", now=runtime.now())
    session.commit()
    answer = client.post(
        f"{link}?email=eve@evil.test&role=admin&organization={other.id}",
        data={
            "csrf_token": csrf_of(client.get(link).data),
            **JOIN,
            "email": "eve@evil.test",
            "email_key": "eve@evil.test",
            "role": "admin",
            "organization": str(other.id),
            "organization_id": str(other.id),
            "slug": other.slug,
            "is_install_admin": "1",
        },
    )
    assert answer.status_code == 303
    assert memberships(session, "kim@else.test") == [("acme", "member")]
    assert find(session, Address.as_typed("eve@evil.test")) is None
    user = find(session, Address.as_typed("kim@else.test"))
    assert user is not None
    assert not user.is_install_admin


def test_a_changed_link_is_worth_nothing(client: FlaskClient, session: Session, link: str) -> None:
    token = csrf_of(client.get(link).data)
    secret = secret_of(link)
    flipped = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    for changed in (flipped, secret.swapcase(), secret + "=", secret[:-1], "", "0", "' OR 1=1 --"):
        answer = client.post(f"/invitations/{changed}", data={"csrf_token": token, **JOIN})
        assert answer.status_code == 404, changed
    assert find(session, Address.as_typed("kim@else.test")) is None


def test_the_link_is_stored_hashed(session: Session, link: str) -> None:
    stored = session.scalars(select(Invitation)).one()
    assert secret_of(link) not in {stored.token_hash, stored.email, stored.message_public_id}
    assert len(secret_of(link)) >= 43, "less than 256 bits"


def test_another_account_can_neither_use_nor_use_up_the_link(
    sign_in: Callable[[User], FlaskClient], session: Session, link: str
) -> None:
    eve = make_user(session, "eve@evil.test", organization_role=None)
    session.commit()
    client = sign_in(eve)
    token = csrf_of(client.get("/account").data)
    answer = client.post(link, data={"csrf_token": token, **JOIN, "email": "kim@else.test"})
    assert answer.status_code == 403
    assert memberships(session, "eve@evil.test") == []
    assert session.scalars(select(Invitation)).one().accepted_at is None


def test_the_claim_itself_asks_for_the_address(
    session: Session, runtime: Runtime, link: str
) -> None:
    eve = make_user(session, "eve@evil.test", organization_role=None)
    session.commit()
    actor = Actor(eve.id, eve.email, None)
    with pytest.raises(NoLongerOpen):
        accept_as(session, secret=secret_of(link), user=eve, now=runtime.now(), actor=actor)


def test_a_visitor_cannot_take_over_an_account_with_the_link(
    client: FlaskClient, session: Session, link: str
) -> None:
    kim = make_user(session, "kim@else.test", organization_role=None)
    session.commit()
    token = csrf_of(client.get("/login").data)
    new = {**JOIN, "password": "a brand new password", "password_confirm": "a brand new password"}
    assert client.post(link, data={"csrf_token": token, **new}).status_code == 403
    session.refresh(kim)
    assert kim.password_hash == password_hash()
    assert memberships(session, "kim@else.test") == []


def test_twenty_acceptances_at_once_make_one_account_and_one_membership(
    runtime: Runtime, session: Session, link: str
) -> None:
    def join(_: int) -> bool:
        try:
            with runtime.database.transaction() as mine:
                accept_as_new(
                    mine,
                    secret=secret_of(link),
                    name="Kim",
                    password_hash=password_hash(),
                    now=runtime.now(),
                    ip=None,
                )
        except NoLongerOpen:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(join, range(20))) == 1
    assert memberships(session, "kim@else.test") == [("acme", "member")]
    count = select(func.count()).select_from(User).where(User.email_key == "kim@else.test")
    assert session.scalar(count) == 1


def test_two_browsers_of_one_person_make_one_membership(
    app: Flask, sign_in: Callable[[User], FlaskClient], session: Session, link: str
) -> None:
    kim = make_user(session, "kim@else.test", organization_role=None)
    session.commit()
    browsers = [sign_in(kim) for _ in range(4)]
    tokens = [csrf_of(browser.get(link).data) for browser in browsers]

    def confirm(number: int) -> int:
        token = {"csrf_token": tokens[number]}
        return browsers[number].post(link, data=token).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(confirm, range(4))) == [303, 410, 410, 410]
    assert memberships(session, "kim@else.test") == [("acme", "member")]


def test_revoked_while_being_accepted_means_revoked(
    client: FlaskClient, session: Session, runtime: Runtime, inviting: Inviting, link: str
) -> None:
    from app.organizations.invitations import revoke

    token = csrf_of(client.get(link).data)
    revoke(session, replace(inviting), session.scalars(select(Invitation)).one())
    session.commit()
    answer = client.post(link, data={"csrf_token": token, **JOIN})
    assert answer.status_code == 410
    assert find(session, Address.as_typed("kim@else.test")) is None


def test_an_invitation_to_one_organization_opens_no_other(
    client: FlaskClient, session: Session, runtime: Runtime, inviting: Inviting, link: str
) -> None:
    other = create_organization(session, name="Other", now=runtime.now())
    session.flush()
    invite(
        session, replace(inviting, organization=other, role="admin"), Address.parse("lee@else.test")
    )
    session.commit()
    client.post(link, data={"csrf_token": csrf_of(client.get(link).data), **JOIN})
    assert client.get("/organizations/acme/members").status_code == 200
    assert client.get("/organizations/other/members").status_code == 404
    assert memberships(session, "kim@else.test") == [("acme", "member")]
