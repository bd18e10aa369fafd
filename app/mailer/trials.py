"""Earlier test mails and looks at the relay: :mod:`app.mailer.test_mail` and the canary keep the
last one with everything that is judged by it, this keeps all of them for as long as mail is listed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.mail.addresses import Address, AddressError
from app.mail.failures import Failure
from app.mail.transport import Receipt
from app.mailer.failure_columns import answer_in
from app.mailer.models import MailTrial
from app.moments import SKEW
from app.runtime import Outdated

TEST, LOOK = "test", "look"

LOOKS_KEPT = timedelta(days=30)


def keep_test(
    session: Session,
    *,
    now: datetime,
    to: str,
    asked_by: str,
    version: int,
    ms: int,
    answer: Failure | Receipt | None,
    phrase: str | None,
) -> None:
    """One more test mail; the caller commits."""
    try:
        address = Address.parse(to)
        key, domain = address.key, address.domain
    except AddressError:  # an account's address from before addresses were checked
        key, domain = to.lower(), ""
    session.execute(
        insert(MailTrial).values(
            what=TEST,
            at=now,
            version=version,
            milliseconds=ms,
            asked_by=asked_by[:320],
            rcpt_to=to[:320],
            rcpt_key=key[:320],
            rcpt_domain=domain[:255],
            phrase=phrase,
            **answer_in("", answer),
        )
    )


def keep_look(
    session: Session, *, now: datetime, version: int, ms: int, failure: Failure | None
) -> None:
    """One more look of the canary; the caller commits."""
    session.execute(
        insert(MailTrial).values(
            what=LOOK, at=now, version=version, milliseconds=ms, **answer_in("", failure)
        )
    )


def keep_answer(session: Session, *, phrase: str, arrived: bool, now: datetime) -> None:
    """What somebody says of the newest test with that phrase; the caller commits."""
    newest = (
        select(MailTrial.id)
        .where(MailTrial.what == TEST, MailTrial.phrase == phrase)
        .order_by(MailTrial.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    session.execute(
        update(MailTrial)
        .where(MailTrial.id == newest, MailTrial.answered_at.is_(None))
        .values(arrived=arrived, answered_at=now)
        .execution_options(synchronize_session=False)
    )


def outdated_after(days: int) -> Callable[[datetime], list[Outdated]]:
    """Tests go when mail of their day does; what a wrong clock put ahead goes at once."""

    def outdated(now: datetime) -> list[Outdated]:
        row = MailTrial
        ahead = row.at > now + SKEW
        return [
            (row, (row.what == TEST) & ((row.at < now - timedelta(days=days)) | ahead)),
            (row, (row.what == LOOK) & ((row.at < now - LOOKS_KEPT) | ahead)),
        ]

    return outdated
