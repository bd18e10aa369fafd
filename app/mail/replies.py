"""SMTP replies (RFC 5321 section 4.2), read strictly and within limits."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_LINE = 2048
"""Octets in one reply line with its line end. RFC 5321 allows 512; real servers send more."""

MAX_LINES = 64
"""Lines in one reply."""

_KNOWN = 32
"""Replies of one line that a parser knows again."""

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?![\d.])")


class MalformedReply(Exception):
    """What arrived is not an SMTP reply, or more of one than anybody needs. Carries no text."""


@dataclass(frozen=True, repr=False)
class Reply:
    """One complete reply. ``lines`` is server text: read it to decide, never show or store it."""

    code: int
    enhanced: str | None
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines joined by a space, without their codes."""
        return " ".join(self.lines)

    def __repr__(self) -> str:
        return f"Reply({self.code}, {self.enhanced})"


class ReplyParser:
    """Turns received octets into replies and never holds more than one capped reply's worth.

    A line may end in CRLF or a lone LF; a CR anywhere else, another first digit than 2 to 5, a
    changed code within a reply or a separator other than space and hyphen is malformed. Text is
    decoded as UTF-8 with replacement, so that odd octets in it do no harm. A line that is the
    bare code is accepted, because such servers exist.

    A relay says the same few lines to every message: what was read strictly once is known again.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._known: dict[bytes, Reply] = {}
        self._code: int | None = None
        self._lines: list[str] = []

    @property
    def idle(self) -> bool:
        """Whether nothing is left over: no octet and no begun reply."""
        return not self._buffer and self._code is None

    def feed(self, octets: bytes) -> None:
        """Takes what arrived. Feed at most a few kilobytes at a time."""
        self._buffer += octets

    def take(self) -> Reply | None:
        """The next complete reply, or None if more octets are needed.

        :raises MalformedReply: and from then on nothing from this peer is worth reading.
        """
        while (end := self._buffer.find(b"\n", 0, MAX_LINE)) >= 0:
            line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
            begins = self._code is None
            if begins and (known := self._known.get(line)) is not None:
                return known
            if self._accept(line.removesuffix(b"\r")):
                return self._remember(line, self._finish()) if begins else self._finish()
        if len(self._buffer) >= MAX_LINE:
            raise MalformedReply
        if self._buffer and not b"2" <= self._buffer[:1] <= b"5":
            raise MalformedReply  # no need to wait for the end of a line that cannot become a reply
        return None

    def _remember(self, line: bytes, reply: Reply) -> Reply:
        if len(self._known) >= _KNOWN:  # each with its message's name in it, most often
            self._known.clear()
        self._known[line] = reply
        return reply

    def _accept(self, line: bytes) -> bool:
        match = _LINE.fullmatch(line)
        if match is None or b"\r" in line:
            raise MalformedReply
        code = int(match[1])
        if self._code is not None and code != self._code:
            raise MalformedReply
        if len(self._lines) >= MAX_LINES:
            raise MalformedReply
        self._code = code
        self._lines.append((match[3] or b"").decode("utf-8", "replace"))
        return match[2] != b"-"

    def _finish(self) -> Reply:
        assert self._code is not None
        lines = tuple(self._lines)
        reply = Reply(self._code, enhanced_code(lines), lines)
        self._code, self._lines = None, []
        return reply


def in_codes(code: int | None, enhanced: str | None) -> str:
    """What was answered, in codes: "535 5.7.8", or nothing if there was no answer."""
    return " ".join(str(part) for part in (code, enhanced) if part is not None)


def enhanced_code(lines: tuple[str, ...]) -> str | None:
    """The first enhanced status code (RFC 2034, RFC 3463) that stands at a line's start."""
    for line in lines:
        if match := _ENHANCED.match(line):
            return match[1]
    return None
