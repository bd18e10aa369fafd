"""The audit log page and its exports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, url_for

from app.audit import search, sentences
from app.audit.export import csv_lines, json_lines
from app.audit.tags import SUBJECTS, describe, field_words, value_words
from app.audit.verify import verify
from app.runtime import runtime
from app.web.context import db
from app.web.days import asked_days
from app.web.errors import Refusal
from app.web.guards import Permission, requires
from app.web.navigation import Entry, here

blueprint = Blueprint("audit", __name__, url_prefix="/admin/system/audit")
NAVIGATION_ORDER = 60

FILTERS = ("subject", "text", "since", "until")


def _cursor(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _filter() -> search.Filter:
    since, until = asked_days(back=url_for("audit.index"), back_label="Show the whole log")
    subject = request.args.get("subject", "")
    return search.Filter(
        subject=subject if subject in SUBJECTS else "",
        text=request.args.get("text", "").strip()[:200],
        since=since,
        until=until,
    )


def _kept(**more: object) -> str:
    """This page's address with the filter as it is and other cursors."""
    kept = {name: request.args[name] for name in FILTERS if request.args.get(name)}
    return f"{url_for('audit.index')}?{urlencode(kept | {k: v for k, v in more.items() if v})}"


@blueprint.get("")
@requires(Permission.SYSTEM_CONFIGURE)
def index() -> str:
    found = search.page(db(), _filter(), before=_cursor("before"), after=_cursor("after"))
    narrowed = any(request.args.get(name) for name in FILTERS)
    return render_template(
        "audit/index.html",
        found=found,
        describe=describe,
        field_words=field_words,
        value_words=value_words,
        subjects=SUBJECTS,
        narrowed=narrowed,
        newer_href=_kept(after=found.newer) if found.newer else None,
        older_href=_kept(before=found.older) if found.older else None,
        query=urlencode({k: v for k, v in request.args.items() if k not in {"before", "after"}}),
    )


@blueprint.get("/verification")
@requires(Permission.SYSTEM_CONFIGURE)
def verification() -> str:
    """What ``audit verify`` says, on a page. It reads the whole log, so nobody else asks for it."""
    with runtime().database.session(reading=True) as session:
        report = verify(session)
    return render_template(
        "audit/verification.html",
        report=report,
        headline=sentences.headline(report),
        details=sentences.details(report),
    )


@blueprint.get("/export.<kind>")
@requires(Permission.SYSTEM_CONFIGURE)
def export(kind: str) -> Response:
    """What the filter selects, oldest first, as a download."""
    formats = {
        "csv": (csv_lines, "text/csv; charset=utf-8"),
        "jsonl": (json_lines, "application/jsonl; charset=utf-8"),
    }
    if kind not in formats:
        raise Refusal(404, "There is no such export", "Exports exist as .csv and .jsonl.")
    write, content_type = formats[kind]
    wanted = _filter()
    database = runtime().database

    def stream() -> Iterator[str]:
        with database.session(reading=True) as session:
            yield from write(search.each(session, wanted))

    name = f"audit-{datetime.now(UTC):%Y-%m-%d}.{kind}"
    return Response(
        stream(),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def navigation_entry() -> Entry:
    return Entry("Audit log", url_for("audit.index"), here("/admin/system/audit"))
