"""Reads a header again as a mail program would and compares it with what was meant."""

from __future__ import annotations

from email.headerregistry import AddressHeader
from email.parser import Parser
from email.policy import default

from app.mail.message_headers import HeaderInjection

_PARSER = Parser(policy=default)


def require_meaning(
    header: str,
    names: list[str],
    *,
    sender: tuple[str, str],
    recipient: str,
    subject: str,
) -> None:
    """Checks a header block with CRLF line ends.

    Encoders have been talked into writing header fields of an attacker's choice (CVE-2024-6923
    was one). Ours is meant not to be, and this is what notices if it is.

    :raises HeaderInjection: it holds other fields, addresses or another subject than was meant.
    """
    message = _PARSER.parsestr(header + "\r\n", headersonly=True)
    if (
        message.keys() != names
        or message.defects
        or _mailboxes(message["From"]) != [(_unspaced(sender[0]), sender[1])]
        or _mailboxes(message["To"]) != [("", recipient)]
        or str(message["Subject"]) != subject
    ):
        raise HeaderInjection("the header would say something else than was meant")


def _mailboxes(field: AddressHeader) -> list[tuple[str, str]]:
    return [(_unspaced(address.display_name), address.addr_spec) for address in field.addresses]


def _unspaced(name: str) -> str:
    """A name without its blanks: this parser adds one between two encoded words of a name."""
    return "".join(name.split())
