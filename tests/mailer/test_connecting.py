"""A person connects the mailbox: away to the vendor, back again, and all that can go wrong."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.accounts.models import User
from app.audit.models import AuditEvent
from app.mailer.models import MailerTokens
from app.mailer.tokens import person as signing_in
from app.runtime import EXTENSION, Runtime
from tests.conftest import Clock
from tests.factories import csrf_of, install_novantra, make_user, signed_in
from tests.mailer.pages import PATH, MailerPage, Page
from tests.mailer.test_ways_to_sign_in import SECRET, TENANT, google, microsoft
from tests.oauth_server import TokenServer

MAILBOX = "novantra@acme.test"
REFRESH = "0.refresh-token_of~the.test"


def id_token(address: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"preferred_username": address}).encode())
    return f"e30.{claims.rstrip(b'=').decode()}.sig"


def good(address: str = MAILBOX, **changes: Any) -> tuple[int, dict[str, Any]]:
    return 200, {
        "token_type": "Bearer",
        "expires_in": 3599,
        "access_token": "0.access-token_of~the.test",
        "refresh_token": REFRESH,
        "id_token": id_token(address),
        **changes,
    }


@pytest.fixture
def server() -> Iterator[TokenServer]:
    with TokenServer() as running:
        running.answers = [good()]
        yield running


@pytest.fixture
def app(make_app: Callable[..., Flask], server: TokenServer) -> Flask:
    """The sign-in services are the test's."""
    made = make_app(oauth_microsoft=server.base, oauth_google=server.base)
    with made.extensions[EXTENSION].database.transaction() as session:
        install_novantra(session)
    return made


@pytest.fixture
def page(admin_client: FlaskClient) -> MailerPage:
    return MailerPage(admin_client)


class Person:
    """Presses the buttons, and carries addresses between Novantra and the vendor."""

    def __init__(self, page: MailerPage) -> None:
        self.page = page

    def press(self, path: str) -> Page:
        token = csrf_of(self.page.client.get(PATH).data)
        return Page(self.page.client.post(PATH + path, data={"csrf_token": token}))

    def leave(self) -> dict[str, str]:
        """Press Connect; what the vendor is told."""
        answer = self.press("/connect")
        assert answer.status == 303, answer.words
        there = urlsplit(answer.response.location)
        return {name: values[0] for name, values in parse_qs(there.query).items()}

    def come_back(self, client: FlaskClient | None = None, **query: str) -> Page:
        return Page((client or self.page.client).get(f"{PATH}/connected", query_string=query))


@pytest.fixture
def person(page: MailerPage) -> Person:
    assert page.save(**microsoft("person")).status == 303
    return Person(page)


def tokens(runtime: Runtime) -> MailerTokens | None:
    with runtime.database.session(reading=True) as session:
        found = session.get(MailerTokens, 1)
        return found if found is not None and found.refresh_sealed else None


def tags(runtime: Runtime) -> list[str]:
    with runtime.database.session(reading=True) as session:
        return list(session.scalars(select(AuditEvent.tag).order_by(AuditEvent.id)))


def test_before_and_after_the_page_says_who_is_connected(
    person: Person, runtime: Runtime, server: TokenServer
) -> None:
    before = person.page.open()
    assert before.fact("token-state") == "none"
    assert before.fact("connected-as") == ""
    assert before.fact("mail-state") == "configured"
    assert before.fact("mail-health") == "failing"
    asked = person.leave()
    done = person.come_back(code="the-code", state=asked["state"])
    assert (done.status, done.response.location) == (303, PATH)
    after = person.page.open()
    assert after.fact("token-state") == "connected"
    assert after.fact("connected-as") == MAILBOX
    assert f"Connected as {MAILBOX}." in after.words
    (exchange,) = server.asked
    assert exchange["grant_type"] == "authorization_code"
    assert exchange["redirect_uri"] == "https://hr.acme.test/admin/system/mailer/connected"
    assert exchange["client_secret"] == SECRET
    assert tags(runtime)[-1] == "mailer:connected"


