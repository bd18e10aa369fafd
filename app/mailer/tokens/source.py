"""Where a login gets its token: from the row that the whole install shares, or, for values that are
only typed, from the sign-in service alone.

A thousand mails cost one renewal: the token in the row is used until it has little time left, and
whoever renews it has a claim that others wait for.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.crypto.box import SealBroken
from app.crypto.keys import KeysUnusable
from app.crypto.secret import Secret
from app.mail.failures import Disposition, FailureCode, disposition_of
from app.mail.oauth.refused import TokenRefused
from app.mail.oauth.tokens import LONGEST_LIFE, Tokens
from app.mail.phases import Phase
from app.mail.transport import TokenSource, TransportError
from app.mailer.configuration import settings_of
from app.mailer.destination import Destination
from app.mailer.models import MailerConfiguration, MailerTokens
from app.mailer.settings import PasswordChange, Settings
from app.mailer.tokens import store
from app.mailer.tokens.asking import Asker, service_of
from app.moments import happened_since, lies_ahead
from app.runtime import Runtime

RENEW_BEFORE = timedelta(minutes=10)
"""What is left of a token when another is asked for; half its life where that is less."""

ASK_AGAIN_AFTER = timedelta(seconds=15)
"""Rest after a passing fault of the sign-in service that names none itself: the mails that wait
hear of it without asking again."""

LONGEST_REST = timedelta(minutes=15)
LOOK_EVERY = 0.1
"""Seconds between looks while somebody else renews."""

log = logging.getLogger("novantra.mailer")


def failure_of(refused: TokenRefused) -> TransportError:
    """The failure that a refusal of the sign-in service is."""
    return TransportError(refused.code, Phase.TOKEN, chip=refused.chip)


class StoredTokens:
    """The tokens of the saved configuration. Safe to share between threads and processes.

    ``rests``: a service in trouble is not asked again before its time; who presses a button wants
    to know how it is now.
    """

    def __init__(self, live: Runtime, asker: Asker, *, connected: bool, rests: bool = True) -> None:
        self._live = live
        self._asker = asker
        self._destination = str(Destination.of(asker.settings))
        self._connected = connected
        self._rests = rests

    @property
    def ready(self) -> bool:
        return self._connected and not self._asker.lacks_secret

    @property
    def service(self) -> str:
        return self._asker.host

    def current(self, patience: float) -> Secret:
        return self._get(patience, None)

    def instead_of(self, refused: Secret, patience: float) -> Secret:
        return self._get(patience, refused)

    def renew(self, patience: float, *, unless_since: datetime) -> bool:
        """Ask for new ones, however good the present ones are, unless somebody has done so since
        that moment or does it now; whether it was done. Raises as ``current`` does."""
        claimed = self._claim()
        if claimed is None:
            return False
        with self._live.database.session(reading=True) as session:
            row = store.look(session)
            last = row.renewed_at if row is not None else None
        if last is not None and happened_since(last, unless_since, self._live.now()):
            self._let_go(claimed)
            return False
        self._ask(claimed, None, patience)
        return True

    def _get(self, patience: float, refused: Secret | None) -> Secret:
        end = time.monotonic() + patience
        while True:
            held = self._look()
            usable = held.access if held.good and held.access != refused else None
            if usable is not None and (held.fresh or refused is not None or held.resting):
                return usable
            if held.resting is not None:
                raise held.resting
            claimed = self._claim()
            if claimed is not None:
                return self._renewed(claimed, usable, refused, end - time.monotonic())
            if usable is not None:
                return usable  # somebody renews it; this one will do meanwhile
            if time.monotonic() + LOOK_EVERY > end:
                raise TransportError(FailureCode.AUTH_TEMPORARY, Phase.TOKEN)
            time.sleep(LOOK_EVERY)

    def _look(self) -> _Held:
        with self._live.database.session(reading=True) as session:
            row = store.look(session)
            if row is None or row.destination != self._destination:
                return _Held()
            now = self._live.now()
            try:
                access = store.access_of(row, self._live.box)
            except SealBroken:
                access = None  # its key is gone, or it was altered: another one is asked for
            resting = _resting(row, now) if self._rests else None
            return _Held(access, *_how_good(row, now), resting)

    def _claim(self) -> store.Claimed | None:
        with self._live.database.transaction() as session:
            return store.claim(session, self._destination, self._live.now())

    def _renewed(
        self,
        claimed: store.Claimed,
        usable: Secret | None,
        refused: Secret | None,
        patience: float,
    ) -> Secret:
        """Whoever waited may hold the claim after somebody else renewed: then it looks again."""
        again = self._look()
        if again.fresh and again.access is not None and again.access != refused:
            self._let_go(claimed)
            return again.access
        return self._ask(claimed, usable, patience)

    def _ask(self, claimed: store.Claimed, usable: Secret | None, patience: float) -> Secret:
        """``usable`` is a token that would do if the service has trouble of its own."""
        box, now = self._live.box, self._live.now()
        try:
            refresh = store.refresh_of(claimed, box)
        except SealBroken:
            self._let_go(claimed)
            raise TransportError(FailureCode.OAUTH_REJECTED, Phase.TOKEN) from None
        try:
            tokens = self._asker.ask(refresh, now, max(patience, 0.1))
        except TokenRefused as why:
            self._note(claimed, why)
            if usable is not None and disposition_of(why.code) is Disposition.RETRY:
                return usable
            raise failure_of(why) from None
        except TransportError:  # there was nothing to ask with
            self._let_go(claimed)
            raise
        return self._kept(claimed, tokens)

    def _kept(self, claimed: store.Claimed, tokens: Tokens) -> Secret:
        try:
            with self._live.database.transaction() as session:
                kept = store.keep(session, self._live.box, claimed, tokens, self._live.now())
        except KeysUnusable:
            self._let_go(claimed)
            raise TransportError(FailureCode.AUTH_TEMPORARY, Phase.TOKEN) from None
        if not kept:
            # Another configuration was saved meanwhile: this token is not for it.
            raise TransportError(FailureCode.AUTH_TEMPORARY, Phase.TOKEN)
        log.info("a new access token", extra={"service": self.service})
        return tokens.access

    def _note(self, claimed: store.Claimed, why: TokenRefused) -> None:
        now = self._live.now()
        later = None
        if disposition_of(why.code) is Disposition.RETRY:
            asked = timedelta(seconds=why.retry_after) if why.retry_after else ASK_AGAIN_AFTER
            later = now + min(max(asked, ASK_AGAIN_AFTER), LONGEST_REST)
        with self._live.database.transaction() as session:
            store.note_failure(
                session, claimed, code=why.code, chip=why.chip, now=now, ask_again_at=later
            )
        log.warning("no access token: %s", why)

    def _let_go(self, claimed: store.Claimed) -> None:
        with self._live.database.transaction() as session:
            store.give_up(session, claimed)


@dataclass(frozen=True)
class _Held:
    """What the row has. ``fresh``: time enough is left; ``good``: some is. ``resting``: why not to
    ask now."""

    access: Secret | None = None
    fresh: bool = False
    good: bool = False
    resting: TransportError | None = None


def _how_good(row: MailerTokens, now: datetime) -> tuple[bool, bool]:
    end, since = row.access_expires_at, row.renewed_at
    if end is None or since is None or not lies_ahead(end, now, LONGEST_LIFE):
        return False, False
    spare = min(RENEW_BEFORE, (end - since) / 2)
    return end - now > spare, end - now > timedelta(seconds=20)


def _resting(row: MailerTokens, now: datetime) -> TransportError | None:
    if row.failed_code is None or not lies_ahead(row.ask_again_at, now, LONGEST_REST):
        return None
    return TransportError(FailureCode(row.failed_code), Phase.TOKEN, chip=row.failed_chip)


class TypedTokens:
    """For values that are not saved: asks at most once, and stores nothing."""

    def __init__(self, live: Runtime, asker: Asker) -> None:
        self._live = live
        self._asker = asker
        self._lock = threading.Lock()
        self._access: Secret | None = None

    @property
    def ready(self) -> bool:
        waits = self._asker.settings.waits_for_person
        return not waits and not self._asker.lacks_secret

    @property
    def service(self) -> str:
        return self._asker.host

    def current(self, patience: float) -> Secret:
        with self._lock:
            if self._access is None:
                self._access = self._asked(patience)
            return self._access

    def instead_of(self, refused: Secret, patience: float) -> Secret:
        with self._lock:
            self._access = self._asked(patience)
            return self._access

    def _asked(self, patience: float) -> Secret:
        try:
            return self._asker.ask(None, self._live.now(), patience).access
        except TokenRefused as why:
            raise failure_of(why) from None


def stored_tokens(
    live: Runtime,
    settings: Settings,
    secret: Secret | None,
    certificate: str | None,
    row: MailerTokens | None,
    *,
    rests: bool = True,
) -> StoredTokens:
    """The tokens of the saved configuration. ``row`` is what there is of them now."""
    return StoredTokens(
        live,
        Asker(settings, service_of(settings, live.config), secret, certificate),
        connected=not settings.waits_for_person or is_connected(settings, row),
        rests=rests,
    )


def is_connected(settings: Settings, row: MailerTokens | None) -> bool:
    """Whether somebody has signed in for this very destination."""
    if row is None or row.refresh_sealed is None:
        return False
    return row.destination == str(Destination.of(settings))


def check_tokens(
    live: Runtime,
    settings: Settings,
    change: PasswordChange,
    secret: Secret | None,
    *,
    row: MailerConfiguration | None = None,
    tokens: MailerTokens | None = None,
) -> TokenSource | None:
    """Where a check of what was typed gets its token; ``None`` where a password is used.

    ``row`` and ``tokens`` are what is stored. The stored tokens are only used where the
    destination is the stored one and no secret was typed; else the service is asked with what was
    typed, and the answer thrown away.
    """
    if not settings.uses_token:
        return None
    if row is not None and change.keeps:
        saved = settings_of(row)
        if Destination.of(saved) == Destination.of(settings):
            return stored_tokens(live, settings, secret, row.certificate, tokens, rests=False)
    return TypedTokens(live, Asker(settings, service_of(settings, live.config), secret))
