"""Pasted lists: a result per line, progress, and nothing done twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.organizations import batches, pasted
from app.organizations.models import Invitation, InvitationBatch, InvitationBatchLine
from app.outbox.models import OutboxMessage
from app.outbox.worker import deliver_next
from app.runtime import Runtime
from tests.conftest import Clock
from tests.organizations.people import MEMBERS, invite, post, said


def outcomes(session: Session) -> list[str | None]:
    session.rollback()
    query = select(InvitationBatchLine.outcome).order_by(InvitationBatchLine.id)
    return list(session.scalars(query))


def count(session: Session, model: type[Invitation] | type[OutboxMessage]) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_lines_are_read_as_people_paste_them() -> None:
    lines = pasted.read_lines("a@x.test\r\n\n  b@x.test ;\nA@X.test\nnonsense\nc@x.test, d@x.test")
    assert [(line.number, line.address and line.address.text, line.outcome) for line in lines] == [
        (1, "a@x.test", None),
        (3, "b@x.test", None),
        (4, "A@x.test", pasted.TWICE),
        (5, None, pasted.INVALID),
        (6, "c@x.test", None),
        (6, "d@x.test", None),
    ]
    assert lines[2].problem == "The same address stands in line 1."


def test_every_line_gets_its_result(
    boss_client: FlaskClient, session: Session, stranger: User, member: User, mail: None
) -> None:
    invite(boss_client, email="old@else.test")
    text = "new@else.test\nsam@else.test\nmia@acme.test\nold@else.test\nnew@else.test\nnonsense"
    answer = invite(boss_client, emails=text, role="admin")
    assert answer.status_code == 303
    assert outcomes(session) == [
        "invited",
        "added",
        "already-member",
        "already-invited",
        "twice",
        "invalid",
    ]
    page = boss_client.get(answer.headers["Location"])
    assert page.status_code == 200
    assert "Refresh" not in page.headers
    for words in ("Invited", "Added", "Already a member", "Already invited", "Listed twice"):
        assert words in said(page)
    assert "The same address stands in line 1." in said(page)
    new = session.scalars(select(Invitation).where(Invitation.email == "new@else.test")).one()
    assert new.role == "admin"
    filtered = boss_client.get(answer.headers["Location"] + "?outcome=invalid")
    assert "nonsense" in filtered.text
    assert "sam@else.test" not in filtered.text


@pytest.mark.timing
def test_a_thousand_lines_are_done_step_by_step(
    boss_client: FlaskClient, session: Session, runtime: Runtime, clock: Clock, mail: None
) -> None:
    text = "\n".join(f"p{number}@else.test" for number in range(1000))
    began = time.monotonic()
    answer = invite(boss_client, emails=text)
    assert answer.status_code == 303
    assert time.monotonic() - began < 10 * batches.MOMENT
    where = answer.headers["Location"]
    page = boss_client.get(where)
    assert "of 1,000 lines are done" in said(page) or outcomes(session).count(None) == 0
    clock.advance(seconds=batches.MOMENT)  # its request has had its time
    while batches.chore(runtime):
        pass
    assert outcomes(session) == ["invited"] * 1000
    assert count(session, Invitation) == count(session, OutboxMessage) == 1000
    done = boss_client.get(where)
    assert 'id="count-invited" data-value="1000"' in done.text
    assert "page=2" in done.text
    assert "p150@else.test" in boss_client.get(where + "?page=2").text


def test_while_lines_wait_the_page_reloads_itself_and_can_be_told_to_go_on(
    boss_client: FlaskClient, session: Session, mail: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "MOMENT", 0.0)
    text = "\n".join(f"p{number}@else.test" for number in range(batches.STEP + 5))
    where = invite(boss_client, emails=text).headers["Location"]
    page = boss_client.get(where)
    assert page.headers["Refresh"] == "2"
    assert f"{batches.STEP} of {batches.STEP + 5} lines are done" in said(page)
    assert 'data-value="working"' in page.text
    assert post(boss_client, f"{where}/go-on", where).status_code == 303
    assert 'data-value="done"' in boss_client.get(where).text


def test_the_page_of_a_list_tells_what_is_to_do_what_waits_and_what_was_sent(
    boss_client: FlaskClient,
    session: Session,
    runtime: Runtime,
    mail: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "MOMENT", 0.0)
    text = "\n".join(f"p{number}@else.test" for number in range(batches.STEP + 5))
    where = invite(boss_client, emails=text).headers["Location"]
    page = boss_client.get(where).text
    assert 'id="lines-waiting" data-value="5"' in page
    assert f'id="mails-waiting" data-value="{batches.STEP}"' in page
    while deliver_next(runtime):
        pass
    page = boss_client.get(where).text
    assert 'id="lines-waiting" data-value="0"' in page
    assert 'id="mails-waiting" data-value="0"' in page
    assert f'id="mails-sent" data-value="{batches.STEP + 5}"' in page


def test_the_worker_goes_on_with_a_list(
    boss_client: FlaskClient,
    session: Session,
    runtime: Runtime,
    mail: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "MOMENT", 0.0)
    text = "\n".join(f"p{number}@else.test" for number in range(batches.STEP + 5))
    invite(boss_client, emails=text)
    assert outcomes(session).count(None) == 5
    deliver_next(runtime)
    assert outcomes(session).count(None) == 0
    assert batches.chore(runtime) is False


def test_the_worker_leaves_a_list_to_its_request_for_a_moment_and_is_woken_for_the_rest(
    boss_client: FlaskClient,
    session: Session,
    runtime: Runtime,
    clock: Clock,
    mail: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[bool] = []
    woken: list[int] = []

    def meanwhile(runtime: Runtime, batch: InvitationBatch) -> None:
        looked.append(batches.chore(runtime))
        clock.advance(seconds=batches.MOMENT)
        monkeypatch.setattr(runtime, "wake_worker", lambda: woken.append(1))
        work(runtime, batch, seconds=0)

    work = batches.work_for_a_moment
    monkeypatch.setattr(batches, "work_for_a_moment", meanwhile)
    invite(boss_client, emails="\n".join(f"p{n}@else.test" for n in range(batches.STEP + 5)))
    monkeypatch.setattr(batches, "work_for_a_moment", work)
    assert looked == [False]
    assert woken == [1]
    assert outcomes(session).count(None) == 5
    assert batches.chore(runtime) is True
    assert outcomes(session).count(None) == 0


def test_several_hands_on_one_list_invite_nobody_twice(
    boss_client: FlaskClient,
    session: Session,
    runtime: Runtime,
    mail: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "work_for_a_moment", lambda *_: None)
    text = "\n".join(f"p{number}@else.test" for number in range(4 * batches.STEP))
    invite(boss_client, emails=text)

    def work(_: int) -> None:
        while batches.work_off(runtime):
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert outcomes(session) == ["invited"] * (4 * batches.STEP)
    assert count(session, OutboxMessage) == 4 * batches.STEP


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense\nmore nonsense", "None of these lines is an email address."),
        (" ;\n,", "at least one email address"),
        ("\n".join(f"p{n}@else.test" for n in range(1001)), "at most 1,000 at a time"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_whole_and_kept_in_the_form(
    boss_client: FlaskClient, session: Session, mail: None, text: str, message: str
) -> None:
    answer = invite(boss_client, emails=text, role="admin")
    assert answer.status_code == 422
    assert message in said(answer)
    assert text.strip().splitlines()[0] in answer.text
    assert '<option selected value="admin">' in answer.text
    assert session.scalars(select(InvitationBatch)).all() == []


def test_while_mail_is_pending_known_people_are_added_and_the_others_stay_in_the_form(
    boss_client: FlaskClient, session: Session, stranger: User
) -> None:
    answer = invite(boss_client, emails="new@else.test\nsam@else.test\nnonsense")
    assert answer.status_code == 503
    assert "mail is not set up" in said(answer)
    assert "1 person who has an account was added" in said(answer)
    left = answer.text.partition("<textarea")[2].partition("</textarea>")[0]
    assert "new@else.test" in left
    assert "nonsense" in left
    assert "sam@else.test" not in left
    assert count(session, Invitation) == 0
    assert session.scalars(select(InvitationBatch)).all() == []
    assert "Sam Stranger" in boss_client.get(MEMBERS).text


def test_while_mail_is_pending_a_list_of_known_people_needs_no_mail(
    boss_client: FlaskClient, stranger: User, member: User
) -> None:
    answer = invite(boss_client, emails="sam@else.test\nmia@acme.test")
    assert answer.status_code == 303
    assert "1 person who has an account was added." in said(boss_client.get(MEMBERS))


def test_nobody_else_sees_a_list(
    boss_client: FlaskClient,
    member_client: FlaskClient,
    client: FlaskClient,
    mail: None,
) -> None:
    where = invite(boss_client, emails="new@else.test").headers["Location"]
    assert member_client.get(where).status_code == 403
    assert client.get(where).status_code == 303
    assert boss_client.get(where[:-4] + "0000").status_code == 404
    assert boss_client.get(where[:-4] + "%00").status_code == 404
    assert boss_client.get(where + "?page=x&outcome=%00").status_code == 400


def test_lists_are_cleared_after_thirty_days(
    sign_in: Callable[[User], FlaskClient], boss: User, session: Session, clock: Clock, mail: None
) -> None:
    first = invite(sign_in(boss), emails="new@else.test").headers["Location"]
    clock.advance(seconds=batches.KEPT / timedelta(seconds=1) + 1)
    boss_client = sign_in(boss)
    invite(boss_client, emails="other@else.test")
    assert boss_client.get(first).status_code == 404
    session.rollback()
    assert len(outcomes(session)) == 1
