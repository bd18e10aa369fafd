"""A message as it has to look between the DATA command and the final dot."""

from __future__ import annotations

import re

MAX_TEXT_LINE = 998
"""Octets in a line without its CRLF (RFC 5321 section 4.5.3.1.6)."""

_LINE_END = re.compile(rb"\r\n|\r|\n")


class UnsendableBody(ValueError):
    """A line is too long, or a NUL is in it: no relay has to take such a message."""


def with_crlf(message: bytes) -> bytes:
    """The message with CRLF as its only line end, and with one at its end.

    A lone CR or LF, which servers disagree about, becomes a plain line end: nobody can be made
    to see another end of the message than we do.

    :raises UnsendableBody: it cannot be sent.
    """
    feeds = message.count(b"\n")
    if not feeds == message.count(b"\r") == message.count(b"\r\n"):
        message = _LINE_END.sub(b"\r\n", message)
    if not message.endswith(b"\r\n"):
        message += b"\r\n"
    if b"\0" in message or max(map(len, message.split(b"\r\n"))) > MAX_TEXT_LINE:
        raise UnsendableBody
    return message


def dot_stuffed(message: bytes) -> bytes:
    """A message with CRLF line ends, a dot put before each line that begins with one.

    RFC 5321 section 4.5.2. The final dot is not part of it.
    """
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed
