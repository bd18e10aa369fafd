"""What may be told of a server: only what has the form that it should have."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address

from cryptography import x509

from app.mail.trust.described import described, names_in
from app.mail.trust.pins import pin_of

SOON = 14
"""Days before its end at which a certificate is worth a warning."""

_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*\.?")
_MECHANISM = re.compile(r"[A-Z0-9_-]{1,20}")
_KNOWN = frozenset(
    {"8BITMIME", "AUTH", "BINARYMIME", "CHUNKING", "DELIVERBY", "DSN", "ENHANCEDSTATUSCODES"}
    | {"ETRN", "EXPN", "FUTURERELEASE", "HELP", "LIMITS", "MT-PRIORITY", "PIPELINING"}
    | {"REQUIRETLS", "SIZE", "SMTPUTF8", "STARTTLS", "VRFY", "XCLIENT"}
)
_MOST_NAMES = 8


def banner_host(banner: str) -> str:
    """The name under which a server greets, or nothing if that is no host name."""
    return banner if len(banner) <= 253 and _HOST.fullmatch(banner) else ""


def banner_warning(host: str, banner: str) -> str | None:
    """A sentence if a server greets under the name of another domain than the one asked for.

    Within a domain the names of single machines differ; that is no news.
    """
    if not banner or "." not in banner or "." not in host or _is_ip(host) or _is_ip(banner):
        return None
    if _domain(host) == _domain(banner):
        return None
    return (
        f"The server introduces itself as {banner}, although {host} was asked for. Some providers"
        " do that. If yours does not, something in between answers in its place, such as a"
        " firewall or a hosting provider that intercepts mail."
    )


def offer_facts(offers: Mapping[str, str]) -> dict[str, str]:
    """Known extensions, the size limit in octets and the mechanisms for logging in."""
    facts = {"offers": ", ".join(keyword for keyword in offers if keyword in _KNOWN)}
    if (limit := offers.get("SIZE", "")).isdecimal() and int(limit[:15]) > 0:
        facts["size_limit"] = limit[:15]
    mechanisms = offers.get("AUTH", "").upper().split()[:12]
    if known := [word for word in mechanisms if _MECHANISM.fullmatch(word)]:
        facts["mechanisms"] = ", ".join(known)
    return facts


def tls_facts(secured: ssl.SSLSocket, *, verified: bool) -> dict[str, str]:
    """Version, cipher and certificate of an encrypted connection."""
    cipher = secured.cipher()
    facts = {
        "version": (secured.version() or "").replace("TLSv", "TLS "),
        "cipher": cipher[0] if cipher else "",
        "verified": "yes" if verified else "no",
    }
    return facts | _certificate_facts(secured.getpeercert(binary_form=True))


def expiry_warning(facts: Mapping[str, str]) -> str | None:
    """A sentence if the certificate ends soon."""
    days = int(facts.get("days_left", SOON))
    if not 0 <= days < SOON:
        return None
    return (
        f"The server's certificate ends on {facts['expires']}, in {days} days. Mail stops then"
        " unless the relay gets a new one."
    )


def _certificate_facts(der: bytes | None) -> dict[str, str]:
    """What is in a certificate, who vouches for it, and the pin of its key."""
    try:
        certificate = x509.load_der_x509_certificate(der or b"")
        told = described(certificate)
    except ValueError:  # a certificate that cannot be read has nothing to tell
        return {}
    return {
        "subject": told.subject,
        "names": ", ".join(_some(names_in(certificate))),
        "issuer": told.issuer,
        "begins": told.begins.date().isoformat(),
        "expires": told.ends.date().isoformat(),
        "days_left": str((told.ends - datetime.now(UTC)).days),
        "self_signed": "yes" if told.self_signed else "no",
        "fingerprint": told.fingerprint,
        "pin": pin_of(certificate) or "",
    }


def _some(names: list[str]) -> list[str]:
    more = len(names) - _MOST_NAMES
    return names[:_MOST_NAMES] + ([f"{more} more"] if more > 0 else [])


def _domain(host: str) -> str:
    """The last two labels, or three where the last two are as short as in ``co.uk``."""
    labels = host.rstrip(".").lower().split(".")
    short = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if short else -2 :])


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
