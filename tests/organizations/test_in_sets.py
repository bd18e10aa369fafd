"""Many invitations at once come to the same as one after the other, and cost a few statements."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.audit.models import AuditEvent
from app.audit.verify import verify
from app.mail.addresses import Address
from app.organizations import batches, invitations, members
from app.organizations.inviting import InviteResult, Inviting
from app.organizations.models import (
    Invitation,
    InvitationBatch,
    InvitationBatchLine,
    Membership,
    Organization,
)
from app.organizations.service import create_organization
from app.outbox.models import OutboxMessage
from app.runtime import Runtime
from app.throttle import Throttle
from app.web.context import Actor
from tests.conftest import Clock
from tests.factories import csrf_of
from tests.organizations.people import INVITATIONS, MEMBERS, acme, invite, said, waiting_mail
from tests.statements import statements

OPEN = f"{INVITATIONS}/open"


def inviting(session: Session, runtime: Runtime, boss: User, role: str = "member") -> Inviting:
    actor = Actor(boss.id, boss.email, "192.0.2.1")
    return Inviting(runtime, acme(session), role, boss, actor, runtime.now())


def addresses(*texts: str) -> list[Address]:
    return [Address.parse(text) for text in texts]


def outcomes(session: Session) -> list[str | None]:
    session.rollback()
    found = session.scalars(select(InvitationBatchLine.outcome).order_by(InvitationBatchLine.id))
    return list(found)


def count(session: Session, model: type) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(model)) or 0


def taken(session: Session) -> int:
    """How much counts under limits."""
    session.rollback()
    return session.scalar(select(func.sum(Throttle.number))) or 0


LIST = (
    "new@else.test",
    "sam@else.test",  # has an account
    "mia@acme.test",  # is a member
    "open@else.test",  # is invited
    "old@else.test",  # was invited, and that ran out
    "New@else.test",  # the first again
    "SAM@else.test",
    "full@else.test",  # was mailed five times
    "last@else.test",  # the last that the organization may mail
    "over@else.test",
    "over@else.test",
)


@pytest.mark.parametrize("at_once", [True, False])
def test_each_address_fares_as_it_would_alone(
    at_once: bool,
    runtime: Runtime,
    boss: User,
    member: User,
    stranger: User,
    clock: Clock,
    mail: None,
) -> None:
    with runtime.database.transaction() as session:
        first = inviting(session, runtime, boss)
        invitations.invite(session, first, *addresses("old@else.test"))
    clock.advance(days=7, seconds=1)
    with runtime.database.transaction() as session:
        now = inviting(session, runtime, boss)
        invitations.invite_all(session, now, addresses("open@else.test", "full@else.test"))
        (full,) = session.scalars(select(Invitation).where(Invitation.email == "full@else.test"))
        for _ in range(4):
            invitations.resend(session, now, full)
        invitations.revoke(session, now, full)
    # Six mails are counted in this day; four more are allowed: new, sam's notice, old and last.
    runtime.config = replace(runtime.config, invitations_per_day=10)
    with runtime.database.transaction() as session:
        asked, listed = inviting(session, runtime, boss, "admin"), addresses(*LIST)
        if at_once:
            found = invitations.invite_all(session, asked, listed)
        else:
            found = [invitations.invite(session, asked, one) for one in listed]
    assert found == [
        InviteResult.INVITED,
        InviteResult.ADDED,
        InviteResult.ALREADY_MEMBER,
        InviteResult.ALREADY_INVITED,
        InviteResult.INVITED,
        InviteResult.ALREADY_INVITED,
        InviteResult.ALREADY_MEMBER,
        InviteResult.ADDRESS_LIMIT,
        InviteResult.INVITED,
        InviteResult.ORGANIZATION_LIMIT,
        InviteResult.ORGANIZATION_LIMIT,
    ]
    with runtime.database.session(reading=True) as session:
        still_open = select(Invitation.email, Invitation.role).where(
            Invitation.revoked_at.is_(None)
        )
        assert sorted(map(tuple, session.execute(still_open))) == [
            ("last@else.test", "admin"),
            ("new@else.test", "admin"),
            ("old@else.test", "admin"),
            ("open@else.test", "member"),
        ]
        sam = session.scalars(select(Membership).where(Membership.user_id == stranger.id)).one()
        assert sam.role == "admin"
        told = session.execute(select(AuditEvent.tag, AuditEvent.target)).all()
        assert told.count(("invitation:created", "acme: new@else.test")) == 1
        assert told.count(("member:added", "acme: sam@else.test")) == 1
        assert verify(session).broken is None
        counted = session.execute(
            select(Throttle.purpose, func.sum(Throttle.number)).group_by(Throttle.purpose)
        )
        assert dict(map(tuple, counted)) == {"invitation-from": 10, "invitation-to": 10}


def test_each_has_a_mail_of_its_own(
    runtime: Runtime, session: Session, boss: User, client: FlaskClient, mail: None
) -> None:
    listed = addresses(*(f"{'x' * (n % 5)}p{n}@else.test" for n in range(40)))
    with runtime.database.transaction() as mine:
        invitations.invite_all(mine, inviting(mine, runtime, boss), listed)
    mails = waiting_mail(session, runtime)
    assert [one.to for one in mails] == [one.text for one in listed]
    assert len({one.link for one in mails}) == 40
    assert len({one.message["Message-ID"] for one in mails}) == 40
    for one in mails:
        assert one.message["To"].addresses[0].addr_spec == one.to
        for part in (one.text, one.html):
            assert one.to in part
            assert one.link in part
            assert "Bo Boss" in part
    rows = session.execute(
        select(OutboxMessage, Invitation).join(
            Invitation, Invitation.message_public_id == OutboxMessage.public_id
        )
    )
    for message, invitation in rows:
        assert message.rcpt_to == invitation.email
        assert message.expires_at == invitation.expires_at == runtime.now() + timedelta(days=7)
        assert message.stands_on == f"invitation:{invitation.token_hash}"
        assert invitation.invited_by_id == boss.id
    session.rollback()
    page = client.get(mails[17].link)
    assert page.status_code == 200
    assert mails[17].to in page.text


def test_statements_do_not_grow_with_the_list(runtime: Runtime, boss: User, mail: None) -> None:
    numbers = []
    for size in (5, 100):
        listed = addresses(*(f"p{n}@{size}.test" for n in range(size)))
        with runtime.database.transaction() as session:
            asked = inviting(session, runtime, boss)
            with statements(runtime.database) as sent:
                invitations.invite_all(session, asked, listed)
            numbers.append(len(sent))
    assert numbers[1] <= numbers[0] + 1 < 30, "one more once a chain has an end to be checked"


def test_a_limit_reached_midway_is_told_line_by_line_and_counts_for_no_mailbox(
    boss_client: FlaskClient,
    session: Session,
    runtime: Runtime,
    mail: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "STEP", 10)
    runtime.config = replace(runtime.config, invitations_per_day=13)
    where = invite(boss_client, emails="\n".join(f"p{n}@else.test" for n in range(30)))
    while batches.chore(runtime):
        pass
    assert outcomes(session) == ["invited"] * 13 + ["organization-limit"] * 17
    assert taken(session) == 26
    page = said(boss_client.get(where.headers["Location"] + "?outcome=organization-limit"))
    assert "p12@else.test" not in page
    assert "p13@else.test" in page


def test_a_mail_that_the_worker_makes_carries_on_what_the_request_is_called(
    boss_client: FlaskClient,
    session: Session,
    runtime: Runtime,
    mail: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "MOMENT", 0.0)
    monkeypatch.setattr(batches, "STEP", 5)
    page = boss_client.get(MEMBERS)
    boss_client.post(
        INVITATIONS,
        data={
            "csrf_token": csrf_of(page.data),
            "role": "member",
            "emails": "\n".join(f"p{n}@else.test" for n in range(12)),
        },
        headers={"X-Request-ID": "the-request-of-the-list"},
    )
    assert outcomes(session).count(None) == 7
    while batches.chore(runtime):
        pass
    (word,) = session.scalars(select(InvitationBatch.correlation_id))
    assert word
    session.rollback()
    found = set(session.scalars(select(OutboxMessage.correlation_id)))
    assert (found, count(session, OutboxMessage)) == ({word}, 12)


def test_a_crash_in_the_middle_of_a_step_neither_doubles_nor_loses(
    boss_client: FlaskClient,
    session: Session,
    runtime: Runtime,
    mail: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "MOMENT", 0.0)
    monkeypatch.setattr(batches, "STEP", 10)
    invite(boss_client, emails="\n".join(f"p{n}@else.test" for n in range(30)))
    assert outcomes(session).count("invited") == 10

    def killed(*_: object, **__: object) -> None:
        raise SystemExit

    for place in ("enqueue_all", "record_all", "_take_back"):
        with monkeypatch.context() as crashing:
            crashing.setattr(invitations, place, killed)
            with pytest.raises(SystemExit):
                batches.work_off(runtime)
        assert outcomes(session).count(None) == 20
        assert count(session, OutboxMessage) == count(session, Invitation) == 10
    while batches.work_off(runtime):
        pass
    assert outcomes(session) == ["invited"] * 30
    assert count(session, OutboxMessage) == count(session, Invitation) == 30
    assert taken(session) == 60


def test_two_lists_of_the_same_people_in_another_order_do_not_wait_in_a_circle(
    runtime: Runtime, session: Session, boss: User, mail: None
) -> None:
    with runtime.database.transaction() as mine:
        create_organization(mine, name="Else", now=runtime.now())
    texts = [f"p{n}@else.test" for n in range(60)]

    def ask(slug: str) -> list[InviteResult]:
        found = []
        for start in range(0, 60, 20):
            with runtime.database.transaction() as mine:
                where = mine.scalars(select(Organization).where(Organization.slug == slug)).one()
                asked = replace(inviting(mine, runtime, boss), organization=where)
                order = texts if slug == "acme" else texts[::-1]
                some = addresses(*order[start : start + 20])
                found += invitations.invite_all(mine, asked, some)
        return found

    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(ask, ("acme", "else")):
            assert found == [InviteResult.INVITED] * 60


@pytest.fixture
def open_ones(boss_client: FlaskClient, mail: None) -> FlaskClient:
    invite(boss_client, emails="\n".join(f"p{n:02}@else.test" for n in range(25)))
    return boss_client


def do(client: FlaskClient, what: str, path: str = f"{OPEN}/selected") -> tuple[int, str]:
    token = csrf_of(client.get(OPEN).data)
    answer = client.post(f"{path}{what}", data={"csrf_token": token})
    return answer.status_code, said(answer)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (text("UPDATE memberships SET role = 'member'"), "you were made a member"),
        (text("DELETE FROM memberships"), "you were removed from the organization"),
    ],
)
@pytest.mark.parametrize("what", ["revoke", "resend"])
def test_whoever_loses_the_right_midway_changes_no_more(
    what: str,
    change: object,
    why: str,
    open_ones: FlaskClient,
    session: Session,
    runtime: Runtime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.web.several.STEP", 10)
    asked, lost = [], members.lost_right

    def demoted_before_the_third(*given: Any, **more: Any) -> Any:
        asked.append(given)
        if len(asked) == 3:
            with runtime.database.transaction() as mine:
                mine.execute(change)  # type: ignore[call-overload]
        return lost(*given, **more)

    monkeypatch.setattr(members, "lost_right", demoted_before_the_third)
    before = {one.link for one in waiting_mail(session, runtime)}
    status, page = do(open_ones, f"?do={what}&which=all")
    assert status == 403
    assert f"20 invitations were {'revoked' if what == 'revoke' else 'sent again'}" in page
    assert why in page
    after = {one.link for one in waiting_mail(session, runtime)}
    assert len(after & before) == 5
    assert len(after) == (5 if what == "revoke" else 25)


def test_what_was_left_behind_is_revoked_in_steps(
    open_ones: FlaskClient,
    session: Session,
    runtime: Runtime,
    sign_in: Callable[[User], FlaskClient],
    admin: User,
    boss: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.organizations.views.left_behind.STEP", 10)
    with runtime.database.transaction() as mine:
        mine.execute(update(Membership).where(Membership.user_id == boss.id).values(role="member"))
    status, _ = do(sign_in(admin), "/revoke", f"{INVITATIONS}/left-behind")
    assert status == 303
    assert waiting_mail(session, runtime) == []
    still_open = select(func.count()).where(Invitation.revoked_at.is_(None))
    assert session.scalar(still_open) == 0
