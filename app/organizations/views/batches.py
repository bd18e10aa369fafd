"""/organizations/<slug>/invitations/lists/<id>: how a pasted list fares, line by line.

While lines wait the page reloads itself by a header, so it works without scripts. The button
goes on with the list in the request itself, for installs whose worker is not running.
"""

from __future__ import annotations

from flask import abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.mailer.summary import Prospect, current_prospect
from app.mailer.whom_to_ask import waiting
from app.organizations import batches
from app.organizations.access import Visit, admins_only
from app.organizations.views import blueprint
from app.organizations.views.labels import ENDED, WORDS
from app.runtime import runtime
from app.web.context import db

PATH = "/organizations/<slug>/invitations/lists/<public_id>"
RELOAD_SECONDS = 2


@blueprint.get(PATH, endpoint="batch")
@admins_only
def show(visit: Visit, public_id: str) -> Response:
    batch = batches.find(db(), visit.organization, public_id)
    if batch is None:
        abort(404)
    outcome = request.args.get("outcome", "")
    outcome = outcome if outcome in WORDS else ""
    number = request.args.get("page", 1, type=int)
    number = number if 1 <= number <= batches.MAXIMUM else 1
    lines = batches.results(db(), batch, outcome=outcome, number=number)
    progress = batches.progress(db(), batch)
    page = render_template(
        "organizations/batch.html",
        organization=visit.organization,
        batch=batch,
        progress=progress,
        mails=batches.mails(db(), batch),
        mail_waits=current_prospect() is Prospect.WAITS,
        waiting=waiting(),
        lines=lines[: batches.PAGE],
        words=WORDS,
        ended=ENDED,
        outcome=outcome,
        number=number,
        has_next=len(lines) > batches.PAGE,
    )
    response = make_response(page)
    if not progress.finished:
        response.headers["Refresh"] = str(RELOAD_SECONDS)
    return response


@blueprint.post(f"{PATH}/go-on", endpoint="batch_go_on")
@admins_only
def go_on(visit: Visit, public_id: str) -> Response:
    batch = batches.find(db(), visit.organization, public_id)
    if batch is None:
        abort(404)
    db().commit()
    batches.work_for_a_moment(runtime(), batch)
    return redirect(
        url_for("organizations.batch", slug=visit.organization.slug, public_id=public_id), 303
    )
