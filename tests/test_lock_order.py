"""Two that change the same rows take them in one order, so that neither waits for the other.

Each test has one connection hold the first row, lets the other run into it, and then takes the
second row with the first connection: it is free, unless the other took it before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.tokens import hash_secret
from app.database import Database
from app.mail.addresses import Address
from app.mail.transport import Receipt
from app.mailer.outgoing import Attempt
from app.organizations import acceptance, members
from app.organizations.models import Invitation, Organization
from app.outbox.breaker import Breaker
from app.outbox.claim import claim_next, claim_some
from app.outbox.models import OutboxMessage
from app.outbox.settle import SettleResult, settle, settle_sent
from app.outbox.taken import Claim
from app.runtime import Runtime
from app.web.context import Actor
from tests.databases import TEST_DATABASE_URL
from tests.factories import make_user
from tests.outbox.letters import configure, queue_resets
from tests.smtpd import Relay

pytestmark = pytest.mark.skipif(not TEST_DATABASE_URL, reason="SQLite has one lock for everything")

SECRET = "the-link-of-an-invitation"
TOOK_IT = Receipt(250, "2.0.0", 5, "127.0.0.1")
SECOND = "SELECT id FROM {table} WHERE id = :id FOR UPDATE"


@contextmanager
def meanwhile(
    database: Database, holding: Session, do: Callable[[Session], Any]
) -> Iterator[Future[Any]]:
    """``do`` in a transaction of its own, which waits for ``holding`` by the time this begins."""

    def run() -> Any:
        with database.transaction() as session:
            return do(session)

    holder = holding.scalar(text("SELECT pg_backend_pid()"))
    waits = text("SELECT count(*) FROM pg_stat_activity WHERE :holder = ANY(pg_blocking_pids(pid))")
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(run)
        until = time.monotonic() + 15
        while True:
            with database.session(reading=True) as session:
                if session.scalar(waits, {"holder": holder}):
                    break
            assert not other.done(), other.result()
            assert time.monotonic() < until, "it waits for nobody"
            time.sleep(0.02)
        yield other


def free_for(session: Session, table: str, row: int) -> None:
    """The second row; whoever waits for us must not have it."""
    session.execute(text("SET LOCAL lock_timeout = '1s'"))
    assert session.scalar(text(SECOND.format(table=table)), {"id": row}) == row


@pytest.fixture
def invitation(runtime: Runtime) -> int:
    with runtime.database.transaction() as session:
        organization = session.scalars(select(Organization)).one()
        now = runtime.now()
        made = Invitation(
            organization_id=organization.id,
            address=Address.parse("carol@else.test"),
            role="member",
            token_hash=hash_secret(SECRET),
            created_at=now,
            expires_at=now + timedelta(days=7),
        )
        session.add(made)
        session.flush()
        return made.id


def test_who_accepts_waits_for_who_invites_before_taking_the_invitation(
    runtime: Runtime, invitation: int
) -> None:
    def accept(session: Session) -> str:
        user, _ = acceptance.accept_as_new(
            session, secret=SECRET, name="Carol", password_hash="x", now=runtime.now(), ip=None
        )
        return user.email

    with runtime.database.session() as inviting:
        organization = inviting.scalars(select(Organization)).one()
        members.lock(inviting, organization)
        with meanwhile(runtime.database, inviting, accept) as other:
            free_for(inviting, "invitations", invitation)
            inviting.commit()
    assert other.result() == "carol@else.test"


def test_who_accepts_with_an_account_does_so_too(runtime: Runtime, invitation: int) -> None:
    with runtime.database.transaction() as session:
        carol = make_user(session, "carol@else.test", organization_role=None).id

    def accept(session: Session) -> str:
        user = session.get_one(User, carol)
        actor = Actor(user.id, user.email, None)
        return acceptance.accept_as(
            session, secret=SECRET, user=user, now=runtime.now(), actor=actor
        ).slug

    with runtime.database.session() as inviting:
        members.lock(inviting, inviting.scalars(select(Organization)).one())
        with meanwhile(runtime.database, inviting, accept) as other:
            free_for(inviting, "invitations", invitation)
            inviting.commit()
    assert other.result() == "acme"


@pytest.fixture
def claims(runtime: Runtime) -> Iterator[list[Claim]]:
    """Two messages of one worker, whose relay is proven."""
    with Relay() as relay:
        configure(runtime, port=relay.port)
        queue_resets(runtime, ["proof@acme.test", "a@acme.test", "b@acme.test"])
        breaker = Breaker(runtime)
        with runtime.database.transaction() as session:
            first = claim_next(session, breaker, runtime.now())
            assert isinstance(first, Claim)
        with runtime.database.transaction() as session:
            assert settle(session, first, Attempt(TOOK_IT, 5), runtime.now()) is SettleResult.SENT
        with runtime.database.transaction() as session:
            both = claim_some(session, breaker, runtime.now(), room=2)
            assert isinstance(both, list)
        yield sorted(both, key=lambda claim: claim.id)


def test_outcomes_are_written_in_the_order_of_their_messages(
    runtime: Runtime, claims: list[Claim]
) -> None:
    """However they came back, and whatever the relay said to each."""
    first, second = claims
    another = Receipt(250, "2.6.0", 5, "127.0.0.1")

    def write_down(session: Session) -> object:
        sent = [(second, Attempt(TOOK_IT, 5)), (first, Attempt(another, 5))]
        return settle_sent(session, sent, runtime.now())

    with runtime.database.session() as administrator:
        free_for(administrator, OutboxMessage.__tablename__, first.id)
        with meanwhile(runtime.database, administrator, write_down) as other:
            free_for(administrator, OutboxMessage.__tablename__, second.id)
            administrator.commit()
    assert other.result() == [SettleResult.SENT, SettleResult.SENT]
