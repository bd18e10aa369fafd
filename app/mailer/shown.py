"""The certificate that a relay showed in a check, and what can be done about it with one press.

A person compares and presses; what the button fills in is checked, and saved like anything typed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cryptography import x509

from app.mail.check import CheckReport
from app.mail.failures import FailureCode as Code
from app.mail.transport import RelaySettings
from app.mail.trust import Authorities, Trust
from app.mail.trust.pem import read_stored, written
from app.mailer.providers import PROVIDERS

FILLED = ("trust", "ca_certificates", "certificate_pin")
"""The fields that the buttons fill in."""

COMPARE = (
    "Whoever answers in the relay’s place would show a certificate, too. Compare the key’s SHA-256"
    " with what the relay’s operator says before you press."
)
VOUCHED = "Its authority still vouches for it, for this name and for today."
OPERATOR = (
    "The operator can tell whether the key was changed; compare its SHA-256 before you press."
)


@dataclass(frozen=True)
class Press:
    """A button: its words, and as JSON the fields that it fills in."""

    label: str
    fill: str


@dataclass(frozen=True)
class Shown:
    """``rows`` are names and values. ``advice`` is a sentence where somebody has to decide: then
    it stands open, and else it is only there to look at."""

    title: str
    rows: tuple[tuple[str, str], ...]
    advice: str = ""
    presses: tuple[Press, ...] = ()


def shown_by(report: CheckReport, relay: RelaySettings) -> Shown | None:
    """What the relay showed, ``None`` where nothing was."""
    facts = next((step.facts for step in report.steps if step.name == "tls"), {})
    if report.certificate is None or not facts.get("pin"):
        return None
    at_tls = report.failed is not None and report.failed.name == "tls"
    code = report.failure.code if report.failure and at_tls else None
    presses = tuple(_presses(code, facts, report.certificate, relay))
    if code is Code.CERT_PIN:
        pinned = (f"{'Pinned keys' if len(relay.trust.pins) > 1 else 'Pinned key'}",)
        old = (*pinned, " and ".join(relay.trust.pins))
        advice = OPERATOR if relay.trust.by_pin_alone else f"{VOUCHED} {OPERATOR}"
        return Shown("The relay has a new key", (old, *_rows(facts, "New key")), advice, presses)
    if code is not None:
        advice = COMPARE if presses else ""
        return Shown("What the relay shows", _rows(facts), advice, presses)
    return Shown("The relay’s certificate", _rows(facts), presses=presses)


def _rows(facts: Mapping[str, str], key: str = "Key, SHA-256") -> tuple[tuple[str, str], ...]:
    issuer = facts["issuer"] or "unnamed"
    if facts["self_signed"] == "yes":
        issuer = "itself"
    return (
        (key, facts["pin"]),
        ("For", facts["names"] or facts["subject"]),
        ("Issued by", issuer),
        ("Valid", f"{facts['begins']} to {facts['expires']}"),
        ("Certificate, SHA-256", facts["fingerprint"]),
    )


def _presses(
    code: Code | None, facts: Mapping[str, str], der: bytes, relay: RelaySettings
) -> Iterator[Press]:
    if not PROVIDERS[relay.provider].chooses_trust or not relay.trust.verify:
        return
    trust, pin = relay.trust, facts["pin"]
    alone = {"trust": Authorities.OWN.value, "ca_certificates": "", "certificate_pin": pin}
    if code in {Code.CERT_SELF_SIGNED, Code.CERT_UNKNOWN_ISSUER}:
        yield _press("Trust this certificate and check again", _with_certificate(trust, der))
    if code in {Code.CERT_SELF_SIGNED, Code.CERT_HOSTNAME} and facts["self_signed"] == "yes":
        yield _press("Trust its key alone and check again", alone)
    if code is Code.CERT_PIN:
        yield _press("Trust the new key and check again", {"certificate_pin": pin})
    if code is None and not trust.pins:
        yield _press("Pin this key and check again", {"certificate_pin": pin})


def _with_certificate(trust: Trust, der: bytes) -> dict[str, str]:
    """Trusted besides what is trusted already; one before it with the same name goes. From the
    usual authorities it goes to this certificate alone."""
    authorities = trust.authorities
    if authorities is Authorities.SYSTEM:
        authorities = Authorities.OWN
    theirs = x509.load_der_x509_certificate(der)
    kept = [one for one in read_stored(trust.certificates) if one.subject != theirs.subject]
    return {
        "trust": authorities.value,
        "ca_certificates": "".join(map(written, (*kept, theirs))),
    }


def _press(label: str, fields: Mapping[str, str]) -> Press:
    return Press(label, json.dumps(fields))
