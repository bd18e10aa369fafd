"""An install that logs in with tokens: its configuration, and a relay that takes its token.

::

    with TokenServer() as server, token_relay() as relay:
        runtime.config = at(runtime.config, server)
        log_in_with(runtime, relay)
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy.orm import Session

from app.config import Config
from app.crypto.secret import Secret
from app.mail.oauth.tokens import Tokens
from app.mailer.configuration import Saved, save, settings_of, stored
from app.mailer.destination import Destination
from app.mailer.models import MailerConfiguration, MailerTokens
from app.mailer.settings import PasswordChange, Settings
from app.mailer.tokens import store
from app.runtime import Runtime
from app.web.context import Actor
from tests.oauth_server import GOOD, TokenServer
from tests.smtpd import Relay

ALICE = Actor(1, "alice@acme.test", "127.0.0.1")
MAILBOX = "novantra@acme.test"
SECRET = "client~secret-of-the-app"
TENANT = "9b2f0f7e-0000-4000-8000-000000000001"
CLIENT = "5d1c0f7e-0000-4000-8000-000000000002"
TOKEN = str(GOOD["access_token"])


def token_relay(**options: Any) -> Relay:
    """A relay that takes the token of :data:`tests.oauth_server.GOOD` and nothing else."""
    options = {"users": {MAILBOX: TOKEN}, "mechanisms": ("XOAUTH2",), **options}
    return Relay(require_auth=True, **options)


def at(config: Config, server: TokenServer) -> Config:
    """The same with both sign-in services at ``server``; no limit of Microsoft’s slows the test."""
    return replace(
        config,
        oauth_microsoft=server.base,
        oauth_google=server.base,
        relay_connections=100,
        relay_per_minute=100_000,
    )


def token_settings(relay: Relay, **changes: Any) -> Settings:
    """Microsoft 365 as an application with a client secret, unless ``changes`` says otherwise."""
    return Settings(
        **{
            "provider": "microsoft365",
            "sender_address": MAILBOX,
            "sender_name": "Acme",
            "host": relay.host,
            "port": relay.port,
            "secure": False,
            "username": MAILBOX,
            "connection_timeout": 5,
            "login_method": "app",
            "cloud": "commercial",
            "tenant_id": TENANT,
            "client_id": CLIENT,
            "client_credential": "secret",
        }
        | changes
    )


def log_in_with(
    runtime: Runtime,
    relay: Relay,
    *,
    secret: str | None = SECRET,
    client_key: str | None = None,
    **changes: Any,
) -> Saved:
    """Save such a configuration as the mailer page does."""
    with runtime.database.transaction() as session:
        row = stored(session)
        return save(
            session,
            runtime.box,
            settings=token_settings(relay, **changes),
            password=PasswordChange(Secret(secret)) if secret else PasswordChange(),
            client_key=PasswordChange(Secret(client_key)) if client_key else PasswordChange(),
            version=row.version if row else 0,
            now=runtime.now(),
            actor=ALICE,
        )


def connect(runtime: Runtime, *, refresh: str = "refresh-1", **tokens: Any) -> None:
    """As if somebody had signed in. The access token is over unless ``tokens`` says otherwise."""
    with runtime.database.transaction() as session:
        row = stored(session)
        assert row is not None
        found = Tokens(
            **{
                "access": Secret("first-t0ken"),
                "expires_at": runtime.now(),
                "refresh": Secret(refresh),
                "addresses": (MAILBOX,),
            }
            | tokens
        )
        where = str(Destination.of(settings_of(row)))
        store.connect(session, runtime.box, where, found, runtime.now())


def configuration(runtime: Runtime) -> MailerConfiguration:
    with runtime.database.session(reading=True) as session:
        row = stored(session)
        assert row is not None
        return row


def token_row(runtime: Runtime) -> MailerTokens:
    with runtime.database.session(reading=True) as session:
        row = store.look(session)
        assert row is not None
        return row


@cache
def key_file(email: str = "mail@acme-1.iam.gserviceaccount.com") -> str:
    """A service account's key, as Google offers it for download."""
    pem = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return json.dumps(
        {
            "type": "service_account",
            "client_email": email,
            "private_key_id": "abc123",
            "private_key": pem.decode(),
        }
    )


def anybody(_session: Session) -> bool:
    """Whoever signs in may connect the mailbox."""
    return True
