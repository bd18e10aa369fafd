"""What tests of real mail servers share: an administrator's desk, and what is typed for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.runtime import Runtime
from tests.certificates import ca_file
from tests.conftest import Clock
from tests.desk import Desk
from tests.mailer.pages import CHECKED, MailerPage
from tests.relays import dovecot, exim, postfix


@pytest.fixture
def desk(
    admin_client: FlaskClient, runtime: Runtime, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """The mailer page and the outbox; the certificates of the tests are known to the system."""
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))
    desk = Desk(MailerPage(admin_client), runtime, clock)
    yield desk
    desk.close()


def through(relay: postfix.Postfix | exim.Exim | dovecot.Dovecot, **changes: Any) -> dict[str, Any]:
    """What an administrator types for that relay."""
    module = {postfix.Postfix: postfix, exim.Exim: exim, dovecot.Dovecot: dovecot}[type(relay)]
    return {
        "provider": "smtp",
        "sender_address": "novantra@acme.test",
        "sender_name": "Acme HR",
        "host": "localhost",
        "port": str(relay.port),
        "secure": CHECKED,
        "username": module.USER,
        "password": module.PASSWORD,
        "connection_timeout": "5",
    } | changes
