"""In an outage the page says who is affected, and what ran out can be made anew."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.models import MailIntent, User
from app.mail.addresses import Address
from app.organizations.invitations import invite
from app.organizations.inviting import Inviting
from app.organizations.models import Organization
from app.outbox.models import OutboxMessage
from app.outbox.sweep import sweep
from app.runtime import Runtime
from tests.conftest import Clock
from tests.mailer.pages import PATH, MailerPage, Page
from tests.mailer.situations import World
from tests.outbox.letters import ALICE, reset_mail


@pytest.fixture
def world(runtime: Runtime, clock: Clock) -> World:
    return World(runtime, clock)


def invited(runtime: Runtime, session: Session, admin: User, *addresses: str) -> None:
    inviting = Inviting(
        runtime=runtime,
        organization=session.scalars(select(Organization)).one(),
        role="member",
        inviter=session.get(User, admin.id),
        actor=ALICE,
        now=runtime.now(),
    )
    for address in addresses:
        invite(session, inviting, Address.parse(address))
    session.commit()


def run_out(runtime: Runtime) -> None:
    with runtime.database.transaction() as session:
        sweep(session, runtime.now(), keep_days=30)


def row_of(page: Page, label: str) -> list[str]:
    found = re.search(rf"<b>{label}</b>(.*?)</tr>", page.text, re.S)
    assert found, page.words
    return re.findall(r">(\d+)</td>", found[1])


def test_the_board_counts_what_waits_who_ran_into_it_and_what_ran_out(
    page: MailerPage, world: World, runtime: Runtime, session: Session, admin: User, clock: Clock
):
    world.save()
    world.paused()
    clock.advance(minutes=1)
    invited(runtime, session, admin, "dana@acme.test", "erik@acme.test")
    for number in range(3):
        reset_mail(
            session, runtime, f"p{number % 2}@acme.test", expires_at=clock() + timedelta(minutes=30)
        )
    session.commit()
    shown = page.open()
    assert row_of(shown, "Invitation") == ["2", "2", "0"]
    assert row_of(shown, "Password reset") == ["3", "2", "0"]
    assert "Invitations wait for Acme (2)" in shown.words
    clock.advance(hours=1)
    run_out(runtime)
    assert row_of(page.open(), "Password reset") == ["0", "2", "3"]


def test_what_ran_out_is_made_anew_once_for_each_person(
    page: MailerPage, world: World, runtime: Runtime, session: Session, clock: Clock, admin: User
):
    world.save()
    world.paused()
    for _ in range(2):
        reset_mail(session, runtime, "dana@acme.test", expires_at=clock() + timedelta(minutes=30))
    session.commit()
    clock.advance(hours=1)
    run_out(runtime)
    assert "1 mail ran out before it could be sent" in page.open().words
    token = page.open().fields["csrf_token"]
    assert page.client.post(f"{PATH}/renew", data={"csrf_token": token}).status_code == 303
    session.rollback()
    asked = session.scalars(select(MailIntent)).all()
    assert [(row.kind, row.address.text) for row in asked] == [("password-reset", "dana@acme.test")]
    assert "ran out before" not in page.open().words
    page.client.post(f"{PATH}/renew", data={"csrf_token": token})
    session.rollback()
    assert len(session.scalars(select(MailIntent)).all()) == 1


def test_an_invitation_that_ran_out_gets_a_new_link(
    page: MailerPage, world: World, runtime: Runtime, session: Session, admin: User, clock: Clock
):
    world.save()
    world.paused()
    invited(runtime, session, admin, "dana@acme.test")
    soon = clock() + timedelta(minutes=30)
    session.execute(update(OutboxMessage).values(expires_at=soon))
    session.commit()
    clock.advance(hours=1)
    run_out(runtime)
    session.rollback()
    assert session.scalars(select(OutboxMessage.state)).all() == ["cancelled"]
    session.rollback()
    token = page.open().fields["csrf_token"]
    assert page.client.post(f"{PATH}/renew", data={"csrf_token": token}).status_code == 303
    session.rollback()
    states = session.scalars(select(OutboxMessage.state).order_by(OutboxMessage.id)).all()
    assert list(states) == ["cancelled", "held"]


def test_without_an_outage_there_is_no_board(admin_client: FlaskClient, world: World):
    world.save()
    world.sent()
    assert 'id="impact"' not in admin_client.get(PATH).get_data(as_text=True)