def test_the_vendor_is_told_what_it_needs_and_nothing_secret(person: Person) -> None:
    answer = person.press("/connect")
    there = urlsplit(answer.response.location)
    assert there.path == f"/{TENANT}/oauth2/v2.0/authorize"
    asked = {name: values[0] for name, values in parse_qs(there.query).items()}
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["login_hint"] == MAILBOX
    assert "SMTP.Send offline_access" in asked["scope"]
    assert SECRET not in answer.response.location


def test_a_browser_may_follow_the_button_to_the_vendor_and_nowhere_else(
    person: Person, server: TokenServer
) -> None:
    policy = person.page.open().response.headers["Content-Security-Policy"]
    assert f"form-action 'self' {server.base};" in policy
    person.page.save(**microsoft("device"))
    policy = person.page.open().response.headers["Content-Security-Policy"]
    assert "form-action 'self';" in policy


def test_a_state_counts_once(person: Person, runtime: Runtime, server: TokenServer) -> None:
    state = person.leave()["state"]
    assert person.come_back(code="the-code", state=state).status == 303
    again = person.come_back(code="the-code", state=state)
    assert again.status == 422
    assert "Not connected" in again.words
    assert len(server.asked) == 1
    assert tags(runtime).count("mailer:connected") == 1


@pytest.mark.parametrize("state", ["", "x", "0" * 43, "<script>alert(1)</script>", "é" * 300])
def test_a_state_that_nobody_gave_out_stores_nothing(
    person: Person, runtime: Runtime, server: TokenServer, state: str
) -> None:
    person.leave()
    answer = person.come_back(code="the-code", state=state)
    assert answer.status == 422
    assert "Nothing was stored" in answer.words
    assert "<script>alert" not in answer.text
    assert tokens(runtime) is None
    assert server.asked == []


def test_after_ten_minutes_a_state_is_too_old(
    person: Person, runtime: Runtime, clock: Clock, server: TokenServer
) -> None:
    state = person.leave()["state"]
    clock.advance(minutes=10, seconds=1)
    assert person.come_back(code="the-code", state=state).status == 422
    assert server.asked == []
    assert tokens(runtime) is None


def test_another_browser_of_the_same_person_cannot_finish_it(
    person: Person, app: Flask, admin: User, runtime: Runtime, server: TokenServer
) -> None:
    state = person.leave()["state"]
    elsewhere = signed_in(app, admin)
    answer = person.come_back(elsewhere, code="the-code", state=state)
    assert answer.status == 422
    assert "browser" in answer.words
    assert tokens(runtime) is None
    assert server.asked == []


def test_another_administrator_cannot_finish_it(
    person: Person, app: Flask, runtime: Runtime, server: TokenServer
) -> None:
    with runtime.database.transaction() as session:
        bob = make_user(session, "bob@acme.test", install_admin=True)
    state = person.leave()["state"]
    assert person.come_back(signed_in(app, bob), code="c", state=state).status == 422
    assert tokens(runtime) is None
    assert server.asked == []


def test_whoever_is_no_administrator_any_more_cannot_finish_it(
    person: Person, runtime: Runtime, server: TokenServer
) -> None:
    state = person.leave()["state"]
    with runtime.database.transaction() as session:
        found = session.scalar(select(User).where(User.email == "alice@acme.test"))
        assert found is not None
        found.is_install_admin = False
    assert person.come_back(code="the-code", state=state).status == 403
    assert tokens(runtime) is None
    assert server.asked == []


def test_a_visitor_is_asked_to_sign_in(person: Person, app: Flask) -> None:
    answer = person.come_back(app.test_client(), code="the-code", state="x")
    assert answer.status == 303
    assert answer.response.location.startswith("/login")


