"""Each state of a mail has a word of its own, and what is held says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from lxml import html

from app.accounts.models import User
from app.mail.failures import FailureCode
from app.mailer.current_health import CurrentHealth, Health
from app.outbox.labels import Label, state_of
from app.outbox.models import Ended, OutboxMessage, State
from app.outbox.worker import deliver_next
from app.runtime import Runtime
from tests.conftest import Clock
from tests.outbox.letters import notice_mail, rows
from tests.smtpd import Relay

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PAGE = "/admin/system/mail-activity"

FINE = CurrentHealth(Health.WORKING, "good", "Sending normally")
PAUSED = CurrentHealth(Health.PAUSED, "warn", "Paused by hand", held=True)
LOCKED = CurrentHealth(Health.FAILING, "bad", "Held: keys missing", held=True, alarm=True)
STALLED = CurrentHealth(Health.STALLED, "bad", "Nobody delivers", held=True)
PENDING = CurrentHealth(Health.PENDING, "warn", "Not set up")
FAILING = CurrentHealth(Health.FAILING, "warn", "Failing, trying again", alarm=True)
EVERY = (FINE, PAUSED, LOCKED, STALLED, PENDING, FAILING)


def message(**values: object) -> OutboxMessage:
    return OutboxMessage(**{"state": State.QUEUED, "created_at": NOW, "due_at": NOW} | values)


TRIED = {"last_code": FailureCode.CONNECT_TIMEOUT, "attempts": 1}
LEASED = {"state": State.SENDING, "lease_until": NOW + timedelta(minutes=1)}
LOST = {"state": State.SENDING, "lease_until": NOW - timedelta(minutes=1)}
RAN_OUT = {"expires_at": NOW - timedelta(seconds=1)}


@pytest.mark.parametrize(
    ("values", "mail", "text", "why"),
    [
        ({}, FINE, "Queued", ""),
        ({}, FAILING, "Queued", "Failing, trying again"),
        ({}, PAUSED, "Held", "Paused by hand"),
        ({"state": State.HELD}, PAUSED, "Held", "Paused by hand"),
        ({}, LOCKED, "Held", "Held: keys missing"),
        ({}, STALLED, "Held", "Nobody delivers"),
        ({}, PENDING, "Held", "Not set up"),
        (TRIED, FINE, "Being tried again", ""),
        (TRIED, FAILING, "Being tried again", ""),
        (TRIED, STALLED, "Held", "Nobody delivers"),
        (TRIED, LOCKED, "Held", "Held: keys missing"),
        (LEASED, FINE, "Being sent", ""),
        (LOST, STALLED, "Held", "Nobody delivers"),
        (LOST, FINE, "Queued", ""),
        (RAN_OUT, FINE, "Expired", ""),
        (RAN_OUT | {"state": State.HELD}, PAUSED, "Expired", ""),
    ],
)
def test_what_is_not_sent_yet_says_how_it_stands(
    values: dict[str, object], mail: CurrentHealth, text: str, why: str
) -> None:
    label = state_of(message(**values), mail, NOW)
    assert (label.text, label.why) == (text, why)


@pytest.mark.parametrize("mail", EVERY, ids=lambda mail: mail.words)
@pytest.mark.parametrize(
    ("state", "because", "label"),
    [
        (State.SENT, None, Label("good", "Sent")),
        (State.FAILED, Ended.REJECTED, Label("bad", "Failed")),
        (State.CANCELLED, Ended.EXPIRED, Label("warn", "Expired")),
        (State.CANCELLED, Ended.WITHDRAWN, Label("quiet", "Withdrawn")),
        (State.CANCELLED, Ended.BY_HAND, Label("quiet", "Cancelled")),
        (State.CANCELLED, Ended.KEY_LOST, Label("quiet", "Cancelled")),
    ],
)
def test_what_has_ended_stays_so_however_mail_is(
    mail: CurrentHealth, state: State, because: Ended | None, label: Label
) -> None:
    ended = message(state=state, ended_because=because, **RAN_OUT)
    assert state_of(ended, mail, NOW) == label


def test_a_pause_that_is_over_lets_go_by_itself() -> None:
    label = state_of(message(state=State.HELD), FINE, NOW)
    assert (label.text, "no longer paused" in label.why) == ("Held", True)


def test_a_mail_whose_own_key_is_missing_is_held_while_others_go() -> None:
    label = state_of(message(), FINE, NOW, key_missing=True)
    assert (label.text, label.why) == ("Held", "Its key is missing")


def test_the_page_tells_states_apart_and_finds_each_by_its_word(
    sign_in: Callable[[User], FlaskClient], admin: User, mail: Runtime, relay: Relay, clock: Clock
) -> None:
    relay.reject_rcpt = {"full@acme.test": "452 4.2.2 mailbox full"}

    def add(recipient: str, **values: object) -> None:
        with mail.database.transaction() as session:
            row = notice_mail(session, mail, recipient)
            for name, value in values.items():
                setattr(row, name, value)

    add("full@acme.test")
    deliver_next(mail)
    add("gone@acme.test", state=State.CANCELLED, ended_because=Ended.WITHDRAWN)
    add("new@acme.test")
    client = sign_in(admin)

    def shown(**query: str) -> dict[str, str]:
        page = html.fromstring(client.get(PAGE, query_string=query).data)
        return {
            row.xpath("string(td[1]/span)"): " ".join(row.xpath("string(td[2])").split())
            for row in page.xpath("//tbody/tr")
        }

    told = {
        "new@acme.test": "Queued",
        "gone@acme.test": "Withdrawn",
        "full@acme.test": "Being tried again",
    }
    assert shown() == told
    for state, recipient in (
        ("queued", "new@acme.test"),
        ("withdrawn", "gone@acme.test"),
        ("retried", "full@acme.test"),
    ):
        assert shown(state=state) == {recipient: told[recipient]}
    assert shown(state="held") == {}

    clock.advance(minutes=5)  # due for so long, and no worker lives
    held = {"new@acme.test": "Held", "full@acme.test": "Held"}
    assert shown(state="held") == held
    assert shown(state="queued") == shown(state="retried") == {}
    page = client.get(f"{PAGE}/{rows(mail)[-1].public_id}").get_data(as_text=True)
    assert "Nobody delivers" in page
    assert "Next attempt" not in page
