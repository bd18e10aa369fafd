"""What the environment says about mail, as it is now: read from variables and from files, judged by
the forms' own rules, and kept while nothing of it changes.

Bad values stop nothing but mail: :class:`Declared` then has a ``problem``, and pages go on working.
A file that turns bad while the program runs leaves the last good values in use.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from app.config import Config
from app.crypto.secret import Secret
from app.mailer.providers import PROVIDERS
from app.mailer.settings import FIELDS, LABELS, SECRET_FIELDS, SECRETS, SENDER_FIELDS, Settings
from app.mailer.variables import (
    DECLARABLE,
    DESTINATION_FIELDS,
    FIELD_OF,
    FILE_NAMES,
    NAMES,
    nearest,
)
from app.runtime import Runtime
from app.watched_files import WatchedFiles, without_last_newline

MANAGED = "NOVANTRA_MANAGED_MAIL_URL"
AT_ONCE = 4
"""So many problems are told together, so that not each of them costs a restart."""

SENDER_ALONE = next(each.value for each in PROVIDERS.values() if not each.uses_network)
"""The provider by whose form a sender is judged whose destination is the page's."""


def label_of(name: str) -> str:
    """What a field is called on pages."""
    return LABELS.get(name) or SECRETS.get(name) or name.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Given:
    """Where a value comes from. ``path`` is of the file that the variable names, if it does."""

    variable: str
    path: str | None = None

    @property
    def words(self) -> str:
        return f"from the file in {self.variable}" if self.path else f"from {self.variable}"


@dataclass(frozen=True)
class Interpreted:
    """What values mean. ``problems`` are pairs of a field and a sentence, empty where all is well;
    ``secrets`` are by field, ``unused`` are fields that the chosen provider or login method has no
    use for, ``hints`` sentences about what deserves a second look."""

    settings: Settings
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    problems: tuple[tuple[str, str], ...] = ()
    unused: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


Interpret = Callable[[Mapping[str, str]], Interpreted]
"""Takes the values by the names of the form's fields. What is missing takes its default."""


@dataclass(frozen=True)
class Declared:
    """What the environment owns. At least one field is ``given``.

    ``settings`` and ``secrets``, by field, are all that it decides; those of the sender that it
    does not own are the stored ones. With a ``problem``, a sentence that names the variable, there
    are none of them. ``warnings``, ``hints`` and ``stale`` are sentences too: variables without
    effect, what works and deserves a second look, and what a file says that is not used.
    """

    given: Mapping[str, Given]
    settings: Settings | None = None
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    problem: str | None = None
    warnings: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    stale: str | None = None

    @property
    def owns_destination(self) -> bool:
        """Any field of the destination makes all of them the environment's."""
        return any(name in self.given for name in DESTINATION_FIELDS)

    def owns(self, name: str) -> bool:
        """Whether the page has no say about the field."""
        return name in self.given or (name not in SENDER_FIELDS and self.owns_destination)

    def advice(self, name: str) -> str:
        """How a field that it owns is changed, in one or two sentences."""
        given, label = self.given.get(name), label_of(name)
        if given is None:
            return (
                f"{label} is decided by the environment: set {NAMES.get(name, 'its variable')} and"
                " restart."
            )
        if given.path:
            return (
                f"{label} comes {given.words}, {given.path}. Write the right one there: it is read"
                " again by itself, and mail goes on."
            )
        return f"{label} comes {given.words}. Change it there and restart."

    @cached_property
    def elsewhere(self) -> tuple[tuple[str, str], ...]:
        """Of each field that it owns, how it is changed."""
        return tuple((name, self.advice(name)) for name in DECLARABLE if self.owns(name))

    @property
    def alone(self) -> bool:
        """Whether nothing of what is stored counts."""
        return self.owns_destination and all(name in self.given for name in SENDER_FIELDS)

    @property
    def values(self) -> dict[str, Any]:
        """What the environment decides, but for secrets."""
        assert self.settings is not None
        return {name: getattr(self.settings, name) for name in FIELDS if self.owns(name)}


@dataclass
class _Raw:
    """Texts as they stand, by field. ``problem`` when there is no telling what is meant."""

    texts: dict[str, Secret] = field(default_factory=dict)
    given: dict[str, Given] = field(default_factory=dict)
    problem: str | None = None
    stale: str | None = None


