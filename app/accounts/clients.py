"""Wrong guesses per client address, counted in the database: they guard passwords and codes."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.accounts import throttle
from app.config import Config
from app.web.errors import Refusal
from app.web.later import when

WINDOW = timedelta(minutes=15)
# One office behind one address makes honest mistakes; a guesser makes thousands.
WRONG_GUESSES = 100


def refuse_guesser(
    session: Session, config: Config, *, purpose: str, ip: str, now: datetime
) -> None:
    """Raise a 429 page when this client guessed wrong too often. Off with the request limits."""
    if not config.ratelimit_enabled:
        return
    free_at = throttle.retry_at(
        session,
        purpose=purpose,
        subject=throttle.subject_of_client(ip),
        limit=WRONG_GUESSES,
        window=WINDOW,
        now=now,
    )
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
        headers={"Retry-After": str(throttle.seconds_until(free_at, now))},
    )


def count_wrong_guess(
    session: Session, config: Config, *, purpose: str, ip: str, now: datetime
) -> None:
    """Count one wrong guess of this client."""
    if config.ratelimit_enabled:
        throttle.allow(
            session,
            purpose=purpose,
            subject=throttle.subject_of_client(ip),
            limit=WRONG_GUESSES,
            window=WINDOW,
            now=now,
        )
