"""A person connects the mailbox: once, in time, in the browser that began, for the very mailbox."""

from __future__ import annotations

import base64
import json
import threading
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from app.audit.models import AuditEvent
from app.crypto.secret import Secret
from app.mail.failures import Failure, FailureCode
from app.mail.oauth.pkce import challenge_of
from app.mail.phases import Phase
from app.mailer import health
from app.mailer.tokens.connecting import Connected, SignInRefused, disconnect
from app.mailer.tokens.device import ask_device, begin_device, current_device
from app.mailer.tokens.person import begin_person, finish_person
from app.mailer.tokens.status import token_status
from app.outbox.worker import Deliverer, StepResult
from app.runtime import Runtime
from tests.conftest import Clock
from tests.oauth_server import GOOD, TokenServer, html
from tests.outbox.letters import queue_resets
from tests.smtpd import Relay
from tests.tokens import ALICE, CLIENT, MAILBOX, SECRET, anybody, log_in_with, token_row

REDIRECT = "https://hr.acme.test/admin/system/mailer/connected"
ME: dict[str, Any] = {"user_id": 1, "browser": "session-of-alice"}


def id_token(**claims: Any) -> str:
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{middle}.c2ln"


def signed_in(**changes: Any) -> tuple[int, dict[str, Any]]:
    """What the service gives when the right person signed in."""
    claims = {"id_token": id_token(email=MAILBOX)}
    return 200, GOOD | {"refresh_token": "refresh-canary"} | claims | changes


def begin(runtime: Runtime) -> dict[str, str]:
    """The parameters of the vendor's page."""
    url = begin_person(runtime, redirect=REDIRECT, **ME)
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def finish(runtime: Runtime, state: str, **changes: Any) -> Connected:
    values: dict[str, Any] = {"code": "the-code", "error": None, "actor": ALICE, **ME}
    return finish_person(runtime, state=state, **({"may": anybody} | values | changes))


@pytest.fixture
def person(runtime: Runtime, server: TokenServer, relay: Relay) -> Runtime:
    log_in_with(runtime, relay, login_method="person")
    server.answers = [signed_in()]
    return runtime


def nothing_stored(runtime: Runtime) -> bool:
    with runtime.database.session(reading=True) as session:
        rows = session.execute(
            text("SELECT refresh_sealed, access_sealed, connected_as FROM mailer_tokens")
        ).all()
        events = session.query(AuditEvent).filter(AuditEvent.tag == "mailer:connected").count()
    return events == 0 and all(value is None for row in rows for value in row)


def test_a_person_signs_in_and_mail_goes_out(
    person: Runtime, server: TokenServer, relay: Relay
) -> None:
    asked = begin(person)
    assert asked["client_id"] == CLIENT
    assert asked["redirect_uri"] == REDIRECT
    assert asked["login_hint"] == MAILBOX
    assert asked["code_challenge_method"] == "S256"
    assert "offline_access" in asked["scope"]
    assert SECRET not in str(asked)
    found = finish(person, asked["state"])
    assert found.connected_as == MAILBOX
    (form,) = server.asked
    assert form["grant_type"] == "authorization_code"
    assert form["code"] == "the-code"
    assert form["redirect_uri"] == REDIRECT
    assert form["client_secret"] == SECRET
    assert challenge_of(Secret(form["code_verifier"])) == asked["code_challenge"]
    with person.database.session(reading=True) as session:
        status = token_status(session, person)
        (event,) = session.query(AuditEvent).filter(AuditEvent.tag == "mailer:connected")
        assert "canary" not in str(event.changes)
    assert (status.state, status.connected_as, status.needs_person) == ("connected", MAILBOX, False)
    queue_resets(person, ["dana@acme.test"])
    deliverer = Deliverer(person)
    assert deliverer.step() is StepResult.SENT
    deliverer.close()
    assert len(server.asked) == 1, "the token that came with the sign-in is used"


