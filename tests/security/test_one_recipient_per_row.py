"""One recipient per row, so each has an outcome of its own."""

from __future__ import annotations

import pytest

from app.mail.addresses import AddressError
from app.outbox.worker import deliver_next
from app.runtime import Runtime
from tests.outbox.letters import configure, queue_resets, reset_mail, rows
from tests.smtpd import Relay


def test_a_refused_recipient_is_seen_beside_an_accepted_one(runtime: Runtime) -> None:
    with Relay(reject_rcpt={"gone@acme.test": "550 5.1.1 no such user"}) as relay:
        configure(runtime, port=relay.port)
        queue_resets(runtime, ["dana@acme.test", "gone@acme.test", "kim@acme.test"])
        while deliver_next(runtime):
            pass
        assert [(row.rcpt_to, row.state) for row in rows(runtime)] == [
            ("dana@acme.test", "sent"),
            ("gone@acme.test", "failed"),
            ("kim@acme.test", "sent"),
        ]
        # Every transaction on the wire carried one recipient.
        assert relay.received("MAIL") == relay.received("RCPT") == 3


@pytest.mark.parametrize(
    "several",
    [
        "dana@acme.test,kim@acme.test",
        "dana@acme.test; kim@acme.test",
        "dana@acme.test\r\nRCPT TO:<kim@acme.test>",
        "Dana <dana@acme.test>",
    ],
)
def test_a_row_takes_no_list_of_recipients(runtime: Runtime, several: str) -> None:
    configure(runtime, provider="console")
    with runtime.database.session() as session, pytest.raises(AddressError):
        reset_mail(session, runtime, several)
    assert rows(runtime) == []
