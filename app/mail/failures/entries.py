"""What explanations are made of: parts, so that a page chooses among them and cuts no text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Consequence(StrEnum):
    """What becomes of mail meanwhile, where a cause needs nothing more particular said."""

    TRIED_AGAIN = "Mail is kept and tried again."
    MORE_SLOWLY = "Mail is kept and sent more slowly."
    AFTER_RENEWAL = "Mail is kept until the limit renews."
    ONLY_THIS_MESSAGE = "Only this message is affected."


class StepName(StrEnum):
    """Steps that a page may tell better, because it knows more than the relay's name."""

    USER_NAME = "user-name"
    """What to type as user name."""
    TYPE = "type"
    """That the field at fault is to be typed, which only holds where the page has it."""


@dataclass(frozen=True)
class Step:
    """One thing to do. ``name`` is for the few that are spoken of by name."""

    text: str
    name: StepName | None = None


@dataclass(frozen=True)
class Entry:
    """Sentences for people, with gaps in braces that :mod:`.explain` fills.

    Gaps: relay, host, port, patience, user, region, service, sender, greeting, recipients,
    mailbox_argument and sender_argument; with a capital where one begins a sentence. ``field`` is
    the form field (a name of the mailer form) that most likely has to change, if it is one of ours.
    """

    title: str
    cause: str
    fix: tuple[str | Step, ...]
    field: str | None = None
    consequence: Consequence | None = None


@dataclass(frozen=True)
class Advice:
    """What is different with one provider. What is None or empty stays as it is.

    A ``cause`` stands instead of the general one and of its consequence.
    """

    cause: str | None = None
    fix: tuple[str | Step, ...] = ()
    field: str | None = None
    replaces: bool = False
    """Whether ``fix`` stands instead of the general steps, and not before them."""
    consequence: Consequence | None = None
