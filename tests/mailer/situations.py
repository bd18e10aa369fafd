"""Situations that mail can be in, each arranged in the database as the program would leave it."""

from __future__ import annotations

from datetime import timedelta

from app.crypto.box import SealedBox
from app.crypto.keys import KeyRing, new_key
from app.mail.failures import Failure, FailureCode
from app.mail.phases import Phase
from app.mail.transport import TransportError
from app.mailer import health
from app.mailer.configuration import stored
from app.mailer.outgoing import Attempt
from app.mailer.test_mail import TestResult, record_test
from app.organizations.models import InvitationBatch, InvitationBatchLine, Organization
from app.outbox.breaker import Breaker
from app.outbox.claim import claim_next
from app.outbox.heartbeats import Heartbeat
from app.outbox.models import MailWorker
from app.outbox.settle import settle
from app.outbox.taken import Claim
from app.runtime import Runtime
from tests.conftest import Clock
from tests.outbox.letters import ALICE, configure, queue_resets


class World:
    """An install whose mail is brought into a situation, step by step; a minute lies between."""

    def __init__(self, runtime: Runtime, clock: Clock) -> None:
        self.runtime = runtime
        self.clock = clock

    def save(self, host: str = "127.0.0.1", **options: str) -> None:
        self.clock.advance(minutes=1)
        configure(self.runtime, host=host, **options)  # type: ignore[arg-type]

    @property
    def version(self) -> int:
        with self.runtime.database.session(reading=True) as session:
            row = stored(session)
            assert row is not None
            return row.version

    def sent(self) -> None:
        self.clock.advance(minutes=1)
        with self.runtime.database.transaction() as session:
            health.record_success(
                session, now=self.clock(), kind="invitation", version=self.version
            )

    def failed(self, code: FailureCode = FailureCode.CONNECT_REFUSED) -> None:
        self.clock.advance(minutes=1)
        with self.runtime.database.transaction() as session:
            health.record_failure(
                session,
                now=self.clock(),
                failure=Failure(code, Phase.CONNECT),
                version=self.version,
            )

    def tested(self, code: FailureCode | None = None, *, ahead: timedelta = timedelta(0)) -> None:
        self.clock.advance(minutes=1)
        with self.runtime.database.transaction() as session:
            record_test(
                session,
                now=self.clock() + ahead,
                to="alice@acme.test",
                asked_by="Alice",
                version=self.version,
                result=TestResult(3, failure=Failure(code, Phase.CONNECT) if code else None),
            )

    def paused(self, code: FailureCode = FailureCode.AUTH_BAD_CREDENTIALS) -> None:
        self.failed(code)
        with self.runtime.database.transaction() as session:
            health.pause(session, now=self.clock(), failure=Failure(code, Phase.AUTH))

    def paused_by_hand(self) -> None:
        with self.runtime.database.transaction() as session:
            health.pause_by_hand(session, now=self.clock(), actor=ALICE, why="the relay moves")

    def resumed(self) -> None:
        self.clock.advance(minutes=1)
        with self.runtime.database.transaction() as session:
            health.resume(session, now=self.clock(), actor=ALICE)

    def queued(self, *recipients: str, for_seconds: float = 60) -> None:
        queue_resets(self.runtime, recipients or ["dana@acme.test"])
        self.clock.advance(seconds=for_seconds)

    def refused(self, *recipients: str) -> None:
        """The relay answers 550 5.1.1 to each of them."""
        breaker = Breaker(self.runtime)
        queue_resets(self.runtime, recipients)
        for _ in recipients:
            with self.runtime.database.transaction() as session:
                claim = claim_next(session, breaker, self.clock())
            assert isinstance(claim, Claim)
            refusal = TransportError(
                FailureCode.RECIPIENT_REJECTED, Phase.RCPT_TO, reply_code=550, enhanced="5.1.1"
            )
            with self.runtime.database.transaction() as session:
                settle(session, claim, Attempt(refusal, 5), self.clock())

    def list_pasted(self, lines: int = 30, for_seconds: float = 60) -> None:
        with self.runtime.database.transaction() as session:
            organization = session.query(Organization).one()
            batch = InvitationBatch(
                public_id="0" * 32,
                organization_id=organization.id,
                role="member",
                created_at=self.clock(),
            )
            session.add(batch)
            session.flush()
            session.add_all(
                InvitationBatchLine(batch_id=batch.id, number=n, typed=f"p{n}@acme.test")
                for n in range(lines)
            )
        self.clock.advance(seconds=for_seconds)

    def worker(self, **seen_ago: float) -> None:
        """A worker whose newest sign of life is that old; a negative age lies ahead."""
        Heartbeat(self.runtime, "worker").beat()
        with self.runtime.database.transaction() as session:
            row = session.query(MailWorker).one()
            row.seen_at = self.clock() - timedelta(**seen_ago)

    def another_key(self) -> None:
        self.runtime.box = SealedBox(KeyRing([new_key()]))

    def no_key(self) -> None:
        self.runtime.box = SealedBox(KeyRing([], problem="The key file is missing."))