@pytest.mark.parametrize("error", ["access_denied", "server_error", "<b>own words</b>"])
def test_who_comes_back_with_an_error_reads_what_happened(
    person: Person, runtime: Runtime, server: TokenServer, error: str
) -> None:
    state = person.leave()["state"]
    answer = person.come_back(error=error, state=state, error_description="Bob Secret refused")
    assert answer.status == 422
    assert "Bob Secret" not in answer.text
    assert "<b>own" not in answer.text
    assert server.asked == []
    assert tokens(runtime) is None
    assert person.come_back(code="the-code", state=state).status == 422


def test_the_wrong_person_is_told_apart_and_not_stored(
    person: Person, runtime: Runtime, server: TokenServer
) -> None:
    server.answers = [good("alice@acme.test")]
    state = person.leave()["state"]
    answer = person.come_back(code="the-code", state=state)
    assert answer.status == 422
    assert "Connected as alice@acme.test, but the mailbox is novantra@acme.test" in answer.words
    assert tokens(runtime) is None
    assert person.page.open().fact("token-state") == "none"


def test_a_refusal_of_the_service_shows_its_number_and_none_of_its_words(
    person: Person, runtime: Runtime, server: TokenServer
) -> None:
    refused = {
        "error": "invalid_client",
        "error_codes": [7000215],
        "error_description": "AADSTS7000215: Invalid secret of app 'Bob Secret'",
    }
    server.answers = [(401, refused)]
    state = person.leave()["state"]
    answer = person.come_back(code="the-code", state=state)
    assert answer.status == 422
    assert "AADSTS7000215" in answer.words
    assert "Bob Secret" not in answer.text
    assert tokens(runtime) is None


def test_a_configuration_that_changed_meanwhile_is_not_connected(
    person: Person, runtime: Runtime, server: TokenServer
) -> None:
    state = person.leave()["state"]
    person.page.save(**microsoft("person", username="other@acme.test"))
    answer = person.come_back(code="the-code", state=state)
    assert answer.status == 409
    assert server.asked == []
    assert tokens(runtime) is None


def test_there_is_nothing_to_connect_with_a_password(page: MailerPage) -> None:
    assert page.save(**microsoft("password", password="Kanari-47 secret")).status == 303
    assert Person(page).press("/connect").status in {409, 422}
    assert Person(page).press("/device").status in {409, 422}
    assert page.open().fact("token-state") == "none"


