"""The zone in which pages and mails say times: a person's own, else the install's, else UTC."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.audit.models import AuditEvent
from app.install.models import Install
from app.runtime import Runtime
from tests.conftest import Clock
from tests.factories import make_user
from tests.organizations.people import Mail, configure_mail, said, waiting_mail
from tests.visitor import Visitor
from tests.wizard.walk import ADMINISTRATOR, Walk

INSTALL = "/admin/system/time-zone"
NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
TIME = re.compile(r"<time ([^>]*)>([^<]*)</time>")


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> None:
    clock.time = NOON


@pytest.fixture
def alice(admin_client: FlaskClient) -> Visitor:
    return Visitor(admin_client)


@pytest.fixture
def choose(alice: Visitor) -> Callable[..., None]:
    """Alice saves zones as on the pages: ``own`` hers, ``install`` everybody's."""

    def saved(**zones: str) -> None:
        for page, name in zones.items():
            where = {"own": "/account", "install": INSTALL}[page]
            to = "/account/time-zone" if page == "own" else INSTALL
            assert alice.submit(where, to=to, time_zone=name).status_code == 303

    return saved


def selected(page: str) -> str:
    found = re.search(r"<option selected[^>]*>([^<]*)</option>", page)
    assert found is not None
    return found[1]


def one_mail(session: Session, runtime: Runtime, kind: str) -> Mail:
    return next(mail for mail in waiting_mail(session, runtime) if mail.kind == kind)


def test_nothing_is_chosen_and_nothing_has_to_be(alice: Visitor) -> None:
    page = alice.get("/account").text
    assert selected(page) == "As the installation: UTC"
    assert selected(alice.get(INSTALL).text) == "None chosen"
    assert alice.submit("/account", to="/account/time-zone").status_code == 303


def test_a_choice_is_saved_said_and_audited(
    alice: Visitor, choose: Callable[..., None], session: Session
) -> None:
    choose(install="Europe/Berlin", own="America/New_York")
    assert "It is 08:00 (America/New York) on 1 July 2026" in said(alice.get("/account"))
    events = session.scalars(select(AuditEvent).where(AuditEvent.tag.like("%time-zone-changed")))
    assert [(event.tag, event.changes) for event in events] == [
        ("install:time-zone-changed", {"time_zone": {"old": None, "new": "Europe/Berlin"}}),
        ("account:time-zone-changed", {"time_zone": {"old": None, "new": "America/New_York"}}),
    ]
    session.rollback()
    choose(own="")
    assert selected(alice.get("/account").text) == "As the installation: Europe/Berlin"
    choose(install="")
    assert selected(alice.get(INSTALL).text) == "None chosen"


@pytest.mark.parametrize("page", ["/account", INSTALL])
@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "EST", "x" * 300])
def test_what_is_no_zone_is_refused_in_words(
    alice: Visitor, session: Session, page: str, name: str
) -> None:
    to = "/account/time-zone" if page == "/account" else page
    answer = alice.submit(page, to=to, time_zone=name)
    assert answer.status_code == 422
    assert "Choose one of the zones in the list." in said(answer)
    assert session.scalars(select(User.time_zone)).all() == [None]
    assert session.get_one(Install, 1).time_zone is None


def test_pages_say_times_in_the_chosen_zone_and_machines_read_utc(
    alice: Visitor, choose: Callable[..., None]
) -> None:
    def event() -> tuple[str, str]:
        times = TIME.findall(alice.get("/admin/system/audit").text)
        assert times, "the audit log shows no time"
        return times[0]

    choose(install="Europe/Berlin")
    attributes, _ = event()
    assert 'datetime="2026-07-01T12:00:00Z"' in attributes
    assert 'title="1 July 2026, 14:00 (Europe/Berlin)"' in attributes
    choose(own="America/New_York")
    assert 'title="1 July 2026, 08:00 (America/New York)"' in event()[0]


def test_whoever_is_not_signed_in_sees_the_installs_zone(
    choose: Callable[..., None], visitor: Visitor, session: Session
) -> None:
    choose(install="Asia/Tokyo", own="America/New_York")
    for _ in range(6):
        answer = visitor.sign_in("nobody@acme.test", "wrong password")
    assert "on 1 July 2026, 21:15 (Asia/Tokyo)" in said(answer)


