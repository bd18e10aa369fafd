"""A real Dovecot submission server that takes tokens alone, through a check, a test and the outbox.

The token comes from a sign-in service that Dovecot asks about it; what passes goes to a relay.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from app.mail.failures import FailureCode
from app.mailer.check import Check, run_check
from app.mailer.configuration import settings_of, usable_secret
from app.mailer.settings import KEEP
from app.mailer.tokens import store
from app.mailer.tokens.device import ask_device, begin_device
from app.mailer.tokens.person import begin_person, finish_person
from app.mailer.tokens.source import check_tokens
from app.mailer.tokens.status import token_status
from app.outbox.threads import Drain
from app.outbox.worker import Deliverer, StepResult
from app.runtime import Runtime
from tests.certificates import ca_file, server_file
from tests.conftest import Clock
from tests.functional.real_relays import without_chunks
from tests.needs import need_dovecot
from tests.oauth_server import GOOD, TokenServer
from tests.outbox.letters import health, queue_resets, rows
from tests.relays.dovecot import Dovecot
from tests.smtpd import Relay
from tests.tokens import (
    ALICE,
    MAILBOX,
    TOKEN,
    anybody,
    at,
    configuration,
    connect,
    key_file,
    log_in_with,
)

pytestmark = pytest.mark.relay

MECHANISM = pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer"])
LONG = "t0ken." + "x" * 2_600
STEPS = [
    *("dns", "connect", "greeting", "ehlo", "tls", "token", "auth", "mail-from", "rcpt-to", "rset")
]


@pytest.fixture
def server(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    need_dovecot()
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))
    with TokenServer() as server:
        runtime.config = at(runtime.config, server)
        server.good = {TOKEN: MAILBOX, LONG: MAILBOX}
        yield server


@pytest.fixture
def sink() -> Iterator[Relay]:
    with Relay() as relay:
        yield relay


@contextmanager
def dovecot(folder: Path, server: TokenServer, sink: Relay, mechanisms: str) -> Iterator[Dovecot]:
    relay = Dovecot(
        folder,
        server_file(),
        introspection=f"{server.base}/introspect",
        sink=sink.port,
        mechanisms=mechanisms,
    )
    with relay:
        yield relay


def save(runtime: Runtime, relay: Dovecot, **changes: Any) -> None:
    options = {"host": "localhost", "secure": True, **changes}
    log_in_with(runtime, relay, **options)  # type: ignore[arg-type]


def check(runtime: Runtime) -> Check:
    row = configuration(runtime)
    settings = settings_of(row)
    secret = usable_secret(row, runtime.box, settings, KEEP)
    with runtime.database.session(reading=True) as session:
        tokens = store.look(session)
    source = check_tokens(runtime, settings, KEEP, secret, row=row, tokens=tokens)
    return run_check(
        settings, secret, access_host="hr.acme.test", recipient="a@acme.test", tokens=source
    )


def deliver(runtime: Runtime, *to: str) -> list[StepResult]:
    queue_resets(runtime, to)
    deliverer = Deliverer(runtime)
    try:
        return [deliverer.step() for _ in to]
    finally:
        deliverer.close()


@MECHANISM
@pytest.mark.parametrize("token", [TOKEN, LONG], ids=["short", "as long as Microsoft's"])
def test_dovecot_takes_our_token(
    runtime: Runtime,
    server: TokenServer,
    sink: Relay,
    relay_folder: Path,
    app: Flask,
    mechanism: str,
    token: str,
) -> None:
    server.answers = [(200, GOOD | {"access_token": token})]
    with dovecot(relay_folder, server, sink, mechanism) as relay:
        save(runtime, relay)
        assert deliver(runtime, "dana@acme.test", "sam@acme.test") == [StepResult.SENT] * 2, (
            relay.log()
        )
        found = check(runtime)
        assert {step.name: step.state for step in found.steps} == dict.fromkeys(STEPS, "passed")
        said = app.test_cli_runner().invoke(args=["mailer", "test", "--to", "alice@acme.test"])
        assert said.exit_code == 0, said.output
    assert [mail.rcpt_to for mail in sink.envelopes] == [
        *("dana@acme.test", "sam@acme.test", "alice@acme.test")
    ]
    assert len(server.asked) == 1
    assert token not in found.transcript
    assert f"AUTH {mechanism.upper()}" in found.transcript


def test_dovecot_is_told_nothing_behind_a_dot(
    runtime: Runtime,
    server: TokenServer,
    sink: Relay,
    relay_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It would crash (2.3: assertion failed, conn->state.pending_rcpt_cmds == 0) with the message
    passed on and not answered."""
    _, told = without_chunks(monkeypatch)
    people = [f"p{number}@acme.test" for number in range(12)]
    with dovecot(relay_folder, server, sink, "xoauth2") as relay:
        save(runtime, relay)
        queue_resets(runtime, people)
        Drain(runtime).run(1)
        assert {row.state for row in rows(runtime)} == {"sent"}, relay.log()
    assert sorted(mail.rcpt_to for mail in sink.envelopes) == sorted(people)
    assert told == []


@MECHANISM
def test_dovecot_refuses_a_token_of_before_and_takes_the_next(
    runtime: Runtime, server: TokenServer, sink: Relay, relay_folder: Path, mechanism: str
) -> None:
    server.answers = [(200, GOOD | {"access_token": "withdrawn"}), (200, dict(GOOD))]
    with dovecot(relay_folder, server, sink, mechanism) as relay:
        save(runtime, relay)
        assert deliver(runtime, "dana@acme.test") == [StepResult.SENT], relay.log()
    assert server.introspected == ["withdrawn", TOKEN]
    assert len(sink.envelopes) == 1


