"""Microsoft 365: SMTP AUTH client submission with a token, or with a mailbox's password."""

from __future__ import annotations

from collections.abc import Iterator

from app.crypto.secret import Secret
from app.mail.oauth.services import Cloud, microsoft_smtp_host
from app.mailer.limits import Limits
from app.mailer.providers.base import Provider, Remark
from app.mailer.providers.credentials import password_problems
from app.mailer.providers.microsoft365.advice import ADVICE, BY_TOKEN
from app.mailer.providers.microsoft365.shapes import (
    ANYBODY,
    PERSONAL,
    Misplaced,
    clean_client_id,
    clean_tenant,
    secret_problem,
)
from app.mailer.settings import DEFAULT_PORT, LoginMethod, Settings

HOST = microsoft_smtp_host(Cloud.COMMERCIAL)
PERSONAL_HOST = "smtp-mail.outlook.com"


class Microsoft365(Provider):
    value = "microsoft365"
    title = "Microsoft 365"
    summary = f"Through your tenant, {HOST}"
    about = (
        "Novantra logs in as a mailbox of your tenant. Each way needs something done at Microsoft"
        " once; the steps stand below.",
    )
    # Exchange team blog, 27 January 2026, message MC786329.
    retirement = (
        "From the end of December 2026 Microsoft switches it off by default in existing tenants,"
        " where an administrator can switch it on again, and tenants created after that do not"
        " have it. The date of its final removal will be announced in the second half of 2027."
    )
    needs_password = True
    sends_as_login = True
    login_methods = ("password", "app", "person", "device")
    # Exchange Online limits, SMTP AUTH client submission: 432 4.3.2 and throttling beyond them.
    limits = Limits(connections=3, messages=30, seconds=60)
    vendor = "microsoft"
    advice = ADVICE
    token_advice = BY_TOKEN

    def defaults(self) -> Settings:
        return Settings(
            self.value, host=HOST, port=DEFAULT_PORT, login_method=LoginMethod.APP.value
        )

    def warns(self, settings: Settings) -> str | None:
        if settings.uses_token:
            return None
        return f"Password login is being retired. {self.retirement}"

    def problems(self, settings: Settings, typed: Secret | None) -> Iterator[Remark]:
        if settings.uses_token:
            yield from _application_problems(settings, typed)
        else:
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
        if _is_personal(settings) and settings.host == HOST:
            yield Remark(
                "host",
                f"{settings.username} is a personal account: its relay is {PERSONAL_HOST}.",
            )


def _application_problems(settings: Settings, typed: Secret | None) -> Iterator[Remark]:
    """What no app registration can be, whoever typed it and where."""
    for name, text, clean in (
        ("tenant_id", settings.tenant_id, clean_tenant),
        ("client_id", settings.client_id, clean_client_id),
    ):
        try:
            clean(text or "")
        except Misplaced as misplaced:
            yield Remark(name, str(misplaced))
    if settings.client_id and settings.client_id == settings.tenant_id:
        yield Remark(
            "client_id",
            "This is the tenant ID once more. The app’s Overview shows both, one below the other.",
        )
    if settings.login_method == LoginMethod.APP and settings.tenant_id in ANYBODY:
        yield Remark(
            "tenant_id",
            "An application belongs to one tenant: type its Directory (tenant) ID, or sign in as"
            " a person.",
        )
    if settings.login_method == LoginMethod.APP and _is_personal(settings):
        yield Remark(
            "login_method",
            "A personal account has no tenant whose application could use it. Sign in as a person,"
            " or with a code.",
        )
    if typed is not None and (problem := secret_problem(typed.reveal())):
        yield Remark("client_secret", problem)


def _is_personal(settings: Settings) -> bool:
    return (settings.username or "").rpartition("@")[2].lower() in PERSONAL
