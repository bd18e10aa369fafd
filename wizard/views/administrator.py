"""Administrator: the organization and the first person who may do everything."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.accounts.passwords import hash_password
from app.mailer.forms.merging import Conflict
from app.runtime import runtime
from app.web.context import db
from wizard import draft as drafts
from wizard.draft import Draft
from wizard.forms import AdministratorForm
from wizard.guards import step
from wizard.guess import MAILBOX_SERVICES
from wizard.meanwhile import Answer, Mark, chosen, conflict
from wizard.steps import next_step, stepper
from wizard.views import blueprint

SHOWN = ("organization_name", "time_zone", "name", "email")


@blueprint.route("/administrator", methods=["GET", "POST"])
@step
def administrator(draft: Draft) -> Response:
    has_password = draft.password_hash is not None
    if request.method == "GET":
        form = AdministratorForm(
            keeps_password=has_password,
            formdata=None,
            organization_name=draft.organization_name,
            time_zone=draft.time_zone,
            name=draft.name,
            email=draft.email,
        )
        return _page(draft, form)
    mark = Mark.read(request.form)
    stored = {name: getattr(draft, name) or "" for name in SHOWN} if has_password else {}
    form = AdministratorForm(keeps_password=has_password, formdata=chosen(request.form, stored))
    if not form.validate():
        return _page(draft, form, 422, mark=mark)
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
    try:
        draft = drafts.answer(session, "administrator", mark, now=runtime().now(), **answers)
    except drafts.Overtaken:
        session.rollback()
        return _both(form)
    session.commit()
    return redirect(url_for(next_step(draft).endpoint), 303)


def _both(form: AdministratorForm) -> Response:
    """The answer of another page beside this one's, and the choice."""
    draft = drafts.load(db())
    answers = []
    for name in SHOWN:
        field = form[name]
        typed, theirs = field.data or "", getattr(draft, name) or ""
        label = field.label.text
        answers.append(Answer(name, label, typed, typed, theirs, "None chosen"))
    typed_anew = {} if form.password_is_kept else {"password": "Password"}
    form.keeps_password = True
    return _page(draft, form, 409, conflict=conflict(answers, typed_anew))


def _page(
    draft: Draft,
    form: AdministratorForm,
    status: int = 200,
    *,
    mark: Mark | None = None,
    conflict: Conflict | None = None,
) -> Response:
    form.time_zone.offer("UTC, until one is chosen", draft.time_zone)
    body = render_template(
        "wizard/administrator.html",
        form=form,
        steps=stepper(draft, "wizard.administrator"),
        services=" ".join(MAILBOX_SERVICES),
        opened=mark or Mark.of(draft, "administrator"),
        conflict=conflict,
    )
    return make_response(body, status)
