"""What is sent with: the same settings for tests and real sends, and a name worth greeting with."""

from __future__ import annotations

import pytest

from app.crypto.secret import Secret
from app.mail.smtp.transport import SmtpTransport
from app.mail.tls import TlsMode
from app.mail.transports import ConsoleTransport
from app.mailer.active import active_mailer, ehlo_name, make_transport, relay_settings
from app.mailer.settings import Settings
from app.runtime import Runtime
from tests.mailer.pages import MailerPage


@pytest.mark.parametrize(
    ("access_host", "name"),
    [
        ("hr.acme.test", "hr.acme.test"),
        ("localhost", "acme.test"),
        ("127.0.0.1", "acme.test"),
        (None, "acme.test"),
        ("10.1.2.3", "[10.1.2.3]"),
        ("2001:db8::1", "[IPv6:2001:db8::1]"),
        ("[2001:db8::1]", "[IPv6:2001:db8::1]"),
    ],
)
def test_relays_are_greeted_with_the_access_urls_host_and_never_localhost(
    access_host: str | None, name: str
) -> None:
    assert ehlo_name(access_host, "novantra@acme.test") == name


def test_without_a_password_no_login_is_tried() -> None:
    settings = Settings("smtp", "a@acme.test", host="relay", port=587, username="novantra")
    found = relay_settings(settings, None, "hr.acme.test")
    assert found is not None
    assert (found.username, found.password) == (None, None)


def test_without_a_user_name_no_login_is_tried() -> None:
    settings = Settings("smtp", "a@acme.test", host="relay", port=587)
    found = relay_settings(settings, Secret("stored"), "hr.acme.test")
    assert found is not None
    assert (found.username, found.password) == (None, None)


def test_every_setting_reaches_the_session() -> None:
    settings = Settings(
        "ses",
        "a@acme.test",
        region="eu-west-1",
        port=2465,
        username="AKIAIOSFODNN7EXAMPLE",
        connection_timeout=33,
    )
    found = relay_settings(settings, Secret("typed"), "hr.acme.test")
    assert found is not None
    assert found.host == "email-smtp.eu-west-1.amazonaws.com"
    assert (found.port, found.tls, found.timeout) == (2465, TlsMode.IMPLICIT, 33.0)
    assert found.total == 53.0
    assert found.trust.verify


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"provider": "console"}, ConsoleTransport),
        ({"provider": "smtp", "host": "relay.acme.test"}, SmtpTransport),
    ],
)
def test_the_transport_follows_from_the_provider(
    page: MailerPage, runtime: Runtime, fields: dict[str, str], kind: type
) -> None:
    page.save(sender_address="a@acme.test", **fields)
    with runtime.database.session(reading=True) as session:
        active = active_mailer(session, runtime)
    assert active is not None
    assert isinstance(make_transport(active), kind)
