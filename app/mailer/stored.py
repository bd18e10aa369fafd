"""The stored configuration as a value, and when its password may be used."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy.orm import Session

from app.crypto.box import Place, SealedBox
from app.crypto.secret import Secret
from app.mailer.destination import Destination
from app.mailer.models import MailerConfiguration
from app.mailer.settings import FIELDS, PasswordChange, Settings, logs_in
from app.sealing import MAILER_PASSWORD

CONFIGURATION_ID = 1

TYPE_AGAIN = (
    "Type the password again: the stored one is only used for the destination it was typed for,"
    " and {changed} changed."
)


def stored(session: Session) -> MailerConfiguration | None:
    """The one configuration, or ``None`` while mail is pending."""
    return session.get(MailerConfiguration, CONFIGURATION_ID)


def password_place(settings: Settings) -> Place:
    """The password's place, which holds it to the destination of these settings."""
    return MAILER_PASSWORD.place(CONFIGURATION_ID, **asdict(settings))


def settings_of(row: MailerConfiguration) -> Settings:
    return Settings(**{name: getattr(row, name) for name in FIELDS})


def password_of(row: MailerConfiguration, box: SealedBox) -> Secret | None:
    """The stored password. Raises :class:`~app.crypto.box.SealBroken` when it does not open,
    because its key is missing or because something changed the configuration behind our back."""
    if row.password_sealed is None:
        return None
    return box.open_secret(row.password_sealed, password_place(settings_of(row)))


def why_type_again(
    before: Settings | None, has_password: bool, after: Settings, change: PasswordChange
) -> str | None:
    """Why a stored password may not be used for ``after``, in words; ``None`` when it may.

    Holds for saving, checking and testing alike. Where nobody logs in, the stored password is
    dropped instead of used, so there is nothing to type.
    """
    if not has_password or before is None or not change.keeps or not logs_in(after):
        return None
    changed = Destination.of(before).differences(Destination.of(after))
    if not changed:
        return None
    listed = changed[0] if len(changed) == 1 else f"{', '.join(changed[:-1])} and {changed[-1]}"
    return TYPE_AGAIN.format(changed=listed)
