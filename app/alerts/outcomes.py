"""What became of one request to a target: a word and a status, never what the other side wrote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from app.alerts.kinds import Kind


class Outcome(StrEnum):
    """The word that is stored and shown."""

    TAKEN = "taken"
    NO_NAME = "no_name"
    FORBIDDEN = "forbidden_target"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    NO_TLS = "tls_failed"
    NO_HTTP = "no_http"
    REDIRECTED = "redirected"
    SLOW_DOWN = "slow_down"
    REFUSED = "refused"
    GONE = "gone"
    ITS_TROUBLE = "its_trouble"
    LOCKED = "locked"
    NOT_ALLOWED = "not_allowed"


SENTENCES = {
    Outcome.TAKEN: "It was taken.",
    Outcome.NO_NAME: "The host name does not resolve.",
    Outcome.FORBIDDEN: "The host has a private address, and alerts may not go there.",
    Outcome.UNREACHABLE: "No connection could be made.",
    Outcome.TIMED_OUT: "There was no complete answer within 10 seconds.",
    Outcome.NO_TLS: "The certificate is not valid for this host, or TLS failed.",
    Outcome.NO_HTTP: "What answers there does not speak HTTP.",
    Outcome.REDIRECTED: "The address redirects elsewhere, and redirects are not followed.",
    Outcome.SLOW_DOWN: "It asked to be sent less.",
    Outcome.REFUSED: "It refused the request.",
    Outcome.GONE: "It is gone: it was deleted, switched off, or its owner left.",
    Outcome.ITS_TROUBLE: "It has trouble of its own.",
    Outcome.LOCKED: "The stored address cannot be opened with the keys of this install.",
    Outcome.NOT_ALLOWED: "The stored address may not be used any more.",
}


@dataclass(frozen=True)
class Answer:
    """``status`` is HTTP's where there was one, ``retry_after`` what it asked for."""

    outcome: Outcome
    status: int | None = None
    retry_after: timedelta | None = None

    @property
    def taken(self) -> bool:
        return self.outcome is Outcome.TAKEN

    @property
    def words(self) -> str:
        """One sentence or two for an administrator."""
        return words_of(self.outcome, self.status)


def words_of(outcome: str | None, status: int | None) -> str:
    """The sentence of a stored outcome, with the status where it says more."""
    known = Outcome(outcome) if outcome in set(Outcome) else None
    said = SENTENCES[known] if known else "What became of it is not known."
    return said if status is None else f"{said} (HTTP {status})"


LONGEST_WAIT = timedelta(hours=1)
"""However long a target asks us to wait."""

_GONE = {404, 410}


def of_status(kind: Kind, status: int, retry_after: str | None = None) -> Answer:
    """What an HTTP status says. https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
    lists Slack's; a Workflows address answers 202."""
    if 200 <= status < 300:
        return Answer(Outcome.TAKEN, status)
    if 300 <= status < 400:
        return Answer(Outcome.REDIRECTED, status)
    if status == 429:
        return Answer(Outcome.SLOW_DOWN, status, _seconds(retry_after))
    if status in _GONE:
        return Answer(Outcome.GONE, status)
    if 400 <= status < 500 and status != 408:
        return Answer(Outcome.REFUSED, status)
    return Answer(Outcome.ITS_TROUBLE, status, _seconds(retry_after))


def is_final(kind: Kind, answer: Answer) -> bool:
    """Whether asking again is pointless until somebody changes something.

    A chat says with these that the address was withdrawn. For a webhook only 410 does (Standard
    Webhooks, "Delivery"): a 404 may be a receiver that is being replaced.
    """
    if answer.outcome in {Outcome.NOT_ALLOWED, Outcome.FORBIDDEN}:
        return True
    if kind is Kind.WEBHOOK:
        return answer.status == 410
    return kind is not Kind.PING and answer.outcome in {Outcome.GONE, Outcome.REFUSED}


def _seconds(text: str | None) -> timedelta | None:
    if text is None or not text.isascii() or not text.isdigit():
        return None
    return min(timedelta(seconds=int(text[:9])), LONGEST_WAIT)
