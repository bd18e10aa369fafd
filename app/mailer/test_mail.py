"""The test mail: the saved configuration, a real message, one recipient, a result.

It is counted before it is sent, five in 15 minutes per administrator. What became of it is kept
apart from how real sends fare.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlalchemy.orm import Session

from app import throttle
from app.mail.compose import Prose
from app.mail.failures import Failure
from app.mail.tls import TlsMode
from app.mail.transport import Envelope, Receipt
from app.mailer import snapshots
from app.mailer.active import ActiveMailer, make_transport
from app.mailer.failure_columns import answer_in
from app.mailer.health import HEALTH_ID, ensure
from app.mailer.models import MailHealth
from app.mailer.outgoing import OutgoingMail, attempt, compose_mail
from app.mailer.trials import keep_test
from app.throttle import Allowance, Limit
from app.zones import utc

KIND = "test"
LIMIT = Limit("test-mail", 5, timedelta(minutes=15))


@dataclass(frozen=True)
class TestMail:
    """``asked_by`` is a person's name, or who else asked. ``access_url`` is the install's.
    ``phrase`` tells it from others, see :mod:`app.mailer.arrival`; ``zone`` is the reader's."""

    __test__ = False  # pytest would take the name for a test class

    to: str
    asked_by: str
    access_url: str
    access_host: str
    at: datetime
    phrase: str = ""
    zone: ZoneInfo = field(default_factory=utc)


@dataclass(frozen=True)
class TestResult:
    """A test mail's end: taken by the relay, or failed. ``ms`` is how long it took."""

    __test__ = False  # pytest would take the name for a test class

    ms: int
    receipt: Receipt | None = None
    failure: Failure | None = None

    @property
    def passed(self) -> bool:
        return self.failure is None


def send_test(active: ActiveMailer, mail: TestMail) -> TestResult:
    """Send it and say what became of it, as :func:`send_now`."""
    return send_now(active, _compose(active, mail), to=mail.to)


def send_now(active: ActiveMailer, composed: OutgoingMail, *, to: str) -> TestResult:
    """Send a mail as a test. Talks to the relay with no transaction open.

    The whole of it takes at most the connection timeout and 20 seconds more.
    """
    transport = make_transport(active)
    try:
        tried = attempt(
            transport,
            Envelope(active.sender_address, to),
            composed.content,
            kind=KIND,
            subject=composed.subject,
            message_id=composed.message_id,
        )
    finally:
        transport.close()
    return TestResult(tried.duration_ms, tried.receipt, tried.failure)


def _compose(active: ActiveMailer, mail: TestMail) -> OutgoingMail:
    relay = active.relay
    return compose_mail(
        active,
        "test",
        {
            "host": Prose(mail.access_host),
            "access_url": mail.access_url,
            "asked_by": mail.asked_by,
            "at": mail.at,
            "phrase": mail.phrase,
            "sender_address": active.sender_address,
            "relay": Prose(active.where),
            "encryption": Prose((relay.tls if relay else TlsMode.NONE).words),
        },
        to=mail.to,
        at=mail.at,
        zone=mail.zone,
    )


def record_test(
    session: Session,
    *,
    now: datetime,
    to: str,
    asked_by: str,
    version: int,
    result: TestResult,
    phrase: str | None = None,
) -> None:
    """Keep a test's result. Touches nothing that real sends are judged by; the caller commits."""
    ensure(session)
    values: dict[str, object] = {
        "last_test_at": now,
        "last_test_to": to[:320],
        "last_test_version": version,
        "last_test_ms": result.ms,
        "last_test_phrase": phrase,
        "last_test_arrived": None,
        "last_test_answered_at": None,
        **answer_in("last_test_", result.failure or result.receipt),
    }
    if result.passed:
        values["last_test_passed_at"] = now
    session.execute(update(MailHealth).where(MailHealth.id == HEALTH_ID).values(**values))
    if result.passed:
        snapshots.note_test(session, version, now)
    keep_test(
        session,
        now=now,
        to=to,
        asked_by=asked_by,
        version=version,
        ms=result.ms,
        answer=result.failure or result.receipt,
        phrase=phrase,
    )


def result_of(health: MailHealth, version: int | None) -> str:
    """``never``, ``succeeded``, ``failed``, or ``stale`` once the configuration has changed."""
    if health.last_test_at is None:
        return "never"
    if health.last_test_version != version:
        return "stale"
    return "failed" if health.last_test_code else "succeeded"


def allowance(session: Session, *, user_id: int, now: datetime) -> Allowance:
    """What an administrator has left."""
    return throttle.allowance(session, LIMIT, throttle.subject_of_person(user_id), now)


def take(session: Session, *, user_id: int, now: datetime) -> None:
    """Use up one test. The caller commits before it touches the network.

    :raises TooMany: none is left.
    """
    throttle.take(session, LIMIT, throttle.subject_of_person(user_id), now)
