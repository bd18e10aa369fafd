"""System → Administrators: whom people are told to ask when mail does not work."""

from __future__ import annotations

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from app.accounts.forms import AdministratorForm, SupportForm, typed
from app.accounts.views import blueprint
from app.accounts.views.administrators import PATH, administrators_page
from app.install.service import change_support_contact
from app.runtime import runtime
from app.web.context import actor, db
from app.web.guards import Permission, requires


@blueprint.post(f"{PATH}/support")
@requires(Permission.SYSTEM_CONFIGURE)
def save_support_contact() -> Response | tuple[str, int]:
    form = SupportForm()
    if not form.validate():
        return administrators_page(AdministratorForm(formdata=None), support=form), 422
    whom = typed(form.support_contact)
    change_support_contact(db(), whom or None, now=runtime().now(), actor=actor())
    db().commit()
    if whom:
        flash(f"Saved. People who need help are told to ask {whom}.", "good")
    else:
        flash("Saved. People who need help are told to ask an administrator.", "good")
    return redirect(url_for("accounts.administrators"), 303)
