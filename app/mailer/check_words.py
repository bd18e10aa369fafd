"""What each step of a connection check found, in a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.mail.check import StepResult
from app.mail.transport import RelaySettings

Facts = Mapping[str, str]


def detail_of(result: StepResult, relay: RelaySettings) -> str:
    """The line beside a step's name."""
    if result.state == "passed":
        return _PASSED[result.name](result.facts, relay)
    if result.state == "failed":
        return _failed(result, relay)
    return _SKIPPED.get(result.name, "") if result.state == "skipped" else ""


def _failed(result: StepResult, relay: RelaySettings) -> str:
    if result.name == "auth":
        return f"Refused for {relay.username}"
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
    "rset": lambda facts, relay: "Called off before anything was sent",
}
_SKIPPED = {"auth": "No login: no user name and password", "tls": "None: Secure is off"}
