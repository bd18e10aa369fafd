"""Settings for relays in tests."""

from __future__ import annotations

from typing import Protocol

from app.crypto.secret import Secret
from app.mail.tls import TlsMode
from app.mail.transport import Envelope, RelaySettings
from app.mail.trust import Trust

ENVELOPE = Envelope("novantra@acme.test", "bob@example.test")
MESSAGE = b"Subject: one\r\n\r\nhello\r\n"


class Listening(Protocol):
    """A test server: anything with a port and a mode."""

    port: int
    tls: str


def settings_for(
    relay: Listening,
    username: str | None = None,
    password: str | None = None,
    *,
    host: str = "localhost",
    timeout: float = 2.0,
    verify: bool = True,
    trust: Trust | None = None,
    ehlo_name: str = "app.acme.test",
) -> RelaySettings:
    """Settings that fit ``relay``."""
    return RelaySettings(
        provider="smtp",
        host=host,
        port=relay.port,
        tls=TlsMode(relay.tls),
        username=username,
        password=None if password is None else Secret(password),
        ehlo_name=ehlo_name,
        trust=trust or Trust(verify=verify),
        timeout=timeout,
    )
