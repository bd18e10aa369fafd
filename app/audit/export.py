"""Audit events as CSV and as JSON Lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC

from app.audit.models import AuditEvent

COLUMNS = (
    *("id", "at", "actor_id", "actor", "ip"),
    *("tag", "target", "changes", "previous_digest", "digest", "key_id"),
)

# Spreadsheets run a cell that begins with one of these as a formula (OWASP "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _row(event: AuditEvent) -> dict[str, object]:
    row = {name: getattr(event, name) for name in COLUMNS}
    row["at"] = event.at.astimezone(UTC).isoformat(timespec="milliseconds")
    return row


def json_line(event: AuditEvent) -> str:
    """One event as one line of JSON, without a line break."""
    return json.dumps(_row(event), ensure_ascii=False)


def json_lines(events: Iterable[AuditEvent]) -> Iterator[str]:
    for event in events:
        yield json_line(event) + "\n"


def csv_lines(events: Iterable[AuditEvent]) -> Iterator[str]:
    """RFC 4180, with a header; cells that a spreadsheet would run are defused."""
    yield _csv(COLUMNS)
    for event in events:
        row = _row(event)
        row["changes"] = json.dumps(row["changes"], ensure_ascii=False)
        yield _csv([_defused(row[name]) for name in COLUMNS])


def _defused(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv(cells: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
