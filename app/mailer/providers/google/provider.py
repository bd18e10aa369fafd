"""Google Workspace and Gmail: smtp.gmail.com, and the Workspace relay with a login."""

from __future__ import annotations

from collections.abc import Iterator

from app.crypto.secret import Secret
from app.mail.oauth.signing import UnusableKey, read_service_account
from app.mailer.providers.base import Provider, Remark
from app.mailer.providers.credentials import password_problems
from app.mailer.providers.google.advice import ADVICE, BY_TOKEN
from app.mailer.providers.google.shapes import PERSONAL, Misplaced, clean_client_id, secret_problem
from app.mailer.settings import DEFAULT_PORT, LoginMethod, Settings

HOST, RELAY = "smtp.gmail.com", "smtp-relay.gmail.com"

_APP_PASSWORD_LENGTH = 16


class Google(Provider):
    value = "google"
    title = "Google"
    summary = "Google Workspace or Gmail, smtp.gmail.com"
    about = (
        "Novantra logs in as a mailbox of yours. Google no longer takes the account’s own password"
        " from programs, so there has to be another proof.",
    )
    needs_password = True
    sends_as_login = True
    login_methods = ("password", "service_account", "person")
    vendor = "google"
    needs_client_secret = True
    advice = ADVICE
    token_advice = BY_TOKEN

    def defaults(self) -> Settings:
        return Settings(
            self.value, host=HOST, port=DEFAULT_PORT, login_method=LoginMethod.SERVICE_ACCOUNT.value
        )

    def problems(self, settings: Settings, typed: Secret | None) -> Iterator[Remark]:
        if settings.login_method == LoginMethod.PASSWORD:
            yield from password_problems(typed)
        elif settings.login_method == LoginMethod.PERSON:
            yield from _client_problems(settings, typed)
        elif settings.login_method == LoginMethod.SERVICE_ACCOUNT:
            yield from _account_problems(settings, typed)

    def owns(self, host: str) -> bool:
        return host in {HOST, "smtp.googlemail.com"}

    def hints(self, settings: Settings, typed: Secret | None) -> Iterator[Remark]:
        username = (settings.username or "").lower()
        if username and settings.sender_address.lower() != username:
            yield Remark(
                "sender_address",
                f"Google replaces this address by {settings.username}, unless it is one of that"
                " mailbox’s addresses under “Send mail as”.",
            )
        by_password = settings.login_method == LoginMethod.PASSWORD
        if by_password and typed and len(typed.reveal()) != _APP_PASSWORD_LENGTH:
            yield Remark(
                "password",
                "Google only takes app passwords here: 16 letters, made under Google Account,"
                " Security, 2-Step Verification.",
            )
        if settings.login_method == LoginMethod.PERSON and _domain(username) in PERSONAL:
            yield Remark(
                "login_method",
                "For a Gmail account the app has to be published: while its status is “Testing”,"
                " Google ends the sign-in after 7 days.",
            )
        if settings.host == RELAY:
            yield Remark(
                "host",
                "The relay has to ask for SMTP authentication: Admin console, Apps, Google"
                " Workspace, Gmail, Routing, SMTP relay service. For a relay that only knows this"
                " server’s address, choose SMTP above.",
            )


def _client_problems(settings: Settings, typed: Secret | None) -> Iterator[Remark]:
    try:
        clean_client_id(settings.client_id or "")
    except Misplaced as misplaced:
        yield Remark("client_id", str(misplaced))
    if typed is not None and (problem := secret_problem(typed.reveal())):
        yield Remark("client_secret", problem)


def _account_problems(settings: Settings, typed: Secret | None) -> Iterator[Remark]:
    if _domain(settings.username or "") in PERSONAL:
        yield Remark(
            "login_method",
            "A service account acts for mailboxes of a Google Workspace, and this is a Gmail"
            " address. Sign in as a person, or with an app password.",
        )
    if typed is not None:
        try:
            read_service_account(typed.reveal())
        except UnusableKey as unusable:
            yield Remark("service_account_key", str(unusable))


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
