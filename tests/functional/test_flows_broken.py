"""The same flows while the relay is broken: every page answers at once and as always, nothing is
lost, and what is still of use goes out once the mailer is put right."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from tests.faults.server import BadServer
from tests.functional.install import PASSWORD, Person, sign_in
from tests.functional.office import (
    ADMINISTRATORS,
    MAILER,
    MEMBERS,
    PATIENCE,
    Office,
    healthy_office,
    link_in,
    relay_fields,
    save_mailer,
    wait_for,
)
from tests.functional.test_flows import NEW, WRONG, row_of
from tests.relays.ports import free_port
from tests.smtpd import Relay

pytestmark = pytest.mark.process

AT_ONCE = 3.0
"""Seconds a page may take on a busy machine. Whoever waited for the silent relay would need 5;
bench/rows/nobody_waits.py measures the difference from a healthy relay, which is none."""

SILENCE = 5
ACTIVITY = "/admin/system/mail-activity"
PEOPLE = ("reset", "locked", "moving", "changing")


class Weather:
    """An office whose relay has just broken, and what was asked for since."""

    def __init__(self, office: Office, name: str, stack: ExitStack) -> None:
        self.office = office
        self.name = name
        self.healthy = relay_fields(office.relay)
        self.people = {name: office.member(f"{name}@acme.test") for name in PEOPLE}
        office.quiet()
        self.before = len(office.relay.envelopes)
        self.slowest = 0.0
        save_mailer(office.alice, **getattr(self, name)(stack))

    def refusing(self, _stack: ExitStack) -> dict[str, str]:
        return {**self.healthy, "port": str(free_port())}

    def wrong_password(self, stack: ExitStack) -> dict[str, str]:
        relay = stack.enter_context(Relay(users={"novantra": "another"}, require_auth=True))
        return {**relay_fields(relay), "username": "novantra", "password": "outdated"}

    def silent(self, stack: ExitStack) -> dict[str, str]:
        relay = stack.enter_context(BadServer("F01"))
        return {**self.healthy, "port": str(relay.port), "connection_timeout": str(SILENCE)}

    def timed(self, person: Person, path: str, field: str, **values: str) -> Person:
        """Open a page and send its form; neither may wait for the relay."""
        for step in (lambda: person.open(path), lambda: person.submit(field, **values)):
            started = time.monotonic()
            step()
            took = time.monotonic() - started
            self.slowest = max(self.slowest, took)
            assert took < AT_ONCE, f"{person.path} took {took:.1f} s"
        return person


@pytest.fixture(scope="module", params=["refusing", "wrong_password", "silent"])
def weather(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Weather]:
    with (
        ExitStack() as stack,
        healthy_office(tmp_path_factory.mktemp(request.param)) as office,
    ):
        yield Weather(office, request.param, stack)


def test_a_reset_is_asked_for_as_always(weather):
    asked = weather.timed(weather.office.visitor(), "/forgot-password", "email",
                          email="reset@acme.test")  # fmt: skip
    assert asked.path == "/forgot-password/sent"
    unknown = weather.timed(weather.office.visitor(), "/forgot-password", "email",
                            email="nobody@acme.test")  # fmt: skip
    assert unknown.path == asked.path
    # The page follows how mail is, which turns between the two requests; the address has no say.
    wait_for(
        lambda: unknown.open(unknown.path).text == asked.open(asked.path).text,
        f"{unknown.text}\n{asked.text}",
        weather.office.install,
    )


def test_an_account_is_locked_as_always(weather):
    visitor = weather.office.visitor()
    for _ in range(5):
        weather.timed(visitor, "/login", "password", email="locked@acme.test", password=WRONG)
    assert visitor.status == 429
    assert "by itself" in visitor.text


def test_people_are_invited_as_always_and_the_list_tells_how_it_stands(weather):
    alice = weather.office.alice
    weather.timed(alice, MEMBERS, "email", email="new@partner.test")
    assert alice.status == 200
    weather.timed(alice, MEMBERS, "emails", emails="one@partner.test\ntwo@partner.test")
    # The list is done in the request, or by the worker when that took it up first.
    result = alice.path
    both = '//*[@id="count-invited" and @data-value="2"]'
    wait_for(lambda: alice.open(result).page.xpath(both), alice.text, weather.office.install)
    assert row_of(alice.open(MEMBERS), "new@partner.test") is not None


def test_an_administrator_is_added_as_always(weather):
    alice = weather.timed(weather.office.alice, ADMINISTRATORS, "name", name="Vic",
                          email="vic@acme.test")  # fmt: skip
    assert "Not verified yet" in row_of(alice, "vic@acme.test").text_content()


def test_an_address_change_is_asked_for_as_always(weather):
    moving = weather.timed(weather.people["moving"], "/account/email", "current_password",
                           email="moving@new.test", current_password=PASSWORD)  # fmt: skip
    assert moving.path == "/account"
    assert "moving@new.test" in moving.text


def test_a_password_is_changed_as_always(weather):
    changing = weather.timed(
        weather.people["changing"], "/account/password", "current_password",
        current_password=PASSWORD, password=NEW, password_confirm=NEW,
    )  # fmt: skip
    assert changing.path == "/account"
    weather.timed(weather.office.visitor(), "/login", "password", email="changing@acme.test",
                  password=NEW)  # fmt: skip


def test_administrators_see_what_is_wrong(weather):
    alice, until = weather.office.alice, time.monotonic() + PATIENCE
    while alice.open(MAILER).value("consecutive-failures") == "0":
        assert time.monotonic() < until, alice.text
        time.sleep(0.1)
    paused = weather.name == "wrong_password"
    assert alice.value("mail-state") == ("paused" if paused else "configured")
    assert alice.value("consecutive-failures") in (
        {"1"} if paused else {str(n) for n in range(1, 10)}
    )
    notice = "Mail is paused" if paused else "Mail is failing"
    for path in (MEMBERS, ADMINISTRATORS, ACTIVITY):
        assert notice in alice.open(path).text, path
    # The overview has it among what is left to do, and no banner that says it twice.
    mail = alice.open("/admin/system").page.xpath('//*[starts-with(@id, "notice-mail-")]')
    assert [row.get("id") for row in mail] == [
        "notice-mail-paused" if paused else "notice-mail-failing"
    ]
    assert notice not in alice.text
    # a reset, a code, three invitations, Vic's, an address link, its notice, a password notice
    assert weather.office.waiting() == 9
    if paused:
        row = row_of(alice.open(MEMBERS), "new@partner.test")
        assert row.xpath(".//*[@data-value]")[0].get("data-value") == "held"
    assert len(weather.office.relay.envelopes) == weather.before


def test_once_it_is_put_right_all_of_it_goes_out_but_what_has_run_out(weather):
    office = weather.office
    _run_out(office, "unlock-code")
    save_mailer(office.alice, **weather.healthy, remove_password="y", username="")
    fixed = time.monotonic()
    office.quiet()
    assert time.monotonic() - fixed < PATIENCE
    arrived = office.relay.envelopes[weather.before :]
    assert sorted(mail.rcpt_to for mail in arrived) == [
        "changing@acme.test",
        "moving@acme.test",
        "moving@new.test",
        "new@partner.test",
        "one@partner.test",
        "reset@acme.test",
        "two@partner.test",
        "vic@acme.test",
    ]
    office.alice.open(f"{ACTIVITY}?kind=unlock-code")
    assert "Expired" in office.alice.text
    assert office.alice.open(MAILER).value("consecutive-failures") == "0"
    assert office.alice.value("mail-state") == "configured"


def test_the_links_that_arrived_late_work(weather):
    office = weather.office
    visitor = office.visitor().open(link_in(office.mail_to("reset@acme.test")))
    visitor.submit("password", password=NEW, password_confirm=NEW)
    assert sign_in(visitor, "reset@acme.test", NEW).path != "/login"
    moving = weather.people["moving"].open(link_in(office.mail_to("moving@new.test")))
    moving.submit("csrf_token")
    assert "moving@new.test" in moving.open("/account").text
    for email in ("new@partner.test", "one@partner.test", "vic@acme.test"):
        assert office.visitor().open(link_in(office.mail_to(email))).status == 200


def _run_out(office: Office, kind: str) -> None:
    """As if its time had passed while the relay was broken."""
    engine = create_engine(office.install.environment["NOVANTRA_DATABASE_URL"])
    with engine.begin() as connection:
        done = connection.execute(
            text("UPDATE outbox_messages SET expires_at = :past WHERE kind = :kind"),
            {"past": datetime.now(UTC) - timedelta(minutes=1), "kind": kind},
        )
        assert done.rowcount == 1
    engine.dispose()
