"""The content of a message (RFC 2045, RFC 2046): its text, and the same as HTML, as octets.

Mails that share a form share their content but for what stands in its blanks, see
:mod:`app.mail.blanks`: where all of it travels as it is, that is put together once.
"""

from __future__ import annotations

import binascii
import re
import secrets
from dataclasses import dataclass

from app.mail.blanks import Blanks, Form, Words, marks, with_letters

_LONGEST_LINE = 998
"""Octets in a line of a 7-bit part (RFC 5322 section 2.1.1)."""


_BOUNDARY = "="
"""What stands for it among the blanks of a form; no value of a template is called so."""

_AS_IT_IS = re.compile(r"[!#-%(-;=?-~]+")
"""A word of plain ASCII that is the same in HTML."""


def content_of(text: str, html: str | None) -> bytes:
    """The header fields that begin with ``Content-``, a blank line, and the body. CRLF, 7-bit."""
    if html is None:
        return _part("plain", text)
    before, between, after = _around(_new_boundary())
    parts = (before.encode(), _part("plain", text), between.encode(), _part("html", html))
    return b"".join((*parts, after.encode()))


@dataclass(frozen=True)
class ContentForm:
    """The content of all mails of a form."""

    form: Form

    @classmethod
    def of(cls, text: str, html: str, blanks: Blanks) -> ContentForm | None:
        """For a text and its HTML that were rendered with the marks of these blanks. ``None`` where
        they have to be encoded, and with them what will stand in the blanks."""
        blanks = (*blanks, (_BOUNDARY, (len(_new_boundary()),)))
        lined = [part if part.endswith("\n") else f"{part}\n" for part in (text, html)]
        if not all(
            _travels_as_is(with_letters(part, blanks).encode(errors="surrogatepass"))
            for part in lined
        ):
            return None
        before, between, after = _around(str(marks(blanks)[_BOUNDARY]))
        plain, marked = (
            _head(kind, "7bit")
            + part.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
            for kind, part in zip(("plain", "html"), lined, strict=True)
        )
        return cls(Form.of("".join((before, plain, between, marked, after)), blanks))

    def filled(self, printed: Words) -> bytes | None:
        """``None`` where a word has to be written in another way, in HTML or at all."""
        words = {**printed, _BOUNDARY: (_new_boundary(),)}
        if not all(_AS_IT_IS.fullmatch(word) for name in self.form.names for word in words[name]):
            return None
        return self.form.filled(words).encode()


def _new_boundary() -> str:
    """What separates parts: nobody who writes in one can know it."""
    return f"=_{secrets.token_hex(16)}"


def _around(boundary: str) -> tuple[str, str, str]:
    """What stands before, between and after the two parts."""
    return (
        f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n--{boundary}\r\n',
        f"\r\n--{boundary}\r\n",  # its line break is not part of the text before it
        f"\r\n--{boundary}--\r\n",
    )


def _part(subtype: str, text: str) -> bytes:
    """A text part under the encoding that leaves it most readable."""
    octets = text.encode("utf-8", "replace")
    octets = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not octets.endswith(b"\n"):
        octets += b"\n"
    if _travels_as_is(octets):
        encoding, body = "7bit", octets
    else:
        encoding, body = "quoted-printable", binascii.b2a_qp(octets, istext=True)
    return _head(subtype, encoding).encode() + body.replace(b"\n", b"\r\n")


def _head(subtype: str, encoding: str) -> str:
    return (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    )


def _travels_as_is(octets: bytes) -> bool:
    return (
        octets.isascii()
        and b"\0" not in octets
        and max(map(len, octets.split(b"\n"))) <= _LONGEST_LINE
    )
