"""An install whose environment says something about mail."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from app.config import MAIL_PREFIX
from app.crypto.secret import Secret
from app.mailer.declared import DeclaredMail
from app.mailer.noting import note
from app.runtime import EXTENSION, Runtime
from tests.factories import RELAY_PASSWORD, install_novantra
from tests.smtpd import Relay


def variables(**fields: str) -> dict[str, Secret]:
    """``HOST="…"`` as the configuration keeps it."""
    return {f"{MAIL_PREFIX}{name}": Secret(value) for name, value in fields.items()}


def to_relay(relay: Relay, **more: str) -> dict[str, str]:
    """What leads to a relay of this test, without a login unless ``more`` has one."""
    return {
        "HOST": relay.host,
        "PORT": str(relay.port),
        "SECURE": "off",
        "SENDER_ADDRESS": "novantra@acme.test",
        "SENDER_NAME": "Acme HR",
        **more,
    }


LOGIN = {"USERNAME": "novantra@acme.test", "PASSWORD": RELAY_PASSWORD}


class Starts:
    """Starts processes on one install, each with its own environment."""

    def __init__(self, make_app: Callable[..., Flask]) -> None:
        self._make = make_app
        self._first = True

    def __call__(self, **fields: str) -> Runtime:
        """A process that has just started with these variables."""
        app = self.app(**fields)
        found = app.extensions[EXTENSION]
        assert isinstance(found, Runtime)
        return found

    def app(self, **fields: str) -> Flask:
        app = self._make(mail=variables(**fields))
        live = app.extensions[EXTENSION]
        live.watched_files.every = 0.0
        if isinstance(live.declared_mail, DeclaredMail):
            live.declared_mail.began_at = live.now()
        if self._first:
            with live.database.transaction() as session:
                install_novantra(session)
            self._first = False
            note(live, starting=True)
        return app