@MECHANISM
def test_dovecot_that_refuses_the_mailbox_hears_two_tokens_and_no_more(
    runtime: Runtime, server: TokenServer, sink: Relay, relay_folder: Path, mechanism: str
) -> None:
    """A token of somebody else's mailbox, which is what an administrator gets who signs in as
    himself."""
    server.good = {TOKEN: "it@acme.test"}
    with dovecot(relay_folder, server, sink, mechanism) as relay:
        save(runtime, relay)
        outcome = deliver(runtime, *(f"p{number}@acme.test" for number in range(5)))
        assert outcome[0] is StepResult.HELD, relay.log()
    assert len(server.introspected) == 2
    assert {row.state for row in rows(runtime)} == {"held"}
    found = health(runtime)
    assert (found.pause_code, found.pause_phase) == (FailureCode.OAUTH_REJECTED, "auth")
    assert found.pause_reply_code == 535
    assert sink.envelopes == []


def test_dovecot_that_offers_passwords_alone_gets_none(
    runtime: Runtime, server: TokenServer, sink: Relay, relay_folder: Path
) -> None:
    with dovecot(relay_folder, server, sink, "login") as relay:
        save(runtime, relay)
        assert deliver(runtime, "dana@acme.test") == [StepResult.HELD]
    assert health(runtime).pause_code == FailureCode.AUTH_NOT_OFFERED
    assert server.asked == []


def test_a_person_s_connection_goes_through_dovecot(
    runtime: Runtime, server: TokenServer, sink: Relay, relay_folder: Path
) -> None:
    server.answers = [(200, GOOD | {"refresh_token": "refresh-2"})]
    with dovecot(relay_folder, server, sink, "xoauth2 oauthbearer") as relay:
        save(runtime, relay, login_method="person")
        found = check(runtime)
        assert found.ok
        assert {step.name for step in found.steps if step.state == "skipped"} == {
            *("token", "auth", "mail-from", "rcpt-to", "rset")
        }
        assert "still to come" in found.summary
        connect(runtime)
        assert deliver(runtime, "dana@acme.test") == [StepResult.SENT], relay.log()
    assert server.asked[0]["refresh_token"] == "refresh-1"


ME: dict[str, Any] = {"user_id": 1, "browser": "a-session"}
BACK = "https://hr.acme.test/admin/system/mailer/connected"
ID_TOKEN = "e30." + base64.urlsafe_b64encode(b'{"email":"novantra@acme.test"}').decode() + ".c2ln"
SIGNED_IN = (200, GOOD | {"refresh_token": "refresh-1", "id_token": ID_TOKEN})


def as_person(runtime: Runtime, server: TokenServer, clock: Clock) -> None:
    server.answers = [SIGNED_IN]
    url = begin_person(runtime, redirect=BACK, **ME)
    state = parse_qs(urlsplit(url).query)["state"][0]
    finish_person(runtime, may=anybody, state=state, code="c0de", error=None, actor=ALICE, **ME)


def by_code(runtime: Runtime, server: TokenServer, clock: Clock) -> None:
    prompt = {
        "device_code": "device-code",
        "user_code": "ABCD-EFGH",
        "verification_uri": "https://microsoft.com/devicelogin",
    }
    server.answers = [(200, prompt), SIGNED_IN]
    begin_device(runtime, **ME)
    clock.advance(seconds=6)
    assert ask_device(runtime, may=anybody, actor=ALICE, **ME) is not None


def by_itself(runtime: Runtime, server: TokenServer, clock: Clock) -> None:
    """An application needs nobody."""


GOOGLE = {
    "provider": "google",
    "cloud": None,
    "tenant_id": None,
    "client_credential": None,
}
WAYS: dict[str, tuple[dict[str, Any], Callable[[Runtime, TokenServer, Clock], None]]] = {
    "an application with a secret": ({}, by_itself),
    "an application with a certificate": (
        {"secret": None, "client_credential": "certificate"},
        by_itself,
    ),
    "a person": ({"login_method": "person"}, as_person),
    "a code": (
        {"login_method": "device", "secret": None, "client_credential": None},
        by_code,
    ),
    "a person at Google": (GOOGLE | {"login_method": "person"}, as_person),
    "a service account": (
        GOOGLE | {"login_method": "service_account", "secret": key_file, "client_id": None},
        by_itself,
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_ends_in_mail_that_dovecot_took(
    runtime: Runtime,
    server: TokenServer,
    sink: Relay,
    relay_folder: Path,
    clock: Clock,
    way: str,
) -> None:
    changes, sign = WAYS[way]
    if callable(changes.get("secret")):
        changes = changes | {"secret": changes["secret"]()}
    with dovecot(relay_folder, server, sink, "xoauth2 oauthbearer") as relay:
        save(runtime, relay, **changes)
        sign(runtime, server, clock)
        assert deliver(runtime, "dana@acme.test") == [StepResult.SENT], relay.log()
        found = check(runtime)
        assert found.ok
        assert {step.name: step.state for step in found.steps} == dict.fromkeys(STEPS, "passed")
    assert [mail.rcpt_to for mail in sink.envelopes] == ["dana@acme.test"]
    assert set(server.introspected) == {TOKEN}
    with runtime.database.session(reading=True) as session:
        status = token_status(session, runtime)
    assert (status.state, status.connected_as) == ("connected", MAILBOX)
