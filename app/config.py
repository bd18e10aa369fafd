"""What the environment decides, read once and frozen."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.cannot import Cannot
from app.crypto.secret import Secret

EDITIONS = ("sovereign", "cloud")
MAIL_PREFIX = "NOVANTRA_MAIL_"
LOG_LEVELS = ("info", "debug", "warning", "error")


class ConfigError(Cannot, ValueError):
    """An environment variable cannot be used. The message names it and never its secret part."""


@dataclass(frozen=True)
class Config:
    """The install's environment. docs/self-hosting/environment.md has names and defaults."""

    data_dir: Path
    database_url: str
    edition: str = "sovereign"
    key_provider: str = "file"
    keys: Secret = field(default_factory=lambda: Secret(""))
    ratelimit_storage: str = "memory://"
    ratelimit_enabled: bool = True
    worker: str = "embedded"
    bind: str = "127.0.0.1:8000"
    log_format: str = "json"
    log_level: str = "info"
    access_url: str | None = None
    managed_mail_url: Secret = field(default_factory=lambda: Secret(""))
    managed_mail_sender: str | None = None
    # ``NOVANTRA_MAIL_…`` as they stand, by their whole names: app.mailer.variables says what each
    # means. All as secrets, since nobody knows here which of them are. Empty ones are among them.
    mail: Mapping[str, Secret] = field(default_factory=dict)
    trusted_proxies: int = 0
    alert_private_targets: bool = False
    metrics_token: Secret = field(default_factory=lambda: Secret(""))
    # In place of the sign-in services' scheme and host; ``None`` for the vendors' own.
    oauth_microsoft: str | None = None
    oauth_google: str | None = None
    activity_retention_days: int = 30
    # Mails about membership that one organization may send within 24 hours: two full lists.
    invitations_per_day: int = 2_000
    # What the relay allows this install, all processes together; 0: what its provider is known for.
    relay_connections: int = 0
    relay_per_minute: int = 0

    @property
    def is_cloud(self) -> bool:
        return self.edition == "cloud"

    @property
    def key_file(self) -> Path:
        return self.data_dir / "keys"

    @property
    def setup_token_file(self) -> Path:
        return self.data_dir / "setup-token"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read ``NOVANTRA_*``. Raises :class:`ConfigError` naming the variable that is wrong."""
        env = os.environ if environ is None else environ
        data_dir = Path(env.get("NOVANTRA_DATA_DIR") or "instance").expanduser().resolve()
        default_url = f"sqlite:///{data_dir / 'novantra.db'}"
        return cls(
            data_dir=data_dir,
            database_url=_database_url(env.get("NOVANTRA_DATABASE_URL") or default_url),
            edition=_choice(env, "NOVANTRA_EDITION", EDITIONS),
            key_provider=_choice(env, "NOVANTRA_KEY_PROVIDER", ("file", "env")),
            keys=Secret(env.get("NOVANTRA_KEYS", "")),
            ratelimit_storage=env.get("NOVANTRA_RATELIMIT_STORAGE") or "memory://",
            ratelimit_enabled=_choice(env, "NOVANTRA_RATELIMIT", ("on", "off")) == "on",
            worker=_choice(env, "NOVANTRA_WORKER", ("embedded", "external")),
            bind=_bind(env.get("NOVANTRA_BIND") or "127.0.0.1:8000"),
            log_format=_log_format(env),
            log_level=_choice(env, "NOVANTRA_LOG_LEVEL", LOG_LEVELS),
            access_url=env.get("NOVANTRA_ACCESS_URL") or None,
            managed_mail_url=Secret(env.get("NOVANTRA_MANAGED_MAIL_URL", "")),
            managed_mail_sender=env.get("NOVANTRA_MANAGED_MAIL_SENDER") or None,
            mail={
                name: Secret(env.get(name) or "") for name in env if name.startswith(MAIL_PREFIX)
            },
            trusted_proxies=_number(env, "NOVANTRA_TRUSTED_PROXIES", 0, 0, 10),
            alert_private_targets=_switch(env, "NOVANTRA_ALERT_PRIVATE_TARGETS"),
            metrics_token=Secret(env.get("NOVANTRA_METRICS_TOKEN", "")),
            oauth_microsoft=_service_base(env, "NOVANTRA_OAUTH_MICROSOFT"),
            oauth_google=_service_base(env, "NOVANTRA_OAUTH_GOOGLE"),
            activity_retention_days=_number(env, "NOVANTRA_ACTIVITY_DAYS", 30, 1, 3650),
            invitations_per_day=_number(env, "NOVANTRA_INVITATIONS_PER_DAY", 2_000, 1, 1_000_000),
            relay_connections=_number(env, "NOVANTRA_RELAY_CONNECTIONS", 0, 0, 1_000),
            relay_per_minute=_number(env, "NOVANTRA_RELAY_PER_MINUTE", 0, 0, 1_000_000),
        )


def _choice(env: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = env.get(name) or allowed[0]
    if value not in allowed:
        raise ConfigError(f"{name} must be one of {', '.join(allowed)}.")
    return value


def _switch(env: Mapping[str, str], name: str) -> bool:
    """Off unless it is on."""
    return _choice(env, name, ("off", "on")) == "on"


def _number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise ConfigError(f"{name} must be a whole number from {low} to {high}.")
    return int(text)


def _database_url(text: str) -> str:
    if text.startswith("postgresql://"):
        text = "postgresql+psycopg://" + text.removeprefix("postgresql://")
    if not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ConfigError(
            "NOVANTRA_DATABASE_URL must start with postgresql+psycopg:// or sqlite:///."
        )
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ConfigError(
            "NOVANTRA_DATABASE_URL must look like postgresql+psycopg://user:password@host:5432/name;"
            " signs such as @ : / in a password are written as %40 %3A %2F."
        ) from None
    if text.startswith("sqlite") and url.database in {None, "", ":memory:"}:
        raise ConfigError("NOVANTRA_DATABASE_URL must name a file after sqlite:///.")
    return text


def _bind(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise ConfigError("NOVANTRA_BIND must look like 127.0.0.1:8000.")
    return text


def _service_base(env: Mapping[str, str], name: str) -> str | None:
    """Scheme and host, with a port and a path before the vendor's own if need be. Client secrets
    and tokens go there, so nothing but loopback does without TLS."""
    text = (env.get(name) or "").strip()
    if not text:
        return None
    wrong = ConfigError(f"{name} must look like https://gateway.example.com.")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    odd = parts.query or parts.fragment or parts.username or parts.password is not None
    if parts.scheme not in {"http", "https"} or not host or odd:
        raise wrong
    if not all("!" <= sign <= "~" for sign in text):
        raise wrong
    if parts.scheme == "http" and not _is_loopback(host):
        raise ConfigError(f"{name} must begin with https://; http:// is only for loopback.")
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _log_format(env: Mapping[str, str]) -> str:
    chosen = env.get("NOVANTRA_LOG_FORMAT") or ("text" if sys.stderr.isatty() else "json")
    if chosen not in {"text", "json"}:
        raise ConfigError("NOVANTRA_LOG_FORMAT must be text or json.")
    return chosen
