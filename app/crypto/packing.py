"""Makes what is alike, and waits by the thousand, short before it is sealed: mails.

DEFLATE (RFC 1951) with words that both sides know: nine tenths of a mail are the same in every
other. What is stored is a tenth as long, and so is what the database writes each time that the
state beside it changes.
"""

from __future__ import annotations

import zlib
from functools import cache
from pathlib import Path

_WORDS = Path(__file__).with_name("packing-1.txt")
"""The words, likeliest last. What was packed with them opens with nothing else: this file never
changes. Others get a file, and a form of seal, of their own."""

_WINDOW, _MEMORY, _FAST = -14, 6, 1
"""16 kB (the minus: without header and checksum, since the seal has one), and little to set up.
More of either takes more time than it saves space, with texts of a few kB."""

AT_MOST = 64 * 1024 * 1024
"""Octets of what is unpacked; nobody may have us fill the memory."""


class NotPacked(Exception):
    """This is not something that was packed, or not all of it."""


@cache
def _words() -> bytes:
    return _WORDS.read_bytes()


@cache
def _prepared() -> zlib._Compress:
    return zlib.compressobj(
        _FAST, zlib.DEFLATED, _WINDOW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, _words()
    )


def pack(plain: bytes) -> bytes:
    packing = _prepared().copy()  # a fifth of the time of beginning with the words anew
    return packing.compress(plain) + packing.flush()


def unpack(packed: bytes) -> bytes:
    """Raises :class:`NotPacked`."""
    unpacking = zlib.decompressobj(_WINDOW, _words())
    try:
        plain = unpacking.decompress(packed, AT_MOST)
    except zlib.error:
        raise NotPacked from None
    if not unpacking.eof or unpacking.unused_data:
        raise NotPacked
    return plain
