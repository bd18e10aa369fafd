"""Many invitations dealt with in one request: in steps, and the right is asked for before each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flask import url_for

from app.organizations.access import Visit
from app.organizations.members import Lost, lost_right
from app.organizations.models import Invitation
from app.web.context import db
from app.web.errors import Refusal

STEP = 100
"""Invitations dealt with in one transaction: SQLite has one writer."""

MEANWHILE = {
    Lost.ACCOUNT_GONE: "your account was removed",
    Lost.REMOVED: "you were removed from the organization",
    Lost.DEMOTED: "you were made a member without the right to invite",
}


def some_at_a_time(found: Sequence[Invitation]) -> Iterator[Sequence[Invitation]]:
    """What to deal with in each step. The caller commits each."""
    for start in range(0, len(found), STEP):
        yield found[start : start + STEP]


def may_still(visit: Visit, done: str) -> None:
    """Whoever began this may still go on, until the commit; or the rest is not done.

    :param done: what is done so far, such as “40 invitations were revoked”
    :raises Refusal: they were removed or demoted since
    """
    lost = lost_right(db(), organization_id=visit.organization.id, user_id=visit.user.id)
    if lost is None:
        return
    db().rollback()
    member = lost is Lost.DEMOTED
    raise Refusal(
        403,
        "The rest was not done",
        f"{done}, then {MEANWHILE[lost]}.",
        "Ask an admin of the organization to do the rest.",
        url_for("organizations.members", slug=visit.organization.slug) if member else "/",
        "Back to the members" if member else "Back to the start",
    )
