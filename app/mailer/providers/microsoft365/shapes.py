"""The IDs and secrets of Entra, and what people paste in their place, told by shape."""

from __future__ import annotations

import re

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_IN_TEXT = re.compile(rf"(?<![0-9a-f-])({_GUID.pattern})(?![0-9a-f-])")
_DOMAIN = re.compile(r"(?=.{4,253}\Z)(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")

ANYBODY = frozenset({"common", "organizations", "consumers"})
"""Words in the place of a tenant: accounts of any. An application has no tenant by them."""
PERSONAL = frozenset({"outlook.com", "hotmail.com", "live.com", "msn.com"})
"""Domains of accounts that belong to no tenant."""


class Misplaced(ValueError):
    """What was typed is something else. The message says what, for whoever typed it."""


def is_guid(text: str) -> bool:
    return _GUID.fullmatch(text.strip().strip("{}").lower()) is not None


def clean_client_id(text: str) -> str:
    """The Application (client) ID in its one form. Raises :class:`Misplaced`."""
    text = text.strip().strip("{}").lower()
    if _GUID.fullmatch(text):
        return text
    if "@" in text:
        raise Misplaced("This is an address. Copy the “Application (client) ID” instead.")
    if text.endswith(".apps.googleusercontent.com"):
        raise Misplaced("This is a client ID of Google’s. Choose Google as provider for it.")
    if _IN_TEXT.search(text):
        raise Misplaced("There is more here than the ID. Copy the “Application (client) ID” alone.")
    raise Misplaced(
        "This is no client ID. Entra shows it as “Application (client) ID” on the app’s Overview:"
        " 36 characters, such as 8e9b1c52-03ac-4f8e-9d1b-6a1f0c3f7a21."
    )


def clean_tenant(text: str) -> str:
    """A tenant's GUID or domain, or a word for accounts of any. Raises :class:`Misplaced`."""
    text = text.strip().strip("{}").lower()
    if _GUID.fullmatch(text) or text in ANYBODY or _DOMAIN.fullmatch(text):
        return text
    if "@" in text and _DOMAIN.fullmatch(text.rpartition("@")[2]):
        raise Misplaced(
            f"This is an address. Type the domain alone, {text.rpartition('@')[2]}, or better"
            " the “Directory (tenant) ID”."
        )
    if found := _IN_TEXT.search(text):
        raise Misplaced(f"There is more here than the ID. Leave only {found[1]}.")
    raise Misplaced(
        "This is no tenant. Entra shows it as “Directory (tenant) ID” on the app’s Overview: 36"
        " characters, such as 5f2c3b1e-7a43-4c1e-b1d2-0a5f3c9e8d10. A verified domain works too."
    )


def secret_problem(text: str) -> str | None:
    """Why this cannot be the value of a client secret, in words. Shows nothing of it."""
    if is_guid(text):
        return (
            "This is the secret’s ID, not the secret. In Entra, under Certificates & secrets,"
            " copy what stands in the column “Value”. It is only shown right after it was made:"
            " if it is hidden now, make a new one."
        )
    if text.strip() != text or any(character.isspace() for character in text):
        return "There is a blank or a line break in it, most likely pasted along. Paste it again."
    if "-----BEGIN" in text:
        return "This is a key or a certificate. Choose “Certificate”: Novantra makes its own."
    if not text.isascii() or not text.isprintable():
        return "There is a character in it that no client secret of Microsoft’s has."
    if len(text) < 8:
        return "This is too short for a client secret: Microsoft’s have about 40 characters."
    return None
