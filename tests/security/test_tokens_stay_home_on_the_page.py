"""R01 on the mailer page for logins with tokens: every field, with every button."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.mailer.models import MailerConfiguration
from app.runtime import EXTENSION, Runtime
from tests.certificates import ca_file
from tests.factories import install_novantra
from tests.mailer.pages import MailerPage, Page
from tests.oauth_server import TokenServer
from tests.smtpd import Relay
from tests.tokens import CLIENT, MAILBOX, SECRET, TENANT, key_file, token_relay

OTHER_TENANT = "0b2f0f7e-0000-4000-8000-000000000009"
OTHER_CLIENT = "0d1c0f7e-0000-4000-8000-000000000009"
ASKS: dict[str, dict[str, Any]] = {
    "host": {"host": "127.0.0.1"},
    "port": {"port": "elsewhere"},
    "host and port": {"host": "127.0.0.1", "port": "elsewhere"},
    "mailbox": {"username": "other@acme.test"},
    "cloud": {"cloud": "china"},
    "tenant": {"tenant_id": OTHER_TENANT},
    "client": {"client_id": OTHER_CLIENT},
    "tenant and host": {"tenant_id": OTHER_TENANT, "host": "127.0.0.1"},
    "to a password": {"login_method": "password"},
    "to smtp": {"provider": "smtp", "username": "novantra"},
}
DROPS: dict[str, dict[str, Any]] = {
    "to a person": {"login_method": "person"},
    "to a code": {"login_method": "device"},
    "to a certificate": {"client_credential": "certificate"},
    "to a person elsewhere": {"login_method": "person", "port": "elsewhere"},
    "to a certificate elsewhere": {"client_credential": "certificate", "port": "elsewhere"},
}
ENDPOINTS = {
    "save": ("", {}),
    "check": ("/check", {}),
    "test": ("/test", {}),
    "save and test": ("/test", {"action": "save_and_test"}),
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))
    with TokenServer() as running:
        yield running


@pytest.fixture
def app(make_app: Callable[..., Flask], server: TokenServer) -> Flask:
    made = make_app(oauth_microsoft=server.base, oauth_google=server.base)
    with made.extensions[EXTENSION].database.transaction() as session:
        install_novantra(session)
    return made


@pytest.fixture
def home() -> Iterator[Relay]:
    with token_relay(tls="starttls") as relay:
        yield relay


@pytest.fixture
def elsewhere() -> Iterator[Relay]:
    with token_relay(tls="starttls") as relay:
        yield relay


def microsoft(relay: Relay, **changes: Any) -> dict[str, Any]:
    return {
        "provider": "microsoft365",
        "sender_address": MAILBOX,
        "sender_name": "Acme",
        "username": MAILBOX,
        "login_method": "app",
        "cloud": "commercial",
        "tenant_id": TENANT,
        "client_id": CLIENT,
        "client_credential": "secret",
        "client_secret": SECRET,
        "host": "localhost",
        "port": str(relay.port),
        "connection_timeout": "5",
    } | changes


def stored(runtime: Runtime) -> MailerConfiguration:
    with runtime.database.session(reading=True) as session:
        row = session.get(MailerConfiguration, 1)
        assert row is not None
        return row


def attempt(page: MailerPage, which: str, fields: dict[str, Any], elsewhere: Relay) -> Page:
    path, more = ENDPOINTS[which]
    changed = {
        name: str(elsewhere.port) if value == "elsewhere" else value
        for name, value in fields.items()
    }
    return page.post(path, **(microsoft(elsewhere) | shown(page) | changed | SILENT | more))


SILENT = {"client_secret": "", "password": "", "service_account_key": ""}


def shown(page: MailerPage) -> dict[str, Any]:
    return page.open().fields


def quiet(server: TokenServer, *relays: Relay) -> bool:
    """Whether nobody was shown a secret or a token."""
    return server.asked == [] and all(relay.received("AUTH") == 0 for relay in relays)


@pytest.fixture
def page(admin_client: FlaskClient, server: TokenServer, home: Relay) -> MailerPage:
    page = MailerPage(admin_client)
    saved = page.save(**microsoft(home))
    assert saved.status == 303, saved.words
    assert server.asked == []
    return page


def test_as_it_was_saved_it_is_used(page: MailerPage, server: TokenServer, home: Relay) -> None:
    assert page.check().steps()["auth"] == "passed"
    assert page.send_test().status == 303
    assert len(home.envelopes) == 1
    assert len(server.asked) == 1, "the check's token is the test's too"


@pytest.mark.parametrize("which", ENDPOINTS)
@pytest.mark.parametrize("change", ASKS)
def test_a_changed_destination_asks_again(
    page: MailerPage,
    server: TokenServer,
    home: Relay,
    elsewhere: Relay,
    runtime: Runtime,
    change: str,
    which: str,
) -> None:
    before = stored(runtime)
    answer = attempt(page, which, ASKS[change], elsewhere)
    assert answer.status == 422
    after = stored(runtime)
    assert (after.version, after.password_sealed) == (before.version, before.password_sealed)
    assert quiet(server, home, elsewhere)


@pytest.mark.parametrize("which", ENDPOINTS)
@pytest.mark.parametrize("change", DROPS)
def test_where_none_is_typed_the_stored_one_is_dropped_and_never_used(
    page: MailerPage,
    server: TokenServer,
    home: Relay,
    elsewhere: Relay,
    runtime: Runtime,
    change: str,
    which: str,
) -> None:
    before = stored(runtime)
    answer = attempt(page, which, DROPS[change], elsewhere)
    assert answer.status in {200, 303, 409, 422, 503}, answer.words
    if which == "save":
        assert answer.status == 303, answer.words
        assert stored(runtime).password_sealed != before.password_sealed
    assert SECRET not in {value for form in server.asked for value in form.values()}
    if "certificate" in change and which == "save and test":
        # The key is a new one, made for that very destination.
        assert all("client_assertion" in form for form in server.asked)
        assert home.received("AUTH") == 0 or "elsewhere" not in change
    else:
        assert quiet(server, home, elsewhere)


def test_two_steps_are_no_way_around(
    page: MailerPage, server: TokenServer, home: Relay, elsewhere: Relay, runtime: Runtime
) -> None:
    """To a person and elsewhere, without a secret; then back to the application, there."""
    fields = {"login_method": "person", "port": str(elsewhere.port)}
    assert page.save(**SILENT, **fields).status == 303
    back = page.save(**microsoft(elsewhere) | SILENT)
    assert back.status == 422, "there is no secret any more"
    assert stored(runtime).password_sealed is None
    assert quiet(server, home, elsewhere)


def test_given_again_it_is_used_for_the_new_destination(
    page: MailerPage, server: TokenServer, home: Relay, elsewhere: Relay
) -> None:
    assert page.save(**microsoft(elsewhere, tenant_id=OTHER_TENANT)).status == 303
    assert page.send_test().status == 303
    assert server.paths == [f"/{OTHER_TENANT}/oauth2/v2.0/token"]
    assert len(elsewhere.envelopes) == 1
    assert home.received("AUTH") == 0


def test_a_typed_secret_is_checked_and_not_kept(
    page: MailerPage, server: TokenServer, elsewhere: Relay, runtime: Runtime
) -> None:
    before = stored(runtime)
    typed = "another~secret.of-the-app_0123456789abc"
    checked = page.check(**microsoft(elsewhere, client_secret=typed))
    assert checked.steps()["auth"] == "passed", checked.words
    assert server.asked[0]["client_secret"] == typed
    assert stored(runtime).password_sealed == before.password_sealed
    assert typed not in checked.text


GOOGLE = {
    "provider": "google",
    "sender_address": MAILBOX,
    "username": MAILBOX,
    "login_method": "service_account",
}


@pytest.mark.parametrize("which", ENDPOINTS)
@pytest.mark.parametrize(
    "change",
    [
        {"host": "127.0.0.1"},
        {"port": "elsewhere"},
        {"username": "other@acme.test"},
        {"login_method": "password"},
    ],
    ids=["host", "port", "mailbox", "to a password"],
)
def test_a_key_file_stays_home_too(
    admin_client: FlaskClient,
    server: TokenServer,
    home: Relay,
    elsewhere: Relay,
    which: str,
    change: dict[str, Any],
) -> None:
    page = MailerPage(admin_client)
    fields = GOOGLE | {"host": "localhost", "port": str(home.port), "connection_timeout": "5"}
    saved = page.save(**fields, service_account_key=key_file())
    assert saved.status == 303, saved.words
    path, more = ENDPOINTS[which]
    changed = {
        name: str(elsewhere.port) if value == "elsewhere" else value
        for name, value in change.items()
    }
    answer = page.post(path, **(fields | changed | SILENT | more))
    assert answer.status == 422, answer.words
    assert quiet(server, home, elsewhere)
