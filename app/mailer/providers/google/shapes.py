"""The IDs and secrets of Google, and what people paste in their place, told by shape."""

from __future__ import annotations

import json
import re

_CLIENT = re.compile(r"[a-z0-9][a-z0-9-]{0,99}\.apps\.googleusercontent\.com")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

PERSONAL = frozenset({"gmail.com", "googlemail.com"})
"""Domains of accounts that no Workspace administrator stands above."""


class Misplaced(ValueError):
    """What was typed is something else. The message says what, for whoever typed it."""


def clean_client_id(text: str) -> str:
    """The OAuth client's ID in its one form. Raises :class:`Misplaced`."""
    text = text.strip()
    if _CLIENT.fullmatch(text.lower()):
        return text.lower()
    if text.startswith("GOCSPX-"):
        raise Misplaced("This is the client secret. The client ID stands above it.")
    if text.endswith(".gserviceaccount.com"):
        raise Misplaced(
            "This is a service account. Choose “Service account” for it, or copy the ID of an"
            " OAuth client."
        )
    if text.startswith("{"):
        raise Misplaced("This is a whole file. Copy what stands behind “client_id” in it.")
    if _GUID.fullmatch(text.lower()):
        raise Misplaced("This is an ID of Microsoft’s. Choose Microsoft 365 as provider for it.")
    if text.isdigit():
        raise Misplaced("This is only its beginning: it ends in .apps.googleusercontent.com.")
    raise Misplaced(
        "This is no client ID. Google shows it under Clients, and it ends in"
        " .apps.googleusercontent.com."
    )


def secret_problem(text: str) -> str | None:
    """Why this cannot be the secret of an OAuth client, in words. Shows nothing of it."""
    if _is_json(text):
        return "This is a whole file. Copy what stands behind “client_secret” in it."
    if text.strip() != text or any(character.isspace() for character in text):
        return "There is a blank or a line break in it, most likely pasted along. Paste it again."
    if text.endswith(".apps.googleusercontent.com"):
        return "This is the client ID, not the secret. The secret begins with GOCSPX-."
    if not text.isascii() or not text.isprintable():
        return "There is a character in it that no client secret of Google’s has."
    return None


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith("{"):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
