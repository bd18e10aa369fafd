"""Microsoft 365 and Google declared by the environment alone, to a mail that a real Dovecot took.

Nobody types anything. The token comes from a sign-in service made with Authlib, which checks the
secret or the signed assertion itself; Dovecot asks it about the token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from flask import Flask

from app.mailer.noting import EnvironmentThread
from app.runtime import EXTENSION, Runtime
from tests.authlib_server import SECRET, AuthlibServer
from tests.certificates import ca_file, server_file
from tests.mailer.declared import Starts
from tests.mailer.test_environment import everything_stored
from tests.mailer.test_ways_to_sign_in import RSA, key_file
from tests.needs import need_dovecot
from tests.outbox.letters import queue_resets
from tests.relays.dovecot import Dovecot
from tests.smtpd import Relay
from tests.tokens import CLIENT, TENANT, at
from tests.visitor import Mailbox

pytestmark = pytest.mark.relay

MAILBOX = "novantra@acme.test"
TO = "bob@acme.test"
GOOGLE = "https://oauth2.googleapis.com/token"


@pytest.fixture
def starts(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> Starts:
    need_dovecot()
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))
    return Starts(make_app)


@contextmanager
def submission(server: AuthlibServer, sink: Relay, folder: Path) -> Iterator[Dovecot]:
    asked = f"{server.base}/introspect"
    with Dovecot(folder, server_file(), introspection=asked, sink=sink.port) as relay:
        yield relay


def common(relay: Dovecot, provider: str, way: str) -> dict[str, str]:
    return {
        "PROVIDER": provider,
        "LOGIN_METHOD": way,
        "HOST": "localhost",
        "PORT": str(relay.port),
        "USERNAME": MAILBOX,
        "SENDER_ADDRESS": MAILBOX,
        "SENDER_NAME": "Acme HR",
    }


def started(starts: Starts, server: AuthlibServer, **fields: str) -> tuple[Flask, Runtime]:
    app = starts.app(**fields)
    live = app.extensions[EXTENSION]
    assert isinstance(live, Runtime)
    live.config = at(live.config, server)
    return app, live


def check(app: Flask) -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=["mailer", "check"])
    return done.exit_code, done.output


def delivers(app: Flask, live: Runtime, sink: Relay, relay: Dovecot) -> None:
    code, said = check(app)
    assert code == 0, (said, relay.log())
    queue_resets(live, [TO])
    assert [mail.rcpt_to for mail in Mailbox(live, sink).deliver()] == [TO], relay.log()


def test_microsoft_365_as_an_application(
    starts: Starts, relay_folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    with (
        AuthlibServer(client_id=CLIENT, mailbox=MAILBOX) as server,
        Relay() as sink,
        submission(server, sink, relay_folder) as relay,
    ):
        app, live = started(
            starts,
            server,
            **common(relay, "microsoft365", "app"),
            TENANT_ID=TENANT,
            CLIENT_ID=CLIENT,
            CLIENT_SECRET_FILE=str(file),
        )
        delivers(app, live, sink, relay)
        assert len(server.issued) == 1, "one token for the check and for every mail"
        stored = everything_stored(live)
        for secret in (SECRET, server.issued[0]):
            assert secret not in stored
            assert secret not in relay.log()


def test_a_client_secret_that_is_wrong_is_told_and_cured_by_its_file(
    starts: Starts, relay_folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_text("not-the-value-of-it")
    with (
        AuthlibServer(client_id=CLIENT, mailbox=MAILBOX) as server,
        Relay() as sink,
        submission(server, sink, relay_folder) as relay,
    ):
        app, live = started(
            starts,
            server,
            **common(relay, "microsoft365", "app"),
            TENANT_ID=TENANT,
            CLIENT_ID=CLIENT,
            CLIENT_SECRET_FILE=str(file),
        )
        code, said = check(app)
        assert code == 1
        assert "oauth_rejected" in said
        assert "not-the-value-of-it" not in said
        assert server.issued == []
        file.write_text(SECRET)
        watching = EnvironmentThread(live)
        watching.look()
        watching.look()  # what stands there twice is whole
        delivers(app, live, sink, relay)


def test_google_by_a_service_account(starts: Starts, relay_folder: Path, tmp_path: Path) -> None:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    public = RSA.public_key().public_bytes(serialization.Encoding.PEM, form).decode()
    file = tmp_path / "account.json"
    file.write_text(key_file())
    with (
        AuthlibServer(key=public, audience=GOOGLE, mailbox=MAILBOX) as server,
        Relay() as sink,
        submission(server, sink, relay_folder) as relay,
    ):
        app, live = started(
            starts,
            server,
            **common(relay, "google", "service_account"),
            SERVICE_ACCOUNT_KEY_FILE=str(file),
        )
        delivers(app, live, sink, relay)
        assert len(server.issued) == 1
        assert "PRIVATE KEY" not in everything_stored(live)
