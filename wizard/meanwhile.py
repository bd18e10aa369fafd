"""What another browser, or another tab, answered while a page of the wizard was open.

Each page carries a mark: which answer its step had when it was opened, and a name of its own. The
draft keeps the name of the page that answered last. A page whose step was answered by another one
since shows both answers, field by field, and who sends it again chooses; a page that answered last
itself, and is sent once more after Back or a stopped check, just goes on.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from app.mailer.forms.merging import YOURS, Conflict, Difference, takes_theirs
from wizard.draft import Draft

FIELD = "opened"
SAID = "This step was answered in another browser or tab after you opened it."
PUT_OFF = f"{SAID} There, mail was put off."


@dataclass(frozen=True)
class Mark:
    """``seen``: the page that had answered the step when this one, ``own``, was opened. A request
    that carries none, as a script sends it, is never too late: it has seen nothing."""

    seen: str = ""
    own: str = ""
    sent: bool = False

    @classmethod
    def of(cls, draft: Draft, step: str) -> Mark:
        """Of a page that is opened now."""
        return cls(draft.answered_by.get(step, ""), secrets.token_hex(8))

    @classmethod
    def read(cls, form: Mapping[str, str]) -> Mark:
        """Of the page that was sent."""
        text = form.get(FIELD)
        if text is None:
            return cls()
        seen, _, own = text.partition(".")
        return cls(seen[:16], own[:16] or secrets.token_hex(8), sent=True)

    def too_late(self, draft: Draft, step: str) -> bool:
        """Whether another page answered this step since this one was opened."""
        return self.sent and draft.answered_by.get(step, "") not in (self.seen, self.own)

    def __str__(self) -> str:
        return f"{self.seen}.{self.own}"


@dataclass(frozen=True)
class Answer:
    """One field of a step: as it was typed, what the form's field shows of it, and as it is
    stored; ``empty`` says it in words when there is nothing."""

    name: str
    label: str
    yours: str
    typed: str
    theirs: str
    empty: str = "empty"


def conflict(answers: list[Answer], retype: Mapping[str, str]) -> Conflict | None:
    """The fields that differ, and the secrets that were typed, by their fields; ``None`` when
    both answers are the same."""
    rows = tuple(
        Difference(
            each.name,
            each.label,
            each.yours or each.empty,
            each.theirs or each.empty,
            typed=each.typed,
            take=YOURS,
            both=False,
        )
        for each in answers
        if each.yours != each.theirs
    )
    return Conflict(rows, retype=retype, said=SAID) if rows or retype else None


def chosen(sent: MultiDict[str, str], stored: Mapping[str, str]) -> MultiDict[str, str]:
    """What was sent, with the stored value of each field for which that was chosen."""
    made = MultiDict(sent)
    for name, value in stored.items():
        if takes_theirs(sent, name):
            made[name] = value
    return made


REVIEWED = ("access_url", "administrator", "mail")
NAMED = {"access_url": "the address", "administrator": "the administrator", "mail": "mail"}


def reviewed(draft: Draft) -> str:
    """Which answers a review shows, to be sent along with its end."""
    return ".".join(draft.answered_by.get(step, "") for step in REVIEWED)


def changed_since(draft: Draft, shown: str | None) -> list[str]:
    """The answers that are others than a review showed, in words."""
    if shown is None or shown == reviewed(draft):
        return []
    then = dict(zip(REVIEWED, shown.split("."), strict=False))
    return [NAMED[s] for s in REVIEWED if then.get(s) != draft.answered_by.get(s, "")]
