"""Review: everything once more, then the end of setup."""

from __future__ import annotations

from datetime import datetime

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from app.accounts.sessions import Way, sign_in
from app.accounts.users import AddressTaken
from app.crypto.box import SealBroken
from app.crypto.keys import KeysUnusable
from app.install.service import environment_access_url
from app.mailer.in_force import declared_now
from app.runtime import runtime
from app.throttle import TooMany, subject_of, take
from app.web.context import client_ip, db
from app.web.errors import Refusal
from app.web.later import retry_after
from wizard import by_environment, mail_answer, mail_test, meanwhile
from wizard import draft as drafts
from wizard.draft import Draft
from wizard.finish import Unanswered, finish
from wizard.guards import close, step
from wizard.mail_check import ChangedMeanwhile
from wizard.steps import mail_is_decided, stepper
from wizard.views import blueprint
from wizard.views.access_url import warning_about


@blueprint.route("/review", methods=["GET", "POST"])
@step
def review(draft: Draft) -> Response:
    if request.method == "GET":
        return _page(draft)
    if "test" in request.form:
        return _test(draft)
    session, now = db(), runtime().now()
    try:
        held = drafts.lock(session)
        changed = meanwhile.changed_since(held, request.form.get("reviewed"))
        if changed:
            session.rollback()
            return _page(drafts.load(session), 409, changed=" and ".join(changed))
        user = finish(session, runtime(), now=now, ip=client_ip() or None)
    except Unanswered:
        session.rollback()
        return redirect(url_for("wizard.start"), 303)
    except AddressTaken:
        session.rollback()
        return _page(draft, 422, taken=True)
    except (KeysUnusable, SealBroken):
        session.rollback()
        raise _keys_unusable() from None
    session.commit()
    close()
    runtime().wake_worker()
    sign_in(user, Way.SETUP)
    session.commit()
    flash(f"Setup is finished, and you are signed in as {user.name}. Welcome to Novantra.", "good")
    return redirect(url_for("system.overview"), 303)


def _test(draft: Draft) -> Response:
    """Send a test mail with the answer that waits. It is counted before it is sent."""
    session, now = db(), runtime().now()
    if draft.mail_choice != "configure" or mail_is_decided():
        return redirect(url_for("wizard.review"), 303)
    try:
        take(session, mail_test.LIMIT, subject_of("setup", "test"), now)
    except TooMany as refused:
        session.rollback()
        response = _page(draft, 429, too_many=refused.retry_at)
        response.headers.update(retry_after(refused.retry_at, now))
        return response
    session.commit()
    try:
        result = mail_test.send(draft, runtime(), now=now)
    except (KeysUnusable, SealBroken):
        raise _keys_unusable() from None
    try:
        mail_test.record(session, draft, result, now=runtime().now())
    except ChangedMeanwhile:
        session.rollback()  # somebody answered anew: what was sent says nothing about that
    session.commit()
    return redirect(url_for("wizard.review"), 303)


def _page(
    draft: Draft,
    status: int = 200,
    *,
    taken: bool = False,
    too_many: datetime | None = None,
    changed: str | None = None,
) -> Response:
    decided, misdeclared = mail_is_decided(), None
    if decided:
        declared = declared_now(db(), runtime())
        misdeclared = declared.problem if declared is not None else None
    body = render_template(
        "wizard/review.html",
        form=FlaskForm(),
        draft=draft,
        mail=by_environment.summary(draft) if decided else mail_answer.summary(draft),
        decided=decided,
        misdeclared=misdeclared,
        steps=stepper(draft, "wizard.review"),
        warning=warning_about(draft.access_url),
        fixed="Fixed by NOVANTRA_ACCESS_URL, and changed there."
        if environment_access_url(runtime().config)
        else None,
        taken=taken,
        tested=mail_test.of(draft) if draft.mail_choice == "configure" and not decided else None,
        too_many=too_many,
        reviewed=meanwhile.reviewed(draft),
        changed=changed,
    )
    return make_response(body, status)


def _keys_unusable() -> Refusal:
    return Refusal(
        503,
        "The encryption keys cannot be used",
        "The mail password and every waiting mail are stored encrypted, and the install's keys"
        " are missing or do not fit. Nothing was saved; setup is still open.",
        "Have the operator run keys doctor on the server. Then finish again, or choose to set"
        " mail up later.",
        url_for("wizard.mail"),
        "Go to the mail step",
    )
