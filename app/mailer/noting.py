"""Notes what the environment says about mail: what that changes is audited, ends a pause and is
told, as a save on the page is.

A process that serves or delivers does so when it starts, and when a file that a variable names has
changed. Commands note nothing: a shell may have another environment than the service.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.audit.log import lock, record
from app.crypto.keys import KeyRing
from app.install.service import current
from app.mailer import health
from app.mailer.configuration import settings_of, stored
from app.mailer.declared import Declared, reader_of
from app.mailer.destination import Destination
from app.mailer.in_force import (
    ENVIRONMENT,
    declared_now,
    fingerprint,
    noted,
    own_version,
    says_the_same,
    secret_fingerprint,
)
from app.mailer.models import MailerEnvironment
from app.mailer.providers import provider_of
from app.mailer.settings import FIELDS, Settings
from app.mailer.tokens import store as tokens
from app.mailer.trusting import in_words
from app.runtime import Runtime
from app.web.context import Actor

ACTOR = Actor(None, ENVIRONMENT, None)

LOOK_EVERY = 2.0
"""Seconds between looks at the files."""

log = logging.getLogger("novantra.mailer")


def note(live: Runtime, *, starting: bool = False) -> bool:
    """Note what the environment says, if it is another thing than was noted; whether it was.

    :param starting: this process has just begun, so it has the newest environment
    """
    if live.config.is_cloud:
        return False
    with live.database.session(reading=True) as session:
        if not _differs(session, live, starting=starting):
            return False
    with live.database.transaction() as session:
        lock(session)  # of several processes that start together one notes it
        changed = _differs(session, live, starting=starting) and note_in(session, live)
    if changed:
        live.wake_worker()
    return changed


def _differs(session: Session, live: Runtime, *, starting: bool) -> bool:
    if current(session) is None or not live.box.ring.usable:
        return False  # setup notes it when it ends; without keys nothing is sent anyway
    declared, before = declared_now(session, live), noted(session)
    if declared is None:
        return before is not None and before.version is not None
    if declared.settings is None:
        return False
    if before is None:
        return True
    if before.version is not None and says_the_same(declared, live.box.ring, before):
        return False
    reader = reader_of(live)
    older = reader is not None and before.began_at > reader.began_at
    # Of an older process only a file can say something newer, and only if the rest is the same.
    by_file = any(given.path for given in declared.given.values())
    return starting or not older or (by_file and before.values_now == declared.values)


def note_in(session: Session, live: Runtime, *, mailing: bool = True) -> bool:
    """Write down what the environment says, in the caller's transaction; whether that is a change
    of the configuration.

    :param mailing: whoever waited for mail to be set up is mailed now
    """
    declared, row, before = declared_now(session, live), stored(session), noted(session)
    if declared is None and (before is None or before.version is None):
        return False
    if declared is not None and declared.settings is None:
        return False
    of_page = _values(settings_of(row)) if row is not None else {}
    old = _whole(of_page | (before.values_now if before is not None and before.version else {}))
    new = _whole(of_page | (declared.values if declared is not None else {}))
    words = _secrets(declared, before, live.box.ring)
    changes = _changes(old, new) | words
    _let_go_of_tokens(session, old, new, another_secret=bool(words))
    now, ring = live.now(), live.box.ring
    found = before or MailerEnvironment(id=1)
    found.version = own_version(declared, ring, before) if declared is not None else None
    found.alone = declared is not None and declared.alone
    found.fingerprint = fingerprint(declared, ring.newest) if declared is not None else None
    found.secret_fingerprints = {
        name: secret_fingerprint(secret, ring.newest)
        for name, secret in (declared.secrets.items() if declared is not None else ())
    }
    found.values_now = declared.values if declared is not None else {}
    reader = reader_of(live)
    found.changed_at, found.began_at = now, reader.began_at if reader is not None else now
    session.add(found)
    session.flush()
    given = ", ".join(each.variable for each in declared.given.values()) if declared else "none"
    record(
        session,
        now=now,
        actor=ACTOR,
        tag="mailer:updated" if old else "mailer:created",
        target="mailer",
        changes=changes | {"variables": given},
    )
    health.resume(session, now=now, actor=ACTOR, because="configuration changed")
    log.info("mail configuration from the environment", extra={"variables": given})
    if mailing and _delivers(new) and not _delivers(old):
        for mail in live.once_mail_delivers:
            mail(session, live)
    return True


def _values(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in FIELDS}


def _whole(values: dict[str, Any]) -> dict[str, Any]:
    """Nothing, where there is no more than a sender: that is no configuration."""
    known = {name: value for name, value in values.items() if name in FIELDS}
    return known if "provider" in known else {}


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    pairs = {name: (old.get(name), new.get(name)) for name in FIELDS}
    return {
        name: {"old": in_words(name, before), "new": in_words(name, after)}
        for name, (before, after) in pairs.items()
        if before != after and not (not old and after in {None, ""})
    }


def _secrets(
    declared: Declared | None, before: MailerEnvironment | None, ring: KeyRing
) -> dict[str, str]:
    """The audit log's word for each secret that is another one now, by its field."""
    known = dict(before.secret_fingerprints) if before is not None else {}
    words: dict[str, str] = {}
    for name, secret in (declared.secrets if declared is not None else {}).items():
        had = known.pop(name, None)
        key = ring.find(had.partition(":")[0]) if had else None
        if had is None:
            words[name] = "set"
        elif key is None or secret_fingerprint(secret, key) != had:
            words[name] = "changed"
    return words | dict.fromkeys(known, "removed")


def _let_go_of_tokens(
    session: Session, old: Mapping[str, Any], new: Mapping[str, Any], *, another_secret: bool
) -> None:
    """As a save does: they are for one destination, and for one secret."""
    if not old or not new or Destination.of(Settings(**old)) != Destination.of(Settings(**new)):
        tokens.forget(session)
    elif another_secret:
        tokens.doubt(session)


def _delivers(values: Mapping[str, Any]) -> bool:
    return bool(values.get("provider")) and provider_of(Settings(**values)).delivers


class EnvironmentThread:
    """Looks at the files that variables name, in each process that serves or delivers."""

    def __init__(self, live: Runtime, *, look_every: float = LOOK_EVERY) -> None:
        self._live = live
        self._look_every = look_every
        reader = reader_of(live)
        self._noted = reader.moved() if reader is not None else None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mail-environment", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def look(self) -> None:
        """Note what has changed since this looked last."""
        reader = reader_of(self._live)
        moved = reader.moved() if reader is not None else None
        if moved == self._noted:
            return
        try:
            note(self._live)
        except SQLAlchemyError:
            log.exception("what the environment says about mail could not be noted")
            return
        self._noted = moved

    def _run(self) -> None:
        while not self._stopping.wait(self._look_every):
            self.look()
