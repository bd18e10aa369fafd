"""/organizations/<slug>/invitations/left-behind: open invitations of people who may not invite.

Whoever removes or demotes somebody comes here when that person had invited others: the links that
were mailed work until somebody revokes them.
"""

from __future__ import annotations

from itertools import repeat

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from app.organizations.access import Visit, admins_only
from app.organizations.invitations import revoke_all as revoke_these
from app.organizations.inviting import Inviting
from app.organizations.open_invitations import PAGE, count_left_behind, some_left_behind
from app.organizations.views import blueprint
from app.organizations.views.again import lost_in
from app.runtime import runtime
from app.web.context import actor, db
from app.web.several import STEP, step_by_step

PATH = "/organizations/<slug>/invitations/left-behind"


@blueprint.get(PATH, endpoint="left_behind")
@admins_only
def show(visit: Visit) -> Response | str:
    now = runtime().now()
    total = count_left_behind(db(), visit.organization, now)
    if not total:
        return redirect(url_for("organizations.members", slug=visit.organization.slug), 303)
    return render_template(
        "organizations/left_behind.html",
        organization=visit.organization,
        listed=some_left_behind(db(), visit.organization, now, PAGE),
        total=total,
    )


@blueprint.post(f"{PATH}/revoke", endpoint="revoke_left_behind")
@admins_only
def revoke_all(visit: Visit) -> Response:
    now = runtime().now()
    inviting = Inviting(runtime(), visit.organization, "member", visit.user, actor(), now)
    revoked = 0

    def done() -> str:
        return f"{revoked:,} {'was' if revoked == 1 else 'were'} revoked"

    for _ in step_by_step(repeat(None), lost_in(visit), done):
        some = some_left_behind(db(), visit.organization, now, STEP)
        if not some:
            break
        revoked += revoke_these(db(), inviting, [invitation for invitation, _ in some])
    said = "1 invitation is" if revoked == 1 else f"{revoked:,} invitations are"
    flash(f"{said} revoked: the links in them stopped working.", "good")
    return redirect(url_for("organizations.members", slug=visit.organization.slug), 303)
