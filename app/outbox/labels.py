"""What became of a message, in words."""

from __future__ import annotations

from dataclasses import dataclass

from app.mail.failures import Explanation
from app.mail.phases import Phase
from app.mailer.active import ActiveMailer
from app.mailer.advice import context_of, explain_stored
from app.outbox.models import Ended, OutboxAttempt, OutboxMessage, State

PHASES = {phase.value: phase.doing for phase in Phase}

_ENDS = {
    Ended.EXPIRED: "Not sent: its link or code ran out first",
    Ended.BY_HAND: "Cancelled by an administrator",
    Ended.REJECTED: "The relay refuses it for good",
    Ended.NO_TIME_LEFT: "The next attempt would come after its link or code runs out",
    Ended.WITHDRAWN: "Not sent: what it says no longer held when its turn came",
    Ended.SET_ASIDE: "Set aside, because it could not be worked on",
    Ended.KEY_LOST: "Not sent: the key that protected it was lost",
    Ended.GAVE_UP: "Given up after about three days of attempts",
}


@dataclass(frozen=True)
class Pill:
    """``level`` is a colour of the design: good, warn, bad, quiet."""

    level: str
    text: str


def pill_of(message: OutboxMessage) -> Pill:
    """The state in a word."""
    if message.state == State.CANCELLED and message.ended_because == Ended.EXPIRED:
        return Pill("warn", "Expired")
    if message.state == State.QUEUED and message.attempts:
        return Pill("warn", "Retrying")
    return {
        State.QUEUED: Pill("quiet", "Waiting"),
        State.HELD: Pill("quiet", "Waiting"),
        State.SENDING: Pill("quiet", "Being sent"),
        State.SENT: Pill("good", "Sent"),
        State.FAILED: Pill("bad", "Failed"),
        State.CANCELLED: Pill("quiet", "Cancelled"),
    }[State(message.state)]


def ended_because(message: OutboxMessage) -> str:
    """Why it ended without being sent, or nothing."""
    if message.set_aside_because and message.state == State.FAILED:
        return _ENDS[Ended.SET_ASIDE]
    return _ENDS[Ended(message.ended_because)] if message.ended_because else ""


def explanation(
    code: str | None, phase: str | None, message: OutboxMessage, active: ActiveMailer | None
) -> Explanation | None:
    """Cause and fix of a failure code, naming the relay that is configured now. ``phase`` is where
    it showed itself."""
    return explain_stored(code, context_of(active, recipient=message.rcpt_to), phase=phase)


def reply_of(row: OutboxMessage | OutboxAttempt) -> str:
    """``550 5.1.1 at recipient``, or nothing when the relay did not answer."""
    if isinstance(row, OutboxMessage):
        codes = row.last_reply_code, row.last_enhanced_code
        phase = row.last_phase
    else:
        codes, phase = (row.reply_code, row.enhanced_code), row.phase
    said = " ".join(str(code) for code in codes if code)
    return f"{said} at {PHASES.get(phase, phase)}" if said and phase else said


def consequence(message: OutboxMessage) -> str:
    """What the last failure means for this message."""
    if message.state == State.HELD:
        return "It waits with all other mail until somebody settles this."
    if message.state == State.QUEUED:
        return "It is tried again by itself."
    return f"{ended_because(message)}."
