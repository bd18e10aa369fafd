"""In the Cloud the environment decides, and nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import User
from app.config import Config, ConfigError
from app.crypto.keys import KeyRing, new_key
from app.crypto.secret import Secret
from app.mail.tls import TlsMode
from app.mailer.active import active_mailer, mail_state
from app.mailer.health import record_success
from app.mailer.managed import Managed, managed_mailer
from app.mailer.summary import summarise
from app.mailer.test_mail import TestMail, TestResult, record_test, send_test
from app.runtime import EXTENSION, Runtime
from tests.certificates import ca_file
from tests.conftest import Clock
from tests.factories import make_user, signed_in
from tests.smtpd import Relay

SENDER = "Novantra <mail@novantra.test>"


def managed(config: Config, url: str, sender: str | None = SENDER) -> Managed | None:
    from dataclasses import replace

    return managed_mailer(replace(config, managed_mail_url=Secret(url), managed_mail_sender=sender))


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("smtp://u:p@relay.example.com:2525", "relay.example.com", 2525, TlsMode.STARTTLS),
        ("smtp://u:p@relay.example.com", "relay.example.com", 587, TlsMode.STARTTLS),
        ("smtps://u:p@relay.example.com", "relay.example.com", 465, TlsMode.IMPLICIT),
        ("smtps://u:p@relay.example.com:8465/", "relay.example.com", 8465, TlsMode.IMPLICIT),
        ("smtp://127.0.0.1:25?tls=none", "127.0.0.1", 25, TlsMode.NONE),
        ("smtp://[::1]:25?tls=none", "::1", 25, TlsMode.NONE),
        ("smtp://10.1.2.3?tls=none&timeout=30", "10.1.2.3", 587, TlsMode.NONE),
        ("console:", None, 0, TlsMode.NONE),
    ],
)
def test_the_url_says_where_and_how(
    config: Config, url: str, host: str | None, port: int, tls: TlsMode
) -> None:
    found = managed(config, url)
    assert found is not None
    assert (found.host, found.port, found.tls) == (host, port, tls)


def test_user_and_password_are_percent_decoded(config: Config) -> None:
    found = managed(config, "smtp://a%40b.test:p%40ss%2F%25w%C3%B6rd@relay.example.com?timeout=42")
    assert found is not None
    assert found.username == "a@b.test"
    assert found.password is not None
    assert found.password.reveal() == "p@ss/%wörd"
    assert found.timeout == 42


@pytest.mark.parametrize(
    ("sender", "name", "address"),
    [
        ("Novantra <mail@novantra.test>", "Novantra", "mail@novantra.test"),
        ('"Novantra, Inc." <mail@novantra.test>', "Novantra, Inc.", "mail@novantra.test"),
        ("mail@novantra.test", "", "mail@novantra.test"),
        ("<mail@novantra.test>", "", "mail@novantra.test"),
    ],
)
def test_the_sender_has_a_name_and_an_address(
    config: Config, sender: str, name: str, address: str
) -> None:
    found = managed(config, "console:", sender)
    assert found is not None
    assert (found.sender_name, found.sender_address) == (name, address)


BROKEN = [
    "http://u:hidden-pw@relay.example.com",
    "u:hidden-pw@relay.example.com",
    "smtp://",
    "smtp://u:hidden-pw@",
    "smtp://u:hidden-pw@relay.example.com:0",
    "smtp://u:hidden-pw@relay.example.com:99999",
    "smtp://u:hidden-pw@relay.example.com:x",
    "smtp://u:hidden-pw/slash@relay.example.com",
    "smtp://u:hidden%zz-pw@relay.example.com",
    "smtp://u:hidden%00pw@relay.example.com",
    "smtp://u:hidden%ff-pw@relay.example.com",
    "smtp://u@relay.example.com",
    "smtp://:hidden-pw@relay.example.com",
    "smtp://u:hidden-pw@relay.example.com?tls=none",
    "smtps://u:hidden-pw@127.0.0.1?tls=none",
    "smtp://u:hidden-pw@relay.example.com?tls=maybe",
    "smtp://u:hidden-pw@relay.example.com?timeout=0",
    "smtp://u:hidden-pw@relay.example.com?timeout=abc",
    "smtp://u:hidden-pw@relay.example.com?verify=no",
    "smtp://u:hidden-pw@169.254.169.254",
    "smtp://u:hidden-pw@relay..example.com",
]


@pytest.mark.parametrize("url", BROKEN)
def test_a_malformed_url_is_refused_at_start_without_showing_its_secret(
    make_app: Callable[..., Flask], url: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        make_app(
            edition="cloud",
            access_url="https://app.novantra.test",
            managed_mail_url=Secret(url),
            managed_mail_sender=SENDER,
        )
    assert "NOVANTRA_MANAGED_MAIL_URL" in str(refused.value)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    "sender", [None, "Novantra", "a b@c", "x" * 65 + " <a@b.test>", "a\nb <a@b.test>"]
)
def test_a_malformed_sender_is_refused_at_start(config: Config, sender: str | None) -> None:
    with pytest.raises(ConfigError, match="NOVANTRA_MANAGED_MAIL_SENDER"):
        managed(config, "console:", sender)


def test_a_sender_without_a_url_is_refused(config: Config) -> None:
    with pytest.raises(ConfigError, match="NOVANTRA_MANAGED_MAIL_URL"):
        managed(config, "")


@pytest.fixture
def cloud(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))
    return make_app(
        edition="cloud",
        access_url="https://app.novantra.test",
        managed_mail_url=Secret("console:"),
        managed_mail_sender=SENDER,
    )


def runtime_of(app: Flask) -> Runtime:
    found = app.extensions[EXTENSION]
    assert isinstance(found, Runtime)
    return found


@pytest.fixture
def cloud_admin(cloud: Flask) -> FlaskClient:
    with runtime_of(cloud).database.transaction() as session:
        admin: User = make_user(session, "root@novantra.test", install_admin=True)
    return signed_in(cloud, admin)


@pytest.mark.parametrize("endpoint", ["", "/check", "/test", "/resume", "/transcript", "/explain"])
def test_no_mail_settings_exist_in_the_cloud(cloud_admin: FlaskClient, endpoint: str) -> None:
    path = f"/admin/system/mailer{endpoint}"
    assert cloud_admin.get(path).status_code == 404
    assert cloud_admin.post(path, data={"host": "relay.evil.test"}).status_code in {400, 404}


def test_no_page_of_the_cloud_links_to_mail_settings(cloud_admin: FlaskClient) -> None:
    for path in ("/account", "/admin/system/audit", "/admin/system"):
        shown = cloud_admin.get(path, follow_redirects=True)
        assert b"/admin/system/mailer" not in shown.data


def test_cloud_mail_leaves_through_the_environments_relay(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))
    with Relay(tls="implicit", users={"u": "p@ss"}, require_auth=True) as relay:
        app = make_app(
            edition="cloud",
            access_url="https://app.novantra.test",
            managed_mail_url=Secret(f"smtps://u:p%40ss@localhost:{relay.port}"),
            managed_mail_sender=SENDER,
        )
        runtime = runtime_of(app)
        with runtime.database.session(reading=True) as session:
            assert mail_state(session, runtime) == "configured"
            active = active_mailer(session, runtime)
        assert active is not None
        assert active.relay is not None
        assert active.relay.ehlo_name == "app.novantra.test"
        mail = TestMail("a@acme.test", "Ops", "https://app.novantra.test", "x", clock())
        assert send_test(active, mail).passed
        assert relay.envelopes[0].mail_from == "mail@novantra.test"


def test_a_cloud_without_a_mail_url_is_pending(make_app: Callable[..., Flask]) -> None:
    runtime = runtime_of(make_app(edition="cloud", access_url="https://app.novantra.test"))
    with runtime.database.session(reading=True) as session:
        assert mail_state(session, runtime) == "pending"
        assert active_mailer(session, runtime) is None


def test_what_an_older_environment_did_says_nothing_about_this_one(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))

    def started(password: str, sender: str = SENDER) -> Runtime:
        return runtime_of(
            make_app(
                edition="cloud",
                access_url="https://app.novantra.test",
                managed_mail_url=Secret(f"smtp://u:{password}@relay.novantra.test"),
                managed_mail_sender=sender,
            )
        )

    def now_says(runtime: Runtime) -> tuple[str, str]:
        with runtime.database.session(reading=True) as session:
            found = summarise(session, runtime)
        return found.mail.health.value, found.test_result

    first = started("one")
    assert now_says(first) == ("unproven", "never")
    with first.database.transaction() as session:
        active = active_mailer(session, first)
        assert active is not None
        record_success(session, now=first.now(), kind="test", version=active.version)
        record_test(
            session,
            now=first.now(),
            to="a@acme.test",
            asked_by="A",
            version=active.version,
            result=TestResult(5),
        )
    assert now_says(first) == ("working", "succeeded")
    assert now_says(started("one")) == ("working", "succeeded"), "a restart changes nothing"
    assert now_says(started("two")) == ("unproven", "stale")
    assert now_says(started("one", "Other <mail@novantra.test>")) == ("unproven", "stale")


def test_the_version_of_an_environment_tells_nobody_its_password(config: Config) -> None:
    url = "smtp://u:{}@relay.novantra.test"
    one, two = (managed(config, url.format(word), SENDER) for word in ("one", "two"))
    assert one is not None
    assert two is not None
    key, another = KeyRing([new_key()]), KeyRing([new_key()])
    assert 0 < one.version(key) < 2**31
    assert one.version(key) != two.version(key)
    assert one.version(key) != one.version(another), "nobody without the key can try guesses on it"
    assert one.version(KeyRing([])) == two.version(KeyRing([])), "without one it has no part in it"
