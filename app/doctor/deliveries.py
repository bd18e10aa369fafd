"""Who delivers, how mail is, and whether the relay takes the saved configuration."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.config import Config
from app.doctor.line import Line, note, ok, todo, unseen
from app.mailer.active import ActiveMailer
from app.mailer.advice import context_of, steps_of
from app.mailer.check import Check, check_relay
from app.mailer.summary import Summary
from app.outbox.heartbeats import AHEAD, STALE, live_workers
from app.outbox.models import MailWorker

EMBEDDED = "embedded"


def workers(session: Session, config: Config, now: datetime) -> Iterator[Line]:
    """The processes that deliver, by their signs of life."""
    name, alive = "Deliveries", live_workers(session, now)
    beat_ahead = session.scalar(
        select(func.count()).select_from(MailWorker).where(MailWorker.seen_at > now + AHEAD)
    )
    if beat_ahead:
        yield todo(
            name,
            f"{beat_ahead} processes left signs of life with a time that has not come yet.",
            "Set the clocks of all hosts by NTP.",
        )
    if alive:
        said = "; ".join(f"{one.process} on {one.host}, process {one.pid}" for one in alive)
        yield ok(name, f"{said}.")
        return
    seen = session.scalar(select(func.max(MailWorker.seen_at)).where(MailWorker.seen_at <= now))
    last = f" The last sign of life: {seen:%Y-%m-%d %H:%M:%S} UTC." if seen else ""
    external = config.worker == "external"
    yield todo(
        name,
        f"No process has delivered within the last {STALE.seconds} seconds.{last}",
        "Start one: novantra worker" if external else "Start the server: novantra serve",
    )


def web_processes(session: Session, now: datetime) -> int:
    """How many web processes deliver too; those that do not are not seen."""
    return sum(1 for one in live_workers(session, now) if one.process == EMBEDDED)


def mail(summary: Summary) -> Line:
    """How mail is, in the words of everybody else who tells it."""
    told = summary.mail
    text = f"{told.words}. {told.cause}".strip()
    if told.healthy:
        return note("Mail", text, told.step) if told.level == "warn" else ok("Mail", text)
    cure = " ".join(filter(None, (told.step, told.command and f"Run: {told.command}")))
    if told.explanation is not None and not cure:
        cure = " ".join(steps_of(told.explanation, context_of(summary.active)))
    return todo("Mail", text, cure or "Open System → Mailer, which says what to do.")


def ends(summary: Summary) -> Iterator[Line]:
    """What mail depends on and ends within 30 days, or has ended."""
    for ending in summary.endings:
        over = ending.days_left < 0
        yield (todo if over else note)(
            f"{ending.what.capitalize()} of mail",
            ending.words,
            "Give the new one where the environment names it, and restart."
            if summary.active is not None and summary.active.elsewhere
            else "Open System → Mailer, and give the new one.",
        )


def relay(active: ActiveMailer | None) -> tuple[Line, Check | None]:
    """The connection check against the saved configuration. Hold no transaction."""
    name = "Relay"
    if active is None:
        return unseen(name, "None is configured."), None
    if active.problem:
        return unseen(name, "It cannot be asked: the stored configuration cannot be used."), None
    if active.relay is None:
        return note(name, "The console provider contacts no relay and delivers nothing."), None
    found = check_relay(
        active.relay,
        sender=active.sender_address,
        recipient=active.sender_address,
        region=active.region,
        elsewhere=active.elsewhere,
    )
    failed = next((step for step in found.steps if step.explanation), None)
    if failed is None or failed.explanation is None:
        warnings = " ".join(found.warnings)
        if warnings:
            return note(name, f"{active.where}: {found.summary}.", warnings), found
        return ok(name, f"{active.where}: {found.summary}."), found
    cause = f"{active.where}, {failed.label.lower()}: {failed.explanation.cause}"
    fix = " ".join(steps_of(failed.explanation, context_of(active)))
    if found.suggestion:
        fix = f"{found.suggestion.title}. {found.suggestion.text} {fix}"
    return todo(name, cause, fix), found
