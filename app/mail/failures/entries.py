"""What one entry of the explanations holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """Sentences for people, with gaps in braces that :mod:`.explain` fills.

    Gaps: relay, host, port, patience, user, region, sender, greeting, recipients, mailbox_argument
    and sender_argument; with a capital where one begins a sentence. ``field`` is the form
    field (a name of the mailer form) that most likely has to change, if it is one of ours.
    """

    title: str
    cause: str
    fix: tuple[str, ...]
    field: str | None = None


@dataclass(frozen=True)
class Advice:
    """What is different with one provider. What is None or empty stays as it is."""

    cause: str | None = None
    fix: tuple[str, ...] = ()
    field: str | None = None
    replaces: bool = False
    """Whether ``fix`` stands instead of the general steps, and not before them."""
