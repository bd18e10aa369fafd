"""Many invitations dealt with in one request: whoever may invite no more ends it."""

from __future__ import annotations

from flask import url_for
from sqlalchemy.orm import Session

from app.organizations import members
from app.organizations.access import Visit
from app.web import several

MEANWHILE = {
    members.Lost.ACCOUNT_GONE: "your account was removed",
    members.Lost.REMOVED: "you were removed from the organization",
    members.Lost.DEMOTED: "you were made a member without the right to invite",
}


def lost_in(visit: Visit) -> several.Lost:
    """Whether whoever began this may invite into the organization no more."""
    organization_id, user_id = visit.organization.id, visit.user.id
    back = url_for("organizations.members", slug=visit.organization.slug)

    def lost(session: Session) -> several.LostRight | None:
        why = members.lost_right(session, organization_id=organization_id, user_id=user_id)
        if why is None:
            return None
        ask = "Ask an admin of the organization to do the rest."
        if why is members.Lost.DEMOTED:
            return several.LostRight(MEANWHILE[why], ask, back, "Back to the members")
        return several.LostRight(MEANWHILE[why], ask)

    return lost
