"""What a provider knows: what it starts with, where its mail goes, what is wrong with an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.crypto.secret import Secret
from app.mailer.settings import Settings


@dataclass(frozen=True)
class Remark:
    """A sentence about one field, named as in the form."""

    field: str
    text: str


class Provider:
    """A choice on the mailer page. Subclasses override what is particular to them.

    ``summary`` is the line on its card, ``about`` what the page says above the fields,
    ``warning``, under its title, what it never
    stops saying while this provider is chosen. ``chooses_encryption``: the form has a field for
    what the port does not tell.
    """

    value: str
    title: str
    summary: str
    about: tuple[str, ...] = ()
    warning_title: str = ""
    warning: str | None = None
    needs_password: bool = False
    uses_network: bool = True
    chooses_encryption: bool = False

    @property
    def folder(self) -> str:
        """The package it lies in, beside its form, its advice and its fields."""
        return type(self).__module__.rpartition(".")[0]

    def defaults(self) -> Settings:
        """What an empty form shows."""
        return Settings(self.value)

    def host(self, settings: Settings) -> str | None:
        """The host that is connected to; ``None`` where nothing is."""
        return settings.host

    def problems(self, settings: Settings, typed: Secret | None) -> Iterator[Remark]:
        """Mistakes that can be named before anything is tried. They refuse the form."""
        yield from ()

    def hints(self, settings: Settings, typed: Secret | None) -> Iterator[Remark]:
        """What deserves a second look. It is saved all the same, and shown beside its field.

        ``typed`` is ``None`` when the password was not typed just now.
        """
        yield from ()
