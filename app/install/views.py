"""System → Access URLs: where links in mails lead."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.audit.search import newest
from app.install.access_url import THIS_MACHINE, parse_access_url
from app.install.forms import AccessUrlForm
from app.install.links import Links
from app.install.models import Install
from app.install.service import (
    StaleEdit,
    change_access_url,
    current,
    environment_access_url,
)
from app.runtime import runtime
from app.web.context import actor, db
from app.web.guards import Permission, requires
from app.web.navigation import Entry, here

PATH = "/admin/system/access-urls"
NAVIGATION_ORDER = 40
# Stands for a link's secret in the example; no link ever looked like this.
EXAMPLE_SECRET = "Qm9v…7Jw"  # noqa: S105

blueprint = Blueprint("install", __name__)


def _page(form: AccessUrlForm, install: Install, status: int = 200, **more: object) -> Response:
    fixed = environment_access_url(runtime().config)
    links = Links(fixed.url if fixed else install.access_url)
    return make_response(
        render_template(
            "install/access_urls.html",
            form=form,
            install=install,
            fixed=fixed,
            links=links,
            warning=_warning(links.base),
            example=links.base + "/reset-password/" + EXAMPLE_SECRET,
            **more,
        ),
        status,
    )


def _warning(base: str) -> str | None:
    """What to say about the address in use. One that opens on this machine alone is right for
    whoever tries Novantra out on it, and wrong as soon as somebody reaches this page otherwise."""
    address, here_at = parse_access_url(base), urlsplit(request.host_url).hostname
    if address.host in THIS_MACHINE and here_at in THIS_MACHINE:
        return None
    return address.warning


@blueprint.get(PATH)
@requires(Permission.SYSTEM_CONFIGURE)
def access_urls() -> Response:
    install = _install()
    form = AccessUrlForm(
        formdata=None, access_url=install.access_url, version=str(install.access_url_version)
    )
    return _page(form, install)


@blueprint.post(PATH)
@requires(Permission.SYSTEM_CONFIGURE)
def save_access_url() -> Response:
    install, form, session = _install(), AccessUrlForm(), db()
    if environment_access_url(runtime().config):
        form.access_url.errors = [
            "NOVANTRA_ACCESS_URL decides the address. Change it in the server's environment and"
            " restart."
        ]
        return _page(form, install, 422)
    if not form.validate():
        return _page(form, install, 422)
    before = install.access_url
    if request.form.get("take") == "theirs" and form.parsed.url == request.form.get("shown"):
        flash("The address stays as it was saved; yours was not used.", "quiet")
        return redirect(url_for("install.access_urls"), 303)
    try:
        change_access_url(
            session,
            form.parsed,
            version=form.edited_version(),
            now=runtime().now(),
            actor=actor(),
        )
    except StaleEdit:
        session.rollback()
        install = _install()
        form.version.data = str(install.access_url_version)
        change = newest(session, "access-url:updated")
        mine = change is not None and change.actor_id == int(current_user.id)
        return _page(form, install, 409, stale=True, change=change, mine=mine)
    session.commit()
    if form.parsed.url != before:
        flash(f"Saved. Links in mails now begin with {form.parsed.url}.", "good")
    else:
        flash("Nothing to change: this is the access URL already.", "quiet")
    return redirect(url_for("install.access_urls"), 303)


def _install() -> Install:
    install = current(db())
    assert install is not None, "the wizard lets nobody here before there is an install"
    return install


def navigation_entry() -> Entry | None:
    if current_user.denial(Permission.SYSTEM_CONFIGURE):
        return None
    return Entry("Access URLs", PATH, here(PATH))
