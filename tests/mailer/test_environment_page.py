"""System → Mailer while the environment decides: told with its origin, and nothing to type in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from lxml import html as lxml_html

from app.mail.failures import Failure, FailureCode, explain
from app.mail.phases import Phase
from app.mailer import health
from app.mailer.models import MailerConfiguration
from app.mailer.summary import current_health
from app.runtime import EXTENSION, Runtime
from app.web.context import Actor
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


def fails(console: Console, code: FailureCode) -> None:
    with console.live.database.transaction() as session:
        health.pause(session, now=console.live.now(), failure=Failure(code, Phase.AUTH))


ELSEWHERE = "/admin/system/administrators"


def words_of(console: Console, path: str) -> str:
    text = console.page.client.get(path).get_data(as_text=True)
    return " ".join(lxml_html.fromstring(text).text_content().split())


def test_every_page_names_the_variable_to_change(starts: Starts, relay: Relay) -> None:
    console = Console(starts, **with_login(relay))
    fails(console, FailureCode.AUTH_BAD_CREDENTIALS)
    to_do = "Password comes from NOVANTRA_MAIL_PASSWORD. Change it there and restart."
    for path in (ELSEWHERE, PATH):
        said = words_of(console, path)
        assert said.count(to_do) == 1, path
        for wrong in (
            "Type the password",
            "Type the current password",
            "Go to the",
            "When it pass",
        ):
            assert wrong not in said, (path, wrong)
    with console.live.database.session(reading=True) as session:
        assert current_health(session, console.live).step == to_do


def test_every_page_names_the_file_to_change(starts: Starts, relay: Relay, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    fields = with_login(relay, PASSWORD_FILE=str(file))
    del fields["PASSWORD"]
    console = Console(starts, **fields)
    fails(console, FailureCode.AUTH_APP_PASSWORD)
    for path in (ELSEWHERE, PATH):
        said = words_of(console, path)
        assert "Enter the app password here" not in said
        assert "Create an app password" in said
    assert f"the file in NOVANTRA_MAIL_PASSWORD_FILE, {file}. Write the right one there" in said


def test_no_cure_is_offered_for_what_is_not_changed_here(starts: Starts, relay: Relay) -> None:
    console = Console(starts, **with_login(relay))
    codes = [code for code in FailureCode if explain(code).field]
    for code in codes:
        with console.live.database.transaction() as session:
            health.resume(session, now=console.live.now(), actor=Actor(None, "shell", None))
            health.pause(session, now=console.live.now(), failure=Failure(code, None))
        page = console.page.open()
        assert f'<code class="code">{code}</code>' in page.text
        assert 'id="cure-form"' not in page.text, code
        assert "data-focus-field" not in page.text, code
        box = page.text.partition('id="paused"')[2].partition("<form")[0]
        assert "NOVANTRA_MAIL_" in box, code
        assert "Type the password" not in words_of(console, ELSEWHERE), code


def test_a_failed_check_says_where_it_is_changed(starts: Starts) -> None:
    with Relay(tls="starttls", users={"novantra": "another"}, require_auth=True) as relay:
        console = Console(starts, **with_login(relay))
        checked = console.page.post("/check")
    assert checked.steps()["auth"] == "failed"
    assert "comes from NOVANTRA_MAIL_PASSWORD. Change it there and restart." in checked.words
    assert "Type the password again" not in checked.words
    assert "data-focus-field" not in checked.text
