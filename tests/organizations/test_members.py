"""The members page: who sees it, who changes what, and the admin who must stay."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.lockout import hold, locks, record_failure
from app.accounts.models import User
from app.audit.models import AuditEvent
from app.organizations.members import LastAdmin, change_role
from app.organizations.models import Invitation, Membership
from app.organizations.service import create_organization, membership_of
from app.runtime import Runtime
from app.throttle import subject_of_address
from app.web.context import Actor
from tests.factories import make_user
from tests.organizations.people import INVITATIONS, MEMBERS, acme, invite, post, said


def membership_id(session: Session, user: User) -> int:
    found = membership_of(session, organization=acme(session), user=user)
    assert found is not None
    session.rollback()
    return found.id


def role_of(session: Session, user: User) -> str | None:
    session.rollback()
    return session.scalar(
        select(Membership.role)
        .where(Membership.user_id == user.id)
        .where(Membership.organization_id == acme(session).id)
    )


def test_members_see_who_belongs_and_change_nothing(member_client: FlaskClient, boss: User) -> None:
    page = member_client.get(MEMBERS)
    assert page.status_code == 200
    assert "Bo Boss" in page.text
    assert "Mia Member" in page.text
    assert 'name="emails"' not in page.text
    assert "Make admin" not in said(page)
    assert "Leave" in said(page)


def test_admins_see_the_invitation_form(boss_client: FlaskClient) -> None:
    page = boss_client.get(MEMBERS)
    assert 'name="email"' in page.text
    assert 'name="emails"' in page.text


def test_visitors_go_to_the_login_page(client: FlaskClient, boss: User) -> None:
    answer = client.get(MEMBERS)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login?next=")


@pytest.mark.parametrize("who", ["stranger", "admin_elsewhere", "install_admin"])
def test_to_everybody_else_the_organization_does_not_exist(
    session: Session,
    runtime: Runtime,
    sign_in: Callable[[User], FlaskClient],
    boss: User,
    who: str,
) -> None:
    user = make_user(
        session, "x@else.test", install_admin=who == "install_admin", organization_role=None
    )
    if who == "admin_elsewhere":
        other = create_organization(session, name="Else", now=runtime.now())
        session.add(
            Membership(
                organization_id=other.id, user_id=user.id, role="admin", created_at=runtime.now()
            )
        )
    session.query(Membership).filter_by(user_id=user.id, organization_id=acme(session).id).delete()
    session.commit()
    client = sign_in(user)
    assert client.get(MEMBERS).status_code == 404
    assert client.get("/organizations/no-such/members").status_code == 404
    for path in (INVITATIONS, f"{MEMBERS}/1/role", f"{MEMBERS}/1/remove"):
        assert post(client, path, "/account", email="new@x.test", role="admin").status_code == 404
    assert session.scalars(select(Invitation)).all() == []


def test_members_get_403_for_every_change(
    member_client: FlaskClient, session: Session, boss: User, mail: None
) -> None:
    target = membership_id(session, boss)
    for path in (
        INVITATIONS,
        f"{MEMBERS}/{target}/role",
        f"{MEMBERS}/{target}/remove",
        f"{MEMBERS}/{target}/unlock",
        f"{INVITATIONS}/1/resend",
        f"{INVITATIONS}/1/revoke",
    ):
        answer = post(member_client, path, MEMBERS, role="admin", email="new@x.test")
        assert answer.status_code == 403, path
        assert "Ask one of its admins" in said(answer)
    assert role_of(session, boss) == "admin"


def test_a_post_without_its_token_is_refused(boss_client: FlaskClient, session: Session) -> None:
    answer = boss_client.post(INVITATIONS, data={"email": "new@x.test", "role": "member"})
    assert answer.status_code == 400
    assert session.scalars(select(Invitation)).all() == []


def test_an_admin_changes_a_role_and_the_audit_log_tells(
    boss_client: FlaskClient, session: Session, boss: User, member: User
) -> None:
    answer = post(
        boss_client, f"{MEMBERS}/{membership_id(session, member)}/role", MEMBERS, role="admin"
    )
    assert answer.status_code == 303
    assert "Mia Member is now an admin." in said(boss_client.get(MEMBERS))
    assert role_of(session, member) == "admin"
    event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert (event.tag, event.target, event.actor_id) == (
        "member:role-changed",
        "acme: mia@acme.test",
        boss.id,
    )
    assert event.changes == {"role": {"old": "member", "new": "admin"}}


def test_a_role_that_does_not_exist_changes_nothing(
    boss_client: FlaskClient, session: Session, member: User
) -> None:
    path = f"{MEMBERS}/{membership_id(session, member)}/role"
    assert post(boss_client, path, MEMBERS, role="owner").status_code == 422
    assert role_of(session, member) == "member"


def test_an_admin_removes_a_member_whose_account_stays(
    boss_client: FlaskClient, session: Session, member: User
) -> None:
    path = f"{MEMBERS}/{membership_id(session, member)}/remove"
    assert post(boss_client, path, MEMBERS).status_code == 303
    assert role_of(session, member) is None
    assert session.get(User, member.id) is not None
    assert post(boss_client, path, MEMBERS).status_code == 404


def test_a_member_may_leave(
    member_client: FlaskClient, session: Session, member: User, boss: User
) -> None:
    answer = post(member_client, f"{MEMBERS}/{membership_id(session, member)}/remove", MEMBERS)
    assert answer.status_code == 303
    assert role_of(session, member) is None
    assert member_client.get(MEMBERS).status_code == 404


def test_a_membership_of_another_organization_cannot_be_reached_from_here(
    boss_client: FlaskClient, session: Session, runtime: Runtime, stranger: User
) -> None:
    other = create_organization(session, name="Else", now=runtime.now())
    theirs = Membership(
        organization_id=other.id, user_id=stranger.id, role="admin", created_at=runtime.now()
    )
    session.add(theirs)
    session.commit()
    for action in ("role", "remove", "unlock"):
        answer = post(boss_client, f"{MEMBERS}/{theirs.id}/{action}", MEMBERS, role="member")
        assert answer.status_code == 404
    session.refresh(theirs)
    assert theirs.role == "admin"


@pytest.mark.parametrize("action", ["role", "remove"])
def test_the_last_admin_stays(
    boss_client: FlaskClient, session: Session, boss: User, member: User, action: str
) -> None:
    path = f"{MEMBERS}/{membership_id(session, boss)}/{action}"
    answer = post(boss_client, path, MEMBERS, role="member")
    assert answer.status_code == 422
    assert "Make somebody else an admin first." in said(answer)
    assert role_of(session, boss) == "admin"


def test_two_admins_who_demote_each_other_at_once_leave_one(
    runtime: Runtime, session: Session, boss: User
) -> None:
    second = make_user(session, "cy@acme.test", organization_role="admin")
    session.commit()
    targets = [membership_id(session, boss), membership_id(session, second)]

    def demote(target: int) -> bool:
        with runtime.database.session() as mine:
            try:
                change_role(
                    mine,
                    organization=acme(mine),
                    membership_id=target,
                    role="member",
                    now=runtime.now(),
                    actor=Actor(None, "a test", None),
                )
            except LastAdmin:
                return False
            mine.commit()
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(demote, targets)) == [False, True]
    assert {role_of(session, boss), role_of(session, second)} == {"admin", "member"}


def test_an_admin_lifts_a_members_lock(
    boss_client: FlaskClient, session: Session, runtime: Runtime, member: User
) -> None:
    subject = subject_of_address(member.address)
    for _ in range(5):
        hold(session, subject=subject, now=runtime.now())
        record_failure(session, subject=subject, now=runtime.now())
    session.commit()
    assert "Locked after failed sign-ins" in said(boss_client.get(MEMBERS))
    path = f"{MEMBERS}/{membership_id(session, member)}/unlock"
    assert post(boss_client, path, MEMBERS).status_code == 303
    session.rollback()
    assert locks(session, users=[member], now=runtime.now()) == {}
    assert "Locked after" not in said(boss_client.get(MEMBERS))


def test_a_long_list_is_paged_and_searched(boss_client: FlaskClient, session: Session) -> None:
    for number in range(60):
        make_user(session, f"p{number:02}@acme.test", name=f"Person {number:02}")
    session.commit()
    first = boss_client.get(MEMBERS)
    assert "Person 00" in first.text
    assert "Person 59" not in first.text
    assert "page=2" in first.text
    assert "Person 59" in boss_client.get(f"{MEMBERS}?page=2").text
    found = boss_client.get(f"{MEMBERS}?q=person+07")
    assert "Person 07" in found.text
    assert "Person 08" not in found.text
    assert "No member" in said(boss_client.get(f"{MEMBERS}?q=100%25_"))
    assert boss_client.get(f"{MEMBERS}?page=99999999999999999999&q=%01").status_code == 200
    assert boss_client.get("/organizations/ac%00me/members").status_code == 404


def test_the_navigation_lists_ones_own_organizations(
    member_client: FlaskClient, session: Session, runtime: Runtime, boss: User
) -> None:
    create_organization(session, name="Not Mias", now=runtime.now())
    session.commit()
    page = member_client.get(MEMBERS)
    assert f'href="{MEMBERS}" aria-current="page"' in page.text
    assert "Not Mias" not in page.text


def test_in_sovereign_there_is_no_signup(client: FlaskClient, app: Flask, admin: User) -> None:
    for path in ("/signup", "/signup/code", "/signup/account"):
        assert client.get(path).status_code == 404
        assert post(client, path, "/login", email="new@x.test").status_code == 404


def test_a_hostile_name_stays_text_on_the_page(
    boss_client: FlaskClient, session: Session, mail: None
) -> None:
    acme(session).name = "<a href=//evil.com>{{7*7}}"
    session.commit()
    invite(boss_client, email="new@x.test")
    page = boss_client.get(MEMBERS)
    assert "<a href=//evil.com>" not in page.text
    assert "{{7*7}}" in page.text
