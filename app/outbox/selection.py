"""Mail activity, several at a time: which mails were ticked, the question, and doing it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, request, url_for
from sqlalchemy import ColumnElement, select
from werkzeug.wrappers import Response

from app.in_steps import ROWS
from app.mailer.summary import current_summary, promise
from app.outbox import activity, bulk, labels
from app.outbox.models import OutboxMessage
from app.outbox.views import asked_filter, blueprint, kept_filter
from app.runtime import runtime
from app.web.asking import ask
from app.web.context import actor, db
from app.web.errors import Refusal
from app.web.guards import Permission, requires
from app.web.several import lost_to, some_at_a_time, step_by_step

__all__ = ["blueprint"]

AT_ONCE = 1_000
"""More would keep every other writer waiting."""


@blueprint.get("/selected")
@requires(Permission.SYSTEM_CONFIGURE)
def ask_about_selected() -> str:
    """How many of them it is possible for, and whether it shall be done."""
    session, chosen, cancelling = db(), _chosen(), _cancelling()
    possible = bulk.count(session, chosen, _possible())
    if not possible:
        raise _nothing(cancelling)
    mails, them = ("1 mail", "its") if possible == 1 else (f"{possible:,} mails", "their")
    left = len(chosen) - possible
    rest = (
        f" For {left:,} of the {len(chosen):,} that you chose it is not possible." if left else ""
    )
    if cancelling:
        question, yes = f"Never send {mails}?", f"Cancel {mails}"
        text = f"They end as cancelled, and {them} contents are deleted at once.{rest}"
        if possible == 1:
            text = f"It ends as cancelled, and its contents are deleted at once.{rest}"
    else:
        question, yes = f"Send {mails} again?", f"Send {mails}"
        text = f"{'It waits' if possible == 1 else 'They wait'} for {them} turn as before.{rest}"
    return ask(
        question,
        text,
        yes=yes,
        back=_back(),
        crumb="Mail activity",
        no="Go back",
        danger=cancelling,
    )


@blueprint.post("/selected")
@requires(Permission.SYSTEM_CONFIGURE)
def do_to_selected() -> Response:
    session, chosen, cancelling = db(), _chosen(), _cancelling()
    act = bulk.cancel if cancelling else bulk.retry
    number = 0

    def done() -> str:
        many = "1 mail was" if number == 1 else f"{number:,} mails were"
        return f"{many} {'cancelled' if cancelling else 'queued again'}"

    steps = some_at_a_time(chosen, ROWS)
    for some in step_by_step(steps, lost_to(Permission.SYSTEM_CONFIGURE), done):
        number += act(session, some, now=runtime().now(), actor=actor())
    if not number:
        raise _nothing(cancelling)
    mails = "1 mail" if number == 1 else f"{number:,} mails"
    if cancelling:
        verb = "was" if number == 1 else "were"
        flash(f"{mails} {verb} cancelled and will not be sent.", "good")
    else:
        runtime().wake_worker()
        verb = "is" if number == 1 else "are"
        flash(*promise(f"{mails} {verb} on the way again.", f"{mails} {verb} queued again."))
    return redirect(_back(), 303)


def _cancelling() -> bool:
    return request.values.get("do") == "cancel"


def _possible() -> ColumnElement[bool]:
    return bulk.can_be_cancelled() if _cancelling() else bulk.can_be_sent_now(runtime().now())


def _chosen() -> Sequence[int]:
    """The rows that were ticked, or the newest of those that the filter finds."""
    session = db()
    if request.values.get("which") == "all":
        wanted = asked_filter(all_held=labels.all_held(current_summary().mail))
        return activity.ids(session, wanted, _possible(), at_most=AT_ONCE)
    names = [name[:32] for name in request.values.getlist("mail")[:AT_ONCE]]
    found = select(OutboxMessage.id).where(OutboxMessage.public_id.in_(names))
    return session.scalars(found).all()


def _back() -> str:
    return kept_filter() or url_for("outbox.index")


def _nothing(cancelling: bool) -> Refusal:
    none = not request.values.getlist("mail") and request.values.get("which") != "all"
    if none:
        cause = "No mail was ticked."
    elif cancelling:
        cause = "All of them are on their way, sent, or ended otherwise."
    else:
        cause = "All of them are on their way, sent, or their link, code or contents are gone."
    title = "No mail was cancelled" if cancelling else "No mail was sent again"
    return Refusal(409, title, cause, "Choose others.", _back(), "Back to mail activity")
