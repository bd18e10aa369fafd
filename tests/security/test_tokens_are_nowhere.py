"""R03 for logins with tokens: client secrets, private keys, key files, access and refresh tokens,
device codes and verifiers are in no page, log, file, table, audit record or exception."""

from __future__ import annotations

import base64
import html
import json
import logging
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import Config
from app.mail.smtp.bearer import response_for
from app.mailer.active import active_mailer
from app.mailer.check import run_check
from app.mailer.configuration import settings_of, usable_secret
from app.mailer.settings import KEEP
from app.mailer.summary import summarise
from app.mailer.tokens import store
from app.mailer.tokens.connecting import SignInRefused
from app.mailer.tokens.device import ask_device, begin_device
from app.mailer.tokens.person import begin_person, finish_person
from app.mailer.tokens.source import check_tokens
from app.outbox.worker import Deliverer
from app.runtime import Runtime
from tests.conftest import Clock
from tests.oauth_server import GOOD, TokenServer
from tests.outbox.letters import queue_resets
from tests.smtpd import Relay
from tests.tokens import (
    ALICE,
    CLIENT,
    MAILBOX,
    anybody,
    at,
    configuration,
    key_file,
    log_in_with,
    token_relay,
)

CLIENT_SECRET = "Kanari~secret/of+the=app"
ACCESS, REFRESH = "kanari-access.t0ken~1", "kanari-refresh.t0ken~2"
CODE, DEVICE_CODE = "kanari-code-from-the-browser", "kanari-device-code"
CANARIES = (CLIENT_SECRET, ACCESS, REFRESH, CODE, DEVICE_CODE)


def forms_of(secret: str) -> set[bytes]:
    """The ways in which a secret could be written down."""
    octets = secret.encode()
    return {
        text.encode()
        for text in (
            secret,
            quote(secret, safe=""),
            quote_plus(secret),
            html.escape(secret),
            json.dumps(secret)[1:-1],
            octets.hex(),
            base64.b64encode(octets).decode().rstrip("="),
            base64.urlsafe_b64encode(octets).decode().rstrip("="),
            base64.b64encode(f"{CLIENT}:{secret}".encode()).decode().rstrip("="),
        )
    }


def leaks(content: bytes, *more: str) -> list[bytes]:
    secrets = (*CANARIES, *more)
    return [form for secret in secrets for form in forms_of(secret) if form in content]


ME: dict[str, Any] = {"user_id": 1, "browser": "session"}
FULL = GOOD | {"access_token": ACCESS, "refresh_token": REFRESH}
ID = base64.urlsafe_b64encode(json.dumps({"email": MAILBOX}).encode()).decode().rstrip("=")


def refusing(secret: str) -> tuple[int, dict[str, Any]]:
    """A service that repeats what it was shown."""
    return 401, {
        "error": secret,
        "error_description": f"AADSTS7000215: {secret} is wrong",
        "error_codes": [7000215],
        "error_uri": f"https://x.test/?{secret}",
    }


def everything(runtime: Runtime, server: TokenServer, relay: Relay, clock: Clock) -> list[str]:
    """All that can be done with such a login, well and badly; what it said of itself."""
    said: list[str] = []

    def deliver() -> None:
        queue_resets(runtime, ["dana@acme.test"])
        deliverer = Deliverer(runtime)
        deliverer.step()
        deliverer.close()

    def check() -> None:
        row = configuration(runtime)
        settings = settings_of(row)
        secret = usable_secret(row, runtime.box, settings, KEEP)
        with runtime.database.session(reading=True) as session:
            tokens = store.look(session)
        source = check_tokens(runtime, settings, KEEP, secret, row=row, tokens=tokens)
        found = run_check(settings, secret, access_host="x", recipient="a@acme.test", tokens=source)
        said.append(repr(found) + found.transcript)

    def look() -> None:
        with runtime.database.session(reading=True) as session:
            said.append(repr((active_mailer(session, runtime), summarise(session, runtime))))

    def refused(work: Callable[[], object]) -> None:
        try:
            said.append(repr(work()))
        except SignInRefused as why:
            said.append(f"{why!r} {why.title} {why.text} {traceback.format_exc()}")

    # An application: well, refused by the service, refused by the relay that repeats the token.
    server.answers = [(200, dict(FULL))]
    log_in_with(runtime, relay, secret=CLIENT_SECRET)
    check(), deliver(), look()
    response = response_for("XOAUTH2", MAILBOX, ACCESS, relay.host, relay.port)
    relay.replies["AUTH"] = f"535 5.7.3 {ACCESS} {response} is not welcome"
    check(), deliver(), look()
    relay.replies.pop("AUTH")
    server.answers = [refusing(CLIENT_SECRET)]
    log_in_with(runtime, relay, secret=CLIENT_SECRET, client_id=CLIENT)
    check(), deliver(), look()
    # A person: away and back, with and without luck.
    server.answers = [(200, FULL | {"id_token": f"e30.{ID}.c2ln"})]
    log_in_with(runtime, relay, secret=CLIENT_SECRET, login_method="person")
    state = _state(begin_person(runtime, redirect="https://hr.acme.test/back", **ME))
    back: dict[str, Any] = {"code": CODE, "error": None, "actor": ALICE, **ME}
    refused(lambda: finish_person(runtime, may=anybody, state=state, **back))
    refused(lambda: finish_person(runtime, may=anybody, state=state, **back))
    refused(lambda: finish_person(runtime, may=anybody, state=CODE, **back))
    check(), deliver(), look()
    server.answers = [refusing(CODE)]
    again = _state(begin_person(runtime, redirect="https://hr.acme.test/back", **ME))
    refused(lambda: finish_person(runtime, may=anybody, state=again, **back))
    server.answers = [refusing(REFRESH)]
    clock.advance(hours=3)
    deliver(), look()
    # A code, in another browser.
    prompt = {
        "device_code": DEVICE_CODE,
        "user_code": "ABCD-EFGH",
        "verification_uri": "https://microsoft.com/devicelogin",
    }
    server.answers = [(200, prompt), refusing(DEVICE_CODE)]
    log_in_with(runtime, relay, secret=None, login_method="device", client_credential=None)
    refused(lambda: begin_device(runtime, **ME))
    clock.advance(seconds=10)
    refused(lambda: ask_device(runtime, may=anybody, actor=ALICE, **ME))
    return said


