"""The mailer page: no server text, limits that hold, targets that are refused."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.runtime import Runtime
from app.throttle import Throttle
from tests.factories import make_user
from tests.mailer.pages import PATH, MailerPage, smtp
from tests.smtpd import Relay

MARKS = ("<i>marked</i>", "\x1b[31mmarked", "marked")


@pytest.fixture
def page(admin_client: FlaskClient) -> MailerPage:
    return MailerPage(admin_client)


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "RCPT", "."])
@pytest.mark.parametrize("mark", MARKS)
def test_server_text_is_on_no_page(page: MailerPage, command: str, mark: str) -> None:
    with Relay(replies={command: f"550 5.7.1 {mark}"}) as relay:
        page.save(**smtp(relay))
        checked = page.check()
        page.send_test()
        shown = page.open()
    assert shown.fact("last-test-result") == "failed"
    for answer in (checked, shown):
        assert "marked" not in answer.text


@pytest.mark.parametrize("endpoint", ["", "/check", "/test", "/resume", "/transcript", "/explain"])
def test_only_install_administrators_may(
    app: Flask,
    session: Session,
    sign_in: Callable[[User], FlaskClient],
    endpoint: str,
) -> None:
    member = make_user(session, "m@acme.test")
    org_admin = make_user(session, "o@acme.test", organization_role="admin")
    unverified = make_user(session, "u@acme.test", install_admin=True, verified=False)
    session.commit()
    visitor = app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        answer = visitor.post(PATH + endpoint)
        assert answer.status_code == 303
        assert "/login" in answer.location
        for person in (member, org_admin, unverified):
            assert sign_in(person).post(PATH + endpoint).status_code == 403
            if endpoint in {"", "/explain"}:
                assert sign_in(person).get(PATH + endpoint).status_code == 403
    finally:
        app.config["WTF_CSRF_ENABLED"] = True


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.mark.slow
def test_the_limit_is_stamped_before_the_network(
    page: MailerPage, runtime: Runtime, silent: socket.socket
) -> None:
    port = str(silent.getsockname()[1])
    with Relay() as relay:
        page.save(**smtp(relay, host="127.0.0.1", port=port, connection_timeout="1"))
    token = page.open().fields["csrf_token"]
    began = time.monotonic()
    sending = threading.Thread(
        target=lambda: page.client.post(f"{PATH}/test", data={"csrf_token": token})
    )
    sending.start()
    connection, _ = silent.accept()
    with connection, runtime.database.session(reading=True) as session:
        assert session.query(Throttle).filter_by(purpose="test-mail").count() == 1
    sending.join(30)
    assert time.monotonic() - began < 1 + 20
    assert page.open().fact("last-test-result") == "failed"


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fe80::1]", "0.0.0.0", "224.0.0.1", "::ffff:169.254.169.254"]
)
def test_addresses_that_no_relay_has_are_refused_when_typed(page: MailerPage, host: str) -> None:
    for answer in (
        page.save(provider="smtp", sender_address="a@acme.test", host=host),
        page.check(provider="smtp", sender_address="a@acme.test", host=host),
    ):
        assert answer.status == 422
        assert answer.errors("host")


def test_a_name_that_leads_to_such_an_address_is_refused_when_connecting(
    page: MailerPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(*_args: object, **_more: object) -> list[object]:
        kind = socket.SOCK_STREAM
        return [(socket.AF_INET, kind, 6, "", ("169.254.169.254", 25))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    answer = page.check(provider="smtp", sender_address="a@acme.test", host="metadata.acme.test")
    assert answer.status == 200
    assert len(answer.diagnoses) == 1
    assert "No mail relay has this address" in answer.words
    assert (
        page.save(provider="smtp", sender_address="a@acme.test", host="metadata.acme.test").status
        == 303
    )
    page.send_test()
    assert page.open().fact("last-test-result") == "failed"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.20.0.25", "192.168.1.5", "::1"])
def test_loopback_and_private_addresses_are_allowed(page: MailerPage, host: str) -> None:
    assert page.save(provider="smtp", sender_address="a@acme.test", host=host).status == 303