def test_connecting_ends_a_pause_of_the_worker(person: Runtime) -> None:
    with person.database.transaction() as session:
        failure = Failure(FailureCode.OAUTH_REJECTED, Phase.TOKEN)
        health.pause(session, now=person.now(), failure=failure)
    assert finish(person, begin(person)["state"]).resumed


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"state": "never-begun"}, "not known here"),
        ({"state": ""}, "not known here"),
        ({"state": "\udcff" + "x" * 5_000}, "not known here"),
        ({"browser": "another"}, "another browser"),
        ({"user_id": 2}, "another browser"),
        ({"error": "access_denied", "code": None}, "was refused"),
        ({"error": "<b>canary</b>", "code": None}, "did not end well"),
        ({"code": None}, "did not end well"),
        ({"code": ""}, "did not end well"),
    ],
)
def test_who_comes_back_wrongly_gets_nothing_and_nothing_is_asked(
    person: Runtime, server: TokenServer, changes: dict[str, Any], title: str
) -> None:
    state = begin(person)["state"]
    with pytest.raises(SignInRefused) as caught:
        finish(person, **({"state": state} | changes))
    assert title in caught.value.title
    assert "canary" not in caught.value.title + caught.value.text
    assert server.asked == []
    assert nothing_stored(person)


def test_a_foreign_browser_does_not_use_up_the_sign_in(person: Runtime) -> None:
    state = begin(person)["state"]
    with pytest.raises(SignInRefused):
        finish(person, state, browser="another")
    assert finish(person, state).connected_as == MAILBOX


def test_a_sign_in_is_good_once(person: Runtime, server: TokenServer) -> None:
    state = begin(person)["state"]
    finish(person, state)
    with pytest.raises(SignInRefused, match="used already"):
        finish(person, state)
    assert len(server.asked) == 1


def test_of_two_who_come_back_at_once_one_is_let_in(person: Runtime, server: TokenServer) -> None:
    state, said = begin(person)["state"], []

    def come_back() -> None:
        try:
            said.append(finish(person, state).connected_as)
        except SignInRefused as refused:
            said.append(refused.title)

    threads = [threading.Thread(target=come_back) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert said.count(MAILBOX) == 1
    assert len(said) == 8
    assert len(server.asked) == 1


def test_a_sign_in_ends_after_ten_minutes(
    person: Runtime, server: TokenServer, clock: Clock
) -> None:
    state = begin(person)["state"]
    clock.advance(minutes=10, seconds=1)
    with pytest.raises(SignInRefused, match="too long"):
        finish(person, state)
    assert server.asked == []


def test_the_wrong_person_is_named_and_not_connected(person: Runtime, server: TokenServer) -> None:
    server.answers = [signed_in(id_token=id_token(email="it@acme.test"))]
    with pytest.raises(SignInRefused) as caught:
        finish(person, begin(person)["state"])
    assert caught.value.title == f"Connected as it@acme.test, but the mailbox is {MAILBOX}"
    assert nothing_stored(person)


def test_a_sign_in_name_that_is_not_the_address_is_no_other_person(
    person: Runtime, server: TokenServer
) -> None:
    claims = {"email": MAILBOX.upper(), "preferred_username": "n@acme.onmicrosoft.test"}
    server.answers = [signed_in(id_token=id_token(**claims))]
    assert finish(person, begin(person)["state"]).connected_as == MAILBOX.upper()


def test_without_the_right_to_renew_nothing_is_stored(person: Runtime, server: TokenServer) -> None:
    server.answers = [signed_in(refresh_token=None)]
    with pytest.raises(SignInRefused, match="nothing to go on with"):
        finish(person, begin(person)["state"])
    assert nothing_stored(person)


@pytest.mark.parametrize(
    ("answer", "status", "chip"),
    [
        ((400, {"error": "invalid_grant", "error_codes": [54005]}), 422, "AADSTS54005"),
        ((401, {"error": "invalid_client", "error_codes": [7000218]}), 422, "AADSTS7000218"),
        ((503, {"error": "temporarily_unavailable"}), 503, "temporarily_unavailable"),
        (html(502), 503, None),
        (html(200), 503, None),
    ],
)
def test_a_refusal_of_the_service_is_told_in_our_words(
    person: Runtime, server: TokenServer, answer: Any, status: int, chip: str | None
) -> None:
    if isinstance(answer, tuple):
        answer[1]["error_description"] = "canary of hr@acme.test"
    server.answers = [answer]
    with pytest.raises(SignInRefused) as caught:
        finish(person, begin(person)["state"])
    assert (caught.value.status, caught.value.chip) == (status, chip)
    assert caught.value.code is not None
    assert "canary" not in caught.value.title + caught.value.text + str(caught.value)
    assert nothing_stored(person)


def test_another_configuration_meanwhile_is_not_connected(
    person: Runtime, server: TokenServer, relay: Relay
) -> None:
    state = begin(person)["state"]
    log_in_with(person, relay, login_method="person", tenant_id="other.test")
    with pytest.raises(SignInRefused) as caught:
        finish(person, state)
    assert caught.value.status == 409
    assert server.asked == []


def test_a_configuration_saved_while_the_service_answers_is_not_connected(
    person: Runtime, server: TokenServer, relay: Relay
) -> None:
    _, values = signed_in()

    def saved_in_between(handler: Any) -> None:
        log_in_with(person, relay, login_method="person", username="other@acme.test")
        body = json.dumps(values).encode()
        handler.wfile.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (len(body), body)
        )

    server.answers = [saved_in_between]
    with pytest.raises(SignInRefused) as caught:
        finish(person, begin(person)["state"])
    assert caught.value.status == 409
    assert nothing_stored(person)


