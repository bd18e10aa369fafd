"""Pages of people and of single mails: rows stay in line, long addresses stay inside, and what
cannot be taken back is asked about without scripts as well."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.audit.log import record
from app.runtime import Runtime
from app.web.context import Actor
from tests.browser.screens import overflow, violations
from tests.factories import make_user
from tests.organizations.people import MEMBERS, configure_mail, invite, waiting_mail

pytestmark = pytest.mark.browser
ADMINISTRATORS = "/admin/system/administrators"
ACTIVITY = "/admin/system/mail-activity"
LONG = f"{'a.very.long.name' * 3}@{'a-long-part.' * 4}example.test"
NARROW = {"width": 320, "height": 800}


def top(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["y"]


def test_a_refused_invitation_leaves_the_row_in_line_and_is_summed_up(
    mailer: Callable[..., Page], session: Session, runtime: Runtime
) -> None:
    configure_mail(session, runtime)
    page = mailer(MEMBERS)
    page.get_by_label("Email address", exact=True).fill("nobody")
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.locator("#error-summary")).to_contain_text("Nobody was invited")
    expect(page.locator("#error-summary")).to_be_focused()
    assert top(page, "#email") == top(page, "#role")
    button = page.get_by_role("button", name="Invite", exact=True).bounding_box()
    assert button is not None
    assert abs(button["y"] - top(page, "#email")) <= 1
    assert violations(page) == []


def test_the_page_of_members_has_no_two_regions_of_one_name_while_mail_is_pending(
    mailer: Callable[..., Page],
) -> None:
    assert violations(mailer(MEMBERS)) == []


def test_long_addresses_stay_inside_their_cards_and_mails(
    mailer: Callable[..., Page], admin_client: FlaskClient, session: Session, runtime: Runtime
) -> None:
    configure_mail(session, runtime)
    assert invite(admin_client, email=LONG).status_code == 303
    page = mailer(ACTIVITY, viewport=NARROW)
    assert overflow(page) == 0
    page.get_by_role("link", name="Details").click()
    inside = """() => [...document.querySelectorAll("dd, dd *")].filter((part) =>
        part.getBoundingClientRect().right > part.closest(".card").getBoundingClientRect().right)
        .map((part) => part.textContent)"""
    assert page.evaluate(inside) == []
    expect(page.get_by_label("Message-ID")).to_be_visible()
    (mail,) = waiting_mail(session, runtime)
    reader = page.context.new_page()
    reader.set_content(mail.html)
    assert overflow(reader) == 0
    page.goto(page.url.split("/admin")[0] + MEMBERS)
    assert overflow(page) == 0


@pytest.mark.parametrize("scripts", [True, False])
def test_removing_an_administrator_is_asked_about(
    mailer: Callable[..., Page], admin_client: FlaskClient, session: Session, scripts: bool
) -> None:
    make_user(session, "nina@acme.test", name="Nina", install_admin=True)
    session.commit()
    page = mailer(ADMINISTRATORS, scripts=scripts)
    page.get_by_role("button" if scripts else "link", name="Remove Nina").click()
    expect(page.get_by_role("heading", name="Remove Nina?")).to_be_visible()
    expect(page.get_by_text("This cannot be taken back.")).to_be_visible()
    session.rollback()
    assert session.query(User).filter_by(name="Nina").count() == 1
    session.rollback()
    page.get_by_role("button", name="Remove the account").click()
    expect(page.get_by_text("The account of nina@acme.test is removed.")).to_be_visible()


def test_a_change_in_the_audit_log_stays_in_its_column_on_a_phone(
    mailer: Callable[..., Page], runtime: Runtime
) -> None:
    changes = {f"field_{number}": {"old": None, "new": "x"} for number in range(12)}
    with runtime.database.transaction() as writing:
        for given in (changes, {}):
            who = Actor(None, "alice@acme.test", None)
            now = runtime.now()
            record(writing, now=now, actor=who, tag="mailer:updated", target="x", changes=given)
    page = mailer("/admin/system/audit", viewport=NARROW)
    left = "(rows) => [...new Set(rows.map((row) => row.getBoundingClientRect().left))]"
    assert len(page.locator(".change").evaluate_all(left)) == 1
    expect(page.locator("td[data-label=Change]")).to_have_count(1)
