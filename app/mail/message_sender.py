"""Gives a message that was built another sender, and leaves everything else as it is."""

from __future__ import annotations

import re

from app.mail.message_headers import mailbox, one_line

_FROM = re.compile(rb"^From: .*\r\n(?:[ \t].*\r\n)*", re.MULTILINE)


def with_sender(message: bytes, *, name: str, address: str) -> bytes:
    """A message of :func:`app.mail.message.build` with another From field.

    :raises HeaderInjection: name or address cannot stand in a header.
    :raises ValueError: it has no From field, or more than one.
    """
    header, blank, body = message.partition(b"\r\n\r\n")
    field = f"From: {mailbox(one_line(name), address)}\r\n".encode()
    changed, count = _FROM.subn(lambda _: field, header + b"\r\n")
    if count != 1:
        raise ValueError("the message has no single From field")
    return changed.removesuffix(b"\r\n") + blank + body
