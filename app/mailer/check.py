"""The connection check of a configuration, told step by step for the page and the commands."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from app.crypto.secret import Secret
from app.mail.check import CheckReport, StepResult, check_connection, noun_of
from app.mail.failures import Explanation, Failure, FailureContext, explain_failure
from app.mail.tls import TlsMode
from app.mail.transport import DEADLINE_MARGIN, RelaySettings, TokenSource
from app.mailer.active import relay_settings
from app.mailer.advice import in_bold, relay_context, steps_of
from app.mailer.providers import PROVIDERS
from app.mailer.settings import Encryption, Settings, tls_mode
from app.mailer.shown import Shown, shown_by

Facts = Mapping[str, str]


@dataclass(frozen=True)
class CheckStep:
    """A step as people read it. ``field_id`` names the form field to change.

    ``fix`` are the explanation's steps, with the names of this install in bold.
    """

    name: str
    state: str
    detail: str
    ms: int
    explanation: Explanation | None = None
    field_id: str | None = None
    failure: Failure | None = None
    fix: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The step's name on a page."""
        return noun_of(self.name).capitalize()


@dataclass(frozen=True)
class OtherPort:
    """A port that was tried and works. Without a ``button`` the form cannot express it.

    ``encryption`` is what the field of that name has to say for it.
    """

    port: int
    secure: bool
    encryption: str
    title: str
    text: str
    button: str | None


@dataclass(frozen=True)
class Check:
    """``transcript`` is redacted server text: for an administrator's download, never for a page."""

    about: str
    summary: str
    steps: tuple[CheckStep, ...] = ()
    warnings: tuple[str, ...] = ()
    suggestion: OtherPort | None = None
    transcript: str = ""
    ok: bool = True
    shown: Shown | None = None


def _nobody_watches(_step: CheckStep) -> None:
    """The report at the end is enough."""


def run_check(
    settings: Settings,
    password: Secret | None,
    *,
    access_host: str | None,
    recipient: str,
    tokens: TokenSource | None = None,
    client_key: Secret | None = None,
    elsewhere: tuple[tuple[str, str], ...] = (),
    on_step: Callable[[CheckStep], None] = _nobody_watches,
) -> Check:
    """Check what is typed: sends nothing, saves nothing. Talks to the network; hold no
    transaction. ``tokens`` come from :func:`app.mailer.tokens.source.check_tokens`; ``elsewhere``
    is how fields are changed that no page changes. ``on_step`` is told of each step that was
    passed or left out, as it ends; what it raises ends the check."""
    relay = relay_settings(settings, password, access_host, tokens, client_key)
    if relay is None:
        return Check(
            about="Nothing was sent or saved.",
            summary="There is nothing to check: the console provider contacts no relay. It writes"
            " one line per mail to Novantra’s log.",
        )
    return check_relay(
        relay,
        sender=settings.sender_address,
        recipient=recipient,
        region=settings.region,
        elsewhere=elsewhere,
        on_step=on_step,
    )


def check_relay(
    relay: RelaySettings,
    *,
    sender: str,
    recipient: str,
    region: str | None = None,
    elsewhere: tuple[tuple[str, str], ...] = (),
    on_step: Callable[[CheckStep], None] = _nobody_watches,
) -> Check:
    """The same for settings that are ready to connect with."""
    context = relay_context(
        relay,
        provider=relay.provider,
        sender=sender,
        recipient=recipient,
        region=region,
        elsewhere=elsewhere,
    )
    report = check_connection(
        relay,
        mail_from=sender,
        rcpt_to=recipient,
        on_step=lambda result: on_step(_step(result, relay, context)),
    )
    steps = tuple(_step(result, relay, context) for result in report.steps)
    return Check(
        about=f"{relay.host}:{relay.port}, what is typed below. Nothing was sent or saved.",
        summary=_summary(report),
        steps=steps,
        warnings=(*_unfinished(relay), *report.warnings),
        suggestion=_other_port(report, relay),
        transcript=report.transcript,
        ok=report.ok,
        shown=shown_by(report, relay),
    )


def _unfinished(relay: RelaySettings) -> tuple[str, ...]:
    """What could not be asked, as nobody can log in yet."""
    if relay.tokens is None or relay.tokens.ready:
        return ()
    return (
        "The login was not tried: there is no token before the configuration is saved and somebody"
        " has done what the page says after that.",
    )


