"""Where one field is the cure: which one it is, and what its label says.

Then it stands in the box that tells of the failure, and one press checks, saves and sends on.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.mail.failures import Explanation
from app.mailer.configuration import settings_of
from app.mailer.destination import Destination
from app.mailer.models import MailerConfiguration
from app.mailer.providers import PROVIDERS
from app.mailer.settings import LABELS, Settings

SECRETS = ("password", "client_secret")
"""Of these the ones whose stored value is never shown."""
ALONE = (*SECRETS, "sender_address", "ehlo_name", "connection_timeout", "host", "port")
"""Fields that can be answered by themselves. The others belong to a choice, which the form has."""


@dataclass(frozen=True)
class Cure:
    """``field`` is a name of the mailer form, ``value`` what is stored for it now."""

    field: str
    label: str
    value: str = ""
    secret: bool = False
    kind: str = "text"


def cure_of(explanation: Explanation | None, row: MailerConfiguration | None) -> Cure | None:
    """The one field to change, or ``None`` where there is none or it takes more than one.

    A stored password is only used for the destination it was typed for: where the cure changes
    that, two fields have to be typed, and the form is the place for it.
    """
    if explanation is None or row is None or explanation.field not in ALONE:
        return None
    name, settings = explanation.field, settings_of(row)
    if name in SECRETS:
        return _secret(settings, name) if settings.secret_field == name else None
    if row.password_sealed is not None and name in Destination.__dataclass_fields__:
        return None
    value = getattr(settings, name)
    return Cure(
        name,
        LABELS[name],
        "" if value is None else str(value),
        kind={"sender_address": "email", "port": "number", "connection_timeout": "number"}.get(
            name, "text"
        ),
    )


def _secret(settings: Settings, name: str) -> Cure | None:
    provider = PROVIDERS[settings.provider]
    host = provider.host(settings)
    if not settings.username or not host:
        return None
    label = f"The current password of {settings.username} on {host}"
    if name == "client_secret":
        label = f"The Value of a client secret of the app {settings.client_id}"
    return Cure(name, label, secret=True, kind="password")
