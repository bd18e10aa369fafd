"""Any relay that speaks SMTP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.crypto.secret import Secret
from app.mailer.providers.base import Provider, Remark
from app.mailer.providers.credentials import password_problems
from app.mailer.providers.smtp.presets import PRESETS
from app.mailer.providers.smtp.protection import protection_hints
from app.mailer.providers.smtp.relays import relay_hints, relay_problems
from app.mailer.providers.trusting import trust_hints, trust_problems
from app.mailer.settings import DEFAULT_PORT, Settings


class Smtp(Provider):
    value = "smtp"
    title = "SMTP"
    summary = "Any relay you already run: Postfix, Exchange, a smarthost"
    about = (
        "Use this for a relay of your own or of your hosting company, and for sending services"
        " such as SendGrid, Mailgun, Postmark or Brevo through their SMTP endpoints.",
    )
    chooses_encryption = True
    chooses_trust = True
    presets = PRESETS

    def __init__(self, listed: Iterable[Provider]) -> None:
        """``listed``: all providers there are, as they know more of their own relays."""
        self._listed = listed

    def defaults(self) -> Settings:
        return Settings(self.value, port=DEFAULT_PORT)

    def problems(self, settings: Settings, typed: Secret | None) -> Iterator[Remark]:
        yield from password_problems(typed)
        for other in self._listed:
            yield from other.relay_problems(settings)
        yield from relay_problems(settings, typed)
        yield from trust_problems(settings)

    def hints(self, settings: Settings, typed: Secret | None) -> Iterator[Remark]:
        yield from protection_hints(settings)
        yield from relay_hints(settings, typed)
        yield from trust_hints(settings)
        for other in self._listed:
            if other.owns(settings.host or ""):
                yield Remark(
                    "host",
                    f"For this relay, choose {other.title} above: its form says what it needs.",
                )
