"""Earlier configurations: which there were, how they differ from the one in force, and back to one.

Going back is an ordinary save of what was noted then. Old secrets are not kept, so the one that is
stored now goes along where the destination is the same, and is asked for where it is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.audit.tags import field_words, value_words
from app.mailer.check import Check
from app.mailer.client_key import is_kept, why_paste
from app.mailer.configuration import settings_of, stored, why_type_again, why_type_anew
from app.mailer.destination import Destination
from app.mailer.earlier import Earlier, History, history
from app.mailer.forms import MailerForm
from app.mailer.models import MailerConfiguration
from app.mailer.providers import logs_in
from app.mailer.settings import CLIENT_KEY, KEEP
from app.mailer.snapshots import KEPT
from app.mailer.views import blueprint
from app.mailer.views.checking import prepared, sealed
from app.mailer.views.owned import owned_now
from app.mailer.views.page import form_of, show, type_into
from app.mailer.views.settings import conflict, keep, refuse_stored_password
from app.runtime import runtime
from app.web.context import db
from app.web.errors import Refusal
from app.web.guards import Permission, requires
from app.web.limits import takes_files


@dataclass(frozen=True)
class Going:
    """What going back to one takes. ``asks`` has, by the name of the form's field, why a secret
    must be typed again; ``drops`` the stored one, as there was none then; ``stays`` those that are
    stored now and fit; ``after`` is what has to be done once it is saved."""

    asks: dict[str, str]
    drops: bool
    stays: frozenset[str]
    after: str | None


@blueprint.get("/earlier", endpoint="earlier")
@requires(Permission.SYSTEM_CONFIGURE)
def index() -> str:
    _insist_on_ours()
    return render_template("mailer/earlier.html", found=history(db()), kept=KEPT, **_words())


@blueprint.get("/earlier/<int:version>", endpoint="earlier_one")
@requires(Permission.SYSTEM_CONFIGURE)
def one(version: int) -> AnyResponse:
    """How it differs from what is in force, and the button that goes back to it."""
    row, found, earlier = _asked(version)
    if earlier.in_force:
        return redirect(url_for("mailer.earlier"), 303)
    return _page(row, found, earlier, form_of(earlier.settings, row))


@blueprint.post("/earlier/<int:version>", endpoint="restore")
@takes_files
@requires(Permission.SYSTEM_CONFIGURE)
def restore(version: int) -> AnyResponse:
    """Save what was noted; with ``action=check`` only once the connection passed a check with it.

    Fields: ``version`` (the one in force when the page was opened), and the secret's own where
    the page asks for it.
    """
    row, found, earlier = _asked(version)
    going = _going(row, earlier)
    form = form_of(earlier.settings, row)
    form.version.data = request.form.get("version", "")[:10]
    for name in going.asks:
        if name in form:
            type_into(form, name, request.form.get(name, ""))
    if going.drops and "remove_password" in form:
        form["remove_password"].data = True
    form.validate()
    for name, why in going.asks.items():
        if name in form and not form[name].data and not form[name].errors:
            form.refuse(name, why)
    if form.errors:
        # What was fine then and is refused by now can only be mended in the form with all fields.
        alone = set(form.errors) <= set(going.asks)
        return _page(row, found, earlier, form, 422) if alone else show(form, status=422)
    if form.expected_version != row.version:
        return conflict(form, row)
    if refuse_stored_password(form, row):
        return _page(row, found, earlier, form, 422)
    if request.form.get("action") == "check":
        job = prepared(form, row)
        if job is None:
            return _page(row, found, earlier, form, 422)
        check = job()
        if not check.ok:
            return _page(row, found, earlier, form, 422, check=_to_look_at(check))
    return keep(form, restores=earlier.note) or redirect(url_for("mailer.page"), 303)


def _to_look_at(check: Check) -> Check:
    """Without the buttons in it: what they fill in would be another configuration than that one."""
    return replace(
        check,
        transcript=sealed(check.transcript) or "",
        suggestion=None,
        shown=replace(check.shown, presses=()) if check.shown else None,
    )


def _page(
    row: MailerConfiguration,
    found: History,
    earlier: Earlier,
    form: MailerForm,
    status: int = 200,
    **more: object,
) -> Response:
    body = render_template(
        "mailer/earlier_one.html",
        row=row,
        found=found,
        earlier=earlier,
        form=form,
        going=_going(row, earlier),
        **_words(),
        **more,
    )
    return make_response(body, status)


def _going(row: MailerConfiguration, earlier: Earlier) -> Going:
    now, then, held = settings_of(row), earlier.settings, earlier.note.secrets
    same = Destination.of(now) == Destination.of(then)
    has_secret = row.password_sealed is not None
    named = then.secret_field if logs_in(then) else None
    drops = has_secret and not same and named is not None and named not in held
    asks = {}
    if named is not None and not drops:
        why = why_type_again(now, has_secret, then, KEEP)
        if why is None and named in held and not has_secret:
            why = why_type_anew(then)
        if why is not None:
            asks[named] = why
    key = why_paste(row, then, KEEP)
    if key is not None:
        asks[CLIENT_KEY] = key
    stays = {named} if named and has_secret and same else set()
    if is_kept(row, then):
        stays.add(CLIENT_KEY)
    return Going(asks, drops, frozenset(stays), None if same else _after(earlier))


def _after(earlier: Earlier) -> str | None:
    settings = earlier.settings
    if settings.makes_certificate and logs_in(settings):
        return "A new key is made for it: download its certificate and upload it once it is saved."
    if settings.waits_for_person:
        return "Somebody has to sign in to the mailbox again once it is saved."
    return None


def _asked(version: int) -> tuple[MailerConfiguration, History, Earlier]:
    _insist_on_ours()
    session = db()
    row, found = stored(session), history(session)
    earlier = found.find(version) if found else None
    if row is None or found is None or earlier is None:
        raise Refusal(
            404,
            "There is no such configuration",
            f"The newest {KEPT} are kept, and the last one that worked.",
            "Choose one from the list.",
            url_for("mailer.earlier"),
            "Earlier configurations",
        )
    return row, found, earlier


def _insist_on_ours() -> None:
    """What was saved here is not in force while the environment decides, so none of it can be
    brought back either."""
    owned = owned_now()
    if owned is not None and owned.destination:
        raise Refusal(
            409,
            "The environment decides about mail",
            "Earlier configurations are those that were saved here. While variables decide, none of"
            " them can be brought back.",
            "Change the environment where Novantra is started.",
            url_for("mailer.page"),
            "Back to the mailer",
        )


def _words() -> dict[str, object]:
    return {"field_words": field_words, "value_words": value_words, "now": runtime().now()}
