"""Organizations, memberships and invitations; in Cloud also signing up."""

from __future__ import annotations

from flask import Blueprint, Flask


def init_app(app: Flask) -> None:
    """Everything in this room that binds to the application."""
    from app.organizations import (
        acceptance_views,
        appointing_views,
        batch_views,
        batches,
        invitation_views,
        left_behind_views,
        member_views,
        navigation,
        rights,
        roster,
        signup,
        signup_views,
    )
    from app.runtime import EXTENSION
    from app.web.shell import shell

    blueprint = Blueprint("organizations", __name__)
    for views in (
        member_views,
        invitation_views,
        left_behind_views,
        batch_views,
        acceptance_views,
        appointing_views,
    ):
        views.register(blueprint)
    app.register_blueprint(blueprint)
    runtime = app.extensions[EXTENSION]
    if runtime.config.is_cloud:
        app.register_blueprint(signup_views.blueprint)
        runtime.outdated.append(signup.outdated)
    runtime.chores.append(batches.chore)
    runtime.set_aside["lines"] = batches.set_aside
    runtime.still_stands["invitation"] = rights.invitation_stands
    runtime.still_stands["membership"] = rights.membership_stands
    runtime.promises.append(batches.promised)
    runtime.only_admin_of = roster.only_admin_of
    shell(app).sections.append((navigation.ORDER, navigation.section))
    shell(app).system_entries.append(
        (appointing_views.NAVIGATION_ORDER, appointing_views.navigation_entry)
    )
