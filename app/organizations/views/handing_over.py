"""/organizations/<slug>/invitations/<id>/link: a link to hand over while mail does not go out."""

from __future__ import annotations

from flask import render_template, url_for
from werkzeug.wrappers import Response

from app.extensions import limiter
from app.mailer.summary import Prospect, current_prospect
from app.organizations.access import Visit, admins_only
from app.organizations.invitations import hand_over
from app.organizations.views import blueprint
from app.organizations.views.invitations import (
    PER_CLIENT,
    found_invitation,
    inviting_now,
    refused_in_words,
)
from app.web.asking import ask
from app.web.context import db
from app.web.errors import Refusal

PATH = "/organizations/<slug>/invitations/<int:invitation_id>/link"


@blueprint.get(PATH)
@admins_only
def ask_for_link(visit: Visit, invitation_id: int) -> str:
    invitation = found_invitation(visit, invitation_id)
    _only_while_mail_waits(visit)
    return ask(
        f"Make a link for {invitation.email}?",
        "You see it once and hand it over yourself. The link sent before stops working, and the"
        " person is told by mail, as soon as mail goes out, that you have seen it.",
        yes="Show the link",
        back=_members(visit),
        crumb=visit.organization.name,
        danger=False,
    )


@blueprint.post(PATH, endpoint="hand_over")
@limiter.limit(PER_CLIENT)
@admins_only
def show_link(visit: Visit, invitation_id: int) -> str | Response:
    """Shown once, so it is the answer itself and no page that could be opened again."""
    invitation = found_invitation(visit, invitation_id)
    _only_while_mail_waits(visit)
    with refused_in_words(visit, invitation):
        link = hand_over(db(), inviting_now(visit, invitation.role), invitation)
    db().commit()
    return render_template(
        "organizations/handed_over.html",
        organization=visit.organization,
        invitation=invitation,
        link=link,
        members_href=_members(visit),
    )


def _only_while_mail_waits(visit: Visit) -> None:
    if current_prospect() is Prospect.GOES:
        raise Refusal(
            409,
            "No link was made: mail goes out",
            "Links are handed over by hand only while mail does not go out, because a mail shows"
            " that the address belongs to whoever opens it.",
            "Send the invitation again.",
            _members(visit),
            "Back to the members",
        )


def _members(visit: Visit) -> str:
    return url_for("organizations.members", slug=visit.organization.slug)
