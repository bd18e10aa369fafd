"""What keeps all mail from being delivered, whatever the last sends say, the gravest first."""

from __future__ import annotations

from app.mail.failures import Failure
from app.mail.phases import Phase
from app.mailer.advice import explained
from app.mailer.current_health import CurrentHealth, Health, first_step
from app.mailer.mail_facts import Keys, MailFacts, nobody_delivers
from app.mailer.models import MailHealth
from app.mailer.providers import PROVIDERS, Provider
from app.mailer.settings import LoginMethod
from app.mailer.tokens.status import TokenState
from app.typed import typed

START_A_WORKER = typed("mailer worker")
RESUME = typed("mailer resume")
NAME_THE_KEYS = typed("keys doctor")
VERIFY = typed("audit verify")


def what_stops_mail(facts: MailFacts) -> CurrentHealth | None:
    """The first that holds of them, or ``None``: then the newest send or test says how mail is."""
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
    return None


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
        cause, step = f"{found.title}.", first_step(found)
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
        VERIFY,
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
        VERIFY,
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
        first_step(found) if found else "Make a new one under System → Mailer.",
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
