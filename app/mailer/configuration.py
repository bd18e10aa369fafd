"""The stored configuration: as a value, when its secret may be used, and how it is saved.

It has one secret at most. What that is says its login method: a password, a client secret, a
service account's key file, or the private key of a certificate that was made here.

Stale edits are refused, secrets sealed, every change audited.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.log import record
from app.crypto.box import Place, SealBroken, SealedBox
from app.crypto.secret import Secret
from app.mail.oauth.signing import MadeCertificate, make_certificate
from app.mailer import health, snapshots
from app.mailer.client_key import sealed_key, why_paste
from app.mailer.destination import Destination
from app.mailer.models import MailerConfiguration, MailerVersion
from app.mailer.providers import logs_in, provider_of
from app.mailer.settings import (
    CLIENT_KEY,
    FIELDS,
    KEEP,
    LoginMethod,
    PasswordChange,
    Settings,
)
from app.mailer.snapshots import Way
from app.mailer.tokens import store as tokens
from app.mailer.trusting import in_words
from app.sealing import MAILER_PASSWORD
from app.web.context import Actor

CONFIGURATION_ID = 1

TYPE_AGAIN = (
    "{ask}: the stored one is only used for the destination it was typed for, and {changed}"
    " changed."
)
NONE_STORED = "{ask}: it is not stored any more."
_ASK = {
    "password": "Type the password again",
    "client_secret": "Type the client secret again",
    "service_account_key": "Paste the key file again",
}
CERTIFICATE_FOR = "Novantra at {sender}"


def stored(session: Session) -> MailerConfiguration | None:
    """The one configuration, or ``None`` while mail is pending."""
    return session.get(MailerConfiguration, CONFIGURATION_ID)


def password_place(settings: Settings) -> Place:
    """The password's place, which holds it to the destination of these settings."""
    return MAILER_PASSWORD.place(CONFIGURATION_ID, **asdict(settings))


def settings_of(row: MailerConfiguration) -> Settings:
    return Settings(**{name: getattr(row, name) for name in FIELDS})


def password_of(row: MailerConfiguration, box: SealedBox) -> Secret | None:
    """The stored secret. Raises :class:`~app.crypto.box.SealBroken` when it does not open,
    because its key is missing or because something changed the configuration behind our back."""
    if row.password_sealed is None:
        return None
    return box.open_secret(row.password_sealed, password_place(settings_of(row)))


def usable_secret(
    row: MailerConfiguration | None, box: SealedBox, settings: Settings, change: PasswordChange
) -> Secret | None:
    """The secret to try ``settings`` with: the one that was typed, or the stored one if it is for
    that very destination. Raises :class:`~app.crypto.box.SealBroken` as :func:`password_of`."""
    if change.typed is not None or row is None or not change.keeps:
        return change.typed
    same = Destination.of(settings_of(row)) == Destination.of(settings)
    return password_of(row, box) if same else None


def why_type_again(
    before: Settings | None, has_password: bool, after: Settings, change: PasswordChange
) -> str | None:
    """Why a stored secret may not be used for ``after``, in words; ``None`` when it may.

    Holds for saving, checking and testing alike. Where nobody logs in, or can do so without, the
    stored secret is dropped instead of used, so there is nothing to type. It is also dropped where
    none is typed at all: a key of ours is made anew for every destination.
    """
    if not has_password or before is None or not change.keeps or not logs_in(after):
        return None
    if after.secret_field is None or _can_do_without(before, after):
        return None
    changed = Destination.of(before).differences(Destination.of(after))
    if not changed:
        return None
    listed = changed[0] if len(changed) == 1 else f"{', '.join(changed[:-1])} and {changed[-1]}"
    return TYPE_AGAIN.format(ask=_ASK[after.secret_field], changed=listed)


def why_type_anew(settings: Settings) -> str:
    """What to say where these settings need a secret, and the one they had is gone."""
    return NONE_STORED.format(ask=_ASK[settings.secret_field or "password"])


def _can_do_without(before: Settings, after: Settings) -> bool:
    """Some applications sign people in without a secret. Where one was given for that very
    purpose, it is asked for again or removed on purpose, and not dropped unseen."""
    if after.login_method != LoginMethod.PERSON or provider_of(after).needs_client_secret:
        return False
    return before.login_method != LoginMethod.PERSON


