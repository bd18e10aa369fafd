"""The word that stands for an organization in addresses of pages."""

from __future__ import annotations

from slugify import slugify

MAXIMUM = 64
FALLBACK = "organization"


def slug_of(name: str) -> str:
    """``Acme`` → ``acme``, ``Müller & Söhne`` → ``muller-sohne``, ``北京`` → ``bei-jing``; never
    empty."""
    return slugify(name, max_length=MAXIMUM) or FALLBACK


def numbered(slug: str, number: int) -> str:
    """The slug to try when ``number - 1`` others were taken: ``acme``, ``acme-2``, ``acme-3``."""
    return slug if number == 1 else f"{slug}-{number}"
