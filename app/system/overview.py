"""System → Overview: the install at a glance, and what setup left to do."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_login import current_user

from app.mailer.summary import current_summary
from app.runtime import runtime
from app.system.findings import findings
from app.web.context import db
from app.web.guards import Permission, requires
from app.web.navigation import Entry

PATH = "/admin/system"
NAVIGATION_ORDER = 10

blueprint = Blueprint("system", __name__)


@blueprint.get(PATH)
@requires(Permission.SYSTEM_CONFIGURE)
def overview() -> str:
    summary = current_summary()
    found = findings(db(), runtime(), current_user, summary)
    return render_template(
        "system/overview.html",
        todo=[finding for finding in found if finding.open],
        settled=[finding for finding in found if not finding.open],
        # What waits for another of them is no second thing to do.
        number=max(1, sum(finding.counts for finding in found if finding.open)),
        summary=summary,
    )


def navigation_entry() -> Entry | None:
    if current_user.denial(Permission.SYSTEM_CONFIGURE):
        return None
    return Entry("Overview", PATH, request.path == PATH)
