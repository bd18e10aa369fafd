"""What is done to many is done in steps, and by whoever may still do it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts.models import MailIntent, User
from app.audit.models import AuditEvent
from app.in_steps import change_some
from app.outbox.sweep import sweep
from app.outbox.worker import deliver_next
from app.runtime import Runtime
from app.web import several
from tests.conftest import Clock
from tests.factories import csrf_of
from tests.mailer.situations import World
from tests.outbox.letters import queue_resets, reset_mail, rows
from tests.smtpd import Relay

ACTIVITY = "/admin/system/mail-activity"
FEW = change_some.__kwdefaults__
ROLE = "UPDATE users SET is_install_admin = false"
GONE = "DELETE FROM users"


@pytest.fixture
def loses(monkeypatch: pytest.MonkeyPatch, runtime: Runtime) -> Callable[[str], None]:
    """Whoever does something to many loses the right to it right before the second step."""

    def arranged(statement: str) -> None:
        really = several.still_has

        def meanwhile(*given: object) -> Callable[[Session], bool]:
            may, steps = really(*given), []  # type: ignore[arg-type]

            def asked(session: Session) -> bool:
                steps.append(session)
                if len(steps) == 2:
                    with runtime.database.transaction() as another:
                        another.execute(text(statement))
                return may(session)

            return asked

        monkeypatch.setattr(several, "still_has", meanwhile)

    return arranged


def post(client: FlaskClient, path: str) -> tuple[int, str]:
    token = csrf_of(client.get("/account").data)
    answer = client.post(path, data={"csrf_token": token}, follow_redirects=True)
    return answer.status_code, " ".join(answer.text.split())


def counted(runtime: Runtime, tag: str, name: str) -> list[int]:
    """What the audit log says of each step."""
    with runtime.database.session(reading=True) as session:
        found = session.scalars(
            select(AuditEvent).where(AuditEvent.tag == tag).order_by(AuditEvent.id)
        )
        return [event.changes[name] for event in found if event.changes]


@pytest.fixture
def ran_out(runtime: Runtime, session: Session, clock: Clock, admin: User) -> None:
    """Five people's links ran out in an outage."""
    world = World(runtime, clock)
    world.save()
    world.paused()
    for number in range(5):
        to = f"p{number}@acme.test"
        reset_mail(session, runtime, to, expires_at=clock() + timedelta(minutes=30))
    session.commit()
    clock.advance(hours=1)
    with runtime.database.transaction() as mine:
        sweep(mine, runtime.now(), keep_days=30)


def asked_anew(runtime: Runtime) -> list[str]:
    with runtime.database.session(reading=True) as session:
        return [one.address.text for one in session.scalars(select(MailIntent))]


def test_what_ran_out_is_renewed_in_steps(
    admin_client: FlaskClient, ran_out: None, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(several, "STEP", 2)
    status, page = post(admin_client, "/admin/system/mailer/renew")
    assert status == 200
    assert "5 mails were made anew, with a fresh link." in page
    assert counted(runtime, "mailer:renewed", "mails") == [2, 2, 1]
    assert len(asked_anew(runtime)) == 5


@pytest.mark.parametrize("change", [ROLE, GONE])
def test_renewing_ends_with_the_right_to_it(
    admin_client: FlaskClient,
    ran_out: None,
    runtime: Runtime,
    monkeypatch: pytest.MonkeyPatch,
    loses: Callable[[str], None],
    change: str,
) -> None:
    monkeypatch.setattr(several, "STEP", 2)
    loses(change)
    status, page = post(admin_client, "/admin/system/mailer/renew")
    assert status == 403
    assert "The rest was not done" in page
    assert "2 mails were made anew, then your right to do so was taken away." in page
    assert counted(runtime, "mailer:renewed", "mails") == [2]
    assert len(asked_anew(runtime)) == 2


def test_what_somebody_else_renewed_meanwhile_is_left_out(
    admin_client: FlaskClient,
    ran_out: None,
    runtime: Runtime,
    monkeypatch: pytest.MonkeyPatch,
    loses: Callable[[str], None],
) -> None:
    """Two who press the button at once send nobody two mails."""
    monkeypatch.setattr(several, "STEP", 3)
    loses("DELETE FROM outbox_messages WHERE rcpt_to = 'p4@acme.test'")
    _, page = post(admin_client, "/admin/system/mailer/renew")
    assert "4 mails were made anew" in page
    assert len(asked_anew(runtime)) == 4


@pytest.fixture
def failed(mail: Runtime, relay: Relay) -> list[str]:
    """Five mails that the relay refused; their names."""
    people = [f"p{number}@acme.test" for number in range(5)]
    relay.reject_rcpt = dict.fromkeys(people, "550 5.1.1 no such user")
    names = queue_resets(mail, people)
    while deliver_next(mail):
        pass
    relay.reject_rcpt = {}
    return names


def states(mail: Runtime) -> list[str]:
    return [str(row.state) for row in rows(mail)]


def test_failed_mails_are_queued_again_in_steps_each_audited(
    admin_client: FlaskClient, mail: Runtime, failed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FEW, "rows", 2)
    status, page = post(admin_client, f"{ACTIVITY}/retry-failed")
    assert (status, "5 failed mails are waiting again" in page) == (200, True)
    assert counted(mail, "outbox:retried-all", "messages") == [2, 2, 1]


def test_queueing_again_ends_with_the_right_to_it(
    admin_client: FlaskClient,
    mail: Runtime,
    failed: list[str],
    monkeypatch: pytest.MonkeyPatch,
    loses: Callable[[str], None],
) -> None:
    monkeypatch.setitem(FEW, "rows", 2)
    loses(ROLE)
    status, page = post(admin_client, f"{ACTIVITY}/retry-failed")
    assert status == 403
    assert "2 mails were queued again, then your right to do so was taken away." in page
    assert states(mail) == ["queued"] * 2 + ["failed"] * 3
    assert counted(mail, "outbox:retried-all", "messages") == [2]


@pytest.mark.parametrize(
    ("act", "told", "new"),
    [("retry", "queued again", "queued"), ("cancel", "cancelled", "cancelled")],
)
def test_what_is_done_to_chosen_mails_ends_with_the_right_to_it(
    admin_client: FlaskClient,
    mail: Runtime,
    failed: list[str],
    monkeypatch: pytest.MonkeyPatch,
    loses: Callable[[str], None],
    act: str,
    told: str,
    new: str,
) -> None:
    monkeypatch.setattr("app.outbox.selection.ROWS", 2)
    loses(ROLE)
    chosen = "&".join(f"mail={name}" for name in failed)
    status, page = post(admin_client, f"{ACTIVITY}/selected?do={act}&{chosen}")
    assert status == 403
    assert f"2 mails were {told}, then your right to do so was taken away." in page
    assert sorted(states(mail)) == sorted([new] * 2 + ["failed"] * 3)
