"""What is particular about relays that many people use, and that are no providers of their own."""

from __future__ import annotations

from collections.abc import Iterator

from app.crypto.secret import Secret
from app.mailer.providers.base import Remark
from app.mailer.providers.credentials import is_google
from app.mailer.settings import Settings

_GOOGLE_APP_PASSWORD_LENGTH = 16


def relay_problems(settings: Settings, typed: Secret | None) -> Iterator[Remark]:
    """Answers that this very relay never accepts."""
    host, username = settings.host or "", settings.username or ""
    if host.endswith(".sendgrid.net") and username and username != "apikey":
        yield Remark(
            "username",
            "SendGrid wants the word apikey as user name, exactly so, and the API key itself"
            " as password.",
        )
    if host.endswith(".resend.com") and username and username != "resend":
        yield Remark(
            "username",
            "Resend wants the word resend as user name, and the API key itself as password.",
        )
    if settings.port == 465 and host.endswith(".postmarkapp.com"):
        yield Remark("port", "Postmark does not offer port 465. Use 587 or 2525.")


def relay_hints(settings: Settings, typed: Secret | None) -> Iterator[Remark]:
    """What usually turns out to be the reason when such a relay refuses."""
    host = settings.host or ""
    secret = typed.reveal() if typed else None
    if host.endswith(".sendgrid.net") and secret and not secret.startswith("SG."):
        yield Remark("password", "SendGrid API keys begin with SG. and are used as password.")
    if is_google(host) and secret and len(secret) != _GOOGLE_APP_PASSWORD_LENGTH:
        yield Remark(
            "password",
            "Google only takes app passwords here: 16 letters, made under"
            " Google Account, Security, 2-Step Verification.",
        )
    if host == "smtp.mailgun.com":
        yield Remark(
            "host", "Mailgun's host is smtp.mailgun.org, or smtp.eu.mailgun.org in Europe."
        )
    if host.endswith((".fastmail.com", ".mail.me.com", ".mail.yahoo.com")):
        yield Remark(
            "password", "This provider wants an app password, not the one you log in with."
        )
    if host in {"localhost", "127.0.0.1", "::1"}:
        yield Remark(
            "host",
            "This is the machine Novantra runs on. Inside a container that is the container"
            " itself, where no relay listens.",
        )
