"""System → Organizations: the ones that need an admin, and appointing one."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.accounts.forms import AddressForm
from app.organizations import appointing
from app.organizations.appointing import CannotBeAdmin, ManagesItself
from app.organizations.models import Organization
from app.organizations.service import organization_by_slug
from app.organizations.views import blueprint
from app.runtime import runtime
from app.web.context import actor, db
from app.web.errors import STANDARD, Refusal
from app.web.guards import Permission, requires
from app.web.navigation import Entry, here

PATH = "/admin/system/organizations"
NAVIGATION_ORDER = 55


def navigation_entry() -> Entry | None:
    if current_user.denial(Permission.SYSTEM_CONFIGURE) is not None:
        return None
    return Entry("Organizations", PATH, here(PATH))


@blueprint.get(PATH, endpoint="appointing")
@requires(Permission.SYSTEM_CONFIGURE)
def show() -> str:
    return _page()


@blueprint.post(f"{PATH}/<slug>/appoint")
@requires(Permission.SYSTEM_CONFIGURE)
def appoint(slug: str) -> Response | tuple[str, int]:
    organization = organization_by_slug(db(), slug)
    if organization is None:
        raise Refusal(404, *STANDARD[404], PATH, "Back to the organizations")
    form = AddressForm()
    if not form.validate():
        return _page(organization, form), 422
    try:
        user = appointing.appoint(
            db(),
            runtime(),
            organization=organization,
            address=form.email.address,
            now=runtime().now(),
            actor=actor(),
        )
    except CannotBeAdmin as refused:
        form.email.errors = [str(refused)]
        return _page(organization, form), 422
    except ManagesItself:
        raise Refusal(
            409,
            "This organization manages itself",
            f"{organization.name} has an admin of its own, who decides who belongs to it.",
            "Ask an admin of the organization.",
            PATH,
            "Back to the organizations",
        ) from None
    db().commit()
    flash(f"{user.email} is now an admin of {organization.name}.", "good")
    return redirect(url_for("organizations.appointing"), 303)


def _page(refused: Organization | None = None, form: AddressForm | None = None) -> str:
    """``form`` is the one that was refused, with its errors; the others are empty."""
    shown, waiting = [], appointing.waiting_for_admin(db())
    for one, admins in waiting.organizations:
        own = form if refused is not None and one.id == refused.id else None
        own = own or AddressForm(formdata=None)
        own.email.id = f"email-{one.slug}"
        shown.append((one, admins, own))
    return render_template(
        "organizations/appointing.html", organizations=shown, more=waiting.more, refused=form
    )
