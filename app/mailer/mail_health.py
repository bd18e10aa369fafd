"""How mail is, worked out in one place: pages, commands, endpoints and mails all read this answer.

It follows from :mod:`app.mailer.mail_facts` alone. What stops everything comes first, then what the
newest evidence says, then what is not well about mail that works.
"""

from __future__ import annotations

from dataclasses import replace

from app.mail.addresses import domain_of
from app.mail.failures import FailureContext
from app.mailer.advice import explained
from app.mailer.concerns import SLOW, concern_of
from app.mailer.current_health import CurrentHealth, Health, first_step
from app.mailer.mail_facts import Evidence, MailFacts, greylisted, newest_evidence, newest_look
from app.mailer.mail_stopped import what_stops_mail


def mail_health(facts: MailFacts) -> CurrentHealth:
    """How mail is. What stops everything comes first, then what the newest evidence says."""
    return _with_concern(what_stops_mail(facts) or _by_evidence(facts), facts)


def _with_concern(found: CurrentHealth, facts: MailFacts) -> CurrentHealth:
    """Mail that works can still be worth a look; of mail that does not, enough is said."""
    if not found.healthy:
        return found
    look, concern = newest_look(facts), concern_of(facts)
    found = replace(found, reached=look is not None and look.code is None)
    if concern is None:
        return _let_in(found) if found.reached and not facts.queue.waiting else found
    words = "The relay did not let us in"
    if concern.code == SLOW:
        words = "Slow" if found.health is Health.WORKING else found.words
    return replace(
        found,
        level="warn",
        words=words,
        cause=f"{concern.words} {found.cause}".strip(),
        alarm=True,
        concern=concern,
    )


def _let_in(found: CurrentHealth) -> CurrentHealth:
    if found.health is not Health.UNPROVEN:
        return found
    return replace(
        found,
        words="The relay lets us in",
        cause=f"Connecting and logging in worked at the last look. {found.cause}",
    )


def _not_arrived() -> CurrentHealth:
    """The relay takes mail, and somebody says that it does not reach them."""
    return CurrentHealth(
        Health.WORKING,
        "warn",
        "Taken, but not arrived",
        "The relay took the last test email, and whoever asked for it says it did not arrive.",
        "Look in the spam folder first; System → Mailer says what comes after that.",
    )


def _said_not_arrived(facts: MailFacts) -> bool:
    """Whether somebody misses the last test of this configuration. That the relay takes more mail
    afterwards is no answer: it took the test, too. Another test is."""
    record = facts.record
    return record.last_test_version == facts.version and record.last_test_arrived is False


def _by_evidence(facts: MailFacts) -> CurrentHealth:
    found = newest_evidence(facts)
    if found is None:
        return _unproven(facts)
    if found.failed:
        return _failing(facts, found)
    if _said_not_arrived(facts):
        return _not_arrived()
    return CurrentHealth(
        Health.WORKING,
        "good",
        "Tested, ready to send" if found.is_test else "Sending normally",
        moved_on=bool(facts.record.consecutive_failures),
    )


def _unproven(facts: MailFacts) -> CurrentHealth:
    record, waiting = facts.record, facts.queue.waiting
    if waiting and facts.queue.due and not facts.queue.workers:
        words, cause = "Waits to be taken up", "Mail waits, and no process delivers just now."
        step = "While it stays so, this page tells how to start one."
    elif waiting:
        words, cause = "First attempt under way", "The first mail goes ahead to try it out."
        step = "This page tells how it went when you load it again."
    else:
        words = "Set up, nothing sent yet"
        if record.last_success_at or record.last_test_at or record.consecutive_failures:
            words = "Changed, not tried yet"
        cause = "No mail has left through this configuration so far."
        step = "Send a test email to see whether it works."
    return CurrentHealth(
        Health.UNPROVEN,
        "quiet",
        words,
        cause,
        step,
        moved_on=bool(record.consecutive_failures),
    )


def _failing(facts: MailFacts, found: Evidence) -> CurrentHealth:
    explanation = explained(found.failure, _context_of(facts, found))
    cause = f"{explanation.title}." if explanation else "The relay did not take it."
    step = first_step(explanation) if explanation else ""
    if found.is_test:
        words, level = "The test failed", "bad"
        cause = f"The last test email failed. {cause}"
    elif facts.record.refusals_counted:
        words, level = "Failing", "bad"
        number = facts.record.refusals_counted
        cause = (
            f"The last {number} mails, to different domains, were all refused for good. That is"
            f" not the fault of {number} recipients: the relay refuses what this install sends."
        )
        step = "Ask whoever runs the relay why it refuses mail from this sender."
    else:
        tried = facts.queue.waiting > 0
        words, level = ("Failing, trying again", "warn") if tried else ("Failing", "bad")
    return CurrentHealth(
        Health.FAILING,
        level,
        words,
        cause,
        step,
        explanation=explanation,
        alarm=found.is_test or not greylisted(facts),
        by_test=found.is_test,
    )


def _context_of(facts: MailFacts, found: Evidence) -> FailureContext:
    tested = facts.record.last_test_to if found.is_test else None
    if not tested:
        return facts.context
    return replace(facts.context, recipient_domain=domain_of(tested))
