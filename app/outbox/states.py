"""The states of a message, and why one may end without being sent."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """``queued → sending → sent | failed``; ``held`` while mail is paused; ``cancelled``.

    ``failed`` is dead mail that a person may send again. ``cancelled`` is mail that nobody wants
    any more: its link or code ran out, or an administrator said so.
    """

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    HELD = "held"
    CANCELLED = "cancelled"


class Ended(StrEnum):
    """Why a message reached ``failed`` or ``cancelled``."""

    EXPIRED = "expired"
    """Cancelled: its link or code ran out before it could be sent."""
    BY_HAND = "by_hand"
    """Cancelled by an administrator."""
    REJECTED = "rejected"
    """Failed: the relay refuses this message or this recipient for good."""
    NO_TIME_LEFT = "no_time_left"
    """Failed: the next attempt would have come after its link or code runs out."""
    WITHDRAWN = "withdrawn"
    """Cancelled: what it says no longer held when its turn came."""
    SET_ASIDE = "set_aside"
    """Failed: it could not be worked on; ``set_aside_because`` says why."""
    KEY_LOST = "key_lost"
    """Cancelled: the key it was sealed with is gone, so nobody can open it any more."""
    GAVE_UP = "gave_up"
    """Failed: attempts for about three days led nowhere."""
