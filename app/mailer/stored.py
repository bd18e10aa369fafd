"""The stored configuration as a value, and when its password may be used."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.crypto.box import SealBroken, SealedBox
from app.crypto.secret import Secret
from app.mailer.models import MailerConfiguration
from app.mailer.providers import destination_of
from app.mailer.settings import PasswordChange, Settings
from app.sealing import MAILER_PASSWORD

CONFIGURATION_ID = 1
PASSWORD_PLACE = MAILER_PASSWORD.place(CONFIGURATION_ID)

TYPE_AGAIN = (
    "Type the password again: the stored one is only used for the destination it was typed for,"
    " and {changed} changed."
)

_NAMES = ("the provider", "the host", "the port", "Secure", "Ignore TLS errors", "the user name")


def stored(session: Session) -> MailerConfiguration | None:
    """The one configuration, or ``None`` while mail is pending."""
    return session.get(MailerConfiguration, CONFIGURATION_ID)


def settings_of(row: MailerConfiguration) -> Settings:
    return Settings(
        provider=row.provider,
        sender_address=row.sender_address,
        sender_name=row.sender_name,
        host=row.host,
        port=row.port,
        secure=row.secure,
        username=row.username,
        ignore_tls_errors=row.ignore_tls_errors,
        connection_timeout=row.connection_timeout,
        region=row.region,
    )


def password_of(row: MailerConfiguration, box: SealedBox) -> Secret | None:
    """The stored password. Raises :class:`~app.crypto.box.SealBroken` when it does not open."""
    if row.password_sealed is None:
        return None
    try:
        return box.open_secret(row.password_sealed, PASSWORD_PLACE)
    except UnicodeDecodeError:
        raise SealBroken(f"{PASSWORD_PLACE} does not hold text.") from None


def why_type_again(
    before: Settings | None, has_password: bool, after: Settings, change: PasswordChange
) -> str | None:
    """Why a stored password may not be used for ``after``, in words; ``None`` when it may.

    Holds for saving, checking and testing alike. A provider without a password drops the stored
    one instead of using it.
    """
    if not has_password or before is None or not change.keeps or after.provider == "console":
        return None
    was, now = destination_of(before), destination_of(after)
    if was == now:
        return None
    names = [*_NAMES, "the region"]
    changed = [name for name, old, new in zip(names, was, now, strict=True) if old != new]
    if "the provider" in changed:
        changed = ["the provider"]
    listed = changed[0] if len(changed) == 1 else f"{', '.join(changed[:-1])} and {changed[-1]}"
    return TYPE_AGAIN.format(changed=listed)
