"""Configurations that were in force before: whose they were, for how long, and how mail fared.

What is said of one comes from what was noted about that very version, and from the facts that carry
its number. What nobody noted, an older release's save for one, is told as a gap.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.mailer import health, snapshots
from app.mailer.configuration import changes_between, stored
from app.mailer.models import MailerConfiguration, MailerVersion, MailHealth
from app.mailer.providers import provider_of
from app.mailer.settings import Settings


@dataclass(frozen=True)
class Earlier:
    """One configuration. ``until`` is when the next one was saved, ``None`` while it is in force
    and where nobody knows. ``sent_at`` and ``tested_at`` are the last mail and the last test that
    got through; ``more``: mails went out that were not counted. ``worked_last``: of all, it is the
    one that mail got through with last.
    """

    note: MailerVersion
    settings: Settings
    until: datetime | None
    in_force: bool
    sent_at: datetime | None
    tested_at: datetime | None
    more: bool
    worked_last: bool = False

    @property
    def version(self) -> int:
        return self.note.version

    @property
    def worked_at(self) -> datetime | None:
        """When mail last got through with it; never where mail reaches nobody."""
        moments = [moment for moment in (self.sent_at, self.tested_at) if moment]
        return max(moments) if moments and provider_of(self.settings).delivers else None

    @property
    def where(self) -> str:
        """The relay as ``host:port``, or the provider that needs none."""
        provider = provider_of(self.settings)
        host = provider.host(self.settings)
        return f"{host}:{self.settings.port}" if host else provider.title


@dataclass(frozen=True)
class History:
    """All that are known, newest first; the first is the one in force."""

    all: tuple[Earlier, ...]

    @property
    def current(self) -> Earlier:
        return self.all[0]

    def find(self, version: int) -> Earlier | None:
        return next((one for one in self.all if one.version == version), None)

    def since(self, earlier: Earlier) -> dict[str, Any]:
        """What changed from that one to the one in force, as the audit log keeps it."""
        now, then = self.current, earlier
        changes = changes_between(then.settings, now.settings)
        for name in dict.fromkeys((*then.note.secrets, *now.note.secrets)):
            word = self._secret_since(then, name)
            if word:
                changes[name] = word
        return changes

    def unsure_of_secret(self, earlier: Earlier) -> bool:
        """Whether nobody noted a save in between, and so what it did to the secret."""
        after = self._after(earlier)
        known = {one.version for one in after if one.note.secret_changes is not None}
        return len(known) != self.current.version - earlier.version

    def _after(self, earlier: Earlier) -> list[Earlier]:
        return [one for one in self.all if one.version > earlier.version]

    def _secret_since(self, then: Earlier, name: str) -> str | None:
        had, has = name in then.note.secrets, name in self.current.note.secrets
        done = [(one.note.secret_changes or {}).get(name) for one in self._after(then)]
        if had and not has:
            return snapshots.LOST if snapshots.LOST in done else "removed"
        if has and not had:
            return "set"
        return "changed" if any(done) else None


def history(session: Session) -> History | None:
    """Every configuration that is known, or ``None`` while mail is pending."""
    row = stored(session)
    if row is None:
        return None
    record, current = health.look(session), _noted(session, row)
    before = session.scalars(
        select(MailerVersion)
        .where(MailerVersion.version < row.version)
        .order_by(MailerVersion.version.desc())
    )
    notes = [current, *before]
    after: list[MailerVersion | None] = [None, *notes[:-1]]
    found = [_earlier(note, nxt, record) for note, nxt in zip(notes, after, strict=True)]
    best = max((one for one in found if one.worked_at), key=_worked_at, default=None)
    return History(tuple(replace(one, worked_last=one is best) for one in found))


def worked_before(session: Session) -> Earlier | None:
    """The earlier configuration that mail last got through with, where the one in force never
    got any through."""
    found = history(session)
    if found is None or found.current.worked_at is not None:
        return None
    return next((one for one in found.all if one.worked_last), None)


@dataclass(frozen=True)
class Readdressed:
    """A mail was queued with the sender ``before``; at ``at`` the one that it has now was saved."""

    before: str
    at: datetime


def readdressed(session: Session, sender: str, queued_at: datetime) -> Readdressed | None:
    """Whether a mail of this sender was queued with another one, as far as that was noted."""
    then = session.scalar(
        select(MailerVersion)
        .where(MailerVersion.saved_at <= queued_at)
        .order_by(MailerVersion.version.desc())
        .limit(1)
    )
    before = snapshots.settings_in(then).sender_address if then is not None else sender
    if then is None or before == sender:
        return None
    later = session.scalars(
        select(MailerVersion)
        .where(MailerVersion.version > then.version)
        .order_by(MailerVersion.version)
    ).all()
    if not later or later[0].version != then.version + 1:
        return None  # nobody noted what it was queued with
    found = next((n for n in later if snapshots.settings_in(n).sender_address == sender), None)
    return Readdressed(before, found.saved_at) if found is not None else None


def _noted(session: Session, row: MailerConfiguration) -> MailerVersion:
    """What was noted of the one in force, or what its row alone tells."""
    note = session.get(MailerVersion, row.version)
    if note is not None and note.saved_at == row.updated_at:
        return note
    return MailerVersion(**snapshots.note_of(row))


def _earlier(note: MailerVersion, following: MailerVersion | None, record: MailHealth) -> Earlier:
    sent_at, tested_at, more = note.last_sent_at, note.test_passed_at, not note.counted
    last = record.last_success_at
    of_it = last is not None and record.last_success_version == note.version
    if last is not None and of_it and (sent_at is None or sent_at < last):
        sent_at, more = last, True  # a process of an older release sent it
    if record.last_test_version == note.version and record.last_test_code is None:
        tested_at = record.last_test_at or tested_at
    known = following is not None and following.version == note.version + 1
    return Earlier(
        note=note,
        settings=snapshots.settings_in(note),
        until=following.saved_at if following is not None and known else None,
        in_force=following is None,
        sent_at=sent_at,
        tested_at=tested_at,
        more=more,
    )


def _worked_at(one: Earlier) -> datetime:
    assert one.worked_at is not None, "only those that worked are compared"
    return one.worked_at
