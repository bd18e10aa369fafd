"""System → Time zone: in which zone pages and mails say times to whoever has chosen none."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.install.forms import ZoneForm
from app.install.service import change_time_zone, time_zone
from app.runtime import runtime
from app.web.context import actor, db
from app.web.fields import unknown_zone
from app.web.guards import Permission, requires
from app.web.navigation import Entry, here
from app.zones import clock, first_known

PATH = "/admin/system/time-zone"
NAVIGATION_ORDER = 45

blueprint = Blueprint("zone", __name__)


@blueprint.get(PATH)
@requires(Permission.SYSTEM_CONFIGURE)
def time_zone_page() -> str:
    return _page(ZoneForm(formdata=None, time_zone=time_zone(db())))


@blueprint.post(PATH)
@requires(Permission.SYSTEM_CONFIGURE)
def save_time_zone() -> Response | tuple[str, int]:
    form = ZoneForm()
    if not form.validate():
        return _page(form), 422
    name = form.time_zone.name_or_none
    change_time_zone(db(), name, now=runtime().now(), actor=actor())
    db().commit()
    if name is None:
        flash("Saved. No zone is chosen: mails say times in UTC.", "good")
    else:
        flash(f"Saved. It is {clock(runtime().now(), first_known(name))}.", "good")
    return redirect(url_for("zone.time_zone_page"), 303)


def _page(form: ZoneForm) -> str:
    stored = time_zone(db())
    form.time_zone.offer("None chosen", stored)
    return render_template(
        "install/time_zone.html",
        form=form,
        unknown=unknown_zone(stored),
        now=clock(runtime().now(), first_known(stored)),
        own=current_user.time_zone,
    )


def navigation_entry() -> Entry | None:
    if current_user.denial(Permission.SYSTEM_CONFIGURE):
        return None
    return Entry("Time zone", PATH, here(PATH))
