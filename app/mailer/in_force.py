"""The configuration in force, in the shape of the stored row: what the page saved, or what the
environment says, or both where the environment owns no more than the sender.

Whoever sends, checks, shows or connects asks here; only who saves looks at the row itself.
"""

from __future__ import annotations

import hmac
import json

from sqlalchemy.orm import Session

from app.crypto.keys import Key, KeyRing
from app.crypto.secret import Secret
from app.mailer.client_key import key_place
from app.mailer.configuration import CONFIGURATION_ID, password_place, stored
from app.mailer.declared import Declared, declared_mail
from app.mailer.models import MailerConfiguration, MailerEnvironment
from app.mailer.settings import CLIENT_KEY, SENDER_FIELDS
from app.mailer.versions import combined, version_of
from app.runtime import Runtime

ENVIRONMENT = "the environment"
"""Who changed something, where nobody did but whoever starts the program."""

_PURPOSE = "novantra declared mail"
_NOTE_ID = 1


def declared_now(session: Session, live: Runtime) -> Declared | None:
    """What the environment says about mail; ``None`` where it says nothing."""
    return _declared(stored(session), live)


def _declared(row: MailerConfiguration | None, live: Runtime) -> Declared | None:
    sender = (row.sender_address, row.sender_name) if row is not None else ("", "")
    return declared_mail(live, sender)


def in_force(session: Session, live: Runtime) -> MailerConfiguration | None:
    """What mail is sent with; ``None`` while nothing is configured, or what the environment says
    cannot be used. What the environment owns is in no session and is never stored."""
    return in_force_by(session, live)[0]


def in_force_by(
    session: Session, live: Runtime
) -> tuple[MailerConfiguration | None, Declared | None]:
    """The same, and what the environment said in that very look."""
    row = stored(session)
    declared = _declared(row, live)
    if declared is None:
        return row, None
    if declared.settings is None or not (declared.owns_destination or row is not None):
        return None, declared
    found = _from_environment(declared, live) if declared.owns_destination else _copy(row)
    for name in SENDER_FIELDS:
        setattr(found, name, getattr(declared.settings, name))
    note = noted(session)
    found.version = combined(
        own_version(declared, live.box.ring, note),
        alone=declared.alone,
        of_the_row=row.version if row is not None else 0,
    )
    if note is not None and (row is None or note.changed_at > row.updated_at or declared.alone):
        found.updated_at, found.updated_by = note.changed_at, ENVIRONMENT
    return found, declared


def sender_in_force(live: Runtime, address: str | None, name: str | None) -> tuple[str | None, str]:
    """Address and name, for who has those of the stored row at hand: ``None`` for no row, and for
    no configuration."""
    declared = declared_mail(live, (address or "", name or ""))
    if declared is None:
        return address, name or ""
    if declared.settings is None or not (declared.owns_destination or address is not None):
        return None, ""
    return declared.settings.sender_address, declared.settings.sender_name


def _from_environment(declared: Declared, live: Runtime) -> MailerConfiguration:
    settings = declared.settings
    assert settings is not None
    sealed: dict[str, str] = {}
    for name, secret in declared.secrets.items() if live.box.ring.usable else ():
        is_key = name == CLIENT_KEY
        place = key_place(CONFIGURATION_ID, settings) if is_key else password_place(settings)
        column = "client_key_sealed" if is_key else "password_sealed"
        sealed[column] = live.box.seal_secret(secret, place)
    return MailerConfiguration(
        id=CONFIGURATION_ID,
        password_lost=False,
        updated_at=live.now(),
        updated_by=ENVIRONMENT,
        **sealed,
        **declared.values,
    )


def _copy(row: MailerConfiguration | None) -> MailerConfiguration:
    assert row is not None
    columns = MailerConfiguration.__mapper__.column_attrs
    return MailerConfiguration(**{column.key: getattr(row, column.key) for column in columns})


def noted(session: Session) -> MailerEnvironment | None:
    """What a process noted last of its environment."""
    return session.get(MailerEnvironment, _NOTE_ID, populate_existing=True)


def elsewhere(session: Session, live: Runtime) -> str | None:
    """That a process which serves or delivers has another environment than this one, in words."""
    note = noted(session)
    if note is None or note.version is None:
        return None
    declared = declared_now(session, live)
    if declared is None:
        return (
            "Novantra was started with NOVANTRA_MAIL_… set, and this process without: it knows the"
            " stored configuration alone. Run it with the same environment."
        )
    if declared.settings is None or says_the_same(declared, live.box.ring, note):
        return None
    return (
        "A process that was started later has another mail configuration in its environment. This"
        " one sends nothing until it is restarted with the same."
    )


def own_version(declared: Declared, ring: KeyRing, note: MailerEnvironment | None) -> int:
    """The number of what is declared: that of the note where it says the very same, so that new
    keys of the install change nothing."""
    if note is not None and note.version is not None and says_the_same(declared, ring, note):
        return note.version
    return version_of(_digest(declared, ring.newest if ring.usable else None))


def says_the_same(declared: Declared, ring: KeyRing, note: MailerEnvironment) -> bool:
    """Whether the note is about exactly this."""
    key_id, _, known = (note.fingerprint or "").partition(":")
    key = ring.find(key_id)
    return key is not None and hmac.compare_digest(known, _digest(declared, key).hex())


def fingerprint(declared: Declared, key: Key) -> str:
    """Stands for all that is declared; without the key nobody can try passwords on it."""
    return f"{key.id}:{_digest(declared, key).hex()}"


def secret_fingerprint(secret: Secret, key: Key) -> str:
    """The same for one of its secrets alone."""
    return f"{key.id}:{hmac.digest(_key(key), secret.reveal().encode(), 'sha256').hex()}"


def _digest(declared: Declared, key: Key | None) -> bytes:
    secrets = {n: s.reveal() for n, s in declared.secrets.items()} if key is not None else {}
    content = json.dumps([declared.values, secrets], sort_keys=True)
    return hmac.digest(_key(key) if key is not None else b"", content.encode(), "sha256")


def _key(key: Key) -> bytes:
    return key.derive(_PURPOSE)
