"""Bodies are sealed until sent and then gone; no page, role or log shows a link or a code."""

from __future__ import annotations

import base64
import logging
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.outbox.worker import deliver_next
from app.runtime import Runtime
from tests.conftest import Clock
from tests.outbox.letters import SECRET, attempts, configure, only_row, queue_resets, rows
from tests.smtpd import Relay

PAGE = "/admin/system/mail-activity"


def traces(runtime: Runtime) -> bytes:
    """Everything that the database keeps of messages, and on SQLite its very files."""
    with runtime.database.session() as session:
        kept = [
            repr(tuple(row)).encode()
            for table in ("outbox_messages", "outbox_attempts", "audit_events")
            for row in session.execute(text(f"SELECT * FROM {table}"))  # noqa: S608 - fixed names
        ]
    if runtime.database.is_sqlite:
        file = Path(str(runtime.database.engine.url.database))
        kept += [each.read_bytes() for each in file.parent.glob(f"{file.name}*")]
    return b"".join(kept)


def forms() -> list[bytes]:
    """The link secret as it stands in the mail, and in encodings it could hide in."""
    secret = SECRET.encode()
    return [secret, base64.b64encode(secret)[:-4], secret.hex().encode(), secret[::-1]]


@pytest.mark.parametrize("answer", [None, "550 5.1.1 gone", "451 4.3.0 later", "550 5.7.60 no"])
def test_no_trace_of_a_link_remains_whatever_becomes_of_the_mail(
    runtime: Runtime,
    admin_client: FlaskClient,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    answer: str | None,
) -> None:
    with Relay(replies={".": answer} if answer else {}) as relay, caplog.at_level(0):
        configure(runtime, port=relay.port)
        (name,) = queue_resets(runtime, ["dana@acme.test"])
        before = traces(runtime)
        deliver_next(runtime)
        after = traces(runtime)
        pages = admin_client.get(PAGE).data + admin_client.get(f"{PAGE}/{name}").data
    logged = "".join(str(vars(record)) for record in caplog.records) + "".join(capfd.readouterr())
    assert len(attempts(runtime)) == 1
    for form in forms():
        assert form not in before
        assert form not in after
        assert form not in pages
        assert form.decode() not in logged


def test_a_sent_body_is_gone(runtime: Runtime) -> None:
    with Relay() as relay:
        configure(runtime, port=relay.port)
        queue_resets(runtime, ["dana@acme.test"])
        sealed = only_row(runtime).sealed_bytes
        assert sealed
        deliver_next(runtime)
    assert only_row(runtime).sealed_bytes is None
    with runtime.database.session() as session:
        kept = session.execute(text("SELECT * FROM outbox_messages")).all()
    assert sealed not in repr(kept)


def test_a_failed_body_goes_when_its_link_runs_out_or_after_a_week(
    runtime: Runtime, clock: Clock
) -> None:
    refused = {"soon@acme.test": "550 5.1.1 gone", "late@acme.test": "550 5.1.1 gone"}
    with Relay(reject_rcpt=refused) as relay:
        configure(runtime, port=relay.port)
        queue_resets(runtime, ["soon@acme.test"], expires_at=clock() + timedelta(minutes=30))
        queue_resets(runtime, ["late@acme.test"])
        while deliver_next(runtime):
            pass
        clock.advance(minutes=31)
        deliver_next(runtime)
        assert [row.sealed_bytes is None for row in rows(runtime)] == [True, False]
        clock.advance(days=7)
        deliver_next(runtime)
        assert [row.sealed_bytes is None for row in rows(runtime)] == [True, True]


def test_a_claim_does_not_show_its_contents(runtime: Runtime) -> None:
    from app.outbox.breaker import Breaker
    from app.outbox.claim import claim_next
    from app.outbox.taken import Claim

    logging.getLogger("novantra").setLevel(logging.DEBUG)
    configure(runtime, provider="console")
    queue_resets(runtime, ["dana@acme.test"])
    with runtime.database.transaction() as session:
        claim = claim_next(session, Breaker(runtime), runtime.now())
    assert isinstance(claim, Claim)
    assert SECRET.encode() in claim.content
    assert SECRET not in repr(claim)


def test_in_the_cloud_mail_activity_exists_for_nobody(make_app: object) -> None:
    from app.crypto.secret import Secret

    app = make_app(  # type: ignore[operator]
        edition="cloud",
        access_url="https://cloud.acme.test",
        managed_mail_url=Secret("console:"),
        managed_mail_sender="Novantra <novantra@acme.test>",
    )
    assert not [rule for rule in app.url_map.iter_rules() if "mail-activity" in rule.rule]
    assert app.test_client().get(PAGE).status_code == 404
