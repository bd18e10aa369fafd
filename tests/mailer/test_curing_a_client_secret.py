"""A client secret that Microsoft refuses: the field stands in the red box, one press sends on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.outbox.worker import deliver_next
from app.runtime import EXTENSION, Runtime
from tests.certificates import ca_file
from tests.factories import csrf_of, install_novantra
from tests.mailer.conftest import Stored
from tests.mailer.pages import PATH, MailerPage, Page
from tests.mailer.test_ways_to_sign_in import CLIENT, SECRET, microsoft
from tests.oauth_server import GOOD, TokenServer
from tests.outbox.letters import queue_resets
from tests.smtpd import Relay
from tests.tokens import TOKEN

MAILBOX = "novantra@acme.test"
NEW = "Nw8~abcDEF.ghi-jkl_MNO.pqr~stuVWX6543210"


@pytest.fixture
def server() -> Iterator[TokenServer]:
    with TokenServer() as running:
        running.answers = [(401, {"error": "invalid_client", "error_codes": [7000215]})]
        yield running


@pytest.fixture
def app(make_app: Callable[..., Flask], server: TokenServer) -> Flask:
    made = make_app(oauth_microsoft=server.base)
    with made.extensions[EXTENSION].database.transaction() as session:
        install_novantra(session)
    return made


@pytest.fixture
def relay(monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))
    with Relay(
        tls="starttls", users={MAILBOX: TOKEN}, mechanisms=("XOAUTH2",), require_auth=True
    ) as running:
        yield running


@pytest.mark.parametrize(("ends", "kept"), [("2026-01-31", None), ("2027-03-31", "2027-03-31")])
def test_in_the_form_a_past_end_is_that_of_the_secret_before(
    admin_client: FlaskClient, stored: Stored, ends: str, kept: str | None
) -> None:
    page = MailerPage(admin_client)
    assert page.save(**microsoft("app", client_secret_ends=ends)).status == 303
    assert stored.only.client_secret_ends == ends
    typed = {"client_secret": NEW, "login_method": "app"}
    assert page.save(**typed).status == 303
    assert stored.only.client_secret_ends == kept
    told = "it is the end of the client secret before" in page.open().words
    assert told is (kept is None)


def test_the_new_value_is_checked_and_saved_and_what_waited_goes_out(
    admin_client: FlaskClient,
    runtime: Runtime,
    server: TokenServer,
    relay: Relay,
    stored: Stored,
) -> None:
    page = MailerPage(admin_client)
    there = {"host": "localhost", "port": str(relay.port), "connection_timeout": "3"}
    saved = page.save(**microsoft("app", client_secret_ends="2027-03-31"), **there)
    assert saved.status == 303, saved.words
    queue_resets(runtime, ["dana@acme.test"])
    while deliver_next(runtime):
        pass
    paused = page.open()
    assert paused.fact("mail-state") == "paused"
    assert paused.fact("token-state") == "broken"
    assert "AADSTS7000215" in paused.words
    assert f"The Value of a client secret of the app {CLIENT}" in paused.words
    cure = {
        "csrf_token": csrf_of(paused.text.encode()),
        "field": "client_secret",
        "version": paused.fields["version"],
    }
    by_id = Page(page.client.post(f"{PATH}/cure", data={**cure, "value": CLIENT}))
    assert by_id.status == 422
    assert "This is the secret’s ID" in by_id.words
    empty = Page(page.client.post(f"{PATH}/cure", data={**cure, "value": ""}))
    assert empty.errors("client_secret") == ["Type the client secret."]
    server.answers = [(200, dict(GOOD))]
    done = page.client.post(f"{PATH}/cure", data={**cure, "value": NEW})
    assert done.status_code == 303, Page(done).words
    assert server.asked[-1]["client_secret"] == NEW
    assert stored.only.client_secret_ends is None, "that was the end of the one before"
    while deliver_next(runtime):
        pass
    assert [mail.rcpt_to for mail in relay.envelopes] == ["dana@acme.test"]
    after = page.open()
    assert after.fact("mail-state") == "configured"
    assert after.fact("token-state") == "connected"
    assert SECRET not in after.text
    assert NEW not in after.text