class StaleConfiguration(Exception):
    """Somebody else saved since this form was opened."""


class PasswordNeeded(ValueError):
    """The stored password may not be used with what was typed. The message says why."""


@dataclass(frozen=True)
class Saved:
    """What saving did. Nothing at all when ``changed`` is false. ``still_paused``: somebody paused
    by hand, and a save does not end that. ``delivers_first``: before it there was no configuration
    with which mail arrives, so what waited for one can be mailed now. ``new_certificate``: a key
    was made, whose public half must be uploaded."""

    changed: bool
    created: bool = False
    delivers_first: bool = False
    resumed: bool = False
    still_paused: bool = False
    new_certificate: bool = False


def save(
    session: Session,
    box: SealedBox,
    *,
    settings: Settings,
    password: PasswordChange,
    version: int,
    now: datetime,
    actor: Actor,
    client_key: PasswordChange = KEEP,
    way: Way | None = None,
    restores: MailerVersion | None = None,
) -> Saved:
    """Store a configuration, note its version and audit it in one transaction; the caller commits.

    ``version`` is the one the form was filled from, 0 for none. ``way`` is through what it was
    saved, the mailer page or a command unless told; ``restores`` the earlier one it is again.
    A password that was typed counts as a change even if it is the stored one: telling them apart
    would let people try guesses.

    :raises StaleConfiguration: the stored version is another one.
    :raises PasswordNeeded: the destination changed and the password was not typed again, or the
        client certificate and its key was not pasted.
    :raises app.crypto.keys.KeysUnusable: there is a password to seal and no key to seal it with.
    """
    row = stored(session)
    if (row.version if row else 0) != version:
        raise StaleConfiguration
    before = settings_of(row) if row else None
    past = snapshots.note_of(row) if row else None  # an older release may have saved it
    sealed_before = row.password_sealed if row else None
    refusal = why_type_again(before, sealed_before is not None, settings, password)
    refusal = refusal or why_paste(row, settings, client_key)
    if refusal:
        raise PasswordNeeded(refusal)
    made = _new_certificate(row, settings, password, now)
    if made is not None:
        password = PasswordChange(typed=made.private_key)
    sealed, word = _password(row, settings, password, box)
    changes = changes_between(before, settings)
    still_lost = sealed is None and _still_lost(row, settings, password)
    if word is None and row is not None and row.password_lost and not still_lost:
        word = "removed"
    if word:
        secret = "certificate" if made else settings.secret_field or "password"
        changes[secret] = "made" if made else word
    key_sealed, key_word = sealed_key(row, before, settings, client_key, box)
    if key_word:
        changes[CLIENT_KEY] = key_word
    if not changes:
        return Saved(changed=False)
    values = {name: getattr(settings, name) for name in FIELDS} | {
        "password_sealed": sealed,
        "password_lost": still_lost,
        "client_key_sealed": key_sealed,
        "version": version + 1,
        "updated_at": now,
        "updated_by_id": actor.id,
        "updated_by": actor.label[:320],
    }
    if made is not None:
        values |= {"certificate": made.certificate, "certificate_ends_at": made.ends_at}
    elif not settings.makes_certificate:
        values |= {"certificate": None, "certificate_ends_at": None}
    if row is None:
        _create(session, values)
    else:
        _update(session, row, version, values)
    if before is None or Destination.of(before) != Destination.of(settings):
        tokens.forget(session)
    elif word:
        tokens.doubt(session)
    secrets = {name: word for name, word in changes.items() if name not in FIELDS}
    _note(session, past, secrets, way or _way_of(actor), restores)
    record(
        session,
        now=now,
        actor=actor,
        tag=_tag(row, restores),
        target="mailer",
        changes=changes
        if restores is None
        else {"configuration_of": f"{restores.saved_at:%Y-%m-%d %H:%M} UTC"} | changes,
    )
    resumed = health.resume(session, now=now, actor=actor, because="configuration changed")
    return Saved(
        changed=True,
        created=row is None,
        delivers_first=before is None
        or provider_of(settings).delivers > provider_of(before).delivers,
        resumed=resumed,
        still_paused=health.look(session).paused_at is not None,
        new_certificate=made is not None,
    )


