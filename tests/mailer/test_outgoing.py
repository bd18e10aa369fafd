"""The queue and the test mail compose and attempt a mail in one way."""

from __future__ import annotations

import time

import pytest

from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mail.transport import Envelope, Receipt, TransportError
from app.mailer.outgoing import attempt

ENVELOPE = Envelope("novantra@acme.test", "kim@acme.test")


class Relay:
    """A transport that answers, refuses or breaks after a moment."""

    def __init__(self, answer: Receipt | Exception) -> None:
        self.answer = answer

    def send(self, envelope: Envelope, message: bytes, **_described: str) -> Receipt:
        time.sleep(0.05)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> None: ...


def tried(answer: Receipt | Exception):  # type: ignore[no-untyped-def]
    return attempt(Relay(answer), ENVELOPE, b"", kind="test", subject="Hello", message_id="<1@x>")


@pytest.mark.parametrize(
    "answer",
    [
        Receipt(250, "2.0.0", 1, None),
        TransportError(FailureCode.RECIPIENT_REJECTED, Phase.RCPT_TO, 550),
    ],
)
def test_what_a_relay_answers_is_measured_whether_it_takes_the_mail_or_not(
    answer: Receipt | TransportError,
) -> None:
    done = tried(answer)
    assert done.answer is answer
    assert 50 <= done.duration_ms < 5_000


def test_a_fault_of_ours_is_no_answer() -> None:
    with pytest.raises(KeyError):
        tried(KeyError("ours"))
