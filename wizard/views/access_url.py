"""Address: where people open this install."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.install.access_url import AccessUrlRefused, parse_access_url
from app.install.forms import AccessUrlForm
from app.install.service import environment_access_url
from app.mailer.forms.merging import Conflict
from app.runtime import runtime
from app.web.context import db
from wizard import draft as drafts
from wizard.draft import Draft
from wizard.guards import step
from wizard.guess import guess_access_url
from wizard.meanwhile import Answer, Mark, chosen, conflict
from wizard.steps import next_step, stepper
from wizard.views import blueprint


@blueprint.route("/access-url", methods=["GET", "POST"])
@step
def access_url(draft: Draft) -> Response:
    fixed = environment_access_url(runtime().config)
    if request.method == "GET":
        guess = guess_access_url(request, runtime().config.trusted_proxies)
        form = AccessUrlForm(formdata=None, access_url=draft.access_url or guess)
        return _page(draft, form, guessed=bool(guess) and draft.access_url is None)
    mark = Mark.read(request.form)
    stored = {"access_url": draft.access_url} if draft.access_url else {}
    form = AccessUrlForm(formdata=chosen(request.form, stored))
    # What the environment fixes is confirmed here, whatever the field says.
    if fixed is None and not form.validate():
        return _page(draft, form, status=422, mark=mark)
    answer = fixed or form.parsed
    session = db()
    try:
        draft = drafts.answer(
            session, "access_url", mark, now=runtime().now(), access_url=answer.url
        )
    except drafts.Overtaken:
        session.rollback()
        draft = drafts.load(session)
        mine = form.access_url.data or ""
        answers = [Answer("access_url", "Address", answer.url, mine, draft.access_url or "")]
        return _page(draft, form, status=409, conflict=conflict(answers, {}))
    session.commit()
    return redirect(url_for(next_step(draft).endpoint), 303)


def _page(
    draft: Draft,
    form: AccessUrlForm,
    *,
    guessed: bool = False,
    status: int = 200,
    mark: Mark | None = None,
    conflict: Conflict | None = None,
) -> Response:
    body = render_template(
        "wizard/access_url.html",
        form=form,
        steps=stepper(draft, "wizard.access_url"),
        fixed=environment_access_url(runtime().config),
        guessed=guessed,
        warning=warning_about(form.access_url.data),
        opened=mark or Mark.of(draft, "access_url"),
        conflict=conflict,
    )
    return make_response(body, status)


def warning_about(text: str | None) -> str | None:
    """What to say about an address that may be used but perhaps should not."""
    try:
        return parse_access_url(text or "").warning
    except AccessUrlRefused:
        return None
