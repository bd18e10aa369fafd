"""/organizations/<slug>/invitations/open: all that are open, several dealt with at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlencode

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.crypto.keys import KeysUnusable
from app.extensions import limiter
from app.mailer.active import MailPending
from app.mailer.summary import current_prospect, promise
from app.mailer.whom_to_ask import set_up_by
from app.organizations.access import Visit, admins_only, members_only
from app.organizations.invitations import resend_all, revoke_all
from app.organizations.inviting import InviteResult, Inviting, over
from app.organizations.models import Invitation
from app.organizations.open_invitations import (
    MAIL_STATES,
    Wanted,
    chosen_invitations,
    count_open,
    open_invitations,
)
from app.organizations.views import blueprint
from app.organizations.views.again import lost_in
from app.organizations.views.labels import ASKED, LIMITS, WORDS
from app.runtime import runtime
from app.throttle import TooMany
from app.web.asking import ask
from app.web.context import actor, db
from app.web.errors import Refusal
from app.web.several import some_at_a_time, step_by_step

PATH = "/organizations/<slug>/invitations/open"
AT_ONCE = 1_000


@blueprint.get(PATH, endpoint="open_invitations")
@members_only
def show(visit: Visit) -> str:
    number = request.args.get("page", "1")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1
    wanted, now = _wanted(), runtime().now()
    return render_template(
        "organizations/open_invitations.html",
        visit=visit,
        organization=visit.organization,
        page=open_invitations(
            db(),
            visit.organization,
            now=now,
            expected=current_prospect(),
            wanted=wanted,
            number=max(page, 1),
        ),
        total=count_open(db(), visit.organization, wanted, now),
        wanted=wanted,
        states=list(MAIL_STATES.items()),
        at_once=AT_ONCE,
        words=ASKED,
        turned=lambda page: _here(visit, page=page),
    )


@blueprint.get(f"{PATH}/selected", endpoint="ask_about_several")
@admins_only
def ask_about(visit: Visit) -> str:
    """How many they are, and whether it shall be done."""
    found = _chosen(visit)
    if not found:
        raise _nothing(visit)
    count = len(found)
    mine = "1 invitation" if count == 1 else f"{count:,} invitations"
    back, crumb = _here(visit), visit.organization.name
    if _revoking():
        text = "Links stop working, and mail that still waits is not sent."
        question, yes = f"Revoke {mine}?", f"Revoke {mine}"
    else:
        text = "New links go out in your name; the ones sent before stop working."
        question, yes = f"Send {mine} again?", f"Send {mine}"
    return ask(question, text, yes=yes, back=back, crumb=crumb, no="Go back", danger=_revoking())


@blueprint.post(f"{PATH}/selected", endpoint="deal_with_several")
@limiter.limit("30 per hour")
@admins_only
def deal_with(visit: Visit) -> Response:
    found = _chosen(visit)
    if not found:
        raise _nothing(visit)
    if _revoking():
        _revoke(visit, found)
    else:
        _resend(visit, found)
    return redirect(_here(visit), 303)


def _revoke(visit: Visit, found: Sequence[Invitation]) -> None:
    revoked = 0

    def done() -> str:
        return f"{_counted(revoked)} revoked"

    for some in step_by_step(some_at_a_time(found), lost_in(visit), done):
        revoked += revoke_all(db(), _inviting(visit), some)
    said = "1 invitation is" if revoked == 1 else f"{revoked:,} invitations are"
    flash(f"{said} revoked: the links in them stopped working.", "good")


def _resend(visit: Visit, found: Sequence[Invitation]) -> None:
    """As many as the limits allow; the first refusal that holds for all of them ends it."""
    sent, left = 0, Counter[InviteResult]()

    def done() -> str:
        return f"{_counted(sent)} sent again"

    for some in step_by_step(some_at_a_time(found), lost_in(visit), done):
        try:
            outcomes = resend_all(db(), _inviting(visit), some)
        except (MailPending, KeysUnusable) as refused:
            db().rollback()
            pending = isinstance(refused, MailPending)
            raise _refused(visit, pending, sent) from None
        sent += outcomes.count(None)
        left.update(over(one) for one in outcomes if isinstance(one, TooMany))
    runtime().wake_worker()
    mine = "1 invitation" if sent == 1 else f"{sent:,} invitations"
    if sent:
        is_, was = ("is", "was") if sent == 1 else ("are", "were")
        flash(*promise(f"{mine} {is_} sent again with a new link.", f"{mine} {was} written anew."))
    for reason, count in left.items():
        if count == 1:
            said = "1 invitation was not sent again, and its link still works"
            flash(f"{said}: {LIMITS[reason]}", "warn")
        else:
            flash(
                f"{count:,} invitations were not sent again, and their links still work:"
                f" {LIMITS[reason]}",
                "warn",
            )


def _chosen(visit: Visit) -> Sequence[Invitation]:
    organization, now = visit.organization, runtime().now()
    if request.args.get("which") == "all":
        return chosen_invitations(db(), organization, now, wanted=_wanted(), at_most=AT_ONCE)
    named = request.args.getlist("invitation")[:AT_ONCE]
    ids = [int(name) for name in named if name.isascii() and name.isdigit() and len(name) < 16]
    return chosen_invitations(db(), organization, now, ids=ids, at_most=AT_ONCE)


def _wanted() -> Wanted:
    search = "".join(c for c in request.args.get("q", "") if c.isprintable()).strip()[:100]
    state = request.args.get("mail", "")
    return Wanted(search, state if state in MAIL_STATES else "")


def _revoking() -> bool:
    return request.args.get("do") == "revoke"


def _here(visit: Visit, **more: int) -> str:
    wanted = _wanted()
    query = {"q": wanted.search, "mail": wanted.mail, **more}
    kept = urlencode({name: value for name, value in query.items() if value})
    page = url_for("organizations.open_invitations", slug=visit.organization.slug)
    return f"{page}?{kept}" if kept else page


def _inviting(visit: Visit) -> Inviting:
    """Each invitation keeps the role that it has."""
    now = runtime().now()
    return Inviting(runtime(), visit.organization, "member", visit.user, actor(), now)


def _counted(number: int) -> str:
    return "1 invitation was" if number == 1 else f"{number:,} invitations were"


def _nothing(visit: Visit) -> Refusal:
    title = "No invitation was revoked" if _revoking() else "No invitation was sent again"
    none = not request.args.getlist("invitation") and request.args.get("which") != "all"
    cause = "None was ticked." if none else "They were accepted or revoked in the meantime."
    return Refusal(409, title, cause, "Choose others.", _here(visit), "Back to the invitations")


def _refused(visit: Visit, pending: bool, sent: int) -> Refusal:
    outcome = InviteResult.MAIL_PENDING if pending else InviteResult.KEY_MISSING
    return Refusal(
        503,
        "The invitations were not sent again" if not sent else "Not all invitations were sent",
        WORDS[outcome].label + "." + (f" {set_up_by()}" if pending else ""),
        "The links sent before keep working until their time is up.",
        _here(visit),
        "Back to the invitations",
    )
