"""Start: the setup token."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.extensions import limiter
from app.install.setup_token import ensure_token, token_fits
from app.runtime import runtime
from app.throttle import Limit, TooMany, subject_of_client, take
from app.web.context import client_ip, db
from app.web.later import retry_after, when
from wizard.forms import TOKEN_MAXIMUM, TokenForm
from wizard.guards import remember_token, stored_draft, token_was_shown
from wizard.steps import next_step, stepper
from wizard.views import blueprint

TRIES = Limit("setup-token", 10, timedelta(minutes=15))


def _page(form: TokenForm, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    body = render_template(
        "wizard/start.html",
        form=form,
        steps=stepper(None, "wizard.start"),
        token_file=runtime().config.setup_token_file,
    )
    response = make_response(body, status)
    response.headers.update(headers or {})
    return response


@blueprint.get("")
def start() -> Response:
    draft = stored_draft()
    if token_was_shown():
        return redirect(url_for(next_step(draft).endpoint), 303)
    ensure_token(runtime().config.setup_token_file)  # somebody may have deleted it
    # The address that the server prints at start carries the token, to save the copying.
    given = request.args.get("token", "")[:TOKEN_MAXIMUM]
    return _page(TokenForm(formdata=None, setup_token=given))


@blueprint.post("")
@limiter.limit("30 per minute")
def check_token() -> Response:
    form, session, now = TokenForm(), db(), runtime().now()
    if not form.validate():
        return _page(form, 422)
    try:
        # Right or wrong, and in the database: a restart forgets none.
        take(session, TRIES, subject_of_client(client_ip()), now)
    except TooMany as refused:
        return _too_many(form, refused.retry_at, now)
    session.commit()
    token = ensure_token(runtime().config.setup_token_file)
    if not token_fits(token, form.setup_token.data or ""):
        form.setup_token.errors = [
            "This is not the setup token. Copy the one that the server printed when it started,"
            " or have it printed again."
        ]
        return _page(form, 422)
    remember_token(token)
    return redirect(url_for(next_step(stored_draft()).endpoint), 303)


def _too_many(form: TokenForm, free_at: datetime, now: datetime) -> Response:
    form.setup_token.errors = [
        "Too many tries from your network address, so tokens are not looked at for a while."
        f" Try again {when(free_at, now)}."
    ]
    return _page(form, 429, retry_after(free_at, now))
