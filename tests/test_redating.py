"""What was made under a wrong clock begins its life when the clock is right: nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Token, User
from app.organizations.models import Invitation
from app.outbox.models import OutboxMessage
from app.redating import Redating
from app.runtime import Runtime
from tests.conftest import Clock
from tests.factories import make_user
from tests.smtpd import Received, Relay
from tests.visitor import Mailbox, Visitor, configure_mail, link_in

HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def relay(session: Session) -> Iterator[Relay]:
    with Relay() as relay:
        configure_mail(session, relay)
        session.commit()
        yield relay


def reset_mail(client: FlaskClient, runtime: Runtime, relay: Relay) -> Received:
    return Mailbox(runtime, relay).only("bob@acme.test")


@pytest.mark.parametrize("days", [1, 365])
def test_a_mail_made_under_a_clock_ahead_goes_out_at_once_when_it_is_right(
    days: int, client: FlaskClient, session: Session, runtime: Runtime, relay: Relay, clock: Clock
) -> None:
    make_user(session, "bob@acme.test")
    session.commit()
    right = clock.time
    clock.time = right + timedelta(days=days)
    relay.replies["RCPT"] = "451 4.3.0 later"
    Visitor(client).submit("/forgot-password", email="bob@acme.test")
    assert Mailbox(runtime, relay).deliver() == []
    clock.time = right + timedelta(minutes=1)
    relay.replies.clear()
    mail = Mailbox(runtime, relay).only("bob@acme.test")
    link = link_in(mail)
    clock.advance(minutes=29)
    assert client.get(link).status_code == 200
    clock.advance(minutes=2)
    assert client.get(link).status_code == 410, "half an hour from the right moment, no more"


def test_a_request_for_a_reset_that_nobody_had_looked_at_is_not_forgotten(
    client: FlaskClient, session: Session, runtime: Runtime, relay: Relay, clock: Clock
) -> None:
    make_user(session, "bob@acme.test")
    session.commit()
    clock.advance(days=2)
    Visitor(client).submit("/forgot-password", email="bob@acme.test")
    clock.advance(days=-2)
    assert "/reset-password/" in Mailbox(runtime, relay).only("bob@acme.test").text


def test_an_invitation_made_or_sent_again_under_a_clock_ahead_lives_a_week_from_now(
    admin_client: FlaskClient, admin: User, session: Session, runtime: Runtime, relay: Relay,
    clock: Clock,
) -> None:  # fmt: skip
    Visitor(admin_client).submit(
        "/organizations/acme/members",
        to="/organizations/acme/invitations",
        email="new@acme.test",
        role="member",
    )
    invitation = session.scalars(select(Invitation)).one()
    right = clock.time
    invitation.expires_at = right + timedelta(days=9)  # as sending it again two days ahead makes it
    session.commit()
    assert Redating()(runtime)
    session.expire_all()
    assert session.scalars(select(Invitation)).one().expires_at == right + timedelta(days=7)
    session.rollback()  # SQLite has one writer
    assert [mail.rcpt_to for mail in Mailbox(runtime, relay).deliver()] == ["new@acme.test"]


def test_every_table_of_links_codes_and_mails_is_looked_after(runtime: Runtime) -> None:
    tables = {what.model.__tablename__ for what in runtime.perishable}
    assert tables >= {"outbox_messages", "tokens", "codes", "invitations", "mail_intents"}


def test_what_a_right_clock_made_is_left_alone(
    client: FlaskClient, session: Session, runtime: Runtime, relay: Relay, clock: Clock
) -> None:
    make_user(session, "bob@acme.test")
    session.commit()
    Visitor(client).submit("/forgot-password", email="bob@acme.test")
    reset_mail(client, runtime, relay)
    before = session.scalars(select(Token)).one()
    moments = (before.created_at, before.expires_at)
    sent_at = session.scalars(select(OutboxMessage.created_at)).one()
    session.rollback()  # SQLite has one writer
    clock.advance(minutes=5)
    assert not Redating()(runtime)
    session.expire_all()
    after = session.scalars(select(Token)).one()
    assert (after.created_at, after.expires_at) == moments
    assert session.scalars(select(OutboxMessage.created_at)).one() == sent_at
    assert after.expires_at - after.created_at == HALF_HOUR
