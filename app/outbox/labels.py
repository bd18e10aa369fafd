"""What became of a message, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.mail.failures import Explanation, Failure
from app.mail.phases import Phase
from app.mail.replies import in_codes
from app.mailer.active import ActiveMailer
from app.mailer.advice import context_of, explained
from app.mailer.current_health import CurrentHealth, Health
from app.mailer.models import MailTrial
from app.mailer.summary import prospect_of
from app.moments import lies_ahead
from app.outbox.breaker import LEASE_AT_MOST
from app.outbox.fate import Fate, fate_of
from app.outbox.models import Ended, OutboxAttempt, OutboxMessage, State

PHASES = {phase.value: phase.doing for phase in Phase}

HELD = "Held"

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
class Label:
    """``level`` is a colour of the design: good, warn, bad, quiet. ``why`` says what keeps a mail
    that is held or waits for its first attempt, in the words that say how mail is."""

    level: str
    text: str
    why: str = ""


def state_of(
    message: OutboxMessage, mail: CurrentHealth, now: datetime, *, key_missing: bool = False
) -> Label:
    """The state in a word: of the row, and of mail as it is now.

    :param key_missing: whether the key that its contents were sealed with is not there
    """
    if message.state == State.SENT:
        return Label("good", "Sent")
    if message.state == State.SENDING and lies_ahead(message.lease_until, now, LEASE_AT_MOST):
        return Label("quiet", "Being sent")
    fate = fate_of(message, prospect_of(mail), now)
    match fate:
        case Fate.EXPIRED:
            return Label("warn", "Expired")
        case Fate.FAILED:
            return Label("bad", "Failed")
        case Fate.CANCELLED:
            withdrawn = message.ended_because == Ended.WITHDRAWN
            return Label("quiet", "Withdrawn" if withdrawn else "Cancelled")
    if key_missing:
        return Label("warn", HELD, "Its key is missing")
    if all_held(mail):
        return Label("warn", HELD, _words_of(mail))
    if message.state == State.HELD:
        return Label("warn", HELD, "Let go by itself, since mail is no longer paused")
    if fate is Fate.TRIED_AGAIN:
        return Label("warn", "Being tried again")
    return Label("quiet", "Queued", _words_of(mail) if fate is Fate.WAITS else "")


def all_held(mail: CurrentHealth) -> bool:
    """Whether nothing that is queued goes out before somebody acts."""
    return mail.held or mail.health is Health.PENDING


def _words_of(mail: CurrentHealth) -> str:
    return f"{mail.words}: {mail.explanation.title}" if mail.explanation else mail.words


def ended_because(message: OutboxMessage) -> str:
    """Why it ended without being sent, or nothing."""
    if message.set_aside_because and message.state == State.FAILED:
        return _ENDS[Ended.SET_ASIDE]
    return _ENDS[Ended(message.ended_because)] if message.ended_because else ""


def explanation(
    failure: Failure | None, message: OutboxMessage | MailTrial, active: ActiveMailer | None
) -> Explanation | None:
    """Cause and fix of a failure, naming the relay that is configured now."""
    return explained(failure, context_of(active, recipient=message.rcpt_to or ""))


def reply_of(row: OutboxMessage | OutboxAttempt | MailTrial) -> str:
    """``550 5.1.1 at recipient``, or nothing when the relay did not answer."""
    if isinstance(row, OutboxMessage):
        said, phase = in_codes(row.last_reply_code, row.last_enhanced_code), row.last_phase
    else:
        said, phase = in_codes(row.reply_code, row.enhanced_code), row.phase
    return f"{said} at {PHASES.get(phase, phase)}" if said and phase else said


def consequence(message: OutboxMessage, label: Label) -> str:
    """What the last failure means for this message."""
    if label.text == HELD:
        return "It waits with all other mail until somebody settles this."
    if message.state == State.QUEUED:
        return "It is tried again by itself."
    return f"{ended_because(message)}."
