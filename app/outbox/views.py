"""System → Mail activity: what was sent or waits, and what came of each attempt."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import repeat
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.mailer.active import active_mailer
from app.mailer.earlier import readdressed
from app.mailer.summary import current_summary, promise
from app.mailer.test_mail import KIND
from app.outbox import actions, activity, labels, listed_tests, listing
from app.outbox.kinds import MAILS, label_of
from app.outbox.models import OutboxAttempt, OutboxMessage
from app.runtime import runtime
from app.web.asking import ask
from app.web.context import actor, db
from app.web.days import asked_days
from app.web.errors import Refusal
from app.web.guards import Permission, requires
from app.web.navigation import Entry, here
from app.web.several import lost_to, step_by_step

PATH = "/admin/system/mail-activity"
NAVIGATION_ORDER = 30
FILTERS = ("state", "kind", "recipient", "within", "since", "until")
PERIODS = {
    "hour": ("Last hour", timedelta(hours=1)),
    "day": ("Last 24 hours", timedelta(days=1)),
    "week": ("Last 7 days", timedelta(days=7)),
}
blueprint = Blueprint("outbox", __name__, url_prefix=PATH)


def _since(day: datetime | None) -> datetime | None:
    """The later of a day's beginning and the chosen period's."""
    period = PERIODS.get(request.args.get("within", ""))
    begins = [day, runtime().now() - period[1] if period else None]
    return max(filter(None, begins), default=None)


def asked_filter(*, all_held: bool) -> activity.Filter:
    """What the address of this page asks for; raises a refusal for a day that is none."""
    since, until = asked_days(back=url_for("outbox.index"), back_label="Show all mail")
    return activity.Filter(
        state=request.args.get("state", ""),
        kind=request.args.get("kind", "")[:40],
        recipient=request.args.get("recipient", "").strip()[:320],
        since=_since(since),
        until=until,
        all_held=all_held,
    )


def _filter_in_use() -> dict[str, str]:
    return {name: request.args[name] for name in FILTERS if request.args.get(name)}


def kept_filter(**more: str | None) -> str | None:
    """This page with the filter as it is and another cursor, or nothing without either."""
    cursors = {name: value for name, value in more.items() if value}
    kept = _filter_in_use() | cursors
    return f"{url_for('outbox.index')}?{urlencode(kept)}" if kept else None


def _kept(direction: str, cursor: listing.Cursor | None) -> str | None:
    if not cursor:
        return None
    test = None if cursor.test is None else str(cursor.test)
    return kept_filter(**{direction: cursor.mail, f"{direction}_test": test})


def _cursor(direction: str) -> listing.Cursor:
    test = request.args.get(f"{direction}_test", "")
    number = int(test) if test.isascii() and test.isdigit() and len(test) < 19 else None
    return listing.Cursor(request.args.get(direction, "")[:32], number)


def _found(public_id: str) -> OutboxMessage:
    message = actions.find(db(), public_id)
    if message is None:
        raise Refusal(
            404,
            "There is no such mail",
            "Its record is gone: records of mail are kept for"
            f" {runtime().config.activity_retention_days} days.",
            "Go back to the list.",
            url_for("outbox.index"),
            "Show mail activity",
        )
    return message


def _key_missing(message: OutboxMessage) -> bool:
    key_id = runtime().box.key_id_of(message.sealed_bytes) if message.sealed_bytes else None
    return key_id is not None and runtime().box.ring.find(key_id) is None


def _state_of(message: OutboxMessage) -> labels.Label:
    mail = current_summary().mail
    return labels.state_of(message, mail, runtime().now(), key_missing=_key_missing(message))


def _durations(session: Session, messages: list[OutboxMessage]) -> dict[int, int]:
    """How long the attempt took that got each of these accepted, in milliseconds."""
    sent = [message.id for message in messages if message.sent_at]
    rows = session.execute(
        select(OutboxAttempt.message_id, func.max(OutboxAttempt.duration_ms).label("slowest"))
        .where(OutboxAttempt.message_id.in_(sent), OutboxAttempt.code.is_(None))
        .group_by(OutboxAttempt.message_id)
    )
    return {row.message_id: row.slowest for row in rows}


@blueprint.get("")
@requires(Permission.SYSTEM_CONFIGURE)
def index() -> str:
    session = db()
    mail = current_summary().mail
    wanted = asked_filter(all_held=labels.all_held(mail))
    found = listing.page(session, wanted, before=_cursor("before"), after=_cursor("after"))
    active = active_mailer(session, runtime())
    return render_template(
        "outbox/index.html",
        found=found,
        narrowed=any(request.args.get(name) for name in FILTERS),
        states=list(activity.STATES.items()),
        state_of=_state_of,
        periods=[(name, label) for name, (label, _) in PERIODS.items()],
        kinds=[*((kind.name, kind.label) for kind in MAILS.values()), (KIND, listed_tests.LABEL)],
        kind_label=label_of,
        labels=labels,
        test_label=listed_tests.LABEL,
        active=active,
        durations=_durations(session, found.mails),
        queue=current_summary().queue,
        total=listing.total(session, wanted),
        most=activity.COUNTED,
        kept=_filter_in_use(),
        newer_href=_kept("after", found.newer),
        older_href=_kept("before", found.older),
    )


@blueprint.get("/<public_id>")
@requires(Permission.SYSTEM_CONFIGURE)
def detail(public_id: str) -> str:
    session, message = db(), _found(public_id)
    active, now = active_mailer(session, runtime()), runtime().now()
    attempts = session.scalars(
        select(OutboxAttempt)
        .where(OutboxAttempt.message_id == message.id)
        .order_by(OutboxAttempt.id.desc())
        .limit(100)
    ).all()
    return render_template(
        "outbox/detail.html",
        message=message,
        state=_state_of(message),
        attempts=attempts,
        labels=labels,
        active=active,
        kind_label=label_of,
        last=labels.explanation(message.last_failure, message, active),
        key_missing=_key_missing(message),
        readdressed=readdressed(session, message.mail_from, message.created_at),
        can_retry=actions.can_retry(message, now),
        can_cancel=actions.can_cancel(message),
    )


@blueprint.post("/<public_id>/retry")
@requires(Permission.SYSTEM_CONFIGURE)
def retry(public_id: str) -> Response:
    session, message = db(), _found(public_id)
    done = actions.retry(session, message, now=runtime().now(), actor=actor())
    session.commit()
    runtime().wake_worker()
    if done:
        flash(*promise("It goes out again as soon as the relay takes it.", "It is queued again."))
    else:
        flash("It cannot be sent again: it is on its way, done, or its contents are gone.", "warn")
    return redirect(url_for("outbox.detail", public_id=message.public_id), 303)


@blueprint.get("/<public_id>/cancel")
@requires(Permission.SYSTEM_CONFIGURE)
def ask_to_cancel(public_id: str) -> str:
    message = _found(public_id)
    return ask(
        "Never send this mail?",
        f"{message.label} to {message.rcpt_to}: its contents are deleted at once.",
        yes="Cancel the mail",
        no="Keep it",
        back=url_for("outbox.detail", public_id=message.public_id),
        crumb="The mail",
    )


@blueprint.post("/<public_id>/cancel")
@requires(Permission.SYSTEM_CONFIGURE)
def cancel(public_id: str) -> Response:
    session, message = db(), _found(public_id)
    done = actions.cancel(session, message, now=runtime().now(), actor=actor())
    session.commit()
    if done:
        flash("It will not be sent. Its contents were deleted.", "good")
    else:
        flash("It cannot be cancelled any more: it is on its way, or it has ended.", "warn")
    return redirect(url_for("outbox.detail", public_id=message.public_id), 303)


@blueprint.post("/retry-failed")
@requires(Permission.SYSTEM_CONFIGURE)
def retry_failed() -> Response:
    session, now, number = db(), runtime().now(), 0

    def done() -> str:
        return "1 mail was queued again" if number == 1 else f"{number:,} mails were queued again"

    for _ in step_by_step(repeat(None), lost_to(Permission.SYSTEM_CONFIGURE), done):
        some = actions.retry_some_failed(session, now=now, actor=actor())
        if not some:
            break
        number += some
    session.rollback()  # the last step found nothing, and holds what others write
    runtime().wake_worker()
    if number:
        many = "1 failed mail is" if number == 1 else f"{number:,} failed mails are"
        flash(f"{many} waiting again.", "good")
    else:
        flash("No failed mail can be sent again: contents are kept for seven days.", "warn")
    return redirect(url_for("outbox.index"), 303)


def navigation_entry() -> Entry:
    return Entry("Mail activity", url_for("outbox.index"), here(PATH))
