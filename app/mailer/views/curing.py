"""The button "Check and resume" in the box that tells of a failure: one field, one press.

What is stored, with that field changed, is checked; when it passes it is saved, which ends the
pause, and what waited goes out. When it does not, nothing is saved and the check says why.
"""

from __future__ import annotations

from dataclasses import replace

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from app.mailer.configuration import stored
from app.mailer.cure import ALONE, SECRETS
from app.mailer.forms import MailerForm
from app.mailer.models import MailerConfiguration
from app.mailer.views import blueprint
from app.mailer.views.checking import prepared, sealed
from app.mailer.views.owned import owned_now
from app.mailer.views.page import fresh_form, show, type_into
from app.mailer.views.settings import conflict, keep, refuse_stored_password
from app.web.context import db
from app.web.guards import Permission, requires


@blueprint.post("/cure", endpoint="cure")
@requires(Permission.SYSTEM_CONFIGURE)
def cure() -> Response:
    """Fields: ``field`` (a name of the form), ``value``, ``version``."""
    session = db()
    row = stored(session)
    if row is None:
        return redirect(url_for("mailer.page"), 303)
    owned = owned_now()
    if owned is not None and owned.owns(request.form.get("field", "")):
        given = [each.variable for each in owned.declared.given.values()]
        return show(fresh_form(row.provider, row), status=422, refused_owned=given)
    form, name = _with_answer(row), request.form.get("field", "")
    if name not in ALONE or name not in form:
        return show(fresh_form(row.provider, row), status=422)
    nothing_typed = name in SECRETS and not form[name].data
    if not form.validate() or nothing_typed:
        if nothing_typed and not form.errors:
            form.refuse(name, f"Type the {form[name].label.text.lower()}.")
        return show(form, status=422)
    if form.expected_version != row.version:
        return conflict(form, row)
    if refuse_stored_password(form, row):
        return show(form, status=422)
    job = prepared(form, row)
    if job is None:
        return show(form, status=422)
    found = job()
    if not found.ok:
        found = replace(found, transcript=sealed(found.transcript) or "")
        return show(form, status=422, check=found, cure_failed=True)
    return keep(form, checked=True) or redirect(url_for("mailer.page"), 303)


def _with_answer(row: MailerConfiguration) -> MailerForm:
    """What is stored, with the one field as it was typed."""
    form, name = fresh_form(row.provider, row), request.form.get("field", "")
    form.version.data = request.form.get("version", "")[:10]
    if name in ALONE and name in form:
        type_into(form, name, request.form.get("value", ""))
    if name == "client_secret" and "client_secret_ends" in form:
        form["client_secret_ends"].data = ""  # the end of the one before says nothing of this
    return form
