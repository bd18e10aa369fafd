"""The mailer page in Chromium: switching by a click, checking without losing the password."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.mail.check import alternatives
from app.mail.tls import TlsMode
from app.mailer import check
from app.mailer.models import MailerConfiguration
from app.runtime import Runtime
from tests.smtpd import Relay

pytestmark = pytest.mark.browser


def fill(page: Page, relay: Relay, password: str) -> None:
    page.get_by_label("Sender address").fill("novantra@acme.test")
    page.get_by_label("Host", exact=True).fill("localhost")
    page.get_by_label("Port", exact=True).fill(str(relay.port))
    page.get_by_label("Username").fill("novantra")
    page.get_by_label("Password", exact=True).fill(password)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_switching_shows_the_other_fields_and_keeps_what_was_typed(
    mailer: Callable[..., Page], scripts: bool
) -> None:
    page = mailer(scripts=scripts)

    def choose(provider: str) -> None:
        page.locator(f"#provider-{provider}").check()
        if not scripts:
            page.get_by_role("button", name="Show the fields of this provider").click()

    page.get_by_label("Host", exact=True).fill("relay.acme.test")
    choose("ses")
    page.get_by_label("Region").select_option("eu-west-1")
    if scripts:
        expect(page.locator("#ses-host")).to_have_value("email-smtp.eu-west-1.amazonaws.com")
    choose("microsoft365")
    expect(page.locator("#login_method-app")).to_be_checked()
    expect(page.get_by_text("Password login is being retired")).to_be_hidden()
    page.locator("#login_method-password").check()
    expect(page.get_by_text("Password login is being retired")).to_be_visible()
    choose("smtp")
    expect(page.get_by_label("Host", exact=True)).to_have_value("relay.acme.test")
    choose("ses")
    expect(page.get_by_label("Region")).to_have_value("eu-west-1")


def test_the_microsoft_mailbox_fills_the_sender_in(mailer: Callable[..., Page]) -> None:
    page = mailer()
    page.locator("#provider-microsoft365").check()
    page.get_by_label("Username").fill("hr@acme.test")
    expect(page.get_by_label("Sender address")).to_have_value("hr@acme.test")


def test_a_check_keeps_the_password_so_that_saving_is_one_click(
    mailer: Callable[..., Page], runtime: Runtime
) -> None:
    page = mailer()
    with Relay(tls="starttls", users={"novantra": "right"}, require_auth=True) as relay:
        fill(page, relay, "right")
        page.get_by_role("button", name="Check connection").click()
        expect(page.locator("[data-step=rcpt-to]")).to_have_attribute("data-state", "passed")
        expect(page.get_by_label("Password", exact=True)).to_have_value("right")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator("#mail-state")).to_have_attribute("data-value", "configured")
    with runtime.database.session(reading=True) as session:
        row = session.get(MailerConfiguration, 1)
        assert row is not None
        assert row.password_sealed


def test_a_refused_check_says_so_beside_the_field_and_keeps_the_password(
    mailer: Callable[..., Page],
) -> None:
    page = mailer()
    with Relay() as relay:
        fill(page, relay, "typed")
        page.get_by_label("Host", exact=True).fill("smtp://localhost")
        page.get_by_role("button", name="Check connection").click()
        expect(page.locator("#host-error-1")).to_contain_text("Leave out smtp://")
        expect(page.locator("#error-summary")).to_be_visible()
        expect(page.get_by_label("Password", exact=True)).to_have_value("typed")
        page.get_by_label("Host", exact=True).fill("localhost")
        page.locator("#secure").uncheck()
        page.get_by_label("Username").fill("")
        page.get_by_role("button", name="Check connection").click()
        expect(page.locator("[data-step=rcpt-to]")).to_have_attribute("data-state", "passed")
        expect(page.locator("#error-summary")).to_have_count(0)
        expect(page.locator("#host-error-1")).to_have_count(0)


def test_the_port_that_works_is_one_click_away(
    mailer: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = mailer()
    with Relay(tls="starttls", users={"novantra": "right"}, require_auth=True) as relay:
        works = (alternatives.Suggestion(relay.port, TlsMode.STARTTLS),)
        real = check.check_connection
        monkeypatch.setattr(
            check, "check_connection", lambda s, **given: real(s, candidates=works, **given)
        )
        fill(page, relay, "right")
        page.get_by_label("Port", exact=True).fill("1")
        page.get_by_role("button", name="Check connection").click()
        expect(page.locator(".diagnosis")).to_have_attribute("data-code", "connect_refused")
        page.get_by_role("button", name=f"Use port {relay.port} and check again").click()
        expect(page.locator("[data-step=rcpt-to]")).to_have_attribute("data-state", "passed")
        expect(page.get_by_label("Port", exact=True)).to_have_value(str(relay.port))
        expect(page.get_by_label("Password", exact=True)).to_have_value("right")
