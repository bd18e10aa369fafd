"""The draft's answer about mail: kept as settings and a sealed password until setup finishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.crypto.box import Place
from app.crypto.secret import Secret
from app.mailer.configuration import save
from app.mailer.destination import Destination
from app.mailer.providers import provider_of
from app.mailer.settings import LoginMethod, PasswordChange, Settings
from app.mailer.snapshots import Way
from app.runtime import Runtime
from app.sealing import DRAFT_CLIENT_KEY, DRAFT_PASSWORD
from app.web.context import Actor
from wizard import mail_check
from wizard.draft import DRAFT_ID, Draft
from wizard.mail_check import Checked


@dataclass(frozen=True)
class MailSummary:
    """What the review says about the chosen mail. ``checked``: this very answer, or ``None``.
    ``still_to_do`` is what can only be done after setup, and keeps mail until then."""

    title: str
    relay: str | None
    sender: str
    warning: str | None
    checked: Checked | None
    delivers: bool
    still_to_do: str | None = None


def settings_of(draft: Draft) -> Settings | None:
    """The mail settings as they were typed, whether chosen or only checked so far."""
    return Settings(**draft.mail) if draft.mail else None


def is_for(draft: Draft, settings: Settings) -> bool:
    """Whether the secret that waits was typed for where these settings lead."""
    before = settings_of(draft)
    return before is not None and Destination.of(before) == Destination.of(settings)


def as_answers(settings: Settings) -> dict[str, Any]:
    return asdict(settings)


def seal(runtime: Runtime, password: Secret, settings: Settings) -> str:
    """The password for the draft, held to where it goes. Raises
    :class:`~app.crypto.keys.KeysUnusable`."""
    return runtime.box.seal_secret(password, _place(as_answers(settings)))


def sealed_for(runtime: Runtime, draft: Draft, settings: Settings) -> str | None:
    """The password that waits, sealed anew where its destination is written differently now.

    Raises :class:`~app.crypto.box.SealBroken` and :class:`~app.crypto.keys.KeysUnusable`.
    """
    if _place(draft.mail) == _place(as_answers(settings)):
        return draft.sealed_mail_password
    opened = password_of(draft, runtime)
    return seal(runtime, opened, settings) if opened else None


def password_of(draft: Draft, runtime: Runtime) -> Secret | None:
    """The password that waits in the draft. Raises :class:`~app.crypto.box.SealBroken`."""
    if draft.sealed_mail_password is None:
        return None
    return runtime.box.open_secret(draft.sealed_mail_password, _place(draft.mail))


def seal_key(runtime: Runtime, key: Secret, settings: Settings) -> str:
    """The key of the client certificate for the draft, held to where it is used."""
    return runtime.box.seal_secret(key, _key_place(as_answers(settings)))


def key_of(draft: Draft, runtime: Runtime) -> Secret | None:
    """The key that waits in the draft. Raises :class:`~app.crypto.box.SealBroken`."""
    if draft.sealed_client_key is None:
        return None
    return runtime.box.open_secret(draft.sealed_client_key, _key_place(draft.mail))


def key_sealed_for(
    runtime: Runtime, draft: Draft, settings: Settings, change: PasswordChange
) -> str | None:
    """What the draft keeps of a key for ``settings``: the one that was pasted, or the one that
    waits where it is for the same certificate. Raises as :func:`sealed_for`."""
    if change.typed is not None:
        return seal_key(runtime, change.typed, settings)
    kept = usable_key(runtime, draft, settings, change)
    return seal_key(runtime, kept, settings) if kept else None


def usable_key(
    runtime: Runtime, draft: Draft, settings: Settings, change: PasswordChange
) -> Secret | None:
    """The key to try ``settings`` with."""
    if change.typed is not None or not settings.client_certificate:
        return change.typed
    before = settings_of(draft)
    same = before is not None and before.client_certificate == settings.client_certificate
    return key_of(draft, runtime) if same else None


def _key_place(mail: Mapping[str, Any]) -> Place:
    return DRAFT_CLIENT_KEY.place(DRAFT_ID, answers={"mail": mail})


def _place(mail: Mapping[str, Any]) -> Place:
    return DRAFT_PASSWORD.place(DRAFT_ID, answers={"mail": mail})


def configure(
    session: Session, runtime: Runtime, draft: Draft, *, now: datetime, actor: Actor
) -> None:
    """Make the draft's settings the install's first mail configuration; the caller commits.

    The password is sealed anew for its place there. Raises
    :class:`~app.crypto.box.SealBroken` and :class:`~app.crypto.keys.KeysUnusable`.
    """
    settings = settings_of(draft)
    if settings is None:
        raise ValueError("the draft holds no mail settings")
    password = PasswordChange(typed=password_of(draft, runtime))
    save(
        session,
        runtime.box,
        settings=settings,
        password=password,
        client_key=PasswordChange(typed=key_of(draft, runtime)),
        version=0,
        now=now,
        actor=actor,
        way=Way.WIZARD,
    )


def summary(draft: Draft) -> MailSummary | None:
    """``None`` when mail was put off."""
    settings = settings_of(draft)
    if draft.mail_choice != "configure" or settings is None:
        return None
    provider = provider_of(settings)
    host = provider.host(settings)
    sender = settings.sender_address
    if settings.sender_name:
        sender = f"{settings.sender_name} <{sender}>"
    relay = f"{host}:{settings.port}" if host else None
    return MailSummary(
        provider.title,
        relay,
        sender,
        provider.warns(settings),
        mail_check.of(draft),
        provider.delivers,
        _still_to_do(settings),
    )


def in_short(draft: Draft) -> str | None:
    """The answer in a few words; ``None`` before there is one."""
    settings = settings_of(draft)
    if settings is None:
        return None
    provider = provider_of(settings)
    host = provider.host(settings)
    where = f", {host}:{settings.port}" if host else ""
    return f"{provider.title}{where}, from {settings.sender_address}"


def _still_to_do(settings: Settings) -> str | None:
    if settings.login_method == LoginMethod.PERSON:
        return "Open System → Mailer, press Connect and sign in as the mailbox."
    if settings.login_method == LoginMethod.DEVICE:
        return "Open System → Mailer, press Get a code and sign in with it as the mailbox."
    if settings.makes_certificate:
        return (
            "Open System → Mailer, download the certificate and upload it where the application is"
            " registered."
        )
    return None
