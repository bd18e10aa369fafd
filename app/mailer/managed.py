"""The Cloud's shared mailer, as the deployment's environment describes it."""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import asdict, dataclass, replace
from urllib.parse import SplitResult, parse_qsl, unquote_to_bytes, urlsplit

from app.config import Config, ConfigError
from app.crypto.keys import KeyRing
from app.crypto.secret import Secret
from app.mail.addresses import AddressError, normalise
from app.mail.smtp.auth import credential_problem
from app.mail.tls import TlsMode
from app.mailer.providers.hosts import HostRefused, clean_host, is_local
from app.mailer.settings import DEFAULT_TIMEOUT
from app.plain_text import why_not_plain

URL = "NOVANTRA_MANAGED_MAIL_URL"
SENDER = "NOVANTRA_MANAGED_MAIL_SENDER"
ENCODE = "Percent-encode /, ?, # and @ in the user name and password."
_VERSION = "novantra managed mail version"
_LARGEST_VERSION = 2**31 - 1
_SCHEMES = {"smtp": (TlsMode.STARTTLS, 587), "smtps": (TlsMode.IMPLICIT, 465)}
_SENDER = re.compile(r'(?:"(?P<quoted>[^"<>]*)"|(?P<plain>[^"<>]*?))\s*<(?P<address>[^<>]+)>')


@dataclass(frozen=True)
class Managed:
    """``host`` is ``None`` for ``console:``. ``timeout`` is in seconds."""

    sender_address: str
    sender_name: str
    host: str | None = None
    port: int = 0
    tls: TlsMode = TlsMode.NONE
    username: str | None = None
    password: Secret | None = None
    timeout: int = DEFAULT_TIMEOUT

    @property
    def provider(self) -> str:
        """Which of the providers does the same."""
        return "smtp" if self.host else "console"

    def version(self, ring: KeyRing) -> int:
        """A number from 1 to 2³¹ - 1 that is another one when any of this is.

        Nobody counts how often an environment changes, so the number is worked out from what it
        says, under the install's key: without that, nobody can try passwords on it.
        """
        password = self.password.reveal() if self.password and ring.usable else None
        parts = [asdict(replace(self, password=None)), password]
        key = ring.newest.derive(_VERSION) if ring.usable else b""
        digest = hmac.digest(key, json.dumps(parts, sort_keys=True).encode(), "sha256")
        return int.from_bytes(digest[:4]) % _LARGEST_VERSION + 1


def managed_mailer(config: Config) -> Managed | None:
    """What the environment says, or ``None`` when it says nothing.

    ``NOVANTRA_MAIL_…`` is for the other edition and refused, so that nobody waits for it to work.

    :raises ConfigError: it cannot be used. Names the variable and shows nothing of a secret.
    """
    foreign = next((name for name, value in sorted(config.mail.items()) if value), None)
    if foreign is not None:
        raise ConfigError(f"{foreign} is for the Sovereign edition. In the Cloud, {URL} says it.")
    if not config.managed_mail_url:
        if config.managed_mail_sender:
            raise ConfigError(f"{SENDER} is set but {URL} is not.")
        return None
    if not config.managed_mail_sender:
        raise ConfigError(f"{SENDER} is missing: write Name <address>.")
    name, address = _sender(config.managed_mail_sender)
    text = config.managed_mail_url.reveal().strip()
    if text in {"console:", "console://"}:
        return Managed(address, name)
    return _relay(text, address, name)


def _sender(text: str) -> tuple[str, str]:
    found = _SENDER.fullmatch(text.strip())
    address = found["address"] if found else text
    name = ((found["quoted"] or found["plain"] or "") if found else "").strip()
    try:
        normal = normalise(address)
    except AddressError:
        raise ConfigError(f"{SENDER} must be written as Name <address>.") from None
    if len(name) > 64 or why_not_plain(name):
        raise ConfigError(
            f"The name in {SENDER} must be one line of at most 64 characters, none of them hidden."
        )
    return name, normal


def _relay(text: str, address: str, name: str) -> Managed:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ConfigError(f"{URL} has no usable host and port. {ENCODE}") from None
    if parts.scheme not in _SCHEMES:
        raise ConfigError(f"{URL} must begin with smtp:// or smtps://, or be console:.")
    if parts.path not in {"", "/"} or parts.fragment:
        raise ConfigError(f"{URL} has something after the host and port. {ENCODE}")
    tls, usual_port = _SCHEMES[parts.scheme]
    try:
        host = clean_host(parts.hostname or "")
    except HostRefused:
        raise ConfigError(f"{URL} has no usable host name.") from None
    options = _options(parts)
    if options.get("tls") == "none":
        if parts.scheme != "smtp" or not is_local(host):
            raise ConfigError(
                f"tls=none in {URL} is only for smtp:// to a relay on loopback or a private"
                " network."
            )
        tls = TlsMode.NONE
    if port == 0:
        raise ConfigError(f"The port in {URL} must be from 1 to 65535.")
    username, password = _credential(parts.username), _credential(parts.password)
    if bool(username) != bool(password):
        raise ConfigError(f"{URL} has a user name without a password, or the reverse.")
    return Managed(
        address,
        name,
        host=host,
        port=port or usual_port,
        tls=tls,
        username=username,
        password=Secret(password) if password else None,
        timeout=int(options.get("timeout", DEFAULT_TIMEOUT)),
    )


def _options(parts: SplitResult) -> dict[str, str]:
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    options = dict(pairs)
    if len(options) != len(pairs) or options.keys() - {"tls", "timeout"}:
        raise ConfigError(f"{URL} knows the options tls and timeout, each at most once.")
    if options.get("tls", "none") != "none":
        raise ConfigError(f"The option tls in {URL} can only be none.")
    timeout = options.get("timeout", "10")
    if not re.fullmatch(r"[0-9]{1,3}", timeout) or not 1 <= int(timeout) <= 120:
        raise ConfigError(f"The option timeout in {URL} must be from 1 to 120 seconds.")
    return options


def _credential(text: str | None) -> str | None:
    if not text:
        return None
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise ConfigError(f"{URL} has a % that is no percent-encoding; write %25 for it.")
    try:
        decoded = unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise ConfigError(f"The user name or password in {URL} is not UTF-8.") from None
    if credential_problem(decoded):
        raise ConfigError(f"The user name or password in {URL} has a control character.")
    return decoded
