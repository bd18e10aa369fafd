"""Wrong guesses per client address, counted in the database: they guard passwords and codes."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app import throttle
from app.config import Config
from app.web.errors import Refusal
from app.web.later import retry_after, when

# One office behind one address makes honest mistakes; a guesser makes thousands.
WRONG_GUESSES, WINDOW = 100, timedelta(minutes=15)


def refuse_guesser(
    session: Session, config: Config, *, purpose: str, ip: str, now: datetime
) -> None:
    """Raise a 429 page when this client guessed wrong too often. Off with the request limits."""
    if not config.ratelimit_enabled:
        return
    free_at = throttle.retry_at(session, _limit(purpose), throttle.subject_of_client(ip), now)
    if free_at is None:
        return
    raise Refusal(
        429,
        "Too many wrong guesses from your network",
        f"There were {WRONG_GUESSES} wrong passwords or codes from your network address within"
        " 15 minutes, so no more are checked for now.",
        f"Try again {when(free_at, now)}. If this was not you, tell your administrator.",
        action_href="/login",
        action_label="Back to the sign-in page",
        headers=retry_after(free_at, now),
    )


def count_wrong_guess(
    session: Session, config: Config, *, purpose: str, ip: str, now: datetime
) -> None:
    """Count one wrong guess of this client; past the limit it is refused before the next."""
    if not config.ratelimit_enabled:
        return
    with suppress(throttle.TooMany):
        throttle.take(session, _limit(purpose), throttle.subject_of_client(ip), now)


def _limit(purpose: str) -> throttle.Limit:
    return throttle.Limit(purpose, WRONG_GUESSES, WINDOW)
