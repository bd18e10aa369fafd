"""A person signs in at Microsoft or Google, and comes back: nothing of it passes through the page.

What was begun, by whom and in which browser is asked again when it ends.
"""

from __future__ import annotations

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from app.install.service import links
from app.mailer.forms.signing_in import redirect_address
from app.mailer.in_force import in_force
from app.mailer.tokens import connecting, person
from app.mailer.tokens.connecting import Connected, SignInRefused
from app.mailer.views import blueprint
from app.runtime import runtime
from app.web.asking import ask
from app.web.context import actor, browser, db
from app.web.errors import Refusal
from app.web.guards import Permission, requires, still_has

FORGET_TOKENS = "Forget the tokens of this mailbox?"
WAITS_THEN = "Mail waits then until somebody signs in again."


@blueprint.post("/connect")
@requires(Permission.SYSTEM_CONFIGURE)
def connect() -> AnyResponse:
    """To the sign-in service, with everything that it needs in the address."""
    session, live, user_id = db(), runtime(), int(current_user.id)
    back = redirect_address(links(session, live.config).base)
    session.commit()  # what begins a sign-in has a transaction of its own
    try:
        there = person.begin_person(live, user_id=user_id, browser=browser(), redirect=back)
    except SignInRefused as refused:
        return refused_page(refused)
    return redirect(there, 303)


@blueprint.get("/connected")
@requires(Permission.SYSTEM_CONFIGURE)
def connected() -> AnyResponse:
    """Back from there. Goes on to the mailer page, so that no code stays in the address bar."""
    session, who, user_id = db(), actor(), int(current_user.id)
    may = still_has(Permission.SYSTEM_CONFIGURE)
    session.commit()
    try:
        done = person.finish_person(
            runtime(),
            user_id=user_id,
            browser=browser(),
            state=request.args.get("state", "")[:500],
            code=request.args.get("code", "")[:8_000] or None,
            error=request.args.get("error", "")[:100] or None,
            actor=who,
            may=may,
        )
    except SignInRefused as refused:
        return refused_page(refused)
    return welcome(done)


@blueprint.get("/disconnect", endpoint="ask_to_disconnect")
@requires(Permission.SYSTEM_CONFIGURE)
def ask_to_disconnect() -> str:
    """The question, for browsers without scripts."""
    return ask(
        FORGET_TOKENS,
        WAITS_THEN,
        yes="Disconnect",
        back=url_for("mailer.page"),
        crumb="Mailer",
    )


@blueprint.post("/disconnect")
@requires(Permission.SYSTEM_CONFIGURE)
def disconnect() -> AnyResponse:
    """Forget the tokens. The vendor is not told: there, access is withdrawn on its own pages."""
    session = db()
    if connecting.disconnect(session, now=runtime().now(), actor=actor()):
        session.commit()
        flash("Disconnected. Mail waits until somebody signs in again.", "good")
    else:
        flash("Nobody was connected.", "quiet")
    return redirect(url_for("mailer.page"), 303)


@blueprint.get("/certificate")
@requires(Permission.SYSTEM_CONFIGURE)
def certificate() -> Response:
    """The public half of the key that was made here, as a file to upload."""
    row = in_force(db(), runtime())
    if row is None or not row.certificate:
        raise Refusal(
            409,
            "There is no certificate",
            "One is made when a configuration that signs in by certificate is saved.",
            "Choose Microsoft 365, As an application, Certificate, and save.",
            url_for("mailer.page"),
            "Back to the mailer",
        )
    response = make_response(row.certificate)
    response.headers["Content-Type"] = "application/x-x509-ca-cert"
    response.headers["Content-Disposition"] = 'attachment; filename="novantra-mail.cer"'
    return response


def welcome(done: Connected) -> AnyResponse:
    """To the mailer page, which shows who is connected."""
    words = f"Connected as {done.connected_as}." if done.connected_as else "Connected."
    if done.resumed:
        words += " Sending has resumed; what waited goes out now, oldest first."
    else:
        words += " Send a test email to see it arrive."
    flash(words, "good")
    return redirect(url_for("mailer.page"), 303)


def refused_page(refused: SignInRefused) -> Response:
    """What happened, and where to begin again. Nothing was stored."""
    page = render_template("mailer/sign_in_refused.html", refused=refused)
    # The page itself is there, whatever it has to say: 404 is for what this edition does not have.
    return make_response(page, 422 if refused.status == 404 else refused.status)
