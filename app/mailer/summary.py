"""State and health of mail in one value, for the page, the banners and the commands.

By the same value: what may be promised of a mail that somebody asks for now, one answer for every
page. It depends on how mail is and never on the address, so it tells nobody who has an account.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from flask import g
from sqlalchemy.orm import Session

from app.mail.failures import Explanation
from app.mailer import health
from app.mailer.active import (
    CONFIGURED,
    KEY_MUST_BE_PASTED,
    KEYS_LOST,
    MUST_BE_TYPED,
    NOT_CONNECTED,
    PAUSED,
    PENDING,
    ActiveMailer,
    active_mailer,
)
from app.mailer.advice import Remedy, context_of, explained, for_pause, for_retries, for_test
from app.mailer.configuration import settings_of
from app.mailer.current_health import CurrentHealth, Health
from app.mailer.endings import Ending
from app.mailer.in_force import declared_now, in_force
from app.mailer.mail_facts import Keys, MailFacts
from app.mailer.mail_health import mail_health
from app.mailer.models import MailCanary, MailHealth
from app.mailer.test_mail import result_of
from app.mailer.tokens.status import NO_TOKENS, TokenStatus, token_status
from app.mailer.trusting import endings_of
from app.mailer.whom_to_ask import waiting
from app.runtime import QueueSummary, Runtime, runtime
from app.web.context import db

WRONG_KEY = (
    "The key is there, but it does not open what is stored here: it was sealed with another one,"
    " as when data and key come from different backups."
)


@dataclass(frozen=True)
class Summary:
    """``mail`` is how mail is; everything else are the facts behind it, for who shows them.

    ``current_failure`` explains a pause or what makes real sends fail, ``remedy`` and
    ``test_remedy`` say what to do about it on the mailer page. ``test_failure`` explains a failed
    test that the page has not moved on from. ``token`` is how logging in with one stands,
    ``endings`` what mail depends on and ends within 30 days, the earliest first, ``misdeclared``
    that what the environment says cannot be used.
    """

    mail: CurrentHealth
    state: str
    active: ActiveMailer | None
    health: MailHealth
    queue: QueueSummary
    test_result: str
    current_failure: Explanation | None
    test_failure: Explanation | None
    keys_problem: str | None
    remedy: Remedy | None = None
    test_remedy: Remedy | None = None
    token: TokenStatus = NO_TOKENS
    endings: tuple[Ending, ...] = ()
    misdeclared: bool = False

    @property
    def failing(self) -> bool:
        """Real sends fail. A failed test is told apart from them."""
        mail = self.mail
        return mail.health is Health.FAILING and mail.keys is Keys.OK and not mail.by_test

    @property
    def down_since(self) -> datetime | None:
        """Since when mail does not get through, while it does not."""
        if self.state == PAUSED:
            return self.health.failing_since or self.health.paused_at
        if self.mail.health is Health.STALLED:
            return self.queue.due_since
        return self.health.failing_since if self.failing else None

    @property
    def moving(self) -> bool:
        """Whether the next moments may change what there is to say, with nobody acting."""
        return self.state == CONFIGURED and self.queue.waiting > 0

    @property
    def not_connected(self) -> bool:
        """Nobody has signed in to the mailbox, so nothing is even tried."""
        return self.failing and self.mail.held and self.token.needs_person

    @property
    def pill(self) -> tuple[str, str]:
        """Level and words for the state."""
        return self.mail.level, self.mail.words


def summarise(session: Session, runtime: Runtime) -> Summary:
    """Reads everything there is to say about mail."""
    active = active_mailer(session, runtime)
    found = health.look(session)
    queue = runtime.queue_summary(session)
    token = token_status(session, runtime)
    context = replace(context_of(active), chip=token.chip)
    keys, keys_problem = _keys(runtime, active, queue)
    declared = declared_now(session, runtime) if active is None else None
    mail = mail_health(
        MailFacts(
            now=runtime.now(),
            version=active.version if active else None,
            provider=active.provider if active else None,
            record=found,
            queue=queue,
            keys=keys,
            keys_problem=keys_problem,
            locked=not runtime.box.ring.usable or bool(active and active.problem),
            declared_problem=declared.problem if declared is not None else None,
            embedded=runtime.config.worker == "embedded",
            token=token,
            canary=session.get(MailCanary, 1),
            context=context,
        )
    )
    current_failure = remedy = failure = test_remedy = None
    if mail.explanation is not None and not mail.by_test:
        current_failure = mail.explanation
        make = for_pause if mail.health is Health.PAUSED else for_retries
        remedy = make(current_failure, context)
    result = result_of(found, active.version if active else None)
    if result == "failed" and not _moved_on(found):
        tested = context_of(active, recipient=found.last_test_to)
        failure = explained(found.last_test_failure, tested)
        test_remedy = for_test(failure, tested) if failure else None
    return Summary(
        mail=mail,
        state=PENDING if active is None else PAUSED if found.paused_at else CONFIGURED,
        active=active,
        health=found,
        queue=queue,
        test_result=result,
        current_failure=current_failure,
        test_failure=failure,
        keys_problem=keys_problem,
        remedy=remedy,
        test_remedy=test_remedy,
        token=token,
        endings=endings_soon(session, runtime, token),
        misdeclared=active is None and declared is not None and declared.problem is not None,
    )


def endings_soon(
    session: Session, runtime: Runtime, token: TokenStatus | None = None
) -> tuple[Ending, ...]:
    """What mail depends on and ends within 30 days, or has ended: secrets and certificates."""
    token = token or token_status(session, runtime)
    row = None if runtime.config.is_cloud else in_force(session, runtime)
    others = endings_of(settings_of(row), runtime.now()) if row is not None else []
    found = (*token.warnings, *(one for one in others if one.within is not None))
    return tuple(sorted(found, key=lambda one: one.at))


def current_health(session: Session, runtime: Runtime) -> CurrentHealth:
    """How mail is, for whoever needs no more than the answer."""
    return summarise(session, runtime).mail


def current_summary() -> Summary:
    """The summary for the page of this request; the navigation and the banners ask as well.

    After a request's own commit it is read beside what is written: to ask how mail fares must not
    take the writer's turn from whoever is about to deliver what was just committed.
    """
    if "mail_summary" not in g:
        if db().in_transaction():
            g.mail_summary = summarise(db(), runtime())
        else:
            with runtime().database.session(reading=True) as session:
                g.mail_summary = summarise(session, runtime())
    found = g.mail_summary
    assert isinstance(found, Summary)
    return found


def mail_moves() -> bool:
    """For pages: whether the next moments may change what they say of mail."""
    return current_summary().moving


def _keys(
    runtime: Runtime, active: ActiveMailer | None, queue: QueueSummary
) -> tuple[Keys, str | None]:
    """Whether what is stored opens: the mail password, and a mail that waits."""
    ring = runtime.box.ring
    problem = active.problem if active is not None else None
    if not ring.usable:
        return Keys.UNUSABLE, ring.problem
    if queue.unreadable or problem == KEYS_LOST:
        return Keys.WRONG, WRONG_KEY
    if problem in {MUST_BE_TYPED, KEY_MUST_BE_PASTED}:
        return Keys.FORGOTTEN, problem
    if problem is None or problem == NOT_CONNECTED:  # which is no trouble of the keys
        return Keys.OK, None
    return Keys.CHANGED, problem


def _moved_on(found: MailHealth) -> bool:
    """Somebody resumed after the test failed, or real mail got through after it."""
    tested, later = found.last_test_at, (found.resumed_at, found.last_success_at)
    return tested is not None and any(moment and moment > tested for moment in later)


class Prospect(StrEnum):
    """How a mail that is asked for now will fare."""

    NONE = "none"
    """It cannot be made: mail was never set up."""
    WAITS = "waits"
    """It is kept: mail is paused, delivered by nobody, or does not get through."""
    GOES = "goes"
    """Nothing is known to keep it."""


def current_prospect() -> Prospect:
    """For the page of this request."""
    return prospect_of(current_summary().mail)


def prospect_of(mail: CurrentHealth) -> Prospect:
    """A single recipient's trouble does not keep the mail of others."""
    if mail.health is Health.PENDING:
        return Prospect.NONE
    failing = mail.health is Health.FAILING and mail.alarm
    return Prospect.WAITS if mail.held or failing else Prospect.GOES


def promise(goes: str, waits: str) -> tuple[str, str]:
    """A flash's sentence and level: ``goes`` in green, or ``waits`` with why, in amber."""
    if current_prospect() is Prospect.GOES:
        return goes, "good"
    return f"{waits} {waiting()}", "warn"
