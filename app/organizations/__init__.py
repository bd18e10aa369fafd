"""Organizations, memberships and invitations; in Cloud also signing up."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Everything in this room that binds to the application."""
    from app.organizations import batches, members, open_invitations, renewal, signup, views
    from app.organizations.inviting import HANDED_OVER, LIFETIME, MAILED
    from app.organizations.models import Invitation, InvitationBatch, SignupRequest
    from app.organizations.views import appointing
    from app.organizations.views import members as members_pages
    from app.organizations.views.signup import blueprint as signup_pages
    from app.runtime import EXTENSION, Perishable
    from app.web.navigation import navigation

    app.register_blueprint(views.load())
    runtime = app.extensions[EXTENSION]
    if runtime.config.is_cloud:
        app.register_blueprint(signup_pages)
        runtime.outdated.append(signup.outdated)
    runtime.chores.append(batches.chore)
    runtime.perishable += [
        Perishable(Invitation, Invitation.created_at, Invitation.expires_at, LIFETIME),
        Perishable(SignupRequest, SignupRequest.created_at, SignupRequest.expires_at),
        Perishable(InvitationBatch, InvitationBatch.created_at),
    ]
    runtime.set_aside["lines"] = batches.set_aside
    runtime.still_stands[MAILED] = open_invitations.invitation_stands
    runtime.still_stand[MAILED] = open_invitations.invitations_that_stand
    runtime.still_stands[HANDED_OVER] = open_invitations.handed_over_stands
    runtime.still_stands["membership"] = members.membership_stands
    runtime.promises.append(batches.promised)
    runtime.only_admin_of = members.only_admin_of
    runtime.renewers["invitation"] = renewal.invite_anew
    runtime.waiting_by_organization.append(renewal.waiting)
    surroundings = navigation(app)
    surroundings.sections.append((members_pages.NAVIGATION_ORDER, members_pages.navigation_section))
    surroundings.system_entries.append((appointing.NAVIGATION_ORDER, appointing.navigation_entry))
