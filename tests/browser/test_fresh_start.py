"""From a fresh start to a received test mail: how much has to be typed and pressed is counted."""

from __future__ import annotations

import socket

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import RESULTS
from tests.browser.screens import answer_who_administers
from tests.functional.install import PASSWORD, RunningInstall
from tests.smtpd import Relay

pytestmark = pytest.mark.browser
AT_MOST = 6


class Counting:
    """A person at a page; what they type and press is counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.fields, self.clicks = page, 0, 0

    def type(self, label: str, text: str) -> None:
        self.fields += 1
        self.page.get_by_label(label, exact=True).fill(text)

    def press(self, name: str) -> None:
        self.clicks += 1
        self.page.get_by_role("button", name=name, exact=True).first.click()


def at_the_mail_question(browser: Browser, install: RunningInstall) -> Page:
    """Setup up to its question about mail."""
    page = browser.new_page()
    page.goto(f"{install.url}/setup?token={install.token}")
    for name in ("Begin", "Use this address"):
        page.get_by_role("button", name=name).click()
    answer_who_administers(page, PASSWORD)
    return page


def test_an_address_that_stood_there_before_the_scripts_is_guessed_from(
    browser: Browser, fresh_install: RunningInstall
):
    """A slow line: the page is typed into while its scripts are still on the way."""
    page = browser.new_page()
    waiting: list[Route] = []
    page.route("**/wizard.js*", lambda route: waiting.append(route))
    page.goto(f"{fresh_install.url}/setup?token={fresh_install.token}")
    for name in ("Begin", "Use this address"):
        page.get_by_role("button", name=name).click()
    page.get_by_label("Email address").fill("alice@acme.test")
    page.keyboard.press("Tab")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    expect(page.get_by_label("Your name")).to_have_value("")
    assert waiting
    for route in waiting:
        route.continue_()
    expect(page.get_by_label("Your name")).to_have_value("Alice")
    expect(page.get_by_label("Organization name")).to_have_value("Acme")
    page.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_fresh_start_leads_to_a_received_test_mail_in_six_fields_and_six_clicks(
    browser: Browser, fresh_install: RunningInstall, scripts: bool
):
    login = {"novantra": "right horse"} if scripts else {}
    with Relay(port=0, tls="starttls", users=login, require_auth=bool(login)) as relay:
        page = browser.new_context(java_script_enabled=scripts).new_page()
        person = Counting(page)
        page.goto(f"{fresh_install.url}/setup?token={fresh_install.token}")
        person.press("Begin")
        person.press("Use this address")
        person.type("Email address", "alice@acme.test")
        if scripts:  # name and organization are guessed from the address
            page.keyboard.press("Tab")
            expect(page.get_by_label("Your name")).to_have_value("Alice")
            expect(page.get_by_label("Organization name")).to_have_value("Acme")
        else:
            person.type("Your name", "Alice")
            person.type("Organization name", "Acme")
        person.type("Password", PASSWORD)
        person.type("Repeat the password", PASSWORD)
        person.press("Continue")
        person.type("Host", "localhost")
        # A relay listens on 587 in life, and that stands there already.
        page.get_by_label("Port", exact=True).fill(str(relay.port))
        if scripts:
            person.type("Username", "novantra")
            person.type("Password", "right horse")
        person.press("Save and continue")
        expect(page.locator("#mail-checked")).to_contain_text("9 of 9" if scripts else "8 of 8")
        page.screenshot(path=RESULTS / f"review-{scripts}.png", full_page=True)
        person.press("Send a test email")
        expect(page.locator("#mail-tested")).to_be_visible()
        page.screenshot(path=RESULTS / f"review-tested-{scripts}.png", full_page=True)
        assert [mail.rcpt_to for mail in relay.envelopes] == ["alice@acme.test"]
        assert person.fields <= AT_MOST
        assert person.clicks <= AT_MOST
        page.get_by_role("button", name="Finish setup").click()
        page.goto(f"{fresh_install.url}/admin/system/mailer")
        expect(page.locator("#last-test-result")).to_have_attribute("data-value", "succeeded")
        page.context.close()


def test_a_test_that_fails_says_why_and_leads_back(browser: Browser, fresh_install: RunningInstall):
    with Relay(reject_rcpt={"alice@acme.test": "550 5.1.1 no such user"}) as relay:
        page = at_the_mail_question(browser, fresh_install)
        page.get_by_label("Host", exact=True).fill("localhost")
        page.get_by_label("Port", exact=True).fill(str(relay.port))
        page.locator("#secure").uncheck()
        page.get_by_role("button", name="Save and continue").click()
        expect(page.locator("#not-saved")).to_be_visible()
        page.get_by_role("button", name="Save anyway").first.click()
        page.get_by_role("button", name="Send a test email").click()
        expect(page.locator("#test-failure")).to_have_attribute("data-code", "recipient_rejected")
        page.get_by_role("link", name="Look at the mail answer again").click()
        expect(page).to_have_url(f"{fresh_install.url}/setup/mail")
        page.close()


def test_setup_tells_each_step_of_a_check_and_keeps_what_was_typed(
    browser: Browser, fresh_install: RunningInstall
):
    page = at_the_mail_question(browser, fresh_install)
    page.get_by_label("Host", exact=True).fill("localhost")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        page.get_by_label("Port", exact=True).fill(str(silent.getsockname()[1]))
        page.get_by_role("button", name="Save and continue").click()
        expect(page.locator("#check-result")).to_contain_text("127.0.0.1 answers on")
        expect(page.locator("#check-result")).to_contain_text("Checking… 2 s, at most")
        page.screenshot(path=RESULTS / "setup-check-running.png")
        page.get_by_role("button", name="Stop").click()
        expect(page.locator("#check-result")).to_contain_text("was stopped. Nothing was sent.")
    with Relay(tls="starttls", users={"novantra": "right horse"}, require_auth=True) as relay:
        page.get_by_label("Port", exact=True).fill(str(relay.port))
        page.get_by_label("Username", exact=True).fill("novantra")
        page.get_by_label("Password", exact=True).fill("wrong horse")
        page.get_by_role("button", name="Save and continue").first.click()
        expect(page.locator("#not-saved")).to_be_visible()
        expect(page.get_by_label("Password", exact=True)).to_have_value("wrong horse")
        page.screenshot(path=RESULTS / "setup-check-failed.png", full_page=True)
        page.get_by_label("Password", exact=True).fill("right horse")
        page.get_by_role("button", name="Check connection").click()
        expect(page.locator("#check-passed")).to_be_visible()
        page.screenshot(path=RESULTS / "setup-check-passed.png", full_page=True)
        page.locator("#check-passed").get_by_role("button", name="Save and continue").click()
        expect(page.locator("#mail-checked")).to_contain_text("9 of 9")
    page.close()
