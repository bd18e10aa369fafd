"""What a provider knows: what it starts with, where its mail goes, what is wrong with an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.crypto.secret import Secret
from app.mail.failures.codes import FailureCode
from app.mail.failures.entries import Advice
from app.mail.smtp.transport import SmtpTransport
from app.mail.transport import RelaySettings, Transport
from app.mailer.limits import UNLIMITED, Limits
from app.mailer.settings import LoginMethod, Settings


@dataclass(frozen=True)
class Remark:
    """A sentence about one field, named as in the form."""

    field: str
    text: str


@dataclass(frozen=True)
class Preset:
    """A service that is reached through this provider. ``login`` says in words what it wants."""

    value: str
    title: str
    host: str
    port: int
    login: str
    secure: bool = True
    username: str = ""

    @property
    def answers(self) -> dict[str, str | bool]:
        """The fields that it fills in."""
        return {
            "host": self.host,
            "port": str(self.port),
            "secure": self.secure,
            "encryption": "auto",
            "username": self.username,
        }


class Provider:
    """A choice on the mailer page. Subclasses override what is particular to them.

    ``value`` is its name where it is stored, ``summary`` the line on its card, ``about`` what the
    page says above the fields, ``warning``, under its title, what it never stops saying while this
    provider is chosen.

    What it can: ``delivers`` mail to people at all; ``uses_network``, so there is something to
    check; ``needs_password``; ``chooses_encryption``, the form has a field for what the port does
    not tell; ``chooses_trust``, it has the fields about certificates; ``sends_as_login``, so that
    the sender is usually the mailbox that logs in. Its
    ``login_methods`` are words of :class:`~app.mailer.settings.LoginMethod`; those with a token
    get it from the sign-in service of ``vendor`` (``microsoft`` or ``google``).
    ``needs_client_secret``: no person signs in there without one.

    What its failures mean: ``advice`` stands instead of the general explanations, or before them.
    It is given for this provider and for hosts under ``domains``, however they were chosen;
    ``names`` are further words that people call it by. ``token_advice`` comes before it where the
    login shows a token.

    What the service allows one account: ``limits``, for its hosts under any provider.
    """

    value: str
    title: str
    summary: str
    about: tuple[str, ...] = ()
    warning_title: str = ""
    warning: str | None = None
    delivers: bool = True
    uses_network: bool = True
    needs_password: bool = False
    chooses_encryption: bool = False
    chooses_trust: bool = False
    sends_as_login: bool = False
    login_methods: tuple[str, ...] = (LoginMethod.PASSWORD.value,)
    vendor: str | None = None
    needs_client_secret: bool = False
    advice: Mapping[FailureCode, Advice] = MappingProxyType({})
    token_advice: Mapping[FailureCode, Advice] = MappingProxyType({})
    domains: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    limits: Limits = UNLIMITED
    presets: tuple[Preset, ...] = ()

    @property
    def folder(self) -> str:
        """The package it lies in, beside its form, its advice and its fields."""
        return type(self).__module__.rpartition(".")[0]

    def preset_of(self, settings: Settings) -> Preset | None:
        """The service that these settings lead to, if it is one of the known."""
        where = (settings.host, settings.port, settings.secure)
        return next((p for p in self.presets if (p.host, p.port, p.secure) == where), None)

    @property
    def presets_json(self) -> str:
        """What the script fills in, by the value of the choice."""
        return json.dumps({p.value: {**p.answers, "login": p.login} for p in self.presets})

    def defaults(self) -> Settings:
        """What an empty form shows."""
        return Settings(self.value)

    def warns(self, settings: Settings) -> str | None:
        """What is never left unsaid while mail goes this way."""
        return self.warning

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

    def owns(self, host: str) -> bool:
        """Whether this relay is better chosen here than typed under another provider."""
        return False

    def relay_problems(self, settings: Settings) -> Iterator[Remark]:
        """Mistakes with this service's relays, whichever provider they are typed under."""
        yield from ()

    def region_in(self, host: str) -> str | None:
        """The region that a host of this service names, whichever provider it is typed under."""
        return None

    def region_chosen(self, region: str | None) -> str | None:
        """The region that the form's answer means, if it means one."""
        return region

    def transport(self, relay: RelaySettings | None) -> Transport:
        """How its mail leaves. ``relay`` is ``None`` where no network is used."""
        assert relay is not None
        return SmtpTransport(relay)
