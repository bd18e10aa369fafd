"""Without its key an install still answers, stores nothing in clear, and holds its mail."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from app.crypto.keys import format_keys, new_key
from app.crypto.secret import Secret
from app.database import Base
from app.mailer.configuration import stored
from app.outbox.worker import Deliverer, StepResult
from app.runtime import EXTENSION
from tests.certificates import ca_file
from tests.conftest import Clock
from tests.console import CONSOLE
from tests.factories import install_novantra, make_user
from tests.functional.install import Person, RunningInstall, sign_in, walk_wizard
from tests.mailer.pages import MailerPage, smtp
from tests.outbox.letters import configure, notice_mail, rows
from tests.smtpd import Relay
from tests.visitor import Visitor
from tests.wizard.walk import Walk

RELAY_PASSWORD = "relay-canary-pässword"
TYPED = "typed-canary-while-lost"

PUBLIC = ("/login", "/forgot-password", "/unlock", "/reset-password/none", "/invitations/none")

DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": lambda file: file.unlink(),
    "wrong": lambda file: file.write_text(format_keys([new_key()])),
    "garbled": lambda file: file.write_text("no key at all\n"),
}


@pytest.fixture
def relay() -> Iterator[Relay]:
    with Relay(tls="starttls", users={"novantra": RELAY_PASSWORD}, require_auth=True) as relay:
        yield relay


@pytest.fixture
def began(tmp_path: Path, database_url: str, relay: Relay) -> RunningInstall:
    """An install that is stopped, with two mails in its queue and the password of a relay."""
    install = RunningInstall(
        tmp_path / "data",
        NOVANTRA_DATABASE_URL=database_url,
        SSL_CERT_FILE=str(ca_file()),
        NOVANTRA_WORKER="external",
        NOVANTRA_RATELIMIT="off",
    )
    with install:
        alice = Person(install.url)
        walk_wizard(install, alice, provider="smtp", sender_address="novantra@acme.test",
                    host="localhost", port=str(relay.port), username="novantra",
                    password=RELAY_PASSWORD)  # fmt: skip
        invite(alice, "dana@else.test")
    assert sealed_values(database_url) == 3  # the password, Alice's verification, an invitation
    install.environment["NOVANTRA_WORKER"] = "embedded"
    relay.auth_attempts.clear()  # the wizard has checked the relay with the password just typed
    return install


@pytest.mark.process
@pytest.mark.parametrize("damage", DAMAGES)
def test_pages_answer_mail_waits_and_goes_out_when_the_key_is_back(
    began: RunningInstall, relay: Relay, database_url: str, damage: str
) -> None:
    file = began.data_dir / "keys"
    key = file.read_bytes()
    DAMAGES[damage](file)
    left = file.read_bytes() if file.exists() else None

    with began as install:
        alice = sign_in(Person(install.url))
        assert alice.path == "/admin/system"
        for path in CONSOLE:
            assert alice.open(path).status == 200, path
            assert alice.page.xpath('//*[@id="notice-keys"]'), path
        for path in PUBLIC:
            assert Person(install.url).open(path).status in {200, 404, 410}, path
        ready = alice.http.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["keys"] == ("wrong" if damage == "wrong" else "unusable")
        assert ready.json()["mail"]["queued"] == 2

        if damage != "wrong":  # with another key, what is new can be sealed; see below
            alice.open("/admin/system/mailer").submit("sender_address", password=TYPED)
            assert alice.status == 422, alice.text[:800]
            assert TYPED not in alice.response.text
            invite(alice, "sam@else.test")
            assert alice.status in {422, 503}
            assert "key" in alice.text
            visitor = Person(install.url).open("/forgot-password")
            assert visitor.submit("email", email="alice@acme.test").status < 500

        doctor = install.command("keys", "doctor")
        assert doctor.returncode == 1
        assert relay.envelopes == []
        assert relay.auth_attempts == []
        assert (file.read_bytes() if file.exists() else None) == left, "no new key was made"
        assert_nothing_in_clear(install, database_url)

        file.write_bytes(key)
        until = time.monotonic() + 25
        everybody = {"alice@acme.test", "dana@else.test"}
        # Alice may get a second one, for the reset that was asked for meanwhile, and before Dana.
        while not everybody <= {m.rcpt_to for m in relay.envelopes} and time.monotonic() < until:
            time.sleep(0.1)
        assert everybody <= {m.rcpt_to for m in relay.envelopes}
        assert alice.open("/admin/system").status in {200, 303}
        assert install.command("keys", "doctor").returncode == 0
    assert "Traceback" not in began.log
    assert RELAY_PASSWORD not in began.log


def test_an_empty_environment_makes_no_key(make_app: Callable[..., Flask]) -> None:
    app = make_app(key_provider="env", keys=Secret(""))
    live = app.extensions[EXTENSION]
    with live.database.transaction() as session:
        install_novantra(session)
        make_user(session, "alice@acme.test", install_admin=True)
    alice = Visitor(app.test_client())
    assert alice.sign_in("alice@acme.test").status_code == 303
    for path in CONSOLE:
        answer = alice.get(path)
        assert answer.status_code == 200, path
        assert 'id="notice-keys"' in answer.text, path
    with Relay() as relay:
        refused = MailerPage(alice.client).save(**smtp(relay, username="n", password=TYPED))
    assert refused.status == 422
    assert TYPED not in refused.text
    with live.database.session(reading=True) as session:
        assert stored(session) is None
    assert not live.config.key_file.exists()


def test_the_wizard_answers_and_stores_no_password(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    live = app.extensions[EXTENSION]
    walk = Walk(app).to_mail()
    live.config.key_file.unlink()
    typed = {
        "action": "save",
        "provider": "smtp",
        "sender_address": "novantra@acme.test",
        "host": "relay.acme.test",
        "port": "587",
        "secure": "y",
        "username": "novantra",
        "password": TYPED,
        "connection_timeout": "5",
    }
    answer = walk.send("/setup/mail", typed)
    assert answer.status_code == 422
    assert TYPED not in answer.text
    assert TYPED not in everything(live.config.database_url)
    assert not live.config.key_file.exists()


def test_mail_sealed_with_a_lost_key_waits_and_holds_up_nobody(
    make_app: Callable[..., Flask], clock: Clock
) -> None:
    """A relay without a login: mail can be sent, only what was sealed with the lost key cannot."""
    app = make_app()
    live = app.extensions[EXTENSION]
    file = live.config.key_file
    with Relay() as relay:
        with live.database.transaction() as session:
            install_novantra(session)
        configure(live, port=relay.port)
        with live.database.transaction() as session:
            notice_mail(session, live, "old@acme.test")
        key = file.read_bytes()
        file.write_text(format_keys([new_key()]))
        clock.advance(seconds=1)
        with live.database.transaction() as session:
            notice_mail(session, live, "new@acme.test")
        deliverer = Deliverer(live)
        while not deliverer.step().idle:
            pass
        assert [row.state for row in rows(live)] == ["queued", "sent"]
        assert rows(live)[0].attempts == 0
        for _ in range(20):  # waiting does not use up a message's chances
            clock.time += timedelta(minutes=6)
            assert deliverer.step().idle
        file.write_bytes(key + file.read_bytes())
        clock.advance(minutes=6)
        assert deliverer.step() is StepResult.SENT
        deliverer.close()
        assert [mail.rcpt_to for mail in relay.envelopes] == ["new@acme.test", "old@acme.test"]


def invite(alice: Person, email: str) -> None:
    alice.open("/organizations/acme/members")
    form = alice.page.xpath('//form[contains(@action, "/invitations")]')
    assert form
    token = alice.page.xpath('//input[@name="csrf_token"]/@value')[0]
    alice.response = alice.http.post(
        "/organizations/acme/invitations",
        data={"csrf_token": token, "email": email, "role": "member"},
    )


def sealed_values(database_url: str) -> int:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        count = 0
        for table, column in (
            ("mailer_configuration", "password_sealed"),
            ("outbox_messages", "sealed_bytes"),
        ):
            found = connection.execute(text(f"SELECT count({column}) FROM {table}"))  # noqa: S608
            count += found.scalar_one()
    engine.dispose()
    return count


def everything(database_url: str) -> str:
    """Every row of every table."""
    engine = create_engine(database_url)
    with engine.connect() as connection:
        found = repr(
            [
                connection.execute(text(f'SELECT * FROM "{table}"')).all()  # noqa: S608
                for table in Base.metadata.tables
            ]
        )
    engine.dispose()
    return found


def assert_nothing_in_clear(install: RunningInstall, database_url: str) -> None:
    said = {
        "rows": everything(database_url),
        "log": install.log,
        **{
            str(file): file.read_bytes().decode("latin-1")
            for file in install.data_dir.parent.rglob("*")
            if file.is_file()
        },
    }
    for where, content in said.items():
        for secret in (TYPED, RELAY_PASSWORD, RELAY_PASSWORD.encode().decode("latin-1")):
            assert secret not in content, where
