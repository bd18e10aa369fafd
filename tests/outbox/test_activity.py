"""System → Mail activity: finding mails, reading what came of them, acting on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.audit.models import AuditEvent
from app.mail.failures import Failure, FailureCode
from app.mail.phases import Phase
from app.mailer.health import pause
from app.outbox import activity
from app.outbox.models import MESSAGES
from app.outbox.worker import deliver_next
from app.runtime import Runtime
from tests.conftest import Clock
from tests.factories import csrf_of, make_user
from tests.outbox.letters import SECRET, notice_mail, only_row, queue_resets, rows
from tests.smtpd import Relay

PAGE = "/admin/system/mail-activity"


def listed(client: FlaskClient, **query: str) -> list[str]:
    """The recipients on a page of the list, in order."""
    response = client.get(PAGE, query_string=query)
    assert response.status_code == 200
    found = html.fromstring(response.data).xpath("//tbody/tr/td[1]/span")
    return [str(cell.text_content()) for cell in found]


def post(client: FlaskClient, path: str) -> str:
    token = csrf_of(client.get(PAGE).data + client.get("/account").data)
    response = client.post(f"{PAGE}/{path}", data={"csrf_token": token}, follow_redirects=True)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def test_an_empty_outbox_says_what_will_appear(admin_client: FlaskClient) -> None:
    page = admin_client.get(PAGE).get_data(as_text=True)
    assert "No mail yet" in page
    assert "Mail activity" in page


def test_mails_are_found_by_state_kind_recipient_and_day(
    sign_in: Callable[[User], FlaskClient], admin: User, mail: Runtime, relay: Relay, clock: Clock
) -> None:
    relay.reject_rcpt = {"gone@other.test": "550 5.1.1 no such user"}
    queue_resets(mail, ["dana@acme.test", "gone@other.test"])
    while deliver_next(mail):
        pass
    clock.advance(days=2)
    admin_client = sign_in(admin)
    with mail.database.transaction() as session:
        notice_mail(session, mail, "kim@acme.test")
    assert listed(admin_client) == ["kim@acme.test", "gone@other.test", "dana@acme.test"]
    assert listed(admin_client, state="failed") == ["gone@other.test"]
    assert listed(admin_client, state="sent") == ["dana@acme.test"]
    assert listed(admin_client, state="queued") == ["kim@acme.test"]
    assert listed(admin_client, kind="password-changed") == ["kim@acme.test"]
    assert listed(admin_client, recipient="Dana@ACME.test") == ["dana@acme.test"]
    assert listed(admin_client, recipient="acme.test") == ["kim@acme.test", "dana@acme.test"]
    assert listed(admin_client, recipient="@other.test") == ["gone@other.test"]
    assert listed(admin_client, recipient="acme.test", state="sent", kind="password-reset") == [
        "dana@acme.test"
    ]
    today = clock().date().isoformat()
    assert listed(admin_client, since=today) == ["kim@acme.test"]
    yesterday = (clock() - timedelta(days=1)).date().isoformat()
    assert listed(admin_client, until=yesterday) == ["gone@other.test", "dana@acme.test"]
    assert listed(admin_client, until="2020-01-01") == []
    assert listed(admin_client, within="hour") == ["kim@acme.test"]
    assert len(listed(admin_client, within="week")) == 3
    assert listed(admin_client, since="2090-01-01") == []
    assert listed(admin_client, recipient="not an address@@") == []
    assert admin_client.get(PAGE, query_string={"since": "soon"}).status_code == 422


def test_pages_go_from_new_to_old_and_back(
    admin_client: FlaskClient, mail: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "PAGE", 2)
    queue_resets(mail, [f"p{n}@acme.test" for n in range(5)])

    def follow(page: bytes, relation: str) -> bytes | None:
        hrefs = html.fromstring(page).xpath(f"//a[@rel='{relation}']/@href")
        return admin_client.get(hrefs[0]).data if hrefs else None

    def shown(page: bytes) -> list[str]:
        cells = html.fromstring(page).xpath("//tbody/tr/td[1]/span")
        return [cell.text_content().partition("@")[0] for cell in cells]

    first = admin_client.get(PAGE).data
    assert shown(first) == ["p4", "p3"]
    second = follow(first, "next")
    assert second
    assert shown(second) == ["p2", "p1"]
    third = follow(second, "next")
    assert third
    assert shown(third) == ["p0"]
    assert follow(third, "next") is None
    back = follow(third, "prev")
    assert back
    assert shown(back) == ["p2", "p1"]
    top = follow(back, "prev")
    assert top
    assert shown(top) == ["p4", "p3"]
    assert follow(top, "prev") is None
    assert shown(admin_client.get(PAGE, query_string={"before": "gone"}).data) == ["p4", "p3"]


def test_attempts_are_shown_with_cause_and_codes_and_never_the_contents(
    admin_client: FlaskClient, mail: Runtime, relay: Relay
) -> None:
    relay.reject_rcpt = {"gone@other.test": "550 5.1.1 <b>no such user here</b>"}
    (name,) = queue_resets(mail, ["gone@other.test"])
    deliver_next(mail)
    page = admin_client.get(f"{PAGE}/{name}").get_data(as_text=True)
    assert "recipient_rejected" in page
    assert "550 5.1.1" in page
    assert "no such user here" not in page
    assert only_row(mail).message_id.strip("<>") in page
    for text in (page, admin_client.get(PAGE).get_data(as_text=True)):
        assert SECRET not in text
        assert "reset-password/" not in text


def test_a_failed_mail_is_sent_again(
    admin_client: FlaskClient, mail: Runtime, relay: Relay
) -> None:
    relay.reject_rcpt = {"dana@acme.test": "550 5.1.1 no such user"}
    (name,) = queue_resets(mail, ["dana@acme.test"])
    deliver_next(mail)
    first_id = only_row(mail).message_id
    relay.reject_rcpt = {}
    assert "goes out again" in post(admin_client, f"{name}/retry")
    row = only_row(mail)
    assert (row.state, row.ended_because, row.finished_at) == ("queued", None, None)
    assert deliver_next(mail)
    assert relay.envelopes[0].message["Message-ID"] == first_id
    assert "cannot be sent again" in post(admin_client, f"{name}/retry")


def test_a_failed_mail_that_ran_out_is_not_sent_again(
    admin_client: FlaskClient, mail: Runtime, relay: Relay, clock: Clock
) -> None:
    relay.reject_rcpt = {"dana@acme.test": "550 5.1.1 no such user"}
    (name,) = queue_resets(mail, ["dana@acme.test"], expires_at=clock() + timedelta(minutes=30))
    deliver_next(mail)
    clock.advance(minutes=31)
    assert "cannot be sent again" in post(admin_client, f"{name}/retry")
    assert "no failed mail can be sent" in post(admin_client, "retry-failed").lower()
    assert only_row(mail).state == "failed"


def test_all_failed_mail_is_sent_again(
    admin_client: FlaskClient, mail: Runtime, relay: Relay, session: object
) -> None:
    relay.reject_rcpt = {f"p{n}@acme.test": "550 5.1.1 no such user" for n in range(3)}
    queue_resets(mail, [f"p{n}@acme.test" for n in range(3)])
    while deliver_next(mail):
        pass
    assert "3 failed mails are waiting again" in post(admin_client, "retry-failed")
    relay.reject_rcpt = {}
    while deliver_next(mail):
        pass
    assert {row.state for row in rows(mail)} == {"sent"}
    with mail.database.session() as look:
        event = look.scalars(select(AuditEvent).where(AuditEvent.tag == "outbox:retried-all")).one()
    assert event.actor == "alice@acme.test"
    assert event.changes == {"messages": 3}


def test_a_waiting_mail_is_cancelled_and_its_contents_deleted(
    admin_client: FlaskClient, mail: Runtime, relay: Relay
) -> None:
    (name,) = queue_resets(mail, ["dana@acme.test"])
    assert "will not be sent" in post(admin_client, f"{name}/cancel")
    row = only_row(mail)
    assert (row.state, row.ended_because, row.sealed_bytes) == ("cancelled", "by_hand", None)
    assert not deliver_next(mail)
    assert relay.envelopes == []
    assert "cannot be cancelled" in post(admin_client, f"{name}/cancel")
    with mail.database.session() as look:
        event = look.scalars(select(AuditEvent).where(AuditEvent.tag == "outbox:cancelled")).one()
    assert event.target == "Password reset to dana@acme.test"


def test_while_paused_a_retried_mail_is_held_and_the_page_says_why(
    admin_client: FlaskClient, mail: Runtime, relay: Relay
) -> None:
    relay.reject_rcpt = {"dana@acme.test": "550 5.1.1 no such user"}
    (name,) = queue_resets(mail, ["dana@acme.test"])
    deliver_next(mail)
    with mail.database.transaction() as session:
        pause(
            session, now=mail.now(), failure=Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH)
        )
    post(admin_client, f"{name}/retry")
    assert only_row(mail).state == "held"
    assert "Paused: " in admin_client.get(PAGE).get_data(as_text=True)


def test_a_mail_whose_record_is_gone_is_explained(admin_client: FlaskClient) -> None:
    response = admin_client.get(f"{PAGE}/{'0' * 32}")
    assert response.status_code == 404
    assert "kept for" in response.get_data(as_text=True)


@pytest.mark.parametrize("path", ["", "/" + "0" * 32])
def test_only_install_administrators_see_mail_activity(
    path: str,
    app: object,
    client: FlaskClient,
    session: object,
    runtime: Runtime,
    sign_in: Callable[[User], FlaskClient],
) -> None:
    response = client.get(f"{PAGE}{path}")
    assert response.status_code == 303
    assert "/login" in response.headers["Location"]
    with runtime.database.transaction() as making:
        member = make_user(making, "member@acme.test")
    assert sign_in(member).get(f"{PAGE}{path}").status_code == 403
    assert b"Mail activity" not in sign_in(member).get("/account").data


@pytest.mark.parametrize("action", ["retry-failed", "x/retry", "x/cancel"])
def test_only_install_administrators_may_act_on_mail(
    action: str, runtime: Runtime, app: object, sign_in: Callable[[User], FlaskClient]
) -> None:
    with runtime.database.transaction() as making:
        member = make_user(making, "member@acme.test")
    client = sign_in(member)
    token = csrf_of(client.get("/account").data)
    answer = client.post(f"{PAGE}/{action}", data={"csrf_token": token})
    assert answer.status_code == 403


def sent_to_many(mail: Runtime, number: int, state: str = "sent") -> None:
    now = mail.now()
    with mail.database.transaction() as session:
        session.execute(
            insert(MESSAGES),
            [
                {
                    "public_id": f"{state}-{n}",
                    "kind": "invitation",
                    "lane": 1,
                    "state": state,
                    "label": "Invitation",
                    "mail_from": "a@acme.test",
                    "rcpt_to": f"p{n}@acme.test",
                    "rcpt_key": f"p{n}@acme.test",
                    "rcpt_domain": "acme.test",
                    "message_id": f"<{state}-{n}@acme.test>",
                    "size": 1,
                    "created_at": now,
                    "due_at": now,
                    "attempts": 1,
                    "fence": 1,
                }
                for n in range(number)
            ],
        )


def plan_of(mail: Runtime, session: Session, wanted: activity.Filter) -> str:
    query = activity._query(session, wanted).order_by(activity.Row.id.desc()).limit(51)
    sql = query.compile(mail.database.engine, compile_kwargs={"literal_binds": True})
    plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}").all()
    return " ".join(str(row[-1]) for row in plan)


def test_a_search_over_many_rows_reads_only_a_page(mail: Runtime) -> None:
    """No step of any plan scans the table or sorts what it found."""
    if not mail.database.is_sqlite:
        pytest.skip("PostgreSQL plans by statistics, which a small table does not have")
    now = mail.now()
    sent_to_many(mail, 200)
    wanted = [
        activity.Filter(),
        activity.Filter(state="failed"),
        activity.Filter(state="expired", kind="invitation"),
        activity.Filter(state="sent", recipient="acme.test", since=now - timedelta(days=1)),
        activity.Filter(recipient="p3@acme.test", until=now + timedelta(days=1)),
    ]
    with mail.database.session(reading=True) as session:
        for each in wanted:
            steps = plan_of(mail, session, each)
            assert "TEMP B-TREE" not in steps, steps
            assert "USING" in steps or each == activity.Filter(), steps


@pytest.mark.parametrize(
    "wanted",
    [
        activity.Filter(recipient="p"),
        activity.Filter(state="held", all_held=True),
        activity.Filter(state="held", all_held=True, recipient="p1"),
    ],
    ids=["a beginning", "held", "both"],
)
def test_many_that_no_index_has_in_order_are_not_sorted_for_a_page(
    mail: Runtime, monkeypatch: pytest.MonkeyPatch, wanted: activity.Filter
) -> None:
    """And what is found is the same, whichever way it is found."""
    for state in ("queued", "sent", "held"):
        sent_to_many(mail, 120, state)
    with mail.database.session(reading=True) as session:
        few = [row.id for row in activity.older_than(session, wanted, "")]
        number = activity.total(session, wanted)
        monkeypatch.setattr(activity, "SAMPLE", 5)
        assert [row.id for row in activity.older_than(session, wanted, "")] == few
        assert activity.total(session, wanted) == number > 0
        if mail.database.is_sqlite:
            assert "TEMP B-TREE" not in plan_of(mail, session, wanted)