def _tag(row: MailerConfiguration | None, restores: MailerVersion | None) -> str:
    if restores is not None:
        return "mailer:earlier-configuration-restored"
    return "mailer:updated" if row else "mailer:created"


def _way_of(actor: Actor) -> Way:
    return Way.COMMAND if actor.label == "shell" else Way.PAGE


def _note(
    session: Session,
    past: dict[str, Any] | None,
    secrets: dict[str, Any],
    way: Way,
    restores: MailerVersion | None,
) -> None:
    row = stored(session)
    assert row is not None, "it has just been saved"
    if past is not None:
        snapshots.keep(session, past)
    note = snapshots.note_of(
        row,
        secret_changes=secrets,
        way=way,
        restores=restores.version if restores else None,
        counted=True,
    )
    snapshots.keep(session, note)
    snapshots.forget_older(session, row.version)


def _new_certificate(
    row: MailerConfiguration | None, settings: Settings, password: PasswordChange, now: datetime
) -> MadeCertificate | None:
    """A key where one is needed, and there is none for this destination or another is asked for."""
    if not settings.makes_certificate or not logs_in(settings):
        return None
    if row is not None and row.password_sealed is not None and not password.remove:
        before = settings_of(row)
        if before.makes_certificate and Destination.of(before) == Destination.of(settings):
            return None
    return make_certificate(CERTIFICATE_FOR.format(sender=settings.sender_address), now)


def _still_lost(
    row: MailerConfiguration | None, settings: Settings, password: PasswordChange
) -> bool:
    """Whether the password whose key is gone is still the one that mail would need."""
    return row is not None and row.password_lost and logs_in(settings) and not password.remove


def _password(
    row: MailerConfiguration | None, settings: Settings, password: PasswordChange, box: SealedBox
) -> tuple[str | None, str | None]:
    """What is stored from now on, and the audit log's word for the difference."""
    before = row.password_sealed if row else None
    if password.typed is not None and _takes_secret(settings):
        sealed = box.seal_secret(password.typed, password_place(settings))
        return sealed, "changed" if before else "set"
    if password.remove or not logs_in(settings) or not _takes_secret(settings):
        return None, "removed" if before else None
    if row is not None and Destination.of(settings_of(row)) != Destination.of(settings):
        return None, "removed" if before else None
    return _kept(row, settings, box), None


def _takes_secret(settings: Settings) -> bool:
    has_one = settings.secret_field is not None or settings.makes_certificate
    return provider_of(settings).uses_network and has_one


def _kept(row: MailerConfiguration | None, settings: Settings, box: SealedBox) -> str | None:
    """The stored password, sealed anew where the same destination is written differently now.

    One that does not open stays as it is: whatever it is for, it is not for this.
    """
    if row is None or password_place(settings_of(row)) == password_place(settings):
        return row.password_sealed if row else None
    try:
        opened = password_of(row, box)
    except SealBroken:
        return row.password_sealed
    return box.seal_secret(opened, password_place(settings)) if opened else None


def changes_between(before: Settings | None, after: Settings) -> dict[str, Any]:
    """What differs, as the audit log keeps it."""
    changes: dict[str, Any] = {}
    for name in FIELDS:
        old = getattr(before, name) if before else None
        new = getattr(after, name)
        if old != new and not (before is None and new == ""):
            changes[name] = {"old": in_words(name, old), "new": in_words(name, new)}
    return changes


def _create(session: Session, values: dict[str, Any]) -> None:
    try:
        with session.begin_nested():
            session.add(MailerConfiguration(id=CONFIGURATION_ID, **values))
    except IntegrityError:  # somebody else created it between our look and now
        raise StaleConfiguration from None


def _update(
    session: Session, row: MailerConfiguration, version: int, values: dict[str, Any]
) -> None:
    changed = session.execute(
        update(MailerConfiguration)
        .where(MailerConfiguration.id == CONFIGURATION_ID, MailerConfiguration.version == version)
        .values(**values)
        .returning(MailerConfiguration.id)
        .execution_options(synchronize_session=False)
    ).first()
    if changed is None:
        raise StaleConfiguration
    session.refresh(row)
