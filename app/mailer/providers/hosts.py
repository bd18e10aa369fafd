"""What may stand in a host field, and what people paste there instead."""

from __future__ import annotations

import re
from ipaddress import ip_address

from app.mail.hostnames import MAXIMUM, NoHostName, Why, clean_name
from app.mail.smtp.connect import is_refused

_WITH_PORT = re.compile(r"(\[[0-9a-f:.]+\]|[^:]*):(\d*)", re.IGNORECASE)
_SAID = {
    Why.CHARACTER: "It holds a character that host names cannot have.",
    Why.SHAPE: "A host name is made of letters, digits and hyphens, with single dots between.",
    Why.NUMBER: "This looks like an incomplete IP address. Write it as four numbers.",
}


class HostRefused(ValueError):
    """The text is no host name. The message says what it is instead, for whoever typed it."""


def clean_host(text: str) -> str:
    """A host name or IP address in its one ASCII form. Raises :class:`HostRefused`."""
    text = text.strip()
    if not text:
        raise HostRefused("Type the relay's host name, such as relay.example.com.")
    if len(text) > MAXIMUM:
        raise HostRefused(f"A host name has at most {MAXIMUM} characters.")
    _refuse_addresses_of_other_kinds(text)
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        literal = str(ip_address(bare))
    except ValueError:
        pass
    else:
        if is_refused(literal):
            raise HostRefused("No mail relay has this address. Type the relay's own.")
        return literal
    if ported := _WITH_PORT.fullmatch(text):
        host, port = ported[1] or "the host name", ported[2] or "the number"
        raise HostRefused(f"Leave {host} here and put {port} into the port field.")
    return _name(text)


def _refuse_addresses_of_other_kinds(text: str) -> None:
    if "://" in text:
        scheme, _, rest = text.partition("://")
        name = re.split(r"[/:@?#]", rest.rpartition("@")[2])[0]
        kept = f": only {name}" if name else ""
        raise HostRefused(f"Leave out {scheme}:// and everything else around the host name{kept}.")
    if "@" in text:
        raise HostRefused("This holds an @. Type the host name alone; user names go below.")
    if "/" in text or "?" in text or "#" in text:
        raise HostRefused("Leave out the path: a host name has no slash in it.")
    if "\\" in text:
        raise HostRefused("A host name has no backslash in it.")
    if "," in text or ";" in text:
        raise HostRefused("Type one host name, not a list.")
    if any(character.isspace() for character in text):
        raise HostRefused("Remove the blanks inside the host name.")


def _name(text: str) -> str:
    try:
        return clean_name(text, underscores=True)
    except NoHostName as refused:
        raise HostRefused(_SAID[refused.why]) from None


def is_local(host: str) -> bool:
    """Whether the host lies on this machine or a private network, judged by its name alone."""
    try:
        literal = ip_address(host)
    except ValueError:
        inner = (".internal", ".local", ".lan", ".intranet", ".localhost", ".test")
        return "." not in host or host.endswith(inner)
    return literal.is_private or literal.is_loopback
