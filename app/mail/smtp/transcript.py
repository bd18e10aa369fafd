"""What was said between us and a relay, for its administrator, with every secret left out."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote, quote_plus

from app.crypto.secret import Secret
from app.mail.replies import Reply

MAX_CHARACTERS = 32 * 1024
"""A transcript ends here, whatever a relay still has to say."""

WITHHELD = "(text withheld: it repeated a secret)"

_TOO_SHORT = 4
"""A secret of fewer characters turns up in innocent text, which would give it away by its gaps."""


class Transcript:
    """Collects lines, each marked ``C:``, ``S:`` or ``--`` for a remark.

    Secrets are replaced before a line is kept, so there is no moment at which this object holds
    one in its lines. Callers never pass a command that carries credentials. A reply that repeats
    a secret in any form we know, even spread over its lines, keeps its codes only.
    """

    def __init__(self, username: str | None = None, password: Secret | None = None) -> None:
        self._lines: list[str] = []
        self._room = MAX_CHARACTERS
        self._username = username or ""
        self._password = password
        self._hidden: set[str] = set()

    def hide(self, *secrets: str) -> None:
        """Secrets that came up on the way: access tokens, and how they were sent."""
        self._hidden |= {form for secret in secrets for form in _forms("", secret)}

    def client(self, command: str) -> None:
        """A command of ours, without credentials."""
        self._add("C: ", command)

    def server(self, reply: Reply) -> None:
        """A reply, its control characters made visible."""
        repeats = self._repeats(reply.lines)
        for index, line in enumerate(reply.lines):
            last = index == len(reply.lines) - 1
            if repeats and not last:
                continue
            text = " ".join(filter(None, (reply.enhanced, WITHHELD))) if repeats else line
            self._add("S: ", f"{reply.code}{' ' if last else '-'}{text}")

    def note(self, text: str) -> None:
        """A remark of our own."""
        self._add("-- ", text)

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in self._lines)

    def _add(self, mark: str, text: str) -> None:
        if self._room <= 0:
            return
        line = mark + "".join(map(_visible, text))
        if len(line) >= self._room:
            line = "-- the rest is left out"
            self._room = 0
        self._room -= len(line) + 1
        self._lines.append(line)

    def without_secret(self, facts: Mapping[str, str]) -> dict[str, str]:
        """What a relay told about itself, less what repeats the secret: it may know it."""
        return {name: fact for name, fact in facts.items() if not self._repeats((fact,))}

    def _repeats(self, lines: Sequence[str]) -> bool:
        forms = set(self._hidden)
        if self._password:
            secret = self._password.reveal()
            if len(secret) < _TOO_SHORT:
                return True
            forms |= _forms(self._username, secret)
        if not forms:
            return False
        said = "".join(lines)
        spoken = (said, "".join(said.split()), " ".join(lines))
        folded = tuple(text.casefold() for text in spoken)
        return any(form.casefold() in text for form in forms for text in folded)


def _forms(username: str, secret: str) -> set[str]:
    """The ways in which a secret is commonly written, without the padding of base64."""
    octets = secret.encode("utf-8", "replace")
    pair = f"{username}:{secret}".encode("utf-8", "replace")
    sasl = f"\0{username}\0{secret}".encode("utf-8", "replace")  # PLAIN (RFC 4616 section 2)
    return {
        secret,
        "".join(secret.split()),
        quote(octets, safe=""),
        quote(octets),
        quote_plus(octets),
        escape(secret),
        json.dumps(secret)[1:-1],
        octets.hex(),
        base64.b64encode(octets).decode().rstrip("="),
        base64.urlsafe_b64encode(octets).decode().rstrip("="),
        base64.b64encode(pair).decode().rstrip("="),
        base64.b64encode(sasl).decode().rstrip("="),
    } - {""}


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
