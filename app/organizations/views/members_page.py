"""The members page, which several requests end on: as it is, or with a form that was refused."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import request, url_for
from flask.templating import render_template
from sqlalchemy.orm import Session

from app.accounts.lockout import locks
from app.mailer.summary import Prospect, current_prospect
from app.mailer.whom_to_ask import waiting
from app.organizations.access import Visit
from app.organizations.forms import InviteForm, InviteListForm
from app.organizations.members import admins, members
from app.organizations.open_invitations import (
    Wanted,
    count_left_behind,
    count_open,
    open_invitations,
)
from app.organizations.service import admin_roles
from app.organizations.views.labels import ASKED
from app.runtime import Runtime

LAST_PAGE = 10_000
MANY, FEW = 10, 5
"""With more open invitations than MANY, a FEW stand above the members; all have their own page."""


def members_page(
    session: Session,
    runtime: Runtime,
    visit: Visit,
    *,
    invite_form: InviteForm | None = None,
    list_form: InviteListForm | None = None,
    trouble: tuple[str, str] | None = None,
) -> str:
    """``trouble`` is the title and text of a refusal that no single field is to blame for."""
    now, expected = runtime.now(), current_prospect()
    search = "".join(c for c in request.args.get("q", "") if c.isprintable()).strip()[:100]
    page = members(session, visit.organization, search=search, number=_number("page"))
    wanted = Wanted(search)
    invited = count_open(session, visit.organization, wanted, now)
    many = invited > MANY
    open_ones = open_invitations(
        session,
        visit.organization,
        now=now,
        expected=expected,
        wanted=wanted,
        rows=FEW if many else MANY,
    )
    locked = locks(session, users=[m.user for m in page.members], now=now)
    roles = admin_roles(session, [m.user for m in page.members if m.user.id in locked])
    return render_template(
        "organizations/members.html",
        visit=visit,
        organization=visit.organization,
        page=page,
        sole_admin=admins(session, visit.organization) == 1,
        search=search,
        open_invitations=open_ones,
        invited=invited,
        left_behind=count_left_behind(session, visit.organization, now) if visit.may_change else 0,
        locks=locked,
        may_lift={
            m.membership.id
            for m in page.members
            if m.user.id in locked and visit.may_lift_lock_of(m.user, roles[m.user.id])
        },
        invite_form=invite_form or InviteForm(formdata=None),
        list_form=list_form or InviteListForm(formdata=None),
        trouble=trouble,
        mail_pending=expected is Prospect.NONE,
        mail_waits=expected is Prospect.WAITS,
        waiting=waiting(),
        turned=_turned,
        words=ASKED,
    )


def _number(name: str) -> int:
    text = request.args.get(name, "1")
    return min(max(int(text), 1), LAST_PAGE) if text.isascii() and text.isdigit() else 1


def _turned(slug: str, **changes: int | None) -> str:
    """The address of this page with other page numbers, keeping the search and the rest."""
    kept = {name: request.args.get(name) for name in ("q", "page")}
    wanted = {**kept, **{name: str(value) if value else None for name, value in changes.items()}}
    query = urlencode({name: value for name, value in wanted.items() if value})
    page = url_for("organizations.members", slug=slug)
    return f"{page}?{query}" if query else page
