"""The chore that keeps the tokens alive: once a day a new one is asked for, also when nothing is
sent.

A refresh token that nobody uses runs out (Microsoft 90 days, Google six months), and an install
that mails seldom would hear of it when it needs mail. What fails here is on the mailer page before
anybody misses a mail.
"""

from __future__ import annotations

import threading
import time
from datetime import timedelta

from app.crypto.box import SealBroken
from app.mail.failures import disposition_of
from app.mail.failures.codes import Disposition, FailureCode
from app.mail.oauth.call import WAIT
from app.mail.transport import TransportError
from app.mailer.configuration import password_of, settings_of
from app.mailer.destination import Destination
from app.mailer.in_force import in_force
from app.mailer.models import MailerTokens
from app.mailer.tokens import store
from app.mailer.tokens.source import StoredTokens, stored_tokens
from app.moments import within
from app.runtime import Runtime

EVERY = timedelta(days=1)

AFTER_FAILURE = timedelta(hours=1)
"""Rest after a failure that may pass; one that a person must mend is asked again after a day."""

LOOK_EVERY = 60.0
"""Seconds between looks at the row."""


class Renewing:
    """Called between deliveries; says whether it asked for anything."""

    def __init__(self) -> None:
        self._looked: float | None = None
        self._lock = threading.Lock()

    def __call__(self, live: Runtime) -> bool:
        with self._lock:
            if self._looked is not None and time.monotonic() - self._looked < LOOK_EVERY:
                return False
            self._looked = time.monotonic()
        source = due(live)
        if source is None:
            return False
        try:
            return source.renew(WAIT, unless_since=live.now() - EVERY)
        except TransportError:
            return False  # why is in the row, and the page tells it


def due(live: Runtime) -> StoredTokens | None:
    """The tokens, where it is time to renew them."""
    with live.database.session(reading=True) as session:
        row = in_force(session, live)
        tokens = store.look(session)
        if row is None or tokens is None or not (tokens.renewed_at or tokens.refresh_sealed):
            return None
        settings = settings_of(row)
        if not settings.uses_token or tokens.destination != str(Destination.of(settings)):
            return None
        now = live.now()
        if within(tokens.renewed_at, now, EVERY) or _failed_lately(tokens, live):
            return None
        try:
            secret = password_of(row, live.box)
        except SealBroken:
            return None
        source = stored_tokens(live, settings, secret, row.certificate, tokens)
    return source if source.ready else None


def _failed_lately(tokens: MailerTokens, live: Runtime) -> bool:
    if tokens.failed_at is None or tokens.failed_code is None:
        return False
    passing = disposition_of(FailureCode(tokens.failed_code)) is Disposition.RETRY
    return within(tokens.failed_at, live.now(), AFTER_FAILURE if passing else EVERY)
