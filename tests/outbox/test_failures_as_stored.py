"""A failure is the same value where it happens, in the tables and on the page."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.mail.failures import Failure, FailureCode
from app.mail.phases import Phase
from app.mail.transport import TransportError
from app.mail.transports import MemoryTransport
from app.mailer.health import record_failure
from app.outbox.labels import explanation, reply_of
from app.outbox.models import OutboxAttempt, OutboxMessage
from app.outbox.sender import Sender
from app.outbox.worker import deliver_next
from app.runtime import Runtime
from tests.conftest import Clock
from tests.mailer.pages import MailerPage
from tests.outbox.letters import attempts, health, only_row, queue_resets

BUSY = Failure(FailureCode.SERVER_BUSY, Phase.DATA, 451, "4.3.0")
WRONG_PASSWORD = Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH, 535, "5.7.8")


@pytest.mark.parametrize("failure", [BUSY, WRONG_PASSWORD])
def test_every_table_gives_back_the_failure_that_the_transport_raised(
    mail: Runtime, failure: Failure
) -> None:
    transport = MemoryTransport()
    transport.failures.append(TransportError.of(failure))
    queue_resets(mail, ["dana@acme.test"])
    deliver_next(mail, Sender(lambda _active: transport))
    (attempt,) = attempts(mail)
    assert attempt.failure == only_row(mail).last_failure == health(mail).last_failure == failure
    paused = failure is WRONG_PASSWORD
    assert health(mail).pause_failure == (failure if paused else None)


def test_mail_that_gets_through_after_all_leaves_the_answer_and_no_failure(
    mail: Runtime, clock: Clock
) -> None:
    transport = MemoryTransport()
    transport.failures.append(TransportError.of(BUSY))
    sender = Sender(lambda _active: transport)
    queue_resets(mail, ["dana@acme.test"])
    deliver_next(mail, sender)
    clock.advance(minutes=5)
    deliver_next(mail, sender)
    row = only_row(mail)
    assert (row.state, row.last_failure, reply_of(row)) == ("sent", None, "250 2.0.0")
    assert [(one.failure, reply_of(one)) for one in attempts(mail)] == [
        (BUSY, "451 4.3.0 at handing over the message"),
        (None, "250 2.0.0"),
    ]


def test_a_code_of_another_version_explains_nothing_and_is_still_there() -> None:
    attempt = OutboxAttempt(code="from_the_future", phase="data", reply_code=599)
    assert (attempt.failure, attempt.code) == (None, "from_the_future")
    assert explanation(attempt.failure, OutboxMessage(rcpt_to="dana@acme.test"), None) is None
    assert reply_of(attempt) == "599 at handing over the message"


def test_a_row_of_before_phases_were_noted_has_its_failure() -> None:
    attempt = OutboxAttempt(code="server_busy", reply_code=451)
    assert attempt.failure == Failure(FailureCode.SERVER_BUSY, None, 451)


def test_what_the_relay_answered_stands_on_the_page_while_mail_fails_as_while_it_is_paused(
    mail: Runtime, admin_client: FlaskClient, clock: Clock
) -> None:
    with mail.database.transaction() as session:
        record_failure(session, now=clock(), failure=BUSY, version=1)
    assert "451 4.3.0" in MailerPage(admin_client).open().words
