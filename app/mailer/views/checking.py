"""The button "Check connection": what is typed, tried step by step, nothing sent or saved; and the
transcript of the last check as a file. It travels sealed in the page, so nothing is kept.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from flask import Response, make_response, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.crypto.box import SealBroken
from app.crypto.keys import KeysUnusable
from app.mailer.active import access_host
from app.mailer.check import Check, run_check
from app.mailer.client_key import usable_key
from app.mailer.configuration import settings_of, stored, usable_secret
from app.mailer.forms import FORMS, PROVIDER_UNKNOWN, MailerForm
from app.mailer.models import MailerConfiguration
from app.mailer.settings import CLIENT_KEY, Encryption
from app.mailer.shown import FILLED, Shown
from app.mailer.tokens import store
from app.mailer.tokens.source import check_tokens
from app.mailer.views import blueprint, streaming
from app.mailer.views.owned import owned_now
from app.mailer.views.page import posted_form, refused_as_owned, show
from app.mailer.views.settings import refuse_stored_password
from app.runtime import runtime
from app.web.context import db
from app.web.errors import Refusal
from app.web.guards import Permission, requires
from app.web.limits import takes_files

UNREADABLE = (
    "The stored password cannot be decrypted, because its key is missing. Type it again to check"
    " with it."
)
KEY_UNREADABLE = (
    "The stored key of the client certificate cannot be decrypted, because its own key is missing."
    " Paste it again to check with it."
)


@blueprint.post("/check")
@takes_files
@requires(Permission.SYSTEM_CONFIGURE)
def check() -> BaseResponse:
    """Refused like a save when the form has errors, or the stored password would go elsewhere."""
    refused = refused_as_owned()
    if refused is not None:
        return refused
    session, owned = db(), owned_now()
    row = stored(session)
    form = posted_form(row)
    if owned is not None and owned.destination:
        row = owned.row
    elif request.form.get("provider") not in FORMS:
        return show(form, status=422, provider_error=PROVIDER_UNKNOWN)
    else:
        use_suggestion(form)
        fill(form)
    if not form.validate() or refuse_stored_password(form, row):
        return show(form, status=422)
    job = prepared(form, row)
    if job is None:
        return show(form, status=422)
    # Where the page stays, so does what was typed: then nothing has to be forgotten.
    forget = bool(form.password_change().typed) and not streaming.is_asked_for()
    return streaming.answer(job, lambda found: _checked(form, found, forget=forget))


def _checked(form: MailerForm, found: Check, *, forget: bool) -> Response:
    found = replace(found, transcript=sealed(found.transcript) or "")
    owned = owned_now()
    if owned is not None and owned.destination:
        found = replace(found, suggestion=None, shown=_unpressed(found.shown))
    return show(form, check=found, forget_password=forget)


def _unpressed(shown: Shown | None) -> Shown | None:
    """What the relay showed, without the buttons that fill it in: there are no fields."""
    return replace(shown, presses=()) if shown is not None else None


def prepared(form: MailerForm, row: MailerConfiguration | None) -> Callable[..., Check] | None:
    """A check of what the form says, ready to run: no transaction stays open for the network.

    ``None`` when the stored password is needed and unreadable; then the form says so.
    """
    session, live = db(), runtime()
    answers, change = form.answers(), form.password_change()
    try:
        secret = usable_secret(row, live.box, answers, change)
    except SealBroken:
        form.refuse(answers.secret_field or "login_method", UNREADABLE)
        return None
    try:
        before = settings_of(row) if row else None
        client_key = usable_key(row, before, answers, form.client_key_change(), live.box)
    except SealBroken:
        form.refuse(CLIENT_KEY, KEY_UNREADABLE)
        return None
    owned = owned_now()
    job = partial(
        run_check,
        answers,
        secret,
        client_key=client_key,
        access_host=access_host(session, live),
        recipient=str(current_user.email),
        tokens=check_tokens(live, answers, change, secret, row=row, tokens=store.look(session)),
        elsewhere=owned.declared.elsewhere if owned is not None else (),
    )
    session.commit()
    return job


def use_suggestion(form: MailerForm) -> None:
    """The button under a failed check changes port, Secure and encryption, and checks again.

    Its value is ``port:on`` or ``port:off``, with ``:starttls`` or ``:implicit`` after it where
    the port does not tell.
    """
    port, _, rest = request.form.get("use", "").partition(":")
    if not port or "port" not in form:
        return
    secure, _, encryption = rest.partition(":")
    form["port"].data = port
    if "secure" in form:
        form["secure"].data = secure == "on"
    if "encryption" in form:
        form["encryption"].data = encryption or Encryption.AUTO.value


def fill(form: MailerForm) -> None:
    """The buttons about the certificate that a relay showed fill in the fields of theirs, and check
    again. What they say came through the browser: it is read and checked as if it were typed."""
    try:
        typed = json.loads(request.form.get("fill", "")[:MOST_FILLED])
    except (ValueError, RecursionError):
        return
    for name in FILLED if isinstance(typed, dict) else ():
        text = typed.get(name)
        if name in form and isinstance(text, str) and text.isascii():
            form[name].raw_data = [text]
            form[name].process_formdata([text])


MOST_FILLED = 500_000
LIFETIME = timedelta(minutes=30)
_MAXIMUM = 200_000


def sealed(transcript: str) -> str | None:
    """The transcript for the hidden field: only the server can read it, only for this person.

    ``None`` when the install has no key to seal it with.
    """
    content = json.dumps({"at": runtime().now().isoformat(), "text": transcript})
    try:
        return runtime().box.seal(zlib.compress(content.encode()), _place())
    except KeysUnusable:
        return None


@blueprint.post("/transcript", endpoint="transcript")
@requires(Permission.SYSTEM_CONFIGURE)
def download() -> Response:
    """The transcript that the page carried, as plain text."""
    try:
        opened = runtime().box.open(request.form.get("transcript", "")[:_MAXIMUM], _place())
    except SealBroken:
        raise _gone() from None
    content = json.loads(zlib.decompress(opened))
    at = datetime.fromisoformat(content["at"])
    if runtime().now() - at > LIFETIME:
        raise _gone()
    response = make_response(content["text"])
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    name = f"novantra-connection-check-{at:%Y%m%d-%H%M%S}.txt"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _place() -> str:
    return f"mailer-transcript:{int(current_user.id)}:text"


def _gone() -> Refusal:
    return Refusal(
        422,
        "This transcript is no longer available",
        "A transcript can be downloaded for 30 minutes by the administrator who ran the check.",
        "Check the connection again, then download it.",
        url_for("mailer.page"),
        "Back to the mailer",
    )
