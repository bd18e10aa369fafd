"""No page, log, database file or exception ever holds the mail password."""

from __future__ import annotations

import base64
import html
import json
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import Config
from app.runtime import Runtime
from tests.factories import without_tokens
from tests.mailer.pages import CHECKED, PATH, MailerPage, smtp
from tests.smtpd import Relay
from tests.visitor import Visitor
from tests.wizard.walk import ACCESS_URL, ADMINISTRATOR, Walk

CANARY = 'Kanari-Vögel & "7%" <x>/+\\'
USER = "novantra"


def forms() -> set[bytes]:
    """The ways in which the canary could be written down."""
    raw = CANARY.encode()
    plain = f"\0{USER}\0{CANARY}".encode()
    texts = {
        CANARY,
        quote(CANARY, safe=""),
        quote_plus(CANARY),
        html.escape(CANARY),
        json.dumps(CANARY)[1:-1],
        json.dumps(CANARY, ensure_ascii=False)[1:-1],
        repr(CANARY)[1:-1],
        raw.hex(),
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        base64.b64encode(plain).decode().rstrip("="),
        base64.b64encode(f"{USER}:{CANARY}".encode()).decode().rstrip("="),
    }
    return {text.encode() for text in texts} | {raw, CANARY.encode("latin-1")}


def leaks(content: bytes) -> list[bytes]:
    return [form for form in forms() if form in content]


def files(*folders: Path) -> dict[str, bytes]:
    return {
        str(file): file.read_bytes()
        for folder in folders
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_the_password_is_nowhere_after_everything_that_can_be_done_with_it(
    admin_client: FlaskClient,
    runtime: Runtime,
    config: Config,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    page = MailerPage(admin_client)
    seen: list[bytes] = []

    def keep(*answers: object) -> None:
        seen.extend(answer.response.data for answer in answers)  # type: ignore[attr-defined]
        seen.extend(str(a.response.headers).encode() for a in answers)  # type: ignore[attr-defined]

    with Relay(tls="starttls", users={USER: CANARY}) as relay:
        typed = smtp(relay, username=USER, password=CANARY)
        keep(page.save(**typed | {"host": "not a host"}))
        keep(page.check(**typed), page.save(**typed))
        keep(page.open(), page.check(), page.send_test(), page.open())
        keep(page.save(**typed | {"version": "7"}))
        keep(page.post(action="switch", provider="ses", password=CANARY))
        keep(page.save(port="1", password=""))
        relay.replies["AUTH"] = f"535 5.7.8 {CANARY} is wrong"
        keep(page.check(password=CANARY), page.send_test(), page.open())
        keep(page.check(provider="microsoft365", username="x@acme.test", password=CANARY))
        keep(page.save(password=CANARY + "\n"))
        keep(page.save(remove_password=CHECKED, password=CANARY))
        assert any(attempt[3] for attempt in relay.auth_attempts)
    for path in (PATH, "/admin/system", "/admin/system/audit", f"{PATH}/explain"):
        seen.append(admin_client.get(path).data)
    for content in seen:
        assert leaks(content) == []
    assert leaks(caplog.text.encode()) == []
    written = capfd.readouterr()
    assert leaks((written.out + written.err).encode()) == []
    for name, content in files(tmp_path, config.data_dir).items():
        assert leaks(content) == [], name
    with runtime.database.session() as session:
        dump = [
            str(tuple(row)).encode()
            for table in ("mailer_configuration", "mail_health", "audit_events")
            for row in session.connection().exec_driver_sql(f"SELECT * FROM {table}")  # noqa: S608
        ]
    assert leaks(b"".join(dump)) == []


def test_the_page_tells_nothing_about_the_password_not_even_its_length(
    admin_client: FlaskClient,
) -> None:
    page = MailerPage(admin_client)
    fields = {
        "provider": "smtp",
        "sender_address": "novantra@acme.test",
        "host": "relay.acme.test",
        "username": USER,
    }
    shown = []
    for password in ("x", "y" * 300):
        assert page.save(**fields, password=password).status == 303
        page.open()  # tells that it was saved
        form = without_tokens(page.open().text.partition('id="mailer-form"')[2])
        version = page.open().fields["version"]
        shown.append(form.replace(f'name="version" value="{version}"', ""))
    assert shown[0] == shown[1]
    assert page.open().fields["password"] == ""


def test_no_exception_about_a_saved_configuration_shows_it(
    admin_client: FlaskClient, runtime: Runtime
) -> None:
    from app.mailer.active import active_mailer
    from app.mailer.configuration import stored

    page = MailerPage(admin_client)
    with Relay() as relay:
        page.save(**smtp(relay, username=USER, password=CANARY))
    with runtime.database.session(reading=True) as session:
        active, row = active_mailer(session, runtime), stored(session)
    try:
        raise RuntimeError(active, row, active.relay if active else None)
    except RuntimeError:
        said = traceback.format_exc()
    assert leaks(said.encode()) == []


def test_no_refused_form_gives_back_what_was_typed_as_password(
    admin_client: FlaskClient, visitor: Visitor, make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    """Every form with a password, refused for another reason."""
    typed = {"password": CANARY, "password_confirm": CANARY + "x", "current_password": CANARY}
    answers = [
        visitor.submit("/login", email="", **typed),
        visitor.submit("/login", email="alice@acme.test", **typed),
        Visitor(admin_client).submit("/account/password", **typed),
        Visitor(admin_client).submit("/account/email", email="nobody", **typed),
    ]
    page = MailerPage(admin_client)
    for endpoint in ("", "/check", "/test"):
        for provider in ("smtp", "microsoft365", "ses"):
            refused = {"provider": provider, "sender_address": "none", "password": CANARY}
            answers.append(page.post(endpoint, **refused).response)
    fresh = make_app(data_dir=tmp_path / "fresh", database_url=f"sqlite:///{tmp_path / 'fresh.db'}")
    walk = Walk(fresh).begin()
    walk.send("/setup/access-url", ACCESS_URL)
    answers.append(walk.send("/setup/administrator", ADMINISTRATOR | typed))
    walk.send("/setup/administrator", ADMINISTRATOR)
    for action in ("save", "check"):
        answers.append(walk.send("/setup/mail", {"provider": "smtp", "action": action, **typed}))
    for answer in answers:
        assert answer.status_code in {422, 503}, answer.request.path
        assert leaks(answer.data) == [], answer.request.path