def _state(url: str) -> str:
    return url.partition("state=")[2].partition("&")[0]


def test_no_secret_is_anywhere_after_everything_that_can_be_done_with_it(
    admin_client: FlaskClient,
    runtime: Runtime,
    app: Flask,
    config: Config,
    clock: Clock,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    with TokenServer() as server, token_relay(users={MAILBOX: ACCESS}) as relay:
        runtime.config = at(runtime.config, server)
        said = everything(runtime, server, relay, clock)
        assert any(attempt[2] == ACCESS for attempt in relay.auth_attempts)
        shown = {name for form in server.asked for name in form.values()}
        assert {CLIENT_SECRET, CODE, DEVICE_CODE, REFRESH} <= shown, "all of them were used"
        for command in (["status"], ["status", "--json"], ["check"]):
            said.append(app.test_cli_runner().invoke(args=["mailer", *command]).output)
        for path in ("/admin/system/mailer", "/admin/system", "/admin/system/audit", "/readyz"):
            said.append(admin_client.get(path).get_data(as_text=True))
        said.append(admin_client.get("/metrics").get_data(as_text=True))
    for content in said:
        assert leaks(content.encode()) == []
    assert leaks(caplog.text.encode()) == []
    written = capfd.readouterr()
    assert leaks((written.out + written.err).encode()) == []
    for file in {*tmp_path.rglob("*"), *config.data_dir.rglob("*")}:
        if file.is_file():
            assert leaks(file.read_bytes()) == [], file
    tables = (
        *("mailer_configuration", "mailer_tokens", "mailer_sign_ins", "mail_health"),
        *("audit_events", "outbox_attempts"),
    )
    with runtime.database.session() as session:
        for table in tables:
            rows = session.connection().exec_driver_sql(f"SELECT * FROM {table}").all()  # noqa: S608
            assert leaks(str(rows).encode()) == [], table


def test_no_private_key_is_anywhere(
    admin_client: FlaskClient,
    runtime: Runtime,
    config: Config,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither the one that is made here nor the one in a key file. The certificate is public."""
    caplog.set_level(logging.DEBUG)
    pages: list[str] = []
    with TokenServer() as server, token_relay(users={MAILBOX: ACCESS}) as relay:
        runtime.config = at(runtime.config, server)
        server.answers = [(200, dict(FULL))]
        for changes in (
            {"secret": None, "client_credential": "certificate"},
            {"secret": key_file(), "login_method": "service_account", "client_credential": None},
        ):
            log_in_with(runtime, relay, **changes)  # type: ignore[arg-type]
            queue_resets(runtime, ["dana@acme.test"])
            deliverer = Deliverer(runtime)
            deliverer.step()
            deliverer.close()
            with runtime.database.session(reading=True) as session:
                pages.append(repr(active_mailer(session, runtime)))
            pages.append(admin_client.get("/admin/system/mailer").get_data(as_text=True))
            pages.append(str(configuration(runtime).__dict__))
        assert len(relay.envelopes) == 2
    lines = json.loads(key_file())["private_key"].splitlines()[1:-1]
    texts = [page.encode() for page in pages] + [caplog.text.encode()]
    texts += [
        file.read_bytes()
        for file in {*tmp_path.rglob("*"), *config.data_dir.rglob("*")}
        if file.is_file()
    ]
    for content in texts:
        assert b"PRIVATE KEY" not in content
        assert not any(line.encode() in content for line in lines)


def test_no_exception_about_what_asks_for_tokens_shows_it(runtime: Runtime) -> None:
    with TokenServer() as server, token_relay() as relay:
        runtime.config = replace(at(runtime.config, server))
        log_in_with(runtime, relay, secret=CLIENT_SECRET)
        with runtime.database.session(reading=True) as session:
            active = active_mailer(session, runtime)
        assert active is not None
        assert active.relay is not None
        try:
            raise RuntimeError(active, active.relay.tokens, vars(active.relay.tokens))
        except RuntimeError:
            said = traceback.format_exc()
    assert leaks(said.encode()) == []
