"""A sign-in with a code that is typed in another browser, on whatever machine."""

from __future__ import annotations

from flask import Response, make_response, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from app.mailer.tokens import device
from app.mailer.tokens.connecting import SignInRefused
from app.mailer.tokens.device import DevicePrompt
from app.mailer.views import blueprint
from app.mailer.views.connecting import refused_page, welcome
from app.runtime import runtime
from app.web.context import actor, browser, db
from app.web.errors import Refusal
from app.web.guards import Permission, requires, still_has


@blueprint.post("/device", endpoint="begin_device")
@requires(Permission.SYSTEM_CONFIGURE)
def begin() -> AnyResponse:
    """Fetches a code and shows it, with the address to type it at."""
    user_id = int(current_user.id)
    db().commit()  # what begins a sign-in has a transaction of its own
    try:
        prompt = device.begin_device(runtime(), user_id=user_id, browser=browser())
    except SignInRefused as refused:
        return refused_page(refused)
    return _page(prompt)


@blueprint.get("/device", endpoint="device")
@requires(Permission.SYSTEM_CONFIGURE)
def ask() -> AnyResponse:
    """Asks once whether the person has finished; shows the code again while not."""
    user_id, who = int(current_user.id), actor()
    may = still_has(Permission.SYSTEM_CONFIGURE)
    db().commit()
    try:
        done = device.ask_device(runtime(), user_id=user_id, browser=browser(), actor=who, may=may)
        prompt = device.current_device(runtime(), user_id=user_id, browser=browser())
    except SignInRefused as refused:
        return refused_page(refused)
    if done is not None:
        return welcome(done)
    if prompt is None:  # it ended between the two looks
        raise Refusal(
            422,
            "No sign-in is going on",
            "The code has run out, or the sign-in was begun in another browser.",
            "Get another code on the mailer page.",
            url_for("mailer.page"),
            "Back to the mailer",
        )
    return _page(prompt)


def _page(prompt: DevicePrompt) -> Response:
    return make_response(render_template("mailer/device.html", prompt=prompt))
