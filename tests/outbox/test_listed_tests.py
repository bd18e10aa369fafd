"""Mail activity lists test mails among the others: found by the same filter, in one order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import func, select

from app.accounts.models import User
from app.mail.failures import Failure, FailureCode
from app.mail.phases import Phase
from app.mail.transport import Receipt
from app.mailer.models import MailTrial
from app.mailer.trials import LOOK, TEST, keep_answer, keep_look, keep_test
from app.outbox import activity
from app.runtime import Runtime
from tests.conftest import Clock
from tests.factories import csrf_of
from tests.outbox.letters import queue_resets
from tests.smtpd import Relay

PAGE = "/admin/system/mail-activity"
TAKEN = Receipt(250, "2.0.0", 40, None)
REFUSED = Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH, 535, "5.7.8")


def kept(
    runtime: Runtime, to: str, answer: Receipt | Failure = TAKEN, phrase: str | None = None
) -> None:
    with runtime.database.transaction() as session:
        keep_test(
            session,
            now=runtime.now(),
            to=to,
            asked_by="Alice",
            version=1,
            ms=40,
            answer=answer,
            phrase=phrase,
        )
    runtime.clock.advance(seconds=1)  # type: ignore[attr-defined]


def shown(page: bytes) -> list[str]:
    cells = html.fromstring(page).xpath("//tbody/tr/td[1]/span[@class='hint']")
    return [cell.text_content().partition("@")[0] for cell in cells]


def listed(client: FlaskClient, **query: str) -> list[str]:
    answer = client.get(PAGE, query_string=query)
    assert answer.status_code == 200
    return shown(answer.data)


def test_the_button_leaves_a_row_with_who_asked_and_what_became_of_it(
    admin: User, admin_client: FlaskClient, mail: Runtime, relay: Relay
) -> None:
    page = admin_client.get("/admin/system/mailer").data
    token = csrf_of(page)
    for code in ("", "550 5.1.1 no such user"):
        relay.reject_rcpt = {"alice@acme.test": code} if code else {}
        answer = admin_client.post("/admin/system/mailer/test", data={"csrf_token": token})
        assert answer.status_code == 303
    rows = html.fromstring(admin_client.get(PAGE).data).xpath("//tr[@data-test]")
    told = [" ".join(row.text_content().split()) for row in rows]
    assert [row.get("data-state") for row in rows] == ["failed", "sent"]
    assert all("Test mail" in each and "alice@acme.test" in each for each in told)
    assert all(f"asked for by {admin.name}" in each for each in told)
    assert "550 5.1.1 at " in told[0]
    assert "nobody said whether" in told[1]


def test_what_somebody_answers_stands_with_the_test_it_is_about(
    admin_client: FlaskClient, mail: Runtime
) -> None:
    for _ in range(2):
        kept(mail, "alice@acme.test", phrase="calm lake")
    with mail.database.transaction() as session:
        keep_answer(session, phrase="calm lake", arrived=False, now=mail.now())
    rows = html.fromstring(admin_client.get(PAGE).data).xpath("//tr[@data-test]")
    told = [row.text_content() for row in rows]
    assert "it did not arrive" in told[0], "the newer one; phrases come again"
    assert "nobody said whether" in told[1]


def test_tests_are_found_by_the_same_filter(
    admin_client: FlaskClient, mail: Runtime, clock: Clock
) -> None:
    queue_resets(mail, ["dana@acme.test"])
    kept(mail, "Alice@acme.test")
    kept(mail, "bob@other.test", REFUSED)
    everything = ["bob", "Alice", "dana"]
    assert listed(admin_client) == everything
    assert listed(admin_client, kind="test") == everything[:2]
    assert listed(admin_client, kind="password-reset") == ["dana"]
    assert listed(admin_client, state="failed") == ["bob"]
    assert listed(admin_client, state="sent") == ["Alice"]
    assert listed(admin_client, state="queued") == ["dana"]
    assert listed(admin_client, recipient="alice@ACME.test") == ["Alice"]
    assert listed(admin_client, recipient="acme.test") == ["Alice", "dana"]
    assert listed(admin_client, recipient="bo") == ["bob"]
    assert listed(admin_client, until="2020-01-01") == []
    assert listed(admin_client, within="hour") == everything
    assert "3 mails" in admin_client.get(PAGE).get_data(as_text=True)
    page = admin_client.get(PAGE, query_string={"kind": "test"}).get_data(as_text=True)
    assert "Those ticked" not in page, "nothing can be done to a test"
    assert "2 mails" in page


@pytest.mark.parametrize("order", ["mtmtmtmt", "ttttmmmm", "mmmmtttt", "mttttttm", "tttttttt"])
def test_pages_of_both_go_from_new_to_old_and_back(
    order: str, admin_client: FlaskClient, mail: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "PAGE", 3)
    for number, what in enumerate(order):
        name = f"p{number}@acme.test"
        if what == "m":
            queue_resets(mail, [name])
        else:
            kept(mail, name)
    newest_first = [f"p{number}" for number in range(7, -1, -1)]
    pages = [newest_first[0:3], newest_first[3:6], newest_first[6:8]]

    def walk(page: bytes, relation: str) -> list[list[str]]:
        found = [shown(page)]
        while hrefs := html.fromstring(page).xpath(f"//a[@rel='{relation}']/@href"):
            page = admin_client.get(hrefs[0]).data
            found.append(shown(page))
            assert len(found) < 9
        last.append(page)
        return found

    last: list[bytes] = []
    assert walk(admin_client.get(PAGE).data, "next") == pages
    back = walk(last[-1], "prev")
    assert back[0] == pages[-1]
    assert [row for page in reversed(back) for row in page] == newest_first
    for nonsense in ({"before_test": "x"}, {"before_test": "9" * 40}, {"after_test": "-1"}):
        assert listed(admin_client, **nonsense) == pages[0]


def test_tests_and_looks_go_when_their_time_is_over(runtime: Runtime, clock: Clock) -> None:
    def left() -> dict[str, int]:
        with runtime.database.transaction() as session:
            for room in runtime.outdated:
                for table, old in room(runtime.now()):
                    if table is MailTrial:
                        session.execute(MailTrial.__table__.delete().where(old))  # type: ignore[attr-defined]
            query = select(MailTrial.what, func.count()).group_by(MailTrial.what)
            return {row.what: row[1] for row in session.execute(query)}

    kept(runtime, "alice@acme.test")
    with runtime.database.transaction() as session:
        keep_look(session, now=runtime.now(), version=1, ms=8, failure=None)
        keep_look(session, now=runtime.now() + timedelta(days=9), version=1, ms=8, failure=None)
    assert left() == {TEST: 1, LOOK: 1}, "what a clock ahead left goes at once"
    clock.advance(days=29)
    assert left() == {TEST: 1, LOOK: 1}
    clock.advance(days=2)
    assert left() == {}
