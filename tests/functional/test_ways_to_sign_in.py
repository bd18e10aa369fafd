"""Every way to sign in, from the form to a mail that a real Dovecot submission server took.

The administrator uses the pages alone. The token comes from a sign-in service of the test, which
Dovecot asks about it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import RSAKey

from app.runtime import Runtime
from tests.certificates import ca_file, server_file
from tests.factories import csrf_of
from tests.mailer.pages import CHECKED, PATH, MailerPage, Page
from tests.mailer.test_connecting import DEVICE, good
from tests.mailer.test_ways_to_sign_in import RSA, SECRET, google, key_file, microsoft
from tests.needs import need_dovecot
from tests.oauth_server import TokenServer
from tests.relays.dovecot import Dovecot
from tests.smtpd import Relay
from tests.tokens import at

pytestmark = pytest.mark.relay

MAILBOX = "novantra@acme.test"
TOKEN = "0.access-token_of~the.test"


@pytest.fixture
def server(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    need_dovecot()
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))
    with TokenServer() as server:
        runtime.config = at(runtime.config, server)
        server.good = {TOKEN: MAILBOX}
        server.answers = [good()]
        yield server


@pytest.fixture
def sink() -> Iterator[Relay]:
    with Relay() as relay:
        yield relay


@pytest.fixture
def dovecot(server: TokenServer, sink: Relay, relay_folder: Path) -> Iterator[Dovecot]:
    asked = f"{server.base}/introspect"
    with Dovecot(relay_folder, server_file(), introspection=asked, sink=sink.port) as relay:
        yield relay


class Administrator:
    """Fills the form in, presses what the page offers, and looks at what it says."""

    def __init__(self, client: FlaskClient, relay: Dovecot) -> None:
        self.page = MailerPage(client)
        self.there = {"host": "localhost", "port": str(relay.port), "connection_timeout": "5"}

    def save(self, fields: dict[str, Any]) -> None:
        answer = self.page.save(**fields | self.there)
        assert answer.status == 303, answer.words

    def press(self, path: str) -> Page:
        token = csrf_of(self.page.client.get(PATH).data)
        return Page(self.page.client.post(PATH + path, data={"csrf_token": token}))

    def connect(self) -> None:
        """To the vendor and back with a code, as the browser would."""
        leaves = self.press("/connect")
        state = parse_qs(urlsplit(leaves.response.location).query)["state"][0]
        back = self.page.client.get(f"{PATH}/connected", query_string={"code": "c", "state": state})
        assert back.status_code == 303, back.text

    def sees_it_work(self, sink: Relay, relay: Dovecot) -> None:
        """The check passes every step, and a test mail arrives."""
        checked = self.page.check()
        assert set(checked.steps().values()) == {"passed"}, (checked.words, relay.log())
        assert self.page.send_test().status == 303
        shown = self.page.open()
        assert shown.fact("last-test-result") == "succeeded", (shown.words, relay.log())
        assert shown.fact("token-state") == "connected"
        assert shown.fact("connected-as") == MAILBOX
        assert [mail.rcpt_to for mail in sink.envelopes] == ["alice@acme.test"]
        for secret in (TOKEN, SECRET, "PRIVATE KEY", "refresh-token_of"):
            assert secret not in shown.text + checked.text


@pytest.fixture
def administrator(admin_client: FlaskClient, dovecot: Dovecot) -> Administrator:
    return Administrator(admin_client, dovecot)


def claims_of(token: str, public: Any, algorithm: str) -> dict[str, Any]:
    """What an assertion says, once its signature was verified by an outside implementation."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = public.public_bytes(serialization.Encoding.PEM, form)
    return jwt.decode(token, RSAKey.import_key(pem), algorithms=[algorithm]).claims


