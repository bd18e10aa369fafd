"""Two versions of a configuration that were made at once: both shown, and one made of them.

Who saves second sees each field in which they differ, beside what is stored by then, and says which
one counts. What was typed stays in the form meanwhile; a field that is edited once more counts as
it was typed last, whatever was chosen before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from werkzeug.datastructures import MultiDict

from app.audit.tags import value_words
from app.mailer.forms.base import MailerForm
from app.mailer.forms.filling import SHARED, data_of
from app.mailer.settings import FIELDS, LABELS, SECRETS, Settings
from app.mailer.trusting import CERTIFICATES, in_words

TAKE, SHOWN = "take-", "shown-"
"""Before a field's name: whose value counts, and which one was shown as one's own."""
YOURS, THEIRS = "yours", "theirs"


@dataclass(frozen=True)
class Difference:
    """One field in words, as it was typed and as it is stored now. ``typed`` is what the form
    shows, ``take`` whose value is chosen at first. ``both``: each changed it from what it was."""

    name: str
    label: str
    yours: str
    theirs: str
    typed: str
    take: str
    both: bool


@dataclass(frozen=True)
class Conflict:
    """``by`` and ``at`` tell who saved what is stored now, and when; ``own``: the very person, in
    another tab or browser. ``retype`` names the secrets that were typed and are not sent back,
    by their fields. ``said`` tells in words of its own what happened."""

    rows: tuple[Difference, ...]
    by: str = ""
    at: datetime | None = None
    own: bool = False
    retype: Mapping[str, str] | None = None
    said: str = ""

    @property
    def theirs(self) -> str:
        """Whose the stored version is, for a card."""
        if self.own:
            return "Saved by you elsewhere"
        return f"Saved by {self.by}" if self.by else "Saved elsewhere"


def differences(
    form: MailerForm, theirs: Settings | None, base: Settings | None = None
) -> tuple[Difference, ...]:
    """The fields in which a form that passed differs from what is stored. ``base`` is what both
    began with, where it is known: a field that only one of them changed is chosen as that one has
    it.

    Of another provider the fields are others: then the provider stands for all but the sender.
    """
    if theirs is None:
        return ()
    yours = form.answers()
    other = yours.provider != theirs.provider
    names = ("provider", *SHARED) if other else FIELDS
    found = []
    for name in names:
        mine, their, was = (getattr(each, name, None) for each in (yours, theirs, base))
        if mine == their:
            continue
        untouched = base is not None and mine == was
        label = "Provider, with all that belongs to it" if name == "provider" else LABELS[name]
        found.append(
            Difference(
                name,
                label,
                _words(name, mine),
                _words(name, their),
                typed=_shown(form, name),
                take=THEIRS if untouched else YOURS,
                both=base is not None and was not in (mine, their),
            )
        )
    return tuple(found)


def _shown(form: MailerForm, name: str) -> str:
    """What the form's own field for it says."""
    if name == "provider":
        return form.provider_value
    return _plain(form[name].data or "") if name in form else ""


def typed_secrets(form: MailerForm) -> dict[str, str]:
    """The secrets that somebody typed into this form: their fields, and what they are called."""
    return {name: label for name, label in SECRETS.items() if name in form and form[name].data}


def merged(sent: MultiDict[str, str], theirs: Settings | None) -> MultiDict[str, str]:
    """What was sent, with the stored value of each field for which that was chosen.

    With another provider come all its fields, and no secret that was typed for one's own.
    """
    chosen = [name for name in FIELDS if takes_theirs(sent, name)]
    if theirs is None or not chosen:
        return sent
    made, stored = MultiDict(sent), data_of(theirs, 0)
    if "provider" in chosen and theirs.provider != sent.get("provider"):
        kept = [name for name in SHARED if name not in chosen]
        _put(made, stored, [name for name in FIELDS if name not in kept])
        for name in (*SECRETS, "remove_password"):
            made.poplist(name)
        return made
    _put(made, stored, chosen)
    return made


def takes_theirs(sent: MultiDict[str, str], name: str) -> bool:
    """Whether the stored value was chosen for a field that was not edited since."""
    if sent.get(TAKE + name) != THEIRS:
        return False
    return _plain(sent.get(name, "")) == _plain(sent.get(SHOWN + name, ""))


def _put(made: MultiDict[str, str], stored: Mapping[str, str | bool], names: Iterable[str]) -> None:
    for name in names:
        made.poplist(name)
        value = _plain(stored[name])
        if value:
            made.add(name, str(stored[name]) if isinstance(stored[name], str) else value)


def _plain(value: str | bool) -> str:
    """As forms send it, but for blanks and ends of lines: a switch that is off is not sent."""
    if isinstance(value, bool):
        return "y" if value else ""
    return " ".join(value.split())


def _words(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if name in CERTIFICATES:
        return value_words(in_words(name, value), name)
    return f"{value} s" if name == "connection_timeout" else value_words(value, name)
