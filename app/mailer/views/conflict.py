"""Two administrators edited at once: what differs between their versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from app.mailer.models import MailerConfiguration
from app.mailer.providers import PROVIDERS
from app.mailer.settings import FIELDS, Settings
from app.mailer.stored import settings_of

LABELS = {
    "provider": "Provider",
    "sender_address": "Sender address",
    "sender_name": "Sender name",
    "host": "Host",
    "port": "Port",
    "secure": "Secure (TLS)",
    "encryption": "Encryption",
    "username": "Username",
    "ignore_tls_errors": "Ignore TLS errors",
    "connection_timeout": "Connection timeout",
    "region": "Region",
    "ehlo_name": "Greeting name",
}


@dataclass(frozen=True)
class Difference:
    """One field, as it is stored now and as it was typed."""

    label: str
    theirs: str
    yours: str
    differs: bool


@dataclass(frozen=True)
class Conflict:
    """``by`` and ``at`` tell whose version is stored now."""

    by: str
    at: datetime | None
    rows: list[Difference]

    @classmethod
    def between(cls, typed: Settings, row: MailerConfiguration | None) -> Self:
        theirs = settings_of(row) if row else None
        rows = []
        for name in FIELDS:
            now = _words(name, getattr(theirs, name)) if theirs else "nothing"
            mine = _words(name, getattr(typed, name))
            rows.append(Difference(LABELS[name], now, mine, now != mine))
        return cls(row.updated_by if row else "", row.updated_at if row else None, rows)


def _words(name: str, value: object) -> str:
    if value is None or value == "":
        return "empty"
    if isinstance(value, bool):
        return "on" if value else "off"
    if name == "provider":
        return PROVIDERS[str(value)].title
    return f"{value} s" if name == "connection_timeout" else str(value)