class DeclaredMail:
    """The one reader of a process. Safe to share between its threads."""

    def __init__(
        self, config: Config, files: WatchedFiles, interpret: Interpret, began_at: datetime
    ) -> None:
        self._config = config
        self._files = files
        self._interpret = interpret
        self.began_at = began_at
        self._known = {
            name: value for name, value in config.mail.items() if value and name in FIELD_OF
        }
        self._lock = threading.Lock()
        self._raw: _Raw | None = None
        self._good: _Raw | None = None
        self._sender: tuple[str, str] | None = None
        self._found: Declared | None = None
        self.generation = 0
        """Another number whenever what the environment says has changed."""

    @property
    def is_there(self) -> bool:
        """Whether the environment says anything."""
        return bool(self._known)

    def look(self, sender: tuple[str, str] = ("", "")) -> Declared | None:
        """What it says now, or ``None`` where it says nothing.

        :param sender: address and name as they are stored, for what it does not own
        """
        if not self._known:
            return None
        with self._lock:
            raw = self._newest()
            if self._found is None or sender != self._sender:
                self._sender, self._found = sender, self._judge(raw, sender)
            return self._found

    def moved(self) -> int:
        """The generation, after another look."""
        with self._lock:
            self._newest()
            return self.generation

    def _newest(self) -> _Raw:
        raw = self._read()
        if self._raw is None or raw != self._raw:
            self._raw, self._found = raw, None
            self.generation += 1
        return self._raw

    def _read(self) -> _Raw:
        raw = _Raw()
        for name in NAMES:
            plain, by_file = self._known.get(NAMES[name]), self._known.get(FILE_NAMES[name])
            if plain and by_file:
                raw.given[name] = Given(NAMES[name])
                raw.problem = raw.problem or (
                    f"{NAMES[name]} and {FILE_NAMES[name]} are both set. Unset one of them."
                )
            elif plain:
                raw.given[name] = Given(NAMES[name])
                raw.texts[name] = Secret(without_last_newline(plain.reveal()))
            elif by_file:
                self._read_file(raw, name, by_file.reveal())
        return raw

    def _read_file(self, raw: _Raw, name: str, path: str) -> None:
        variable = FILE_NAMES[name]
        raw.given[name] = Given(variable, path)
        found = self._files.read(path)
        if found.text is None:
            raw.problem = raw.problem or f"The file in {variable}, {path}, {found.problem}."
        else:
            raw.texts[name] = found.text
            if found.problem:
                raw.stale = raw.stale or (
                    f"The file in {variable}, {path}, {found.problem}. What it said before stays in"
                    " use."
                )

    def _judge(self, raw: _Raw, sender: tuple[str, str]) -> Declared:
        found = self._interpreted(raw, sender)
        if found.problem is None:
            self._good = raw
            return replace(found, stale=raw.stale)
        if self._good is None:
            return found
        # Only files can have changed since. What they said before is better than no mail.
        kept = self._interpreted(self._good, sender)
        return replace(kept, stale=f"{found.problem} What was there before stays in use.")

    def _interpreted(self, raw: _Raw, sender: tuple[str, str]) -> Declared:
        given, warnings = raw.given, tuple(self._warnings())
        problem = raw.problem or self._both_editions(given)
        if problem is not None:
            return Declared(given, problem=problem, warnings=warnings)
        values = {name: text.reveal() for name, text in raw.texts.items()}
        stored = dict(zip(SENDER_FIELDS, sender, strict=True))
        sender_only = not any(name in given for name in DESTINATION_FIELDS)
        if sender_only:  # a provider whose form asks for nothing else
            values["provider"] = SENDER_ALONE
        whole = {name: text for name, text in stored.items() if text} | values
        found = self._interpret(whole)
        problems = [each for each in found.problems if each[0] in given or not sender_only]
        if problems:
            told = " ".join(_sentence(name, why, given) for name, why in problems[:AT_ONCE])
            return Declared(given, problem=told, warnings=warnings)
        unused = (
            f"{given[name].variable} has no effect: nothing that was chosen needs it."
            for name in found.unused
            if name in given
        )
        return Declared(
            given,
            found.settings,
            found.secrets,
            warnings=(*warnings, *unused),
            hints=() if sender_only else found.hints,
        )

    def _both_editions(self, given: Mapping[str, Given]) -> str | None:
        if not self._config.managed_mail_url:
            return None
        first = next(iter(given.values())).variable
        return f"{MANAGED} and {first} are both set. The first is the Cloud edition’s: unset it."

    def _warnings(self) -> Iterator[str]:
        for name, value in sorted(self._config.mail.items()):
            if name not in FIELD_OF:
                meant = nearest(name)
                hint = f" Did you mean {meant}?" if meant else ""
                yield f"{name} is set, and Novantra knows no variable of that name.{hint}"
            elif not value:
                yield f"{name} is empty, which counts as not set."


def _what(given: Given) -> str:
    return f"The file in {given.variable}, {given.path}," if given.path else given.variable


def _sentence(name: str, why: str, given: Mapping[str, Given]) -> str:
    """About one field: never with the value, which may be a secret."""
    if name in given:
        return f"{_what(given[name])} cannot be used. {why}"
    known = NAMES.get(name)
    if known is None:
        return why
    if name in SECRET_FIELDS:
        return f"{known} or {FILE_NAMES[name]} is missing. {why}"
    return f"{known} is missing. {why}"


def declared_mail(live: Runtime, sender: tuple[str, str] = ("", "")) -> Declared | None:
    """What the environment says about mail now; ``None`` where it says nothing."""
    reader = reader_of(live)
    return reader.look(sender) if reader is not None else None


def reader_of(live: Runtime) -> DeclaredMail | None:
    """``None`` where nothing is declared, and in the Cloud."""
    reader = live.declared_mail
    assert reader is None or isinstance(reader, DeclaredMail)
    return reader if reader is not None and reader.is_there else None
