"""The audit log page finds, pages and exports."""

from __future__ import annotations

import csv
import io
import json

import pytest
from sqlalchemy import text

from app.audit.log import record
from app.audit.verify import verify
from app.web.context import Actor


@pytest.fixture
def events(runtime, admin):
    with runtime.database.transaction() as session:
        for index in range(120):
            record(
                session,
                now=runtime.now(),
                actor=Actor(admin.id, admin.email, "192.0.2.7"),
                tag="mailer:updated" if index % 2 else "administrator:created",
                target=f"thing {index}",
                changes={"host": {"old": "<b>old</b>", "new": "=cmd()"}},
            )


def test_the_log_shows_who_what_when_and_from_where(admin_client, events):
    page = admin_client.get("/admin/system/audit").get_data(as_text=True)
    assert "alice@acme.test" in page
    assert "192.0.2.7" in page
    assert "thing 119" in page
    assert "&lt;b&gt;old&lt;/b&gt;" in page
    assert "<b>old</b>" not in page


def test_the_log_pages_from_newest_to_oldest_and_back(admin_client, events):
    first = admin_client.get("/admin/system/audit?before=71").get_data(as_text=True)
    assert "thing 69" in first
    assert "thing 20" in first
    assert "thing 19<" not in first
    newer = admin_client.get("/admin/system/audit?after=70").get_data(as_text=True)
    assert "thing 70" in newer
    assert "thing 119" in newer


def test_the_log_filters_by_subject_and_text(admin_client, events):
    page = admin_client.get("/admin/system/audit?subject=administrator&text=thing+11")
    shown = page.get_data(as_text=True)
    assert "thing 118" in shown
    assert "thing 119" not in shown
    assert "thing 111" not in shown


def test_an_unreadable_day_is_explained(admin_client):
    answer = admin_client.get("/admin/system/audit?since=yesterday")
    assert answer.status_code == 422
    assert "year-month-day" in answer.get_data(as_text=True)


def test_the_csv_export_holds_everything_and_runs_no_formula(admin_client, events):
    answer = admin_client.get("/admin/system/audit/export.csv")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert len(rows) == 120
    assert rows[0]["target"] == "thing 0"
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())


def test_the_json_lines_export_follows_the_filter(admin_client, events):
    answer = admin_client.get("/admin/system/audit/export.jsonl?subject=mailer")
    lines = [json.loads(line) for line in answer.get_data(as_text=True).splitlines()]
    assert len(lines) == 60
    assert {line["tag"] for line in lines} == {"mailer:updated"}


@pytest.mark.parametrize("path", ["", "/export.csv", "/export.jsonl"])
def test_visitors_and_members_do_not_see_the_log(client, sign_in, session, app, path):
    from tests.factories import make_user

    member = make_user(session, "mia@acme.test", organization_role="admin")
    session.commit()
    assert client.get(f"/admin/system/audit{path}").status_code == 303
    assert sign_in(member).get(f"/admin/system/audit{path}").status_code == 403


def test_the_chain_is_checked_on_a_page_of_its_own(admin_client, runtime, events):
    page = admin_client.get("/admin/system/audit/verification").get_data(as_text=True)
    with runtime.database.session(reading=True) as session:
        head = verify(session).head
    assert f"The chain holds: {head.id} events." in page
    assert str(head) in page
    assert 'href="/admin/system/audit/verification"' in admin_client.get("/admin/system/audit").text


def test_a_changed_event_shows_on_that_page_and_no_head_is_offered(admin_client, runtime, events):
    with runtime.database.transaction() as session:
        session.execute(text("UPDATE audit_events SET target = 'another' WHERE id = 7"))
    page = admin_client.get("/admin/system/audit/verification").get_data(as_text=True)
    assert "The chain is broken at event 7" in page
    assert "Note this head" not in page