def test_who_may_not_configure_mail_any_more_when_the_vendor_answers_connects_nothing(
    person: Person, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = signing_in.for_code

    def and_meanwhile(*given: Any, **more: Any) -> Any:
        found = really(*given, **more)
        with runtime.database.transaction() as session:
            session.execute(update(User).values(is_install_admin=False))
        return found

    monkeypatch.setattr(signing_in, "for_code", and_meanwhile)
    answer = person.come_back(code="the-code", state=person.leave()["state"])
    assert answer.status == 403
    assert "You may not connect the mailbox any more" in answer.words
    assert tokens(runtime) is None
    assert "mailer:connected" not in tags(runtime)


def test_without_scripts_disconnecting_is_asked_about(person: Person, runtime: Runtime) -> None:
    person.come_back(code="the-code", state=person.leave()["state"])
    assert (
        f'class="btn small danger plain-only" href="{PATH}/disconnect"' in person.page.open().text
    )
    question = Page(person.page.client.get(f"{PATH}/disconnect"))
    assert "Forget the tokens of this mailbox?" in question.words
    assert tokens(runtime) is not None
    assert person.press("/disconnect").status == 303
    assert tokens(runtime) is None


def test_disconnecting_forgets_the_tokens_and_nothing_else(
    person: Person, runtime: Runtime
) -> None:
    person.come_back(code="the-code", state=person.leave()["state"])
    assert person.press("/disconnect").status == 303
    after = person.page.open()
    assert after.fact("token-state") == "none"
    assert after.fact("mail-state") == "configured"
    assert "stored, encrypted" in after.words
    assert tokens(runtime) is None
    assert tags(runtime)[-1] == "mailer:disconnected"
    person.press("/disconnect")
    assert "Nobody was connected" in person.page.open().words


def test_google_connects_the_same_way(
    page: MailerPage, runtime: Runtime, server: TokenServer
) -> None:
    assert page.save(**google("person")).status == 303
    person = Person(page)
    asked = person.leave()
    assert (asked["access_type"], asked["prompt"]) == ("offline", "consent")
    assert person.come_back(code="the-code", state=asked["state"]).status == 303
    assert page.open().fact("token-state") == "connected"


DEVICE = (
    200,
    {
        "device_code": "device-code_of~the.test",
        "user_code": "ABCD-EFGH",
        "verification_uri": "https://microsoft.com/devicelogin",
        "expires_in": 900,
        "interval": 5,
    },
)
PENDING = (400, {"error": "authorization_pending"})


def test_a_code_is_shown_until_the_person_has_signed_in(
    page: MailerPage, runtime: Runtime, server: TokenServer, clock: Clock
) -> None:
    assert page.save(**microsoft("device")).status == 303
    server.answers = [DEVICE, PENDING, good()]
    shown = Person(page).press("/device")
    assert shown.status == 200
    assert "ABCD-EFGH" in shown.words
    assert "https://microsoft.com/devicelogin" in shown.text
    assert "device-code_of" not in shown.text
    clock.advance(seconds=6)
    waiting = Page(page.client.get(f"{PATH}/device"))
    assert waiting.status == 200
    assert "ABCD-EFGH" in waiting.words
    clock.advance(seconds=6)
    done = Page(page.client.get(f"{PATH}/device"))
    assert (done.status, done.response.location) == (303, PATH)
    after = page.open()
    assert after.fact("token-state") == "connected"
    assert after.fact("connected-as") == MAILBOX
    assert tags(runtime)[-1] == "mailer:connected"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((400, {"error": "authorization_declined"}), "Not connected"),
        ((400, {"error": "expired_token"}), "Not connected"),
        ((400, {"error": "access_denied", "error_codes": [53003]}), "AADSTS53003"),
    ],
)
def test_a_code_that_came_to_nothing_says_so_and_stores_nothing(
    page: MailerPage,
    runtime: Runtime,
    server: TokenServer,
    clock: Clock,
    answer: tuple[int, dict[str, Any]],
    words: str,
) -> None:
    page.save(**microsoft("device"))
    server.answers = [DEVICE, answer]
    Person(page).press("/device")
    clock.advance(seconds=6)
    refused = Page(page.client.get(f"{PATH}/device"))
    assert refused.status == 422
    assert words in refused.words
    assert tokens(runtime) is None
    assert "No sign-in is under way" in Page(page.client.get(f"{PATH}/device")).words


def test_a_code_of_another_browser_is_nobodys(
    page: MailerPage, app: Flask, admin: User, server: TokenServer, clock: Clock
) -> None:
    page.save(**microsoft("device"))
    server.answers = [DEVICE, good()]
    Person(page).press("/device")
    clock.advance(seconds=6)
    answer = Page(signed_in(app, admin).get(f"{PATH}/device"))
    assert answer.status == 422
    assert "ABCD-EFGH" not in answer.words


def test_before_anybody_has_signed_in_no_page_says_that_mail_is_tried(
    person: Person, runtime: Runtime
) -> None:
    page = person.page.open()
    assert "The mailbox is not connected" in page.words
    overview = Page(person.page.client.get("/admin/system"))
    assert "Nobody has signed in to the mailbox yet" in overview.words
    elsewhere = Page(person.page.client.get("/admin/system/audit"))
    assert "The mailbox is not connected" in elsewhere.words
    for shown in (page.words, overview.words, elsewhere.words):
        for untrue in ("The last 0", "keeps trying", "tried again by itself", "first attempt"):
            assert untrue not in shown
    test = person.page.send_test(as_is=True)
    assert test.status == 503
    assert "The mailbox is not connected" in test.words
    assert "password" not in test.words.lower()