def test_as_an_application_with_a_secret(
    administrator: Administrator, server: TokenServer, sink: Relay, dovecot: Dovecot
) -> None:
    server.answers = [good(refresh_token=None, id_token=None)]
    administrator.save(microsoft("app"))
    administrator.sees_it_work(sink, dovecot)
    (asked,) = server.asked
    assert asked["grant_type"] == "client_credentials"
    assert asked["scope"] == "https://outlook.office365.com/.default"
    assert asked["client_secret"] == SECRET


def test_as_an_application_with_the_certificate_that_was_made_here(
    administrator: Administrator, server: TokenServer, sink: Relay, dovecot: Dovecot
) -> None:
    server.answers = [good(refresh_token=None, id_token=None)]
    administrator.save(microsoft("app", client_credential="certificate", client_secret=""))
    uploaded = administrator.page.client.get(f"{PATH}/certificate").data
    administrator.sees_it_work(sink, dovecot)
    (asked,) = server.asked
    claims = claims_of(
        asked["client_assertion"], x509.load_pem_x509_certificate(uploaded).public_key(), "PS256"
    )
    assert claims["aud"].startswith("https://login.microsoftonline.com/")
    assert "client_secret" not in asked


def test_as_a_person(
    administrator: Administrator, server: TokenServer, sink: Relay, dovecot: Dovecot
) -> None:
    administrator.save(microsoft("person"))
    waiting = administrator.page.check()
    assert waiting.steps()["token"] == "skipped"
    administrator.connect()
    administrator.sees_it_work(sink, dovecot)
    assert [form["grant_type"] for form in server.asked] == ["authorization_code"]


def test_as_a_person_with_a_code(
    administrator: Administrator, server: TokenServer, sink: Relay, dovecot: Dovecot
) -> None:
    administrator.save(microsoft("device"))
    server.answers = [DEVICE, good()]
    assert "ABCD-EFGH" in administrator.press("/device").words
    assert administrator.page.client.get(f"{PATH}/device").status_code == 303
    administrator.sees_it_work(sink, dovecot)


def test_by_a_service_account_of_google(
    administrator: Administrator, server: TokenServer, sink: Relay, dovecot: Dovecot
) -> None:
    server.answers = [good(refresh_token=None, id_token=None)]
    administrator.save(google("service_account", service_account_key=key_file()))
    administrator.sees_it_work(sink, dovecot)
    (asked,) = server.asked
    claims = claims_of(asked["assertion"], RSA.public_key(), "RS256")
    assert (claims["sub"], claims["scope"]) == (MAILBOX, "https://mail.google.com/")


def test_as_a_person_at_google(
    administrator: Administrator, server: TokenServer, sink: Relay, dovecot: Dovecot
) -> None:
    administrator.save(google("person"))
    administrator.connect()
    administrator.sees_it_work(sink, dovecot)


def test_the_wrong_person_is_refused_before_dovecot_hears_of_it(
    administrator: Administrator, server: TokenServer, dovecot: Dovecot
) -> None:
    administrator.save(microsoft("person"))
    server.answers = [good("alice@acme.test")]
    leaves = administrator.press("/connect")
    state = parse_qs(urlsplit(leaves.response.location).query)["state"][0]
    back = Page(
        administrator.page.client.get(
            f"{PATH}/connected", query_string={"code": "c", "state": state}
        )
    )
    assert f"Connected as alice@acme.test, but the mailbox is {MAILBOX}" in back.words
    assert server.introspected == []


def test_a_password_typed_for_it_is_never_sent_in_place_of_a_token(
    administrator: Administrator, server: TokenServer, sink: Relay, dovecot: Dovecot
) -> None:
    server.answers = [(401, {"error": "invalid_client", "error_codes": [7000215]})]
    administrator.save(microsoft("app"))
    failed = administrator.page.check(password="Kanari-47 secret", secure=CHECKED)
    assert failed.diagnoses == ["oauth_rejected"]
    assert "AADSTS7000215" in failed.words
    assert failed.steps()["token"] == "failed"
    assert "Kanari" not in dovecot.log()
    assert sink.envelopes == []
