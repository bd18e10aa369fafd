"""The transports that deliver nothing."""

from __future__ import annotations

import logging

import pytest

from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mail.transport import TransportError
from app.mail.transports import ConsoleTransport, MemoryTransport
from tests.mail.relays import ENVELOPE


def test_the_console_logs_one_record_without_the_body(
    caplog: pytest.LogCaptureFixture,
) -> None:
    body = b"Subject: Reset\r\n\r\nhttps://hr.acme.test/reset/token-123\r\n"
    with caplog.at_level(logging.INFO, "novantra.mail.console"):
        receipt = ConsoleTransport().send(
            ENVELOPE, body, kind="password_reset", subject="Reset", message_id="<1@acme.test>"
        )
    (record,) = caplog.records
    facts = vars(record)
    assert {
        name: facts[name] for name in ("kind", "to", "from", "subject", "message_id", "size")
    } == {
        "kind": "password_reset",
        "to": ENVELOPE.rcpt_to,
        "from": ENVELOPE.mail_from,
        "subject": "Reset",
        "message_id": "<1@acme.test>",
        "size": len(body),
    }
    assert "token-123" not in repr(facts)
    assert receipt.server is None


def test_the_memory_transport_keeps_messages_and_fails_as_told() -> None:
    transport = MemoryTransport()
    transport.failures.append(TransportError(FailureCode.SERVER_BUSY, Phase.DATA, 451))
    with pytest.raises(TransportError, match="server_busy at data"):
        transport.send(ENVELOPE, b"one")
    transport.send(ENVELOPE, b"two", kind="test")
    transport.close()
    assert [(one.message, one.kind) for one in transport.deliveries] == [(b"two", "test")]
