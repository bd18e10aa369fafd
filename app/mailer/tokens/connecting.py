"""What both ways for a person to connect the mailbox share: what was begun, and how it ends.

What is begun is a row: good once, for a while, in the browser and for the administrator that began
it, and for the configuration as it was. All of this is asked again when the person has signed in.
Until then nothing is stored, and after it nothing but the tokens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from sqlalchemy.orm import Session

from app.audit.log import record
from app.crypto.box import SealBroken
from app.crypto.keys import KeysUnusable
from app.crypto.secret import Secret
from app.mail.failures import Disposition, FailureCode, disposition_of
from app.mail.oauth.refused import TokenRefused
from app.mail.oauth.services import Service
from app.mail.oauth.tokens import Tokens
from app.mailer import health
from app.mailer.configuration import password_of, settings_of
from app.mailer.destination import Destination
from app.mailer.in_force import in_force
from app.mailer.models import SignIn
from app.mailer.settings import LoginMethod, Settings
from app.mailer.tokens import store
from app.mailer.tokens.asking import Asker, service_of
from app.moments import sql_outside
from app.runtime import Outdated, Runtime
from app.sealing import SIGN_IN
from app.web.context import Actor


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
class Saved:
    """The configuration that somebody connects."""

    asker: Asker
    settings: Settings
    destination: str

    @property
    def service(self) -> Service:
        return self.asker.service


def saved_for(session: Session, live: Runtime, method: LoginMethod) -> Saved:
    """The stored configuration, where it logs in by ``method``.

    :raises SignInRefused: it does not, or its secret cannot be read.
    """
    row = in_force(session, live)
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
        no_key()
    asker = Asker(settings, service_of(settings, live.config), secret, row.certificate)
    return Saved(asker, settings, str(Destination.of(settings)))


def begin(session: Session, live: Runtime, row: SignIn, secret: Secret) -> None:
    """Store what was begun, and ``secret`` sealed for this very row; the caller commits."""
    session.add(row)
    session.flush()
    try:
        row.secret_sealed = live.box.seal_secret(secret, SIGN_IN.place_in(row))
    except KeysUnusable:
        no_key()


def insist_unchanged(saved: Saved, row: SignIn) -> None:
    """:raises SignInRefused: the configuration is another one than it was begun for."""
    if saved.destination != row.destination:
        raise SignInRefused(
            "The configuration was changed meanwhile",
            "The sign-in was for the configuration before. Look at it and begin again.",
            status=409,
        )


def secret_of(live: Runtime, row: SignIn) -> Secret:
    """The verifier, or the device code, of what was begun."""
    try:
        return live.box.open_secret(row.secret_sealed or "", SIGN_IN.place_in(row))
    except SealBroken:
        no_key()


def connect(
    live: Runtime,
    saved: Saved,
    tokens: Tokens,
    actor: Actor,
    may: Callable[[Session], bool],
) -> Connected:
    """Store the tokens of who signed in, audited, and let mail go. ``may`` says in the transaction
    that stores them whether ``actor`` may still do that.

    :raises SignInRefused: it was not the mailbox's own person, the right to renew is missing,
        another configuration was saved meanwhile, or the right to configure mail was taken away.
    """
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
        if not may(session):
            raise SignInRefused(
                "You may not connect the mailbox any more",
                "Your right to configure mail was taken away while you signed in. Nothing was"
                " stored.",
                status=403,
            )
        row = in_force(session, live)
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
            no_key()
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


def refused_by_service(why: TokenRefused) -> NoReturn:
    """Raises the :class:`SignInRefused` that a refusal of the sign-in service is."""
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


def no_key() -> NoReturn:
    """Raises the :class:`SignInRefused` for what cannot be read, or cannot be asked with."""
    raise SignInRefused(
        "What is stored cannot be used",
        "The client secret, the certificate or the install’s keys cannot be read. The mailer page"
        " says which, and what to do.",
        status=503,
    ) from None


def digest_of(text: str) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
