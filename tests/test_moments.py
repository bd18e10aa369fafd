"""A clock that was wrong for a minute leaves nothing behind that is waited for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import throttle
from app.accounts import codes, intents, lockout, tokens
from app.accounts.models import MailIntent, User
from app.mail.addresses import Address
from app.mailer import test_mail
from app.mailer.models import MailerConfiguration
from app.moments import AtMostEvery, alive, happened_since, lies_ahead, not_after, within
from app.organizations import acceptance, signup
from app.organizations.acceptance import Status
from app.organizations.invitations import invite
from app.organizations.inviting import Inviting
from app.outbox.actions import can_retry
from app.outbox.breaker import Breaker, Forwarder, somebody_is_ahead
from app.outbox.claim import claim_next
from app.outbox.models import OutboxAttempt, OutboxMessage
from app.outbox.sweep import next_moment, sweep
from app.outbox.taken import Claim
from app.runtime import Runtime
from app.web.context import Actor
from tests.conftest import Clock
from tests.organizations.people import acme, waiting_mail
from tests.outbox.letters import configure, notice_mail, only_row
from tests.outbox.test_ended import count_all

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

Held = Callable[[], bool]


@pytest.mark.parametrize(
    ("moment", "ahead"),
    [
        (NOW, False),
        (NOW - HOUR, False),
        (NOW + timedelta(seconds=1), True),
        (NOW + HOUR, True),
        (NOW + HOUR + timedelta(minutes=1), True),  # another machine's clock
        (NOW + HOUR + timedelta(minutes=3), False),
        (NOW + timedelta(days=2), False),
        (NOW + timedelta(days=365), False),
        (None, False),
    ],
)
def test_a_moment_further_ahead_than_it_can_be_counts_as_past(
    moment: datetime | None, ahead: bool
) -> None:
    assert lies_ahead(moment, NOW, HOUR) is ahead
    assert moment is None or not_after(moment, NOW, HOUR) is not ahead


def test_what_happened_later_than_now_happened_under_a_wrong_clock() -> None:
    assert within(NOW - timedelta(minutes=59), NOW, HOUR)
    assert within(NOW + timedelta(minutes=1), NOW, HOUR)
    assert not within(NOW - HOUR, NOW, HOUR)
    assert not within(NOW + timedelta(days=2), NOW, HOUR)
    assert alive(NOW, NOW + HOUR, NOW)
    assert not alive(NOW + timedelta(days=2), NOW + timedelta(days=2, hours=1), NOW)


def test_what_came_after_what_is_told_from_moments_that_can_be_believed() -> None:
    year = timedelta(days=365)
    assert happened_since(NOW - HOUR, NOW - 2 * HOUR, NOW)
    assert happened_since(NOW - HOUR, NOW - HOUR, NOW)
    assert not happened_since(NOW - 2 * HOUR, NOW - HOUR, NOW)
    assert not happened_since(None, NOW - HOUR, NOW)
    assert not happened_since(NOW + year, NOW - HOUR, NOW), "as if it had been long ago"
    assert happened_since(NOW - HOUR, NOW + year, NOW), "so may what it is compared with be"


class Store:
    """Stores each kind of moment; what it answers with tells whether that still holds."""

    def __init__(self, runtime: Runtime, session: Session, person: User) -> None:
        self.runtime, self.session, self.person = runtime, session, person

    @property
    def now(self) -> datetime:
        return self.runtime.now()

    def lock(self) -> Held:
        subject = throttle.subject_of_address(Address.parse("dana@acme.test"))
        lockout.hold(self.session, subject=subject, now=self.now)
        for _ in range(lockout.FAILURES):
            lockout.record_failure(self.session, subject=subject, now=self.now)
        return lambda: (
            lockout.latest(
                self.session, address=self.person.address, user=self.person, now=self.now
            )
            is not None
            or bool(lockout.locks(self.session, users=[self.person], now=self.now))
            or lockout.hold(self.session, subject=subject, now=self.now) is not None
        )

    def failures(self) -> Held:
        subject = throttle.subject_of_address(Address.parse("dana@acme.test"))
        lockout.hold(self.session, subject=subject, now=self.now)
        for _ in range(lockout.FAILURES - 1):
            lockout.record_failure(self.session, subject=subject, now=self.now)
        return lambda: (
            lockout.record_failure(self.session, subject=subject, now=self.now) is not None
        )

    def throttle(self) -> Held:
        once = throttle.Limit("test", 1, HOUR)
        throttle.take(self.session, once, "somebody", self.now)

        def held() -> bool:
            if throttle.retry_at(self.session, once, "somebody", self.now) is not None:
                return True
            try:
                throttle.take(self.session, once, "somebody", self.now)
            except throttle.TooMany:
                return True
            return False

        return held

    def tests(self) -> Held:
        for _ in range(test_mail.LIMIT.most):
            test_mail.take(self.session, user_id=1, now=self.now)
        return lambda: test_mail.allowance(self.session, user_id=1, now=self.now).left == 0

    def token(self) -> Held:
        purpose = tokens.Purpose.PASSWORD_RESET
        secret = tokens.issue(
            self.session, purpose=purpose, user=self.person, now=self.now, lifetime=HOUR
        )
        return lambda: (
            tokens.find(self.session, purpose=purpose, secret=secret, now=self.now) is not None
            or tokens.claim(self.session, purpose=purpose, secret=secret, now=self.now) is not None
        )

    def code(self) -> Held:
        about = {"purpose": codes.CodePurpose.UNLOCK, "subject": "somebody"}
        code = codes.issue(self.session, self.runtime, now=self.now, **about)  # type: ignore[arg-type]
        return lambda: codes.check(
            self.session,
            self.runtime,
            code=code,
            now=self.now,
            **about,  # type: ignore[arg-type]
        )

    def invitation(self) -> Held:
        configure(self.runtime)
        inviting = Inviting(
            self.runtime, acme(self.session), "member", self.person, ALICE, self.now
        )
        invite(self.session, inviting, Address.parse("kim@acme.test"))
        self.session.commit()
        (mail,) = waiting_mail(self.session, self.runtime)
        secret = mail.link.rpartition("/")[2]

        def holds() -> bool:
            offer = acceptance.look_up(self.session, secret, now=self.now)
            return offer is not None and offer.status is Status.OPEN

        return holds

    def signup(self) -> Held:
        configure(self.runtime)
        secret = signup.start(
            self.session, self.runtime, address=Address.parse("kim@acme.test"), now=self.now
        )
        return lambda: signup.find(self.session, secret, now=self.now) is not None

    def intent(self) -> Held:
        """Asked for under a wrong clock: whoever asked has long given up, or asks again."""
        configure(self.runtime)
        intents.ask(
            self.session,
            self.runtime,
            kind=intents.PASSWORD_RESET,
            address=self.person.address,
            ip="127.0.0.1",
            now=self.now,
        )
        self.session.commit()

        def holds() -> bool:
            intents.resolve(self.runtime)
            assert self.session.scalar(select(MailIntent.id)) is None
            mails = list(self.session.scalars(select(OutboxMessage)))
            self.session.rollback()
            return bool(mails)

        return holds

    def due(self) -> Held:
        configure(self.runtime)
        notice_mail(self.session, self.runtime, "kim@acme.test")
        row = self.session.scalars(select(OutboxMessage)).one()
        row.due_at, row.attempts = self.now + timedelta(minutes=30), 5
        self.session.commit()

        def holds() -> bool:
            while sweep(self.session, self.now, keep_days=30):
                pass
            moment = next_moment(self.session, self.now)
            self.session.commit()
            return moment is not None and moment > self.now

        return holds

    def tried(self) -> Held:
        """An attempt made under a wrong clock is no attempt since the configuration changed."""
        configure(self.runtime)
        notice_mail(self.session, self.runtime, "kim@acme.test")
        row = self.session.scalars(select(OutboxMessage)).one()
        row.attempts, row.created_at = 1, self.now - timedelta(days=400)
        self.session.add(OutboxAttempt(message_id=row.id, at=self.now, duration_ms=1))
        self.session.commit()

        def holds() -> bool:
            row.due_at = self.now + timedelta(minutes=20)
            configuration = self.session.scalars(select(MailerConfiguration)).one()
            configuration.updated_at = self.now - timedelta(seconds=1)
            self.session.commit()
            taken = claim_next(self.session, Breaker(self.runtime), self.now, Forwarder())
            self.session.rollback()
            return not isinstance(taken, Claim)

        return holds

    def lease(self) -> Held:
        configure(self.runtime)
        notice_mail(self.session, self.runtime, "kim@acme.test")
        self.session.commit()
        taken = claim_next(self.session, Breaker(self.runtime), self.now)
        assert isinstance(taken, Claim)
        self.session.commit()

        def holds() -> bool:
            ahead = somebody_is_ahead(self.session, self.now)
            while sweep(self.session, self.now, keep_days=30):
                pass
            self.session.commit()
            return ahead or only_row(self.runtime).state == "sending"

        return holds

    def kept_body(self) -> Held:
        configure(self.runtime)
        notice_mail(self.session, self.runtime, "kim@acme.test")
        row = self.session.scalars(select(OutboxMessage)).one()
        row.state, row.finished_at = "failed", self.now
        row.bytes_until = self.now + timedelta(days=7)
        self.session.commit()

        def holds() -> bool:
            kept = can_retry(row, self.now)
            while sweep(self.session, self.now, keep_days=30):
                pass
            self.session.commit()
            return kept or only_row(self.runtime).sealed_bytes is not None

        return holds


ALICE = Actor(1, "alice@acme.test", "127.0.0.1")
KINDS = [name for name in vars(Store) if not name.startswith("_") and name != "now"]


@pytest.fixture
def store(runtime: Runtime, session: Session, admin: User) -> Store:
    return Store(runtime, session, admin)


@pytest.mark.parametrize("days", [2, 365])
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_stored_under_a_clock_ahead_does_not_hold_once_it_is_right(
    kind: str, days: int, store: Store, clock: Clock
) -> None:
    right = clock.time
    clock.time = right + timedelta(days=days)
    holds = getattr(store, kind)()
    clock.time = right + timedelta(minutes=1)
    assert not holds()


@pytest.mark.parametrize("kind", KINDS)
def test_under_a_right_clock_it_holds(kind: str, store: Store, clock: Clock) -> None:
    holds = getattr(store, kind)()
    clock.advance(seconds=1)
    assert holds()


def test_a_first_attempt_is_not_put_off_by_an_hour_either(
    runtime: Runtime, session: Session, clock: Clock
) -> None:
    """An hour is a pause that exists, but not before the first attempt."""
    configure(runtime)
    right = clock.time
    clock.time = right + HOUR
    notice_mail(session, runtime, "kim@acme.test")
    session.commit()
    clock.time = right
    assert sweep(session, clock.time, keep_days=30)
    assert isinstance(claim_next(session, Breaker(runtime), clock.time), Claim)


def test_a_record_that_ended_under_a_clock_ahead_is_kept_for_its_days_from_now(
    runtime: Runtime, session: Session, clock: Clock
) -> None:
    configure(runtime)
    row = notice_mail(session, runtime, "kim@acme.test")
    row.state, row.finished_at = "sent", clock.time + timedelta(days=365)
    session.commit()

    def kept(now: datetime) -> bool:
        clock.time = now
        session.commit()
        count_all(runtime)  # what is not counted yet is not removed
        while sweep(session, now, keep_days=30):
            pass
        session.commit()
        return session.scalar(select(OutboxMessage.id)) is not None

    assert kept(clock.time)
    assert kept(clock.time + timedelta(days=30))
    assert not kept(clock.time + timedelta(days=30, seconds=1))


def test_a_chore_is_done_once_in_its_time_by_one_of_many_threads() -> None:
    hourly = AtMostEvery(HOUR)

    def ask_at_once(at: datetime) -> int:
        with ThreadPoolExecutor(8) as pool:
            return sum(pool.map(lambda _: hourly.is_time(at), range(200)))

    assert ask_at_once(NOW) == 1
    assert ask_at_once(NOW + HOUR - timedelta(seconds=1)) == 0
    assert ask_at_once(NOW + HOUR) == 1
    assert ask_at_once(NOW - 3 * HOUR) == 1, "the clock was wrong, and is right now"
