"""The button "Send test email"."""

from __future__ import annotations

from datetime import datetime

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from app.install.service import links
from app.mailer.active import NOT_CONNECTED, ActiveMailer, active_mailer
from app.mailer.arrival import new_phrase
from app.mailer.configuration import settings_of, stored
from app.mailer.forms import FORMS, MailerForm
from app.mailer.in_force import in_force
from app.mailer.models import MailerConfiguration
from app.mailer.test_mail import TestMail, record_test, send_test, take
from app.mailer.views import blueprint
from app.mailer.views.page import (
    Refused,
    chosen_provider,
    fresh_form,
    posted_form,
    refused_as_owned,
    show,
)
from app.mailer.views.settings import refuse_stored_password, save_posted
from app.runtime import runtime
from app.throttle import TooMany
from app.web.context import db
from app.web.errors import Refusal
from app.web.guards import Permission, requires
from app.web.later import retry_after
from app.web.limits import takes_files
from app.web.viewer import viewer_zone

UNSAVED = Refused(
    "No test was sent: the form holds changes that are not saved",
    "A test uses the saved configuration, so it would say nothing about what is typed.",
    may_save=True,
)
UNSAVED_AND_REFUSED = Refused(
    "No test was sent: the form holds changes that are not saved",
    "They cannot be saved yet: look at the marked fields first. A test uses the saved"
    " configuration.",
)
UNSAVED_PASSWORD = Refused(
    "No test was sent: the form holds changes that are not saved",
    "A test uses the saved configuration. A password is never sent back to the browser: type it"
    " again, save, then send the test.",
)


@blueprint.post("/test")
@takes_files
@requires(Permission.SYSTEM_CONFIGURE)
def test() -> AnyResponse:
    """Send with the saved configuration to whoever presses the button.

    The allowance is used up and committed before the network; while the relay is spoken to, no
    transaction is open.
    """
    not_ours = refused_as_owned()
    if not_ours is not None:
        return not_ours
    if request.form.get("action") == "save_and_test":
        refused = save_posted(test_follows=True)
        if refused is not None:
            return refused
    session, live = db(), runtime()
    active = active_mailer(session, live)
    if active is None:
        raise nothing_saved()
    unsaved = _unsaved(in_force(session, live))
    if unsaved is not None:
        return show(unsaved, status=422, refused_test=_why_not(unsaved))
    if active.problem:
        raise cannot_send(active)
    began = live.now()
    try:
        take(session, user_id=int(current_user.id), now=began)
    except TooMany as refusal:
        session.rollback()
        return _too_many(refusal.retry_at, began)
    base = links(session, live.config)
    mail = TestMail(
        to=current_user.email,
        asked_by=current_user.name,
        access_url=base.base,
        access_host=base.host,
        at=began,
        phrase=new_phrase(),
        zone=viewer_zone(),
    )
    session.commit()
    result = send_test(active, mail)
    record_test(
        session,
        now=live.now(),
        to=mail.to,
        asked_by=mail.asked_by,
        version=active.version,
        result=result,
        phrase=mail.phrase if active.delivers else None,
    )
    session.commit()
    if result.passed:
        flash(_accepted(active, mail.to), "good")
    return redirect(url_for("mailer.page"), 303)


def _accepted(active: ActiveMailer, to: str) -> str:
    if active.relay is None:
        return "The test email was written to the log; the console provider delivers nothing."
    return f"The relay accepted the test email. Look for it in the inbox of {to}."


def _unsaved(row: MailerConfiguration | None) -> MailerForm | None:
    """The form, when the button carried one that says something else than what is saved."""
    if row is None or "provider" not in request.form:
        return None
    form = posted_form(row)
    same = (
        request.form["provider"] in FORMS
        and form.validate()
        and form.answers() == settings_of(row)
        and not form.touches_password
    )
    if same:
        return None
    if request.form["provider"] in FORMS and not form.errors:
        refuse_stored_password(form, row)
    return form


def _why_not(unsaved: MailerForm) -> Refused:
    if unsaved.errors:
        return UNSAVED_AND_REFUSED
    return UNSAVED_PASSWORD if unsaved.password_change().typed else UNSAVED


def _too_many(again_at: datetime, now: datetime) -> Response:
    row = stored(db())
    response = show(
        fresh_form(chosen_provider(None, row), row), status=429, too_many_tests=again_at
    )
    response.headers.update(retry_after(again_at, now))
    return response


def nothing_saved() -> Refusal:
    """503: there is nothing to send a test with."""
    return Refusal(
        503,
        "Mail is not set up",
        "A test email is sent with the saved configuration, and none has been saved yet.",
        "Choose a provider, fill in its fields and save them first.",
        url_for("mailer.page"),
        "Back to the mailer",
    )


def cannot_send(active: ActiveMailer) -> Refusal:
    """503: what is saved cannot be used for the moment."""
    if active.problem == NOT_CONNECTED:
        return Refusal(
            503,
            "The mailbox is not connected",
            active.problem,
            "Sign in under “Sign-in” on the mailer page, then send the test.",
            url_for("mailer.page") + "#sign-in",
            "Back to the mailer",
        )
    return Refusal(
        503,
        "What is stored to log in with cannot be read",
        active.problem or "",
        "Restore the key from its backup and restart Novantra, or give it again on the mailer page"
        " once keys work. “flask keys doctor” names what needs which key.",
        url_for("mailer.page"),
        "Back to the mailer",
    )
