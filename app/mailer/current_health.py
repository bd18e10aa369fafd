"""How mail is, worked out in one place: pages, commands, endpoints and mails all read this answer.

It follows from :mod:`app.mailer.mail_facts` alone. What stops everything comes first, then what the
newest evidence says, then what is not well about mail that works.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from app.mail.addresses import domain_of
from app.mail.failures import Explanation, Failure, FailureContext
from app.mail.phases import Phase
from app.mailer.advice import explained
from app.mailer.concerns import SLOW, Concern, concern_of
from app.mailer.mail_facts import (
    Evidence,
    Keys,
    MailFacts,
    greylisted,
    newest_evidence,
    newest_look,
    nobody_delivers,
)
from app.mailer.models import MailHealth
from app.mailer.providers import PROVIDERS, Provider
from app.mailer.settings import LoginMethod
from app.mailer.tokens.status import TokenState

START_A_WORKER = "flask --app wsgi mailer worker"
RESUME = "flask --app wsgi mailer resume"
NAME_THE_KEYS = "flask --app wsgi keys doctor"


class Health(StrEnum):
    """The word for how mail is."""

    PENDING = "pending"
    """No configuration was ever saved."""
    UNPROVEN = "unproven"
    """Nothing was sent or tested since the configuration was saved, or since sending resumed."""
    WORKING = "working"
    """The newest real send, or a newer test, got through with this very configuration."""
    FAILING = "failing"
    """It did not, or it cannot, because the keys do not open what is stored."""
    PAUSED = "paused"
    """A person must act: one who paused by hand, or one who mends what the relay refuses."""
    STALLED = "stalled"
    """Mail is due and nobody delivers it."""


@dataclass(frozen=True)
class CurrentHealth:
    """The answer. ``level`` is a colour of the design: good, warn, bad, quiet.

    ``words`` stand in the pill, ``cause`` is one or two sentences, ``step`` what to do next and
    ``command`` what to type for it on the server. ``explanation`` is there when a failure code is
    the cause. ``alarm``: every page of the console says so. ``held``: mail that is asked for now
    waits until somebody acts. ``moved_on``: older failures stand in the numbers, but
    not for this configuration. ``concern``: it works, but something about it is not well.
    ``reached``: the newest look at the relay got in.
    """

    health: Health
    level: str
    words: str
    cause: str = ""
    step: str = ""
    command: str | None = None
    explanation: Explanation | None = None
    alarm: bool = False
    held: bool = False
    keys: Keys = Keys.OK
    by_test: bool = False
    moved_on: bool = False
    concern: Concern | None = None
    reached: bool = False

    @property
    def healthy(self) -> bool:
        """Nothing is known to be wrong. Not having been tried is no failure."""
        return self.health in {Health.WORKING, Health.UNPROVEN}

    @property
    def all_well(self) -> bool:
        """Healthy, and nothing about it is a concern."""
        return self.healthy and self.concern is None


def mail_health(facts: MailFacts) -> CurrentHealth:
    """How mail is. What stops everything comes first, then what the newest evidence says."""
    return _with_concern(_without_concern(facts), facts)


def _without_concern(facts: MailFacts) -> CurrentHealth:
    if facts.version is None:
        return _pending(facts)
    if facts.record.paused_at is not None:
        return _paused(facts)
    if facts.keys is not Keys.OK:
        return _locked(facts)
    if facts.token.needs_person and facts.token.state is TokenState.NONE:
        return _not_connected(facts)
    if nobody_delivers(facts):
        return _stalled(facts)
    provider = PROVIDERS[facts.provider] if facts.provider else None
    if provider is not None and not provider.delivers:
        return _undelivered(provider)
    if facts.token.state is TokenState.BROKEN:
        return _no_token(facts)
    return _by_evidence(facts)


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


def _pending(facts: MailFacts) -> CurrentHealth:
    if facts.declared_problem is not None:
        return CurrentHealth(
            Health.PENDING,
            "bad",
            "Not configured",
            facts.declared_problem,
            "The environment decides about mail: correct it and restart. A file that a variable"
            " names is read again by itself.",
            alarm=True,
            keys=facts.keys,
        )
    return CurrentHealth(
        Health.PENDING,
        "warn",
        "Not set up",
        "Mail has not been set up: password resets, invitations to new people, unlock codes and"
        " the verification of new administrators do not work.",
        "Choose a provider under System → Mailer and save it.",
        alarm=True,
        keys=facts.keys,
    )


def _paused(facts: MailFacts) -> CurrentHealth:
    record = facts.record
    found = explained(record.pause_failure, facts.context)
    if found is not None:
        cause, step = f"{found.title}.", _first(found)
    else:
        cause = _who_paused(record)
        step = "Resume sending under System → Mailer when mail may go out again."
    return CurrentHealth(
        Health.PAUSED,
        "bad" if found else "warn",
        "Paused" if found else "Paused by hand",
        cause,
        step,
        RESUME,
        found,
        alarm=True,
        held=True,
        keys=facts.keys,
    )


def _who_paused(record: MailHealth) -> str:
    who = record.paused_by
    by = "somebody" if not who else "a command on the server" if who == "shell" else who
    why = (record.pause_why or "").rstrip(". ")
    return f"Mail was paused by hand, by {by}{f': {why}' if why else ''}."


_RESTORE = "Restore the key from its backup and restart. The command names what needs which key."
_LOCKED: dict[Keys, tuple[str, str, str | None]] = {
    Keys.UNUSABLE: ("Held: keys missing", _RESTORE, NAME_THE_KEYS),
    Keys.WRONG: ("Held: wrong key", _RESTORE, NAME_THE_KEYS),
    Keys.FORGOTTEN: (
        "Held: password missing",
        "Type the password again under System → Mailer and save.",
        None,
    ),
    Keys.CHANGED: (
        "Held: changed outside",
        "Check every field under System → Mailer, type the password again and save. Find out who"
        " can write the database; the command tells whether the audit log was changed too.",
        "flask --app wsgi audit verify",
    ),
}


_LOCKED_TOKEN: dict[Keys, tuple[str, str, str | None]] = {
    Keys.FORGOTTEN: (
        "Held: secret missing",
        "Give the secret of the sign-in again under System → Mailer and save.",
        None,
    ),
    Keys.CHANGED: (
        "Held: changed outside",
        "Check every field under System → Mailer, give the secret of the sign-in again or sign in"
        " again, and save. Find out who can write the database; the command tells whether the audit"
        " log was changed too.",
        "flask --app wsgi audit verify",
    ),
}
"""The same where a login shows a token, and no password is stored."""


def _locked(facts: MailFacts) -> CurrentHealth:
    by_token = facts.token.method != LoginMethod.PASSWORD
    words, advice, command = (_LOCKED | (_LOCKED_TOKEN if by_token else {}))[facts.keys]
    return CurrentHealth(
        Health.FAILING,
        "bad",
        words,
        facts.keys_problem or "",
        advice,
        command,
        alarm=True,
        held=facts.locked,
        keys=facts.keys,
    )


def _not_connected(facts: MailFacts) -> CurrentHealth:
    """Nobody can send as the mailbox before somebody has signed in to it."""
    return CurrentHealth(
        Health.FAILING,
        "bad",
        "Not connected",
        "Nobody has signed in to the mailbox yet, so Novantra may not send as it. Mail is held.",
        "Connect the mailbox under System → Mailer.",
        alarm=True,
        held=True,
    )


def _no_token(facts: MailFacts) -> CurrentHealth:
    """The daily renewal failed, or what it is asked for with is over: mail would fail now."""
    token = facts.token
    found = None
    if token.code is not None:
        found = explained(Failure(token.code, Phase.TOKEN, chip=token.chip), facts.context)
    return CurrentHealth(
        Health.FAILING,
        "bad",
        "No token",
        f"{found.title}." if found else token.cause,
        _first(found) if found else "Make a new one under System → Mailer.",
        explanation=found,
        alarm=True,
    )


def _stalled(facts: MailFacts) -> CurrentHealth:
    due = facts.queue.due
    many = "1 mail is due" if due == 1 else f"{due} mails are due" if due else "Mail is due"
    return CurrentHealth(
        Health.STALLED,
        "bad",
        "Nobody delivers",
        f"{many} and no process delivers {'it' if due <= 1 else 'them'}.",
        "The program delivers by itself while it runs: restart it, or start a worker beside it."
        if facts.embedded
        else "Deliveries are left to workers of their own here, and none is running: start one.",
        START_A_WORKER,
        alarm=True,
        held=True,
    )


def _undelivered(provider: Provider) -> CurrentHealth:
    """Never told as working: nothing arrives anywhere."""
    return CurrentHealth(
        Health.UNPROVEN,
        "warn",
        provider.warning_title,
        provider.warning or "",
        "Choose a provider that delivers before people rely on mail.",
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
    step = _first(explanation) if explanation else ""
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


def _first(found: Explanation) -> str:
    return found.fix[0] if found.fix else ""
