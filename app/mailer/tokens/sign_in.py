"""A person connects the mailbox: in this browser and back again, or with a code in any browser.

What is begun is a row: good once, for ten minutes or as long as the service says, in the browser
and for the administrator that began it, and for the configuration as it was. All of this is asked
again when the person comes back. Until then nothing is stored, and after it nothing but the tokens.

Everything here talks to the network and makes transactions of its own: callers hold none.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.audit.log import record
from app.crypto.box import SealBroken
from app.crypto.keys import KeysUnusable
from app.crypto.secret import Secret
from app.mail.failures import Disposition, FailureCode, disposition_of
from app.mail.oauth.pkce import new_verifier, redirect_problem, sign_in_page
from app.mail.oauth.refused import TokenRefused
from app.mail.oauth.services import Service
from app.mail.oauth.tokens import Tokens, for_code
from app.mail.oauth.tokens import ask_device as ask_service
from app.mail.oauth.tokens import begin_device as begin_at_service
from app.mail.transport import TransportError
from app.mailer import health
from app.mailer.configuration import password_of, settings_of, stored
from app.mailer.destination import Destination
from app.mailer.models import SignIn
from app.mailer.settings import LoginMethod, Settings
from app.mailer.tokens import store
from app.mailer.tokens.asking import Asker, service_of
from app.moments import lies_ahead, sql_outside
from app.runtime import Outdated, Runtime
from app.sealing import SIGN_IN
from app.web.context import Actor

TIME_TO_SIGN_IN = timedelta(minutes=10)
LONGEST_DEVICE = timedelta(hours=1)
LONGEST_PAUSE = timedelta(seconds=6)
"""What a question that comes too soon waits at most, before it is asked or left."""
SLOWER_BY = 5
"""Seconds more between questions after a ``slow_down`` (RFC 8628 section 3.5)."""


class SignInRefused(Exception):
    """The mailbox was not connected, and nothing was stored. ``title`` and ``text`` are sentences
    for the administrator; ``status`` is the HTTP status that fits; ``code`` and ``chip`` are there
    when the sign-in service refused."""

    def __init__(
        self,
        title: str,
        text: str,
        *,
        status: int = 422,
        code: FailureCode | None = None,
        chip: str | None = None,
    ) -> None:
        self.title, self.text, self.status = title, text, status
        self.code, self.chip = code, chip
        super().__init__(title)


@dataclass(frozen=True)
class Connected:
    """``connected_as`` is who signed in, if the service told; ``resumed``: mail was paused."""

    connected_as: str | None
    resumed: bool


@dataclass(frozen=True)
class DevicePrompt:
    """What a person types where. ``interval`` is in seconds between questions."""

    user_code: str
    address: str
    expires_at: datetime
    interval: int


@dataclass(frozen=True)
class _Saved:
    """The configuration that somebody connects."""

    asker: Asker
    settings: Settings
    destination: str

    @property
    def service(self) -> Service:
        return self.asker.service


def begin_person(live: Runtime, *, user_id: int, browser: str, redirect: str) -> str:
    """The vendor's page to send the browser to. ``redirect`` is where it comes back.

    ``browser`` is any text that names the administrator's browser session.
    """
    problem = redirect_problem(redirect)
    if problem is not None:
        raise SignInRefused("The sign-in cannot come back to this install", problem)
    now, state, verifier = live.now(), secrets.token_urlsafe(32), new_verifier()
    with live.database.transaction() as session:
        saved = _saved(session, live, LoginMethod.PERSON)
        row = SignIn(
            method=LoginMethod.PERSON.value,
            state_digest=_digest(state),
            browser_digest=_digest(browser),
            user_id=user_id,
            destination=saved.destination,
            redirect=redirect,
            created_at=now,
            expires_at=now + TIME_TO_SIGN_IN,
        )
        _add(session, live, row, verifier)
    return sign_in_page(
        saved.service,
        client_id=saved.settings.client_id or "",
        redirect=redirect,
        state=state,
        verifier=verifier,
        mailbox=saved.settings.username,
    )


def finish_person(
    live: Runtime,
    *,
    user_id: int,
    browser: str,
    state: str,
    code: str | None,
    error: str | None,
    actor: Actor,
) -> Connected:
    """The browser came back, with a code or with the word for why there is none."""
    with live.database.transaction() as session:
        row = _used(session, live.now(), state, user_id, browser)
    if error or not code:
        _came_back_without(error)
    with live.database.session(reading=True) as session:
        saved = _saved(session, live, LoginMethod.PERSON)
    _unchanged(saved, row)
    now = live.now()
    try:
        tokens = for_code(
            saved.service,
            saved.asker.client(now),
            code=Secret(code),
            verifier=_opened(live, row),
            redirect=row.redirect or "",
            now=now,
        )
    except TokenRefused as why:
        _refused_by_service(why)
    except TransportError:
        _no_key()
    return _connect(live, saved, tokens, actor)


def begin_device(live: Runtime, *, user_id: int, browser: str) -> DevicePrompt:
    """Ask the service for a code that a person types in any browser."""
    with live.database.session(reading=True) as session:
        saved = _saved(session, live, LoginMethod.DEVICE)
    if saved.service.device is None:
        raise SignInRefused(
            "There is no sign-in with a code here",
            "The provider does not allow it for mail. Choose another login method.",
        )
    now = live.now()
    try:
        begun = begin_at_service(saved.service, saved.asker.client(now), now=now)
    except TokenRefused as why:
        _refused_by_service(why)
    except TransportError:
        _no_key()
    row = SignIn(
        method=LoginMethod.DEVICE.value,
        browser_digest=_digest(browser),
        user_id=user_id,
        destination=saved.destination,
        user_code=begun.user_code,
        address=begun.address,
        interval_seconds=begun.interval,
        created_at=now,
        expires_at=begun.expires_at,
    )
    with live.database.transaction() as session:
        session.execute(  # what this administrator began before is called off
            delete(SignIn).where(
                SignIn.user_id == user_id, SignIn.method == LoginMethod.DEVICE.value
            )
        )
        _add(session, live, row, begun.device_code)
    return _prompt(row)


def current_device(live: Runtime, *, user_id: int, browser: str) -> DevicePrompt | None:
    """The code that waits to be typed, to show it again; asks nobody."""
    with live.database.session(reading=True) as session:
        row = _waiting(session, live.now(), user_id, browser)
    return _prompt(row) if row is not None else None


def ask_device(live: Runtime, *, user_id: int, browser: str, actor: Actor) -> Connected | None:
    """Whether the person has finished; ``None``: not yet.

    Asks no oftener than is wanted: whoever comes a moment too soon waits for it, so that a page
    that asks gets an answer. Hold no transaction.
    """
    with live.database.session(reading=True) as session:
        early = _early_by(_under_way(session, live.now(), user_id, browser), live.now())
    if early > LONGEST_PAUSE:
        return None
    time.sleep(early.total_seconds())
    now = live.now()
    with live.database.transaction() as session:
        row = _under_way(session, now, user_id, browser)
        if _early_by(row, now):
            return None  # somebody else asked meanwhile
        row.asked_at = now
        saved = _saved(session, live, LoginMethod.DEVICE)
    _unchanged(saved, row)
    try:
        tokens = ask_service(
            saved.service,
            saved.asker.client(now),
            device_code=_opened(live, row),
            now=now,
        )
    except TokenRefused as why:
        if why.word == "slow_down":
            _slower(live, row)
            return None
        if disposition_of(why.code) is not Disposition.RETRY:
            _end(live, row)
        _refused_by_service(why)
    except TransportError:
        _no_key()
    if tokens is None:
        return None
    _end(live, row)
    return _connect(live, saved, tokens, actor)


def _under_way(session: Session, now: datetime, user_id: int, browser: str) -> SignIn:
    row = _waiting(session, now, user_id, browser)
    if row is None:
        raise SignInRefused(
            "No sign-in is under way",
            "Its time is over, it was finished, or it was begun in another browser. Begin again.",
            status=404,
        )
    return row


def _early_by(row: SignIn, now: datetime) -> timedelta:
    """How long until the service may be asked again; the first time may be at once."""
    pause = timedelta(seconds=row.interval_seconds or SLOWER_BY)
    if row.asked_at is None or not lies_ahead(row.asked_at + pause, now, pause):
        return timedelta(0)
    return row.asked_at + pause - now


def disconnect(session: Session, *, now: datetime, actor: Actor) -> bool:
    """Forget the tokens; whether there were any. Audited; the caller commits."""
    row = store.look(session)
    if row is None or not row.destination:
        return False
    store.forget(session)
    record(
        session,
        now=now,
        actor=actor,
        tag="mailer:disconnected",
        target="mailer",
        changes={"connected_as": {"old": row.connected_as, "new": None}},
    )
    return True


def outdated(now: datetime) -> list[Outdated]:
    """Sign-ins that nobody will come back from."""
    return [(SignIn, sql_outside(SignIn.created_at, now, timedelta(days=1)))]


def _saved(session: Session, live: Runtime, method: LoginMethod) -> _Saved:
    row = stored(session)
    settings = settings_of(row) if row is not None else None
    if row is None or settings is None or settings.login_method != method:
        raise SignInRefused(
            "There is nothing to connect",
            "The saved configuration does not log in this way. Choose the login method on the"
            " mailer page and save first.",
            status=409,
        )
    try:
        secret = password_of(row, live.box)
    except SealBroken:
        _no_key()
    asker = Asker(settings, service_of(settings, live.config), secret, row.certificate)
    return _Saved(asker, settings, str(Destination.of(settings)))


def _add(session: Session, live: Runtime, row: SignIn, secret: Secret) -> None:
    session.add(row)
    session.flush()
    try:
        row.secret_sealed = live.box.seal_secret(secret, SIGN_IN.place_in(row))
    except KeysUnusable:
        _no_key()


def _used(session: Session, now: datetime, state: str, user_id: int, browser: str) -> SignIn:
    """The sign-in that comes back, used up by this; one of two who come with it gets it."""
    mine = SignIn.user_id == user_id, SignIn.browser_digest == _digest(browser)
    digest = _digest(state[:200])
    found = session.scalar(select(SignIn).where(SignIn.state_digest == digest))
    if found is None or not state:
        raise SignInRefused(
            "This sign-in is not known here",
            "It was not begun by this install, or so long ago that nothing is known of it any"
            " more. Begin again on the mailer page.",
        )
    if found.user_id != user_id or found.browser_digest != _digest(browser):
        raise SignInRefused(
            "This sign-in was begun in another browser",
            "Finish it in the browser, and as the administrator, that began it, or begin again"
            " here.",
        )
    if found.used_at is None and not lies_ahead(found.expires_at, now, TIME_TO_SIGN_IN):
        raise SignInRefused(
            "This sign-in took too long",
            "There are ten minutes between beginning and coming back. Begin again.",
        )
    claimed = session.execute(
        update(SignIn)
        .where(SignIn.id == found.id, SignIn.used_at.is_(None), *mine)
        .values(used_at=now)
        .returning(SignIn.id)
        .execution_options(synchronize_session=False)
    ).first()
    if claimed is None:
        raise SignInRefused(
            "This sign-in was used already",
            "Each is good for one time. If the mailbox is not connected, begin again.",
        )
    return found


def _waiting(session: Session, now: datetime, user_id: int, browser: str) -> SignIn | None:
    row = session.scalars(
        select(SignIn)
        .where(
            SignIn.user_id == user_id,
            SignIn.browser_digest == _digest(browser),
            SignIn.method == LoginMethod.DEVICE.value,
            SignIn.used_at.is_(None),
        )
        .order_by(SignIn.id.desc())
        .limit(1)
    ).first()
    if row is None or not lies_ahead(row.expires_at, now, LONGEST_DEVICE):
        return None
    return row


def _unchanged(saved: _Saved, row: SignIn) -> None:
    if saved.destination != row.destination:
        raise SignInRefused(
            "The configuration was changed meanwhile",
            "The sign-in was for the configuration before. Look at it and begin again.",
            status=409,
        )


def _opened(live: Runtime, row: SignIn) -> Secret:
    try:
        return live.box.open_secret(row.secret_sealed or "", SIGN_IN.place_in(row))
    except SealBroken:
        _no_key()


def _slower(live: Runtime, row: SignIn) -> None:
    with live.database.transaction() as session:
        session.execute(
            update(SignIn)
            .where(SignIn.id == row.id)
            .values(interval_seconds=(row.interval_seconds or SLOWER_BY) + SLOWER_BY)
        )


def _end(live: Runtime, row: SignIn) -> None:
    with live.database.transaction() as session:
        session.execute(update(SignIn).where(SignIn.id == row.id).values(used_at=live.now()))


def _connect(live: Runtime, saved: _Saved, tokens: Tokens, actor: Actor) -> Connected:
    mailbox = saved.settings.username or ""
    named = {address.casefold() for address in tokens.addresses}
    if named and mailbox.casefold() not in named:
        raise SignInRefused(
            f"Connected as {tokens.person}, but the mailbox is {mailbox}",
            f"Whoever signs in must be {mailbox}: the relay takes a token for its own mailbox"
            " alone. Nothing was stored. Begin again and choose that account, in a private window"
            " if the browser does not ask.",
        )
    if tokens.refresh is None:
        raise SignInRefused(
            "The sign-in service gave nothing to go on with",
            "The sign-in worked, but without the right to renew it, so mail would stop within an"
            " hour. Nothing was stored. Check that the application may keep access (offline"
            " access), and begin again.",
        )
    now = live.now()
    with live.database.transaction() as session:
        row = stored(session)
        if row is None or str(Destination.of(settings_of(row))) != saved.destination:
            raise SignInRefused(
                "The configuration was changed meanwhile",
                "The sign-in was for the configuration before. Look at it and begin again.",
                status=409,
            )
        before = store.look(session)
        old = before.connected_as if before is not None else None
        try:
            store.connect(session, live.box, saved.destination, tokens, now)
        except KeysUnusable:
            _no_key()
        record(
            session,
            now=now,
            actor=actor,
            tag="mailer:connected",
            target="mailer",
            changes={"connected_as": {"old": old, "new": tokens.person}},
        )
        resumed = health.resume(session, now=now, actor=actor, because="mailbox connected")
    live.wake_worker()
    return Connected(tokens.person, resumed)


_WORDS = {
    "access_denied": (
        "The sign-in was refused",
        "Whoever signed in did not agree, or may not agree to this application. Begin again, and"
        " have an administrator of the organization agree if the page asked for one.",
    ),
    "admin_policy_enforced": (
        "A policy of the organization forbids this application",
        "Have an administrator of the organization trust the application, then begin again.",
    ),
    "consent_required": (
        "Nobody has agreed to this application yet",
        "Have an administrator of the organization grant consent, then begin again.",
    ),
    "invalid_scope": (
        "The sign-in service does not know the permission that was asked for",
        "Check the cloud, and that the application is registered for mail.",
    ),
    "temporarily_unavailable": (
        "The sign-in service is busy",
        "Wait a few minutes and begin again.",
    ),
}
_OTHER_WORD = (
    "The sign-in did not end well",
    "The sign-in service sent the browser back without a code. Begin again; if it happens again,"
    " compare the registered application with the steps on the mailer page.",
)


def _came_back_without(error: str | None) -> NoReturn:
    """``error`` is what stood in the address: a word that we know, or nothing that we repeat."""
    title, text = _WORDS.get(error or "", _OTHER_WORD)
    refused = TokenRefused(word=error)
    code = refused.code if refused.word is not None else None
    raise SignInRefused(title, text, code=code, chip=refused.chip)


def _refused_by_service(why: TokenRefused) -> NoReturn:
    passing = disposition_of(why.code) is Disposition.RETRY
    raise SignInRefused(
        "The sign-in service gave no token",
        "It could not be reached or has trouble of its own. Wait a few minutes and begin again."
        if passing
        else "Nothing was stored. Below is why, and what to do about it.",
        status=503 if passing else 422,
        code=why.code,
        chip=why.chip,
    ) from None


def _no_key() -> NoReturn:
    raise SignInRefused(
        "What is stored cannot be used",
        "The client secret, the certificate or the install’s keys cannot be read. The mailer page"
        " says which, and what to do.",
        status=503,
    ) from None


def _prompt(row: SignIn) -> DevicePrompt:
    return DevicePrompt(
        user_code=row.user_code or "",
        address=row.address or "",
        expires_at=row.expires_at,
        interval=row.interval_seconds or SLOWER_BY,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
