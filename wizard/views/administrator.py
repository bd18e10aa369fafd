"""Administrator: the organization and the first person who may do everything."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.accounts.passwords import hash_password
from app.runtime import runtime
from app.web.context import db
from wizard import draft as drafts
from wizard.draft import Draft
from wizard.forms import AdministratorForm
from wizard.guards import step
from wizard.guess import MAILBOX_SERVICES
from wizard.steps import next_step, stepper
from wizard.views import blueprint


@blueprint.route("/administrator", methods=["GET", "POST"])
@step
def administrator(draft: Draft) -> Response:
    chosen = draft.password_hash is not None
    if request.method == "GET":
        form = AdministratorForm(
            keeps_password=chosen,
            formdata=None,
            organization_name=draft.organization_name,
            time_zone=draft.time_zone,
            name=draft.name,
            email=draft.email,
        )
        return _page(draft, form)
    form = AdministratorForm(keeps_password=chosen)
    if not form.validate():
        return _page(draft, form, 422)
    answers = {
        "organization_name": form.organization_name.data,
        "time_zone": form.time_zone.name_or_none,
        "name": form.name.data,
        "email": form.email.data,
    }
    if not form.password_is_kept:
        # Hashed before the transaction begins to write: it is slow on purpose.
        answers["password_hash"] = hash_password(form.password.data or "")
    session = db()
    draft = drafts.save(session, now=runtime().now(), **answers)
    session.commit()
    return redirect(url_for(next_step(draft).endpoint), 303)


def _page(draft: Draft, form: AdministratorForm, status: int = 200) -> Response:
    form.time_zone.offer("UTC, until one is chosen", draft.time_zone)
    body = render_template(
        "wizard/administrator.html",
        form=form,
        steps=stepper(draft, "wizard.administrator"),
        services=" ".join(MAILBOX_SERVICES),
    )
    return make_response(body, status)