def test_a_name_that_this_server_does_not_know_changes_nothing_but_is_said(
    alice: Visitor, choose: Callable[..., None], session: Session, runtime: Runtime
) -> None:
    choose(install="Europe/Berlin")
    with runtime.database.transaction() as changing:
        changing.scalars(select(User)).one().time_zone = "Mars/Olympus"
    page = alice.get("/account")
    assert "“Mars/Olympus”, which was chosen here before, is not known" in said(page)
    assert "for the installation, in Europe/Berlin" in said(page)
    assert "(Europe/Berlin)" in alice.get("/admin/system/audit").text
    with runtime.database.transaction() as changing:
        changing.get_one(Install, 1).time_zone = "Mars/Phobos"
    assert "“Mars/Phobos” is in no list of time zones" in said(alice.get(INSTALL))
    assert "12:00 UTC" in alice.get("/admin/system/audit").text


def test_an_older_spelling_that_a_browser_gave_stays_chosen(
    alice: Visitor, choose: Callable[..., None]
) -> None:
    choose(own="Asia/Calcutta")
    assert selected(alice.get("/account").text) == "Calcutta"


def test_days_of_a_filter_are_those_of_whoever_looks(
    alice: Visitor, choose: Callable[..., None], clock: Clock
) -> None:
    clock.time = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    choose(install="Europe/Berlin")  # there it is half past one on the second of July

    def found(day: str) -> bool:
        page = alice.get(f"/admin/system/audit?subject=install&since={day}&until={day}").text
        return "2026-07-01T23:30:00Z" in page

    assert found("2026-07-02")
    assert not found("2026-07-01")
    for day in ("0001-01-01", "9999-12-31"):
        choose(own="Pacific/Kiritimati")
        assert alice.get(f"/admin/system/audit?since={day}&until={day}").status_code == 200
        choose(own="America/New_York")
        assert alice.get(f"/admin/system/audit?since={day}&until={day}").status_code == 200


def test_exports_stay_utc(alice: Visitor, choose: Callable[..., None]) -> None:
    choose(install="Europe/Berlin", own="Asia/Tokyo")
    lines = alice.get("/admin/system/audit/export.jsonl").text.splitlines()
    assert json.loads(lines[-1])["at"].startswith("2026-07-01T12:00:00.000")
    assert json.loads(lines[-1])["at"].endswith(("+00:00", "Z"))


def test_a_mail_says_its_end_in_the_recipients_zone(
    alice: Visitor, choose: Callable[..., None], session: Session, runtime: Runtime
) -> None:
    configure_mail(session, runtime)
    make_user(session, "mia@acme.test", verified=False).time_zone = "America/New_York"
    session.commit()
    choose(install="Europe/Berlin")
    mia = Visitor(alice.client.application.test_client())
    mia.sign_in("mia@acme.test")
    assert mia.submit("/account", to="/account/verify-email").status_code == 303
    page = "/organizations/acme/members"
    alice.submit(page, to="/organizations/acme/invitations", email="new@else.test", role="member")
    session.rollback()
    verify = one_mail(session, runtime, "verify-email")
    end = "08:00 (America/New York) on 2 July 2026, 24 hours after this mail was written"
    for part in (verify.text, re.sub("<[^>]+>", "", verify.html)):
        assert f"once, until {end}" in " ".join(part.split())
    invitation = one_mail(session, runtime, "invitation")
    end = "14:00 (Europe/Berlin) on 8 July 2026, 7 days after this mail was written"
    assert f"once, until {end}" in " ".join(invitation.text.split())


def test_what_a_mail_says_stays_true_however_long_it_waits_and_whatever_is_chosen_then(
    alice: Visitor,
    choose: Callable[..., None],
    session: Session,
    runtime: Runtime,
    clock: Clock,
) -> None:
    configure_mail(session, runtime)
    session.commit()
    choose(install="Europe/Berlin")
    page = "/organizations/acme/members"
    alice.submit(page, to="/organizations/acme/invitations", email="new@else.test", role="member")
    session.rollback()
    written = one_mail(session, runtime, "invitation")
    clock.advance(hours=2)
    choose(install="Asia/Tokyo")
    session.rollback()
    assert one_mail(session, runtime, "invitation").text == written.text
    assert "Date: Wed, 01 Jul 2026 12:00:00 +0000" in str(written.message)
    assert "until 14:00 (Europe/Berlin) on 8 July" in " ".join(written.text.split())


def test_the_wizard_offers_a_zone_and_asks_for_none(make_app: Callable[..., Flask]) -> None:
    walk = Walk(make_app()).begin()
    walk.send("/setup/access-url", {"access_url": "https://hr.acme.test"})
    refused = walk.send("/setup/administrator", {**ADMINISTRATOR, "time_zone": "Mars/Olympus"})
    assert refused.status_code == 422
    given = {**ADMINISTRATOR, "time_zone": "Europe/Berlin"}
    assert walk.send("/setup/administrator", given).status_code == 303
    assert selected(walk.get("/setup/administrator").text) == "Berlin"
