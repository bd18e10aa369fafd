"""Fixtures for everything about the mail configuration."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import AuditEvent
from app.mailer.models import MailerConfiguration
from app.runtime import Runtime
from tests.certificates import ca_file
from tests.mailer.pages import MailerPage
from tests.smtpd import Relay

PASSWORD = "Kanari-47 secret"


@pytest.fixture(autouse=True)
def _trust(monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority behind the test relays' certificates is known."""
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))


@pytest.fixture
def page(admin_client: FlaskClient) -> MailerPage:
    return MailerPage(admin_client)


@pytest.fixture
def relay() -> Iterator[Relay]:
    """STARTTLS and a login; the password is :data:`PASSWORD`."""
    with Relay(tls="starttls", users={"novantra": PASSWORD}, require_auth=True) as relay:
        yield relay


class Stored:
    """Looks at what is in the database, afresh each time."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    @property
    def row(self) -> MailerConfiguration | None:
        with self._runtime.database.session(reading=True) as session:
            return session.get(MailerConfiguration, 1)

    @property
    def only(self) -> MailerConfiguration:
        row = self.row
        assert row is not None, "nothing is stored"
        return row

    @property
    def events(self) -> list[AuditEvent]:
        with self._session() as session:
            return list(session.scalars(select(AuditEvent).order_by(AuditEvent.id)))

    def _session(self) -> Session:
        return self._runtime.database.session(reading=True)


@pytest.fixture
def stored(runtime: Runtime) -> Stored:
    return Stored(runtime)
