"""The connection check of a configuration, told rung by rung for the page and the commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from app.crypto.secret import Secret
from app.mail.failures import Explanation, FailureContext, explain
from app.mail.ladder import CheckReport, Rung, check_connection
from app.mail.tls import TlsMode
from app.mail.transports.base import RelaySettings
from app.mailer.relay import relay_settings
from app.mailer.settings import Settings, tls_mode
from app.mailer.situations import relay_context

Facts = Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """A rung as people read it. ``field_id`` names the form field to change."""

    name: str
    state: str
    detail: str
    ms: int
    explanation: Explanation | None = None
    field_id: str | None = None
    reply_code: int | None = None
    enhanced: str | None = None


@dataclass(frozen=True)
class OtherPort:
    """A port that was tried and works. Without a ``button`` the form cannot express it."""

    port: int
    secure: bool
    title: str
    text: str
    button: str | None


@dataclass(frozen=True)
class Check:
    """``transcript`` is redacted server text: for an administrator's download, never for a page."""

    about: str
    summary: str
    steps: tuple[Step, ...] = ()
    warnings: tuple[str, ...] = ()
    suggestion: OtherPort | None = None
    transcript: str = ""
    ok: bool = True


def run_check(
    settings: Settings, password: Secret | None, *, access_host: str | None, recipient: str
) -> Check:
    """Check what is typed: sends nothing, saves nothing. Talks to the network; hold no
    transaction."""
    relay = relay_settings(settings, password, access_host)
    if relay is None:
        return Check(
            about="Nothing was sent or saved.",
            summary="There is nothing to check: the console provider contacts no relay. It writes"
            " one line per mail to Novantra’s log.",
        )
    return check_relay(
        relay, sender=settings.sender_address, recipient=recipient, region=settings.region
    )


def check_relay(
    relay: RelaySettings, *, sender: str, recipient: str, region: str | None = None
) -> Check:
    """The same for settings that are ready to connect with."""
    report = check_connection(relay, mail_from=sender, rcpt_to=recipient)
    context = relay_context(
        relay, provider=relay.provider, sender=sender, recipient=recipient, region=region
    )
    steps = tuple(_step(rung, relay, context) for rung in report.rungs)
    return Check(
        about=f"{relay.host}:{relay.port}, what is typed below. Nothing was sent or saved.",
        summary=_summary(report),
        steps=steps,
        warnings=report.warnings,
        suggestion=_other_port(report, relay),
        transcript=report.transcript,
        ok=report.ok,
    )


def _step(rung: Rung, relay: RelaySettings, context: FailureContext) -> Step:
    plain = Step(rung.name, rung.state, "", rung.ms)
    if rung.state == "failed" and rung.code is not None:
        explanation = explain(rung.code, context)
        if rung.refused_target:
            explanation = replace(
                explanation,
                title="No mail relay has this address",
                cause=f"{relay.host} leads to an address that is link-local, multicast or"
                " unspecified. Cloud metadata services live there, relays do not, so Novantra"
                " did not connect.",
                fix=("Type the relay’s own host name or address.",),
                field="host",
            )
        return replace(
            plain,
            detail=_failed_detail(rung, relay),
            explanation=explanation,
            field_id=explanation.field,
            reply_code=rung.reply_code,
            enhanced=rung.enhanced,
        )
    if rung.state == "passed":
        return replace(plain, detail=_PASSED[rung.name](rung.facts, relay))
    if rung.state == "skipped":
        return replace(plain, detail=_SKIPPED.get(rung.name, ""))
    return plain


def _dns(facts: Facts, relay: RelaySettings) -> str:
    addresses = facts.get("addresses", "")
    return addresses if addresses == relay.host else f"{relay.host} is {addresses}"


def _connect(facts: Facts, relay: RelaySettings) -> str:
    return f"{facts.get('address')} answers on {facts.get('port')}"


def _tls(facts: Facts, relay: RelaySettings) -> str:
    said = [facts.get("version", "TLS")]
    if facts.get("names"):
        said.append(f"certificate for {facts['names']}")
        if facts.get("issuer"):
            said[-1] += f" by {facts['issuer']}"
    if facts.get("days_left"):
        said.append(_days(int(facts["days_left"]), facts.get("expires", "")))
    if facts.get("verified") == "no":
        said.append("not checked, as Ignore TLS errors is on")
    return ", ".join(said)


def _days(left: int, expires: str) -> str:
    return f"{left} days left" if left >= 0 else f"expired on {expires}"


def _greeting(facts: Facts, relay: RelaySettings) -> str:
    return facts.get("banner_host") or "greets without a name"


def _ehlo(facts: Facts, relay: RelaySettings) -> str:
    offers = facts.get("offers", "")
    if facts.get("mechanisms"):
        offers = offers.replace("AUTH", f"AUTH ({facts['mechanisms']})")
    if facts.get("size_limit"):
        offers = offers.replace("SIZE", f"SIZE {_megabytes(int(facts['size_limit']))}")
    return f"Greeted as {relay.ehlo_name}; offers {offers or 'nothing'}"


def _megabytes(octets: int) -> str:
    return f"{octets / 1_000_000:.0f} MB" if octets >= 1_000_000 else f"{octets} octets"


def _auth(facts: Facts, relay: RelaySettings) -> str:
    return f"Accepted for {facts.get('username')} with {facts.get('mechanism')}"


def _address(facts: Facts, relay: RelaySettings) -> str:
    return f"Accepts {facts.get('address')}"


_PASSED: dict[str, Callable[[Facts, RelaySettings], str]] = {
    "dns": _dns,
    "connect": _connect,
    "tls": _tls,
    "greeting": _greeting,
    "ehlo": _ehlo,
    "auth": _auth,
    "mail-from": _address,
    "rcpt-to": _address,
    "rset": lambda facts, relay: "Taken back: nothing was sent",
}
_SKIPPED = {"auth": "No login: no user name and password", "tls": "None: Secure is off"}


def _failed_detail(rung: Rung, relay: RelaySettings) -> str:
    if rung.name == "auth":
        return f"Refused for {relay.username}"
    if rung.name == "tls" and rung.facts.get("names"):
        shown = {name: value for name, value in rung.facts.items() if name != "verified"}
        return _tls(shown, relay)
    return ""


def _summary(report: CheckReport) -> str:
    total = f"{report.total_ms} ms"
    taken = [rung for rung in report.rungs if rung.state != "skipped"]
    if report.failure is None:
        return f"All {len(taken)} steps passed · {total}"
    return f"1 of {len(taken)} steps failed · {total}"


def _other_port(report: CheckReport, relay: RelaySettings) -> OtherPort | None:
    found = report.suggestion
    if found is None:
        return None
    secure = found.tls is not TlsMode.NONE
    how = {
        TlsMode.IMPLICIT: "TLS from the first byte",
        TlsMode.STARTTLS: "STARTTLS",
        TlsMode.NONE: "no encryption",
    }[found.tls]
    title = f"Port {found.port} works with {how}"
    if tls_mode(relay.provider, found.port, secure) is not found.tls:
        text = (
            "Novantra speaks TLS from the first byte on ports 465 and 2465, and STARTTLS on all"
            " others. Ask for the relay to be reachable that way."
        )
        return OtherPort(found.port, secure, title, text, None)
    text = f"It was tried on {relay.host} just now; no password was sent."
    return OtherPort(found.port, secure, title, text, f"Use port {found.port} and check again")