def test_a_configuration_that_logs_in_otherwise_has_nothing_to_connect(
    runtime: Runtime, server: TokenServer, relay: Relay
) -> None:
    for method in ("app", "device"):
        log_in_with(runtime, relay, login_method=method)
        with pytest.raises(SignInRefused, match="nothing to connect"):
            begin(runtime)


@pytest.mark.parametrize(
    "redirect", ["http://hr.acme.test/x", "https://hr.acme.test/" + "x" * 300, "https://a.test/(x)"]
)
def test_an_address_that_the_vendor_would_not_take_is_refused_before(
    person: Runtime, redirect: str
) -> None:
    with pytest.raises(SignInRefused):
        begin_person(person, redirect=redirect, **ME)


def test_what_waits_in_the_database_opens_nowhere_else(person: Runtime) -> None:
    """Verifier and state are of no use to who reads the database, or writes it."""
    state = begin(person)["state"]
    with person.database.transaction() as session:
        dump = str(session.execute(text("SELECT * FROM mailer_sign_ins")).all())
        assert state not in dump
        session.execute(text("UPDATE mailer_sign_ins SET destination = destination || ' '"))
    with pytest.raises(SignInRefused):
        finish(person, state)


# With a code, in any browser.

PROMPT = {
    "device_code": "device-code-canary",
    "user_code": "ABCD-EFGH",
    "verification_uri": "https://microsoft.com/devicelogin",
    "expires_in": 900,
    "interval": 5,
}
PENDING: tuple[int, dict[str, Any]] = (400, {"error": "authorization_pending"})


@pytest.fixture
def device(runtime: Runtime, server: TokenServer, relay: Relay) -> Runtime:
    log_in_with(runtime, relay, login_method="device", secret=None, client_credential=None)
    server.answers = [(200, dict(PROMPT)), PENDING, signed_in()]
    return runtime


def ask(runtime: Runtime) -> Connected | None:
    return ask_device(runtime, may=anybody, actor=ALICE, **ME)


