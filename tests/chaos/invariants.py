"""What must hold after any run, read from the database and from what the relay remembers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.mail.failures import Disposition, FailureCode, disposition_of
from app.mailer.models import MailHealth
from app.outbox.models import OutboxAttempt, OutboxMessage
from tests.chaos.relay import MoodyRelay, Taken
from tests.chaos.run import Ran

WINDOW = 2.0
"""Seconds between a relay's 250 and the committed outcome in which a kill may cost a duplicate."""


@dataclass
class Report:
    """``broken``: a line for each thing that does not hold."""

    promised: int = 0
    mails: int = 0
    kills: int = 0
    duplicates: int = 0
    # Of them, those that a kill explains, and how long before it the relay had taken them at most.
    killed: int = 0
    longest: float = 0.0
    # And those that the relay kept without a word, so that nobody could know that it did.
    unanswered: int = 0
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [
            f"{self.kills} kills, {self.promised} invitations promised, {self.mails} mails,"
            f" {self.duplicates} duplicates ({self.killed} by kills, taken up to"
            f" {self.longest * 1000:.0f} ms before, {self.unanswered} that a relay kept without"
            f" a word), {len(self.broken)} broken promises",
            *self.broken,
        ]
        return "\n  ".join(lines)


def examine(session: Session, relay: MoodyRelay, ran: Ran) -> Report:
    """Compares what was promised, what is stored and what the relay took."""
    rows = session.scalars(select(OutboxMessage)).all()
    report = Report(promised=len(ran.promised), mails=len(rows), kills=len(ran.kills))
    broken = report.broken
    if ran.paused:
        broken.append("a relay that only misbehaves by turns paused mail")
    if ran.left_over:
        broken.append(f"{ran.left_over} mails never left, though the relay is well again")
    taken: dict[str, list[Taken]] = defaultdict(list)
    for one in relay.taken:
        taken[one.message_id].append(one)
    invited = {row.rcpt_to for row in rows}
    broken += [f"lost: {who} was promised a mail and has none" for who in ran.promised - invited]
    for row in rows:
        copies = taken.pop(row.message_id, [])
        if row.state == "sent" and not copies:
            broken.append(f"{row.rcpt_to} is told as sent, and no relay took it")
        if row.state != "sent":
            broken.append(f"{row.rcpt_to} ended as {row.state} ({row.ended_because})")
        if len({copy.content for copy in copies}) > 1:
            broken.append(f"{row.rcpt_to} got different contents under one Message-ID")
        report.duplicates += max(0, len(copies) - 1)
        for copy in copies[:-1]:
            report.unanswered += copy.lost
            before = [kill - copy.at for kill in ran.kills if 0 <= kill - copy.at <= WINDOW]
            if before and not copy.lost:
                report.killed += 1
                report.longest = max(report.longest, min(before))
        broken += [
            f"{row.rcpt_to} got a duplicate that nothing explains"
            for copy in copies[:-1]
            if not _unknown_to_the_worker(copy, ran)
        ]
    broken += [f"{name} was sent and is no mail of ours" for name in taken]
    if len({row.message_id for row in rows}) != len(rows):
        broken.append("two mails share a Message-ID")
    broken += _health(session)
    if "Traceback" in ran.log:
        broken.append("the log has a traceback: " + ran.log[ran.log.index("Traceback") :][:800])
    return report


def _unknown_to_the_worker(copy: Taken, ran: Ran) -> bool:
    """Whether nobody could know that this copy arrived: its answer was lost, or its reader was."""
    return copy.lost or any(0 <= kill - copy.at <= WINDOW for kill in ran.kills)


def _health(session: Session) -> list[str]:
    """Health is what the attempts on record say, counted again by itself."""
    health = session.get(MailHealth, 1)
    if health is None:
        return ["no health was recorded at all"]
    broken = []
    codes = session.scalars(select(OutboxAttempt.code).order_by(OutboxAttempt.id.desc())).all()
    in_a_row = 0
    for code in codes:
        if code is None:
            break
        in_a_row += disposition_of(FailureCode(code)) is not Disposition.REJECT
    if health.consecutive_failures != in_a_row:
        broken.append(f"{health.consecutive_failures} failures in a row told, {in_a_row} on record")
    newest = session.scalar(select(func.max(OutboxMessage.sent_at)))
    if health.last_success_at != newest:
        broken.append(f"last success told as {health.last_success_at}, on record {newest}")
    return broken
