"""The section "Organizations" of the navigation: the organizations of whoever looks."""

from __future__ import annotations

from flask import url_for

from app.organizations.access import me
from app.organizations.service import organizations_of
from app.web.context import db
from app.web.shell import Entry, Section, here

ORDER = 10


def section() -> Section | None:
    entries = [
        Entry(
            belonging.organization.name,
            url_for("organizations.members", slug=belonging.organization.slug),
            current=here(f"/organizations/{belonging.organization.slug}"),
        )
        for belonging in organizations_of(db(), me())
    ]
    return Section("Organizations", entries)
