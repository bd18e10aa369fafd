"""Header fields written so that they can only be read in the way that was meant."""

from __future__ import annotations

import base64
import re
import unicodedata

_MAX_PLAIN = 64
"""Characters of a text that stays as it is; a longer one is folded as encoded words."""

_MAX_PLAIN_NAME = 160
"""The same for a name: some programs show a blank between encoded words in names, wrongly."""

_MAX_WORD_OCTETS = 45
"""Octets of UTF-8 in an encoded word, which makes 72 of the 75 characters of RFC 2047 section 2."""

_ATTACK = frozenset({"Cc", "Zl", "Zp", "Cs"})
"""Controls, line and paragraph separators, and halves of characters that cannot be encoded."""

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}")


class HeaderInjection(ValueError):
    """A header value holds a character that could end the line or cannot be written at all."""


def one_line(text: str) -> str:
    """``text`` with runs of blanks made one.

    :raises HeaderInjection: a control character or line separator is in it.
    """
    if any(unicodedata.category(character) in _ATTACK for character in text):
        raise HeaderInjection("control character in a header value")
    return " ".join(text.split())


def unstructured(text: str) -> str:
    """A subject. Text that is not short plain ASCII, or looks encoded already, gets encoded."""
    if _is_plain(text):
        return text
    return _encoded_words(text)


def mailbox(name: str, address: str) -> str:
    """``name <address>`` (RFC 5322 section 3.4), or the bare address when there is no name."""
    _require_address(address)
    if not name:
        return address
    if not _is_plain(name, _MAX_PLAIN_NAME):
        return f"{_encoded_words(name)}\r\n <{address}>"
    if _ATOMS.fullmatch(name):
        return f"{name} <{address}>"
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'


def field_name(name: str) -> str:
    """The name of an additional header field.

    :raises HeaderInjection: it is none.
    """
    if not _FIELD_NAME.fullmatch(name):
        raise HeaderInjection("not a header field name")
    return name


def _is_plain(text: str, most: int = _MAX_PLAIN) -> bool:
    return len(text) <= most and text.isascii() and text.isprintable() and "=?" not in text


def _encoded_words(text: str) -> str:
    """Base64 encoded words (RFC 2047), whole characters in each, one per line."""
    chunks: list[bytearray] = [bytearray()]
    for character in text:
        octets = character.encode()
        if len(chunks[-1]) + len(octets) > _MAX_WORD_OCTETS:
            chunks.append(bytearray())
        chunks[-1] += octets
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(chunk).decode()}?=" for chunk in chunks)


def _require_address(address: str) -> None:
    if (
        address.count("@") != 1
        or not address.isprintable()
        or set(address) & set(' \t<>()[],:;"\\')
    ):
        raise HeaderInjection("not a bare address")
