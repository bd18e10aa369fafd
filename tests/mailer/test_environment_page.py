"""System → Mailer while the environment decides: told with its origin, and nothing to type in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from app.mailer.models import MailerConfiguration
from app.runtime import EXTENSION, Runtime
from tests.factories import make_user, signed_in
from tests.mailer.declared import Starts, to_relay
from tests.mailer.pages import PATH, MailerPage, Page
from tests.mailer.test_environment import LOGIN, PASSWORD, store, with_login
from tests.smtpd import Relay


@pytest.fixture
def starts(make_app: Callable[..., Flask]) -> Starts:
    return Starts(make_app)


class Console:
    """An administrator at an install with this environment."""

    def __init__(self, starts: Starts, **fields: str) -> None:
        app = starts.app(**fields)
        found = app.extensions[EXTENSION]
        assert isinstance(found, Runtime)
        self.live = found
        with self.live.database.transaction() as session:
            user = make_user(session, "alice@acme.test", install_admin=True)
        self.page = MailerPage(signed_in(app, user))

    @property
    def stored(self) -> MailerConfiguration | None:
        with self.live.database.session(reading=True) as session:
            return session.get(MailerConfiguration, 1)

    def send(self, to: str = "", **fields: str) -> Page:
        """What a script, or a page that was open before, may send."""
        token = self.page.open().fields["csrf_token"]
        data = {"csrf_token": token, "version": "0", **fields}
        return Page(self.page.client.post(f"{PATH}{to}", data=data))


def test_each_field_is_told_with_its_origin(starts: Starts, relay: Relay) -> None:
    page = Console(starts, **with_login(relay)).page.open()
    assert page.status == 200
    assert "from NOVANTRA_MAIL_HOST" in page.text
    assert relay.host in page.words
    assert "from NOVANTRA_MAIL_PASSWORD" in page.text
    assert PASSWORD not in page.text
    assert "10 s" in page.words, "what nobody set is told as a default"
    assert not set(page.fields) & {"host", "port", "username", "password", "provider"}
    assert not set(page.fields) & {"sender_address", "sender_name"}
    assert 'value="save"' not in page.text


def test_check_and_test_work_with_what_is_in_force(starts: Starts, relay: Relay) -> None:
    console = Console(starts, **with_login(relay))
    checked = console.page.post("/check")
    assert checked.status == 200
    assert set(checked.steps().values()) <= {"passed", "skipped"}
    assert checked.steps()["auth"] == "passed"
    sent = console.page.post("/test", action="test")
    assert sent.status == 303
    assert console.page.open().fact("last-test-result") == "succeeded"
    assert [attempt[2] for attempt in relay.auth_attempts] == [PASSWORD, PASSWORD]


@pytest.mark.parametrize("to", ["", "/check", "/test"])
def test_a_post_overrides_nothing(starts: Starts, relay: Relay, to: str) -> None:
    with Relay(tls="starttls", users={"novantra": PASSWORD}) as foreign:
        console = Console(starts, **with_login(relay))
        page = console.send(
            to,
            provider="smtp",
            host=foreign.host,
            port=str(foreign.port),
            secure="y",
            username="novantra",
            sender_address="evil@acme.test",
        )
        assert page.status == 422
        assert "Not done: the environment decides this" in page.words
        assert "NOVANTRA_MAIL_HOST" in page.words
        assert foreign.connections == 0
        assert console.stored is None


def test_a_secret_alone_is_refused_as_well(starts: Starts, relay: Relay) -> None:
    console = Console(starts, **with_login(relay))
    for fields in ({"password": "x"}, {"remove_password": "y"}, {"client_key": "x"}):
        assert console.send(**fields).status == 422
    cured = console.send("/cure", field="password", value="x")
    assert cured.status in {303, 422}
    assert console.stored is None


def test_a_sender_that_it_does_not_own_is_saved_beside_what_is_stored(
    starts: Starts, relay: Relay
) -> None:
    with Relay() as declared:
        lead = to_relay(declared)
        console = Console(starts, **{name: lead[name] for name in ("HOST", "PORT", "SECURE")})
        store(console.live, relay)
        page = console.page.open()
        assert page.fields["sender_address"] == "stored@acme.test"
        assert "in force again without these variables" in page.words
        assert "host" not in page.fields
        assert console.page.save(sender_address="new@acme.test").status == 303
        kept = console.stored
        assert kept is not None
        assert (kept.sender_address, kept.port) == ("new@acme.test", relay.port)
        assert kept.password_sealed is not None
        assert "new@acme.test" in console.page.open().text


def test_a_sender_that_it_owns_stays_out_of_what_is_saved(starts: Starts, relay: Relay) -> None:
    console = Console(starts, SENDER_NAME="By environment")
    store(console.live, relay)
    page = console.page.open()
    assert "sender_name" not in page.fields
    assert "By environment" in page.words
    saved = console.page.save(host="other.acme.test", password=PASSWORD)
    assert saved.status == 303, saved.words
    kept = console.stored
    assert kept is not None
    assert (kept.host, kept.sender_name) == ("other.acme.test", "")


def test_what_cannot_be_used_is_told_on_the_page(starts: Starts, relay: Relay) -> None:
    page = Console(starts, **to_relay(relay, PORT="abc", **LOGIN)).page.open()
    assert page.status == 200
    assert page.fact("mail-state") == "pending"
    assert "Mail is not configured" in page.words
    assert "NOVANTRA_MAIL_PORT cannot be used" in page.words
    assert PASSWORD not in page.text


def test_what_ends_a_pause_is_said_where_it_is_changed(starts: Starts, relay: Relay) -> None:
    console = Console(starts, **with_login(relay, PASSWORD="Kanari-46 over"))
    assert console.page.post("/test", action="test").status == 303
    page = console.page.open()
    assert "Password comes from NOVANTRA_MAIL_PASSWORD. Change it there and restart." in page.words
    assert 'id="cure-form"' not in page.text