def _step(result: StepResult, relay: RelaySettings, context: FailureContext) -> CheckStep:
    plain = CheckStep(result.name, result.state, detail_of(result, relay), result.ms)
    if result.failure is not None:
        explanation = explain_failure(result.failure, context)
        return replace(
            plain,
            explanation=explanation,
            field_id=explanation.field,
            failure=result.failure,
            fix=tuple(in_bold(step, context) for step in steps_of(explanation, context)),
        )
    return plain


def longest_check(settings: Settings) -> int | None:
    """Seconds after which a check is over, whatever the relay does; ``None`` where none is
    contacted."""
    if not PROVIDERS[settings.provider].uses_network:
        return None
    return math.ceil(settings.connection_timeout + DEADLINE_MARGIN)


def took(ms: int) -> str:
    """A duration for people."""
    return f"{ms} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def _summary(report: CheckReport) -> str:
    total = took(report.total_ms)
    unfinished = any(r.name == "token" and r.state == "skipped" for r in report.steps)
    taken = [result for result in report.steps if result.state != "skipped"]
    if report.failure is None and unfinished:
        return f"{len(taken)} steps passed, the login is still to come · {total}"
    if report.failure is None:
        return f"All {len(taken)} steps passed · {total}"
    return f"1 of {len(taken)} steps failed · {total}"


def _other_port(report: CheckReport, relay: RelaySettings) -> OtherPort | None:
    found = report.suggestion
    if found is None:
        return None
    secure = found.tls is not TlsMode.NONE
    how = found.tls.words
    title = f"Port {found.port} works with {how}"
    by_port = tls_mode(found.port, secure) is found.tls
    encryption = Encryption.AUTO if by_port else Encryption(found.tls)
    if not by_port and not PROVIDERS[relay.provider].chooses_encryption:
        text = (
            f"The form of {PROVIDERS[relay.provider].title} cannot say that, as its servers do"
            " otherwise: what answers there may not be one of them. If it is a relay of your own,"
            " choose SMTP as provider."
        )
        return OtherPort(found.port, secure, encryption, title, text, None)
    text = f"It was tried on {relay.host} just now; no password was sent."
    button = f"Use port {found.port} and check again"
    if found.port == relay.port:
        button = f"Use {how} and check again"
    return OtherPort(found.port, secure, encryption, title, text, button)


def detail_of(result: StepResult, relay: RelaySettings) -> str:
    """The line beside a step's name."""
    if result.state == "passed":
        return _PASSED[result.name](result.facts, relay)
    if result.state == "failed":
        return _failed(result, relay)
    if result.state == "skipped" and relay.tokens is not None and result.name in _WITHOUT_TOKEN:
        return "Not tried without a token"
    return _SKIPPED.get(result.name, "") if result.state == "skipped" else ""


def _failed(result: StepResult, relay: RelaySettings) -> str:
    if result.name == "auth":
        return f"Refused for {relay.username}"
    if result.name == "token" and relay.tokens is not None:
        return f"{relay.tokens.service} gave none"
    if result.name == "tls" and result.facts.get("names"):
        shown = {name: value for name, value in result.facts.items() if name != "verified"}
        return _tls(shown, relay)
    return ""


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
    return f"{left} {'day' if left == 1 else 'days'} left" if left >= 0 else f"expired on {expires}"


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


def _token(facts: Facts, relay: RelaySettings) -> str:
    return f"{facts.get('service')} gave one for {relay.username}"


def _address(facts: Facts, relay: RelaySettings) -> str:
    return f"Accepts {facts.get('address')}"


_PASSED: dict[str, Callable[[Facts, RelaySettings], str]] = {
    "dns": _dns,
    "connect": _connect,
    "tls": _tls,
    "greeting": _greeting,
    "ehlo": _ehlo,
    "token": _token,
    "auth": _auth,
    "mail-from": _address,
    "rcpt-to": _address,
    "rset": lambda facts, relay: "Called off before anything was sent",
}
_SKIPPED = {
    "auth": "No login: no user name and password",
    "tls": "None: Secure is off",
    "token": "Still to come",
}
_WITHOUT_TOKEN = {"auth", "mail-from", "rcpt-to", "rset"}
