"""The word that stands for an organization in addresses of pages."""

from __future__ import annotations

import re
import unicodedata

MAXIMUM = 64
FALLBACK = "organization"

# Letters that decomposition leaves alone, and what people write instead.
_WRITTEN = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i"}
)


def slug_of(name: str) -> str:
    """``Acme`` → ``acme``, ``Müller & Söhne`` → ``muller-sohne``; never empty."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_WRITTEN))
    ascii_only = plain.encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:MAXIMUM].strip("-")
    return slug or FALLBACK


def numbered(slug: str, number: int) -> str:
    """The slug to try when ``number - 1`` others were taken: ``acme``, ``acme-2``, ``acme-3``."""
    return slug if number == 1 else f"{slug}-{number}"