def test_a_code_typed_in_another_browser_connects(
    device: Runtime, server: TokenServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        clock.advance(seconds=seconds)

    monkeypatch.setattr("app.mailer.tokens.device.time.sleep", wait)
    prompt = begin_device(device, **ME)
    assert (prompt.user_code, prompt.interval) == ("ABCD-EFGH", 5)
    assert prompt.expires_at == clock() + timedelta(minutes=15)
    assert current_device(device, **ME) == prompt
    assert ask(device) is None
    assert len(server.asked) == 2
    clock.advance(seconds=1)
    found = ask(device)
    assert waited == [0, 4], "the service wants five seconds between two questions"
    assert found is not None
    assert found.connected_as == MAILBOX
    assert [form.get("device_code") for form in server.asked] == [
        None, "device-code-canary", "device-code-canary",
    ]  # fmt: skip
    assert "client_secret" not in server.asked[1]
    assert token_row(device).connected_as == MAILBOX
    with pytest.raises(SignInRefused) as caught:
        ask(device)
    assert caught.value.status == 404
    assert current_device(device, **ME) is None


def test_slow_down_makes_slower(
    device: Runtime, server: TokenServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.mailer.tokens.device.time.sleep", lambda seconds: None)
    server.answers[1] = (400, {"error": "slow_down"})
    begin_device(device, **ME)
    clock.advance(seconds=6)
    assert ask(device) is None
    clock.advance(seconds=6)
    assert ask(device) is None, "it is asked after ten seconds now"
    assert len(server.asked) == 2
    clock.advance(seconds=6)
    assert ask(device) is not None


def test_of_two_questions_at_once_one_is_asked(
    device: Runtime, server: TokenServer, clock: Clock
) -> None:
    server.answers[1:] = [signed_in()]
    begin_device(device, **ME)
    clock.advance(seconds=6)
    said: list[Any] = []

    def come() -> None:
        try:
            said.append(ask(device))
        except SignInRefused as refused:
            said.append(refused.status)

    threads = [threading.Thread(target=come) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len([found for found in said if isinstance(found, Connected)]) == 1
    assert {found for found in said if not isinstance(found, Connected)} <= {None, 404}
    assert sum("device_code" in form for form in server.asked) == 1


@pytest.mark.parametrize("word", ["authorization_declined", "expired_token", "access_denied"])
def test_a_refused_code_is_over(
    device: Runtime, server: TokenServer, clock: Clock, word: str
) -> None:
    server.answers[1] = (400, {"error": word})
    begin_device(device, **ME)
    clock.advance(seconds=6)
    with pytest.raises(SignInRefused) as caught:
        ask(device)
    assert caught.value.chip == word
    with pytest.raises(SignInRefused) as again:
        ask(device)
    assert again.value.status == 404
    assert nothing_stored(device)


def test_a_passing_fault_does_not_end_the_wait(
    device: Runtime, server: TokenServer, clock: Clock
) -> None:
    server.answers[1] = html(502)
    begin_device(device, **ME)
    clock.advance(seconds=6)
    with pytest.raises(SignInRefused) as caught:
        ask(device)
    assert caught.value.status == 503
    clock.advance(seconds=6)
    assert ask(device) is not None


def test_somebody_else_cannot_ask(device: Runtime, clock: Clock) -> None:
    begin_device(device, **ME)
    clock.advance(seconds=6)
    for other in (ME | {"user_id": 2}, ME | {"browser": "another"}):
        with pytest.raises(SignInRefused) as caught:
            ask_device(device, may=anybody, actor=ALICE, **other)
        assert caught.value.status == 404
        assert current_device(device, **other) is None


def test_a_code_ends_with_its_time(device: Runtime, clock: Clock) -> None:
    begin_device(device, **ME)
    clock.advance(minutes=16)
    with pytest.raises(SignInRefused) as caught:
        ask(device)
    assert caught.value.status == 404


def test_disconnecting_forgets_the_tokens_and_is_audited(person: Runtime) -> None:
    finish(person, begin(person)["state"])
    with person.database.transaction() as session:
        assert disconnect(session, now=person.now(), actor=ALICE)
    row = token_row(person)
    assert (row.refresh_sealed, row.access_sealed, row.connected_as) == (None, None, None)
    with person.database.transaction() as session:
        assert not disconnect(session, now=person.now(), actor=ALICE)
        assert (
            session.query(AuditEvent).filter(AuditEvent.tag == "mailer:disconnected").count() == 1
        )
