"""Refusals that several account pages share."""

from __future__ import annotations

from datetime import datetime

from app.accounts.lockout import LIFTS, TooManyLifts
from app.mailer.whom_to_ask import may_mend_mail, set_up_by
from app.web.errors import Refusal
from app.web.later import seconds_until, when
from app.web.viewer import viewer_zone
from app.zones import clock


def mail_pending(consequence: str, next_step: str) -> Refusal:
    """503 for a flow that needs mail: the cause, and who can end it."""
    may = may_mend_mail()
    return Refusal(
        503,
        "Mail is not set up yet",
        f"This install has no mail configuration, so {consequence}. {next_step}",
        set_up_by(),
        "/admin/system/mailer" if may else "/account",
        "Set up mail" if may else "Go to your account",
    )


def too_many_mails(retry_at: datetime, now: datetime) -> Refusal:
    """429: that address had its three mails."""
    return Refusal(
        429,
        "Three mails went to this address already",
        "No more than three of these are sent to one address within 15 minutes, so that nobody"
        " can flood a mailbox from here.",
        f"Look into the mailbox and its spam folder first. The next one can go out"
        f" {when(retry_at, now)}.",
        "/account",
        "Go to your account",
        {"Retry-After": str(seconds_until(retry_at, now))},
    )


# What lifting a lock gives, whoever did it.
LIFTED = (
    "can sign in again. One more wrong password within the next minutes locks the address anew."
)


def lifted_too_often(name: str, refused: TooManyLifts) -> tuple[str, str, str]:
    """Title, cause and next step: every lift is one more guess at the password."""
    return (
        "This lock was lifted too often",
        f"The lock of {name} was lifted {LIFTS} times within 15 minutes and the password was"
        " wrong each time. Somebody may be guessing it.",
        f"The lock ends by itself at {clock(refused.until, viewer_zone())}. Whoever forgot the"
        " password can ask for a reset link, which ends the lock too.",
    )


def too_many_guesses(retry_at: datetime, now: datetime) -> Refusal:
    """429: the present password was wrong too often."""
    return Refusal(
        429,
        "The current password was wrong five times",
        "So that nobody can try passwords at a session left open, this page waits 15 minutes.",
        f"Try again {when(retry_at, now)}. If you do not know your password, sign out and ask for"
        " a reset link.",
        "/account",
        "Go to your account",
        {"Retry-After": str(seconds_until(retry_at, now))},
    )
