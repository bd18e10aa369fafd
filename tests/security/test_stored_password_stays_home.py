"""A stored password is unusable once anything about its destination has changed."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.audit.models import AuditEvent
from app.mailer.models import MailerConfiguration
from app.runtime import Runtime
from tests.mailer.pages import CHECKED, MailerPage, Page, smtp
from tests.security.stored_password import SECRET
from tests.smtpd import Relay


@pytest.fixture
def page(admin_client: FlaskClient, home: Relay) -> MailerPage:
    """An SMTP configuration with a stored password."""
    page = MailerPage(admin_client)
    assert page.save(**smtp(home, username="novantra", password=SECRET)).status == 303
    return page


CHANGES: dict[str, dict[str, Any]] = {
    "host": {"host": "127.0.0.1"},
    "port": {"port": "elsewhere"},
    "host and port": {"host": "127.0.0.1", "port": "elsewhere"},
    "tls": {"secure": None},
    "verification": {"ignore_tls_errors": CHECKED},
    "username": {"username": "other"},
    "encryption": {"encryption": "implicit"},
    "provider microsoft365": {"provider": "microsoft365", "username": "novantra@acme.test"},
    "provider ses": {"provider": "ses", "region": "eu-west-1"},
}


def attempt(page: MailerPage, endpoint: str, fields: dict[str, Any]) -> Page:
    """Send the form as it is shown, with the changes and no password."""
    shown = page.open().fields
    sent = shown | {"host": "localhost"} | fields | {"password": ""}
    data = {name: value for name, value in sent.items() if value is not None}
    return Page(page.client.post(f"/admin/system/mailer{endpoint}", data=data))


def untouched(runtime: Runtime) -> bool:
    with runtime.database.session(reading=True) as session:
        row = session.get(MailerConfiguration, 1)
        assert row is not None
        events = session.query(AuditEvent).filter(AuditEvent.tag == "mailer:updated").count()
        return row.version == 1 and row.provider == "smtp" and events == 0


@pytest.mark.parametrize("endpoint", ["", "/check", "/test"], ids=["save", "check", "test"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_destination_asks_for_the_password_again(
    page: MailerPage,
    home: Relay,
    elsewhere: Relay,
    runtime: Runtime,
    change: str,
    endpoint: str,
) -> None:
    fields = {
        name: str(elsewhere.port) if value == "elsewhere" else value
        for name, value in CHANGES[change].items()
    }
    answer = attempt(page, endpoint, fields)
    assert answer.status == 422
    assert "Type the password again" in " ".join(answer.errors("password"))
    assert untouched(runtime)
    for relay in (home, elsewhere):
        assert relay.auth_attempts == []
        assert relay.received("AUTH") == 0


@pytest.mark.parametrize("to", ["home", "elsewhere"])
def test_without_a_user_name_the_password_goes_nowhere_and_is_dropped(
    page: MailerPage, home: Relay, elsewhere: Relay, runtime: Runtime, to: str
) -> None:
    port = {"home": home, "elsewhere": elsewhere}[to].port
    changes = {"username": "", "port": str(port)}
    assert attempt(page, "/check", changes).status == 200
    assert untouched(runtime)
    assert attempt(page, "", changes).status == 303
    with runtime.database.session(reading=True) as session:
        row = session.get(MailerConfiguration, 1)
        assert row is not None
        assert row.password_sealed is None
    page.send_test(as_is=True)
    for relay in (home, elsewhere):
        assert relay.received("AUTH") == 0


@pytest.mark.parametrize("endpoint", ["", "/check", "/test"], ids=["save", "check", "test"])
def test_another_region_asks_for_the_password_again_even_at_the_same_host(
    page: MailerPage, home: Relay, runtime: Runtime, endpoint: str
) -> None:
    saved = page.save(
        provider="ses",
        region="eu-west-1",
        host="localhost",
        port=str(home.port),
        username="AKIAIOSFODNN7EXAMPLE",
        password="B" + "A" * 43,
    )
    assert saved.status == 303
    answer = attempt(page, endpoint, {"region": "us-east-1"})
    assert answer.status == 422
    assert "the region changed" in " ".join(answer.errors("password"))
    assert home.received("AUTH") == 0


@pytest.mark.parametrize("endpoint", ["", "/check"], ids=["save", "check"])
def test_typed_again_it_is_used_for_the_new_destination(
    page: MailerPage, elsewhere: Relay, endpoint: str
) -> None:
    answer = page.post(endpoint, port=str(elsewhere.port), password=SECRET)
    assert answer.status == (303 if endpoint == "" else 200)
    page.send_test() if endpoint == "" else None
    assert [attempt[3] for attempt in elsewhere.auth_attempts] == [True]


def test_leaving_and_coming_back_does_not_bring_the_password_back(
    page: MailerPage, home: Relay, runtime: Runtime
) -> None:
    assert page.save(provider="console").status == 303
    back = page.save(**smtp(home, username="novantra", password=""))
    assert back.status == 303
    with runtime.database.session(reading=True) as session:
        row = session.get(MailerConfiguration, 1)
        assert row is not None
        assert row.password_sealed is None
    page.send_test()
    assert home.received("AUTH") == 0


def test_two_steps_are_no_way_around(page: MailerPage, home: Relay, elsewhere: Relay) -> None:
    """Remove the user name first, then point elsewhere, then put the user name back."""
    assert attempt(page, "", {"username": ""}).status == 303  # and the password is dropped
    assert page.save(port=str(elsewhere.port)).status == 303
    assert page.save(username="novantra").status == 303
    page.check()
    page.send_test()
    assert elsewhere.received("AUTH") == 0
    assert home.received("AUTH") == 0


def test_what_does_not_lead_elsewhere_needs_no_password(page: MailerPage, home: Relay) -> None:
    assert page.save(sender_name="Acme People", connection_timeout="4").status == 303
    assert page.save(host="LOCALHOST.").status == 303
    assert page.check().steps()["auth"] == "passed"


def test_fields_sent_along_with_a_test_never_choose_its_destination(
    page: MailerPage, home: Relay, elsewhere: Relay
) -> None:
    token = page.open().fields["csrf_token"]
    data = {"csrf_token": token, "host": "127.0.0.1", "port": str(elsewhere.port)}
    assert page.client.post("/admin/system/mailer/test", data=data).status_code == 303
    assert elsewhere.connections == 0
    assert len(home.envelopes) == 1
