"""Any relay that speaks SMTP."""

from __future__ import annotations

from collections.abc import Iterator

from app.crypto.secret import Secret
from app.mailer.providers.base import Provider, Remark
from app.mailer.providers.credentials import mail_manager_problems, password_problems
from app.mailer.providers.smtp.protection import protection_hints
from app.mailer.providers.smtp.relays import relay_hints, relay_problems
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

    def defaults(self) -> Settings:
        return Settings(self.value, port=DEFAULT_PORT)

    def problems(self, settings: Settings, typed: Secret | None) -> Iterator[Remark]:
        yield from password_problems(typed)
        yield from mail_manager_problems(settings)
        yield from relay_problems(settings, typed)

    def hints(self, settings: Settings, typed: Secret | None) -> Iterator[Remark]:
        yield from protection_hints(settings)
        yield from relay_hints(settings, typed)
