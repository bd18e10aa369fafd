"""What there is to know about mail, and what is the newest of it. No word is said about it here.

The facts carry the version of the configuration that they were made with. What another version
did says nothing about this one, whether it worked or failed. Nor does a moment that has not come:
a wrong clock noted it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from app.mail.failures import Failure, FailureCode, FailureContext
from app.mailer.models import MailCanary, MailHealth
from app.mailer.tokens.status import NO_TOKENS, TokenStatus
from app.runtime import QueueSummary

DUE_FOR = timedelta(seconds=20)
"""Mail that is due for longer while no worker lives is delivered by nobody; a restart is over
sooner."""

GREYLISTING = timedelta(minutes=15)
"""How long servers commonly make an unknown sender wait (RFC 6647, section 2)."""

SLOW_AFTER = timedelta(minutes=15)
"""Mail that is due for longer, though somebody delivers, comes too late for most of its links."""


class Keys(StrEnum):
    """Whether stored secrets can be read. ``ok`` means that one was opened, if there is any."""

    OK = "ok"
    UNUSABLE = "unusable"
    """There is no key, or none that can be read."""
    WRONG = "wrong"
    """There is a key, and what is stored was sealed with another one."""
    FORGOTTEN = "forgotten"
    """The key is gone for good and was given up; the password must be typed again."""
    CHANGED = "changed"
    """The key is there, and what the password is held to was changed outside the program."""


@dataclass(frozen=True)
class MailFacts:
    """What there is to know. ``version`` and ``provider`` are ``None`` while mail is pending.

    ``record`` is the stored row about sends and tests, ``keys_problem`` what is wrong with the
    keys in words, and ``locked`` says that nothing at all can be sent because of it: a relay
    without a login still takes mail that is sealed anew. ``embedded`` says that web processes are
    meant to deliver, ``declared_problem`` why what the environment says about mail cannot be used,
    ``token`` how logging in with one stands, ``canary`` what came of the
    hourly look at the relay, and ``context`` what sentences may name.
    """

    now: datetime
    version: int | None
    provider: str | None
    record: MailHealth
    queue: QueueSummary = field(default_factory=QueueSummary)
    keys: Keys = Keys.OK
    keys_problem: str | None = None
    locked: bool = False
    embedded: bool = True
    declared_problem: str | None = None
    token: TokenStatus = NO_TOKENS
    canary: MailCanary | None = None
    context: FailureContext = field(default_factory=FailureContext)


def nobody_delivers(facts: MailFacts) -> bool:
    """Whether mail is due for longer than a restart takes, and no worker lives."""
    since = facts.queue.due_since
    return since is not None and not facts.queue.workers and facts.now - since >= DUE_FOR


def slow_since(facts: MailFacts) -> datetime | None:
    """Since when mail is due for too long, if it is."""
    since = facts.queue.due_since
    return since if since is not None and facts.now - since >= SLOW_AFTER else None


def greylisted(facts: MailFacts) -> bool:
    """A recipient's server that wants to be asked again, as greylisting does with every first
    mail: that is over within minutes, or it is more."""
    record = facts.record
    later = record.last_failure_code == FailureCode.RECIPIENT_TEMPORARY
    since = record.failing_since or facts.now
    return later and timedelta(0) <= facts.now - since < GREYLISTING


@dataclass(frozen=True)
class Evidence:
    """The newest thing that this configuration did. ``failure`` is ``None`` when it got through,
    and when the code is one of another version."""

    at: datetime
    failed: bool
    failure: Failure | None = None
    is_test: bool = False


def newest_evidence(facts: MailFacts) -> Evidence | None:
    """The newest real send with this version, or a test that came after it."""
    send, test = _send(facts), _test(facts)
    newer = send or test
    if send is not None and test is not None and test.at > send.at:
        newer = test
    if newer is None or not newer.failed:
        return newer
    resumed = facts.record.resumed_at
    before = resumed is not None and newer.at <= _not_ahead(resumed, facts.now)
    return None if before else newer


def _send(facts: MailFacts) -> Evidence | None:
    """The newest real send. When both kinds were of this version, the count says which was last."""
    record = facts.record
    worked = record.last_success_at if record.last_success_version == facts.version else None
    failed = record.last_failure_at if record.last_failure_version == facts.version else None
    if failed is not None and (record.consecutive_failures or worked is None):
        at = _not_ahead(failed, facts.now)
        return Evidence(at, record.last_failure_code is not None, record.last_failure)
    return Evidence(_not_ahead(worked, facts.now), failed=False) if worked else None


def _test(facts: MailFacts) -> Evidence | None:
    record = facts.record
    if record.last_test_at is None or record.last_test_version != facts.version:
        return None
    at = _not_ahead(record.last_test_at, facts.now)
    failed = record.last_test_code is not None
    return Evidence(at, failed, record.last_test_failure, is_test=True)


def newest_look(facts: MailFacts) -> MailCanary | None:
    """The look at the relay with this very configuration, if nothing newer says how mail is."""
    look, record = facts.canary, facts.record
    if look is None or look.at is None or look.version != facts.version:
        return None
    newer = (record.last_success_at, record.last_test_at, record.resumed_at)
    at = _not_ahead(look.at, facts.now)
    return None if any(m is not None and m > at and m <= facts.now for m in newer) else look


def _not_ahead(moment: datetime, now: datetime) -> datetime:
    """A time that has not come was noted by a wrong clock: nothing stays newest because of it."""
    return moment if moment <= now else datetime.min.replace(tzinfo=moment.tzinfo)
