"""Microsoft 365: SMTP AUTH client submission with a mailbox's password."""

from __future__ import annotations

from collections.abc import Iterator

from app.crypto.secret import Secret
from app.mailer.providers.base import Provider, Remark
from app.mailer.providers.credentials import password_problems
from app.mailer.providers.microsoft365.advice import ADVICE
from app.mailer.settings import DEFAULT_PORT, Settings

HOST = "smtp.office365.com"


class Microsoft365(Provider):
    value = "microsoft365"
    title = "Microsoft 365"
    summary = f"Through your tenant, {HOST}"
    about = (
        "Novantra logs in as a mailbox of your tenant. SMTP AUTH must be switched on for that"
        " mailbox (in the Microsoft 365 admin center: the user, Mail, Manage email apps,"
        " Authenticated SMTP), and Security Defaults must not forbid it.",
    )
    warning_title = "Password login is being retired"
    # Exchange team blog, 27 January 2026, message MC786329.
    warning = (
        "Microsoft has announced the end of password login for SMTP: from the end of December"
        " 2026 it is off by default in existing tenants, where an administrator can switch it"
        " on again, and tenants created after that do not have it. The date of its final removal"
        " will be announced in the second half of 2027. Novantra cannot log in with OAuth yet."
    )
    needs_password = True
    sends_as_login = True
    vendor = "microsoft"
    advice = ADVICE

    def defaults(self) -> Settings:
        return Settings(self.value, host=HOST, port=DEFAULT_PORT)

    def problems(self, settings: Settings, typed: Secret | None) -> Iterator[Remark]:
        yield from password_problems(typed)
        yield from self.relay_problems(settings)

    def owns(self, host: str) -> bool:
        return host.endswith(".office365.com")

    def relay_problems(self, settings: Settings) -> Iterator[Remark]:
        host = settings.host or ""
        if settings.port == 465 and host.endswith((".office365.com", ".outlook.com")):
            yield Remark(
                "port", "Microsoft 365 does not offer port 465. Use 587, with Secure switched on."
            )

    def hints(self, settings: Settings, typed: Secret | None) -> Iterator[Remark]:
        username = (settings.username or "").lower()
        if username and settings.sender_address.lower() != username:
            yield Remark(
                "sender_address",
                f"Exchange only accepts this address if {settings.username} has the Send As"
                " permission for it.",
            )
        if settings.port == 25:
            yield Remark("port", "587 is the port that Microsoft recommends; 25 is often blocked.")
        if (settings.host or "").endswith(".mail.protection.outlook.com"):
            yield Remark(
                "host",
                "This host relays by connector or IP address and knows no login. To use it,"
                " choose SMTP above, port 25, without a user name.",
            )
        if settings.host in {"smtp.hve.mx.microsoft", "smtp-hve.office365.com"}:
            yield Remark(
                "host", "High Volume Email only delivers to recipients inside your own tenant."
            )
