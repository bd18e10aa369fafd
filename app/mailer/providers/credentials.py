"""Mistakes in user names and passwords that show in their shape."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.crypto.secret import Secret
from app.mail.smtp.auth import credential_problem
from app.mailer.providers.base import Remark
from app.mailer.settings import Settings

MAXIMUM_PASSWORD = 512
_APP_PASSWORD = re.compile(r"[a-z]{4}(?:[ \u00a0][a-z]{4}){3}", re.IGNORECASE)


def password_problems(typed: Secret | None) -> Iterator[Remark]:
    """What no password can be, whoever the provider is. Never shows any of it."""
    if typed is None:
        return
    text = typed.reveal()
    if len(text) > MAXIMUM_PASSWORD:
        yield Remark("password", f"Use at most {MAXIMUM_PASSWORD} characters.")
    elif text.strip() != text:
        kind = "line break" if "\n" in text or "\r" in text else "blank"
        yield Remark(
            "password",
            f"The password begins or ends with a {kind}, most likely pasted along with it."
            " Paste it again without.",
        )
    elif problem := credential_problem(text):
        yield Remark("password", problem)


def without_display_blanks(typed: Secret | None, host: str | None) -> Secret | None:
    """Google shows app passwords in four groups; the blanks between are not part of them."""
    if typed is None or not is_google(host):
        return typed
    text = typed.reveal().strip()
    if not _APP_PASSWORD.fullmatch(text):
        return typed
    return Secret("".join(text.split()))


def is_google(host: str | None) -> bool:
    return (host or "").endswith((".gmail.com", ".googlemail.com"))


def login_hints(settings: Settings, typed: Secret | None, *, stored: bool) -> Iterator[Remark]:
    """A user name without a password, and the reverse."""
    if settings.username and typed is None and not stored:
        yield Remark(
            "password",
            "A user name without a password: Novantra will not log in until you type one.",
        )
    if not settings.username and (typed is not None or stored):
        yield Remark(
            "username",
            "A password without a user name is never used: Novantra will not log in, and a stored"
            " one is dropped with the next save.",
        )
