"""A person connects the mailbox in this browser: away to the vendor and back again.

Both functions make transactions of their own, and the second talks to the network: callers hold
none.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NoReturn

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.crypto.secret import Secret
from app.mail.oauth.pkce import new_verifier, redirect_problem, sign_in_page
from app.mail.oauth.refused import TokenRefused
from app.mail.oauth.tokens import for_code
from app.mail.transport import TransportError
from app.mailer.models import SignIn
from app.mailer.settings import LoginMethod
from app.mailer.tokens.connecting import (
    Connected,
    SignInRefused,
    begin,
    connect,
    digest_of,
    insist_unchanged,
    no_key,
    refused_by_service,
    saved_for,
    secret_of,
)
from app.moments import lies_ahead
from app.runtime import Runtime
from app.web.context import Actor

TIME_TO_SIGN_IN = timedelta(minutes=10)


def begin_person(live: Runtime, *, user_id: int, browser: str, redirect: str) -> str:
    """The vendor's page to send the browser to. ``redirect`` is where it comes back.

    ``browser`` is any text that names the administrator's browser session.
    """
    problem = redirect_problem(redirect)
    if problem is not None:
        raise SignInRefused("The sign-in cannot come back to this install", problem)
    now, state, verifier = live.now(), secrets.token_urlsafe(32), new_verifier()
    with live.database.transaction() as session:
        saved = saved_for(session, live, LoginMethod.PERSON)
        row = SignIn(
            method=LoginMethod.PERSON.value,
            state_digest=digest_of(state),
            browser_digest=digest_of(browser),
            user_id=user_id,
            destination=saved.destination,
            redirect=redirect,
            created_at=now,
            expires_at=now + TIME_TO_SIGN_IN,
        )
        begin(session, live, row, verifier)
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
    may: Callable[[Session], bool],
) -> Connected:
    """The browser came back, with a code or with the word for why there is none. ``may``: see
    :func:`~app.mailer.tokens.connecting.connect`."""
    with live.database.transaction() as session:
        row = _used(session, live.now(), state, user_id, browser)
    if error or not code:
        _came_back_without(error)
    with live.database.session(reading=True) as session:
        saved = saved_for(session, live, LoginMethod.PERSON)
    insist_unchanged(saved, row)
    now = live.now()
    try:
        tokens = for_code(
            saved.service,
            saved.asker.client(now),
            code=Secret(code),
            verifier=secret_of(live, row),
            redirect=row.redirect or "",
            now=now,
        )
    except TokenRefused as why:
        refused_by_service(why)
    except TransportError:
        no_key()
    return connect(live, saved, tokens, actor, may)


def _used(session: Session, now: datetime, state: str, user_id: int, browser: str) -> SignIn:
    """The sign-in that comes back, used up by this; one of two who come with it gets it."""
    mine = SignIn.user_id == user_id, SignIn.browser_digest == digest_of(browser)
    digest = digest_of(state[:200])
    found = session.scalar(select(SignIn).where(SignIn.state_digest == digest))
    if found is None or not state:
        raise SignInRefused(
            "This sign-in is not known here",
            "It was not begun by this install, or so long ago that nothing is known of it any"
            " more. Begin again on the mailer page.",
        )
    if found.user_id != user_id or found.browser_digest != digest_of(browser):
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
