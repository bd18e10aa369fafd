"""A real test mail before setup is finished, with the answer that waits, and what became of it.

Like a check's, the result counts only while the answer is the very one it was sent with. When
setup finishes it becomes the last test of the configuration that is made from that answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from app.mail.failures import Explanation, Failure, FailureCode, FailureContext, explain_failure
from app.mail.phases import Phase
from app.mailer.active import ActiveMailer, relay_settings
from app.mailer.advice import relay_context
from app.mailer.settings import PasswordChange
from app.mailer.test_mail import TestMail, TestResult, record_test, send_test
from app.mailer.tokens.source import check_tokens
from app.runtime import Runtime
from app.throttle import Limit
from app.zones import first_known
from wizard import draft as drafts
from wizard import mail_answer
from wizard.draft import Draft
from wizard.mail_check import ChangedMeanwhile, digest

LIMIT = Limit("setup-test-mail", 5, timedelta(minutes=15))
FIRST_VERSION = 1
"""Of the configuration that the answer becomes."""


@dataclass(frozen=True)
class Tested:
    """What became of a test with exactly the answer that waits; ``failure``: of one that failed."""

    at: datetime
    to: str
    ms: int
    failure: Failure | None = None
    explanation: Explanation | None = None


def of(draft: Draft) -> Tested | None:
    """The test of this draft's answer about mail, or ``None`` when nobody sent one."""
    kept = draft.mail_test
    if not kept or not draft.mail or kept["digest"] != digest(draft):
        return None
    failure = None
    if kept["code"]:
        failure = Failure(
            FailureCode(kept["code"]),
            Phase(kept["phase"]) if kept["phase"] else None,
            kept["reply_code"],
            kept["enhanced"],
        )
    return Tested(
        at=datetime.fromisoformat(kept["at"]),
        to=kept["to"],
        ms=kept["ms"],
        failure=failure,
        explanation=explain_failure(failure, _context(draft, kept["to"])) if failure else None,
    )


def send(draft: Draft, runtime: Runtime, *, now: datetime) -> TestResult:
    """Send one to the administrator of the draft. Hold no transaction: it talks to the relay.

    Raises :class:`~app.crypto.box.SealBroken`.
    """
    base = draft.access_url or ""
    mail = TestMail(
        to=draft.email or "",
        asked_by=draft.name or "",
        access_url=base,
        access_host=urlsplit(base).hostname or "",
        at=now,
        zone=first_known(draft.time_zone),
    )
    return send_test(_mailer(draft, runtime), mail)


def record(session: Session, draft: Draft, result: TestResult, *, now: datetime) -> None:
    """Keep what became of it; the caller commits. Raises :class:`ChangedMeanwhile`."""
    if digest(drafts.lock(session)) != digest(draft):
        raise ChangedMeanwhile
    failure = result.failure
    kept: dict[str, Any] = {
        "digest": digest(draft),
        "at": now.isoformat(),
        "to": draft.email,
        "ms": result.ms,
        "code": failure.code.value if failure else None,
        "phase": failure.phase.value if failure and failure.phase else None,
        "reply_code": failure.reply_code if failure else None,
        "enhanced": failure.enhanced if failure else None,
    }
    drafts.save(session, now=now, mail_test=kept)


def carry_over(session: Session, draft: Draft) -> None:
    """The configuration made from this answer was tested already, if it was."""
    tested = of(draft)
    if tested is not None:
        record_test(
            session,
            now=tested.at,
            to=tested.to,
            asked_by=draft.name or "",
            version=FIRST_VERSION,
            result=TestResult(tested.ms, failure=tested.failure),
        )


def _mailer(draft: Draft, runtime: Runtime) -> ActiveMailer:
    settings = mail_answer.settings_of(draft)
    assert settings is not None
    secret = mail_answer.password_of(draft, runtime)
    tokens = check_tokens(runtime, settings, PasswordChange(typed=secret), secret)
    host = urlsplit(draft.access_url or "").hostname
    return ActiveMailer(
        version=FIRST_VERSION,
        provider=settings.provider,
        sender_address=settings.sender_address,
        sender_name=settings.sender_name,
        relay=relay_settings(settings, secret, host, tokens, mail_answer.key_of(draft, runtime)),
        region=settings.region,
    )


def _context(draft: Draft, recipient: str) -> FailureContext:
    settings = mail_answer.settings_of(draft)
    assert settings is not None
    host = urlsplit(draft.access_url or "").hostname
    return relay_context(
        relay_settings(settings, None, host),
        provider=settings.provider,
        sender=settings.sender_address,
        recipient=recipient,
        region=settings.region,
    )
