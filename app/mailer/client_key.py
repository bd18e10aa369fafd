"""The stored key of the client certificate: when it may be used, and how it is kept.

It belongs to its certificate and never leaves: it signs a part of one handshake, which no relay
can use for another. So, unlike a password, it stays when the destination becomes another one; only
the seal follows, as nobody who can write the database may have mail sent elsewhere.
"""

from __future__ import annotations

from dataclasses import asdict

from app.crypto.box import Place, SealBroken, SealedBox
from app.crypto.secret import Secret
from app.mailer.models import MailerConfiguration
from app.mailer.providers import provider_of
from app.mailer.settings import PasswordChange, Settings
from app.sealing import MAILER_CLIENT_KEY

PASTE_KEY = "Paste the private key of the client certificate."
PASTE_AGAIN = (
    "Paste the private key again: the stored one is for the client certificate that was here"
    " before."
)


def key_place(row_id: int, settings: Settings) -> Place:
    """The key's place, which holds it to the destination of these settings."""
    return MAILER_CLIENT_KEY.place(row_id, **asdict(settings))


def is_kept(row: MailerConfiguration | None, settings: Settings) -> bool:
    """Whether the stored key is the one of the certificate in ``settings``."""
    if row is None or row.client_key_sealed is None or not settings.client_certificate:
        return False
    return row.client_certificate == settings.client_certificate


def key_of(row: MailerConfiguration, settings: Settings, box: SealedBox) -> Secret | None:
    """The stored key, where ``settings`` are those of the row. Raises
    :class:`~app.crypto.box.SealBroken` when it does not open."""
    if row.client_key_sealed is None:
        return None
    return box.open_secret(row.client_key_sealed, key_place(row.id, settings))


def usable_key(
    row: MailerConfiguration | None,
    before: Settings | None,
    settings: Settings,
    change: PasswordChange,
    box: SealedBox,
) -> Secret | None:
    """The key to try ``settings`` with: the one that was pasted, or the stored one. ``before`` are
    the settings of the row. Raises as :func:`key_of`."""
    if change.typed is not None or row is None or before is None or not is_kept(row, settings):
        return change.typed
    return key_of(row, before, box)


def why_paste(
    row: MailerConfiguration | None, settings: Settings, change: PasswordChange
) -> str | None:
    """Why a key must be pasted for ``settings``, in words; ``None`` where none is needed."""
    if not settings.client_certificate or not provider_of(settings).uses_network:
        return None
    if change.typed is not None or is_kept(row, settings):
        return None
    return PASTE_AGAIN if row is not None and row.client_key_sealed else PASTE_KEY


def sealed_key(
    row: MailerConfiguration | None,
    before: Settings | None,
    settings: Settings,
    change: PasswordChange,
    box: SealedBox,
) -> tuple[str | None, str | None]:
    """What is stored from now on, and the audit log's word for the difference."""
    stored = row.client_key_sealed if row else None
    if not settings.client_certificate:
        return None, "removed" if stored else None
    if change.typed is not None:
        place = key_place(row.id if row else 1, settings)
        return box.seal_secret(change.typed, place), "changed" if stored else "set"
    if row is None or before is None or key_place(row.id, before) == key_place(row.id, settings):
        return stored, None
    try:
        opened = key_of(row, before, box)
    except SealBroken:  # whatever it is for, it is not for this
        return stored, None
    return box.seal_secret(opened, key_place(row.id, settings)) if opened else None, None
