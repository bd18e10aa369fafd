"""The first run in a real browser, by labels, with and without scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import RESULTS
from tests.functional.install import PASSWORD, RunningInstall
from tests.smtpd import Relay

pytestmark = pytest.mark.browser
RELAY_PASSWORD = "right horse"


def picture(page: Page, name: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    page.screenshot(path=RESULTS / f"{name}.png", full_page=True)


def walk_to_mail(page: Page, install: RunningInstall, shots: str) -> None:
    page.goto(install.url)
    expect(page).to_have_url(f"{install.url}/setup")
    page.get_by_label("Setup token", exact=True).fill(install.token)
    picture(page, f"{shots}-1-token")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_label("Access URL")).to_have_value(install.url)
    picture(page, f"{shots}-2-address")
    page.get_by_role("button", name="Use this address").click()
    page.get_by_label("Organization name").fill("Acme")
    page.get_by_label("Your name").fill("Alice Admin")
    page.get_by_label("Email address").fill("alice@acme.test")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Repeat the password", exact=True).fill(PASSWORD)
    picture(page, f"{shots}-3-administrator")
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(f"{install.url}/setup/mail")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_person_sets_the_install_up_and_sends_the_first_mail(
    browser: Browser, fresh_install: RunningInstall, scripts: bool
):
    install, shots = fresh_install, "first-run" if scripts else "first-run-plain"
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    walk_to_mail(page, install, shots)
    picture(page, f"{shots}-4-mail")
    page.get_by_role("button", name="Set mail up later").click()
    picture(page, f"{shots}-5-review")
    page.get_by_role("button", name="Finish setup").click()
    expect(page).to_have_url(f"{install.url}/admin/system")
    picture(page, f"{shots}-6-overview")
    page.get_by_role("link", name=re.compile("^Mailer")).click()
    expect(page.locator("#mail-state")).to_have_attribute("data-value", "pending")
    picture(page, f"{shots}-7-pending")

    with Relay(tls="starttls", users={"novantra": RELAY_PASSWORD}, require_auth=True) as relay:
        page.get_by_label("Sender address").fill("novantra@acme.test")
        page.get_by_label("Host", exact=True).fill("localhost")
        page.get_by_label("Port", exact=True).fill(str(relay.port))
        page.get_by_label("Username").fill("novantra")
        page.get_by_label("Password", exact=True).fill("wrong horse")
        page.get_by_role("button", name="Check connection").click()
        diagnosis = page.locator(".diagnosis")
        expect(diagnosis).to_have_attribute("data-code", "auth_bad_credentials")
        expect(page.get_by_label("Host", exact=True)).to_have_value("localhost")
        # With scripts the page stays, and what was typed with it; the answer never holds it.
        kept = "wrong horse" if scripts else ""
        expect(page.get_by_label("Password", exact=True)).to_have_value(kept)
        picture(page, f"{shots}-8-check-failed")
        page.get_by_label("Password", exact=True).fill(RELAY_PASSWORD)
        page.get_by_role("button", name="Check connection").click()
        expect(page.locator(".diagnosis")).to_have_count(0)
        picture(page, f"{shots}-9-check-passed")
        page.get_by_label("Password", exact=True).fill(RELAY_PASSWORD)
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator("#mail-state")).to_have_attribute("data-value", "configured")
        page.get_by_role("button", name="Send test email").click()
        expect(page.locator("#last-test-result")).to_have_attribute("data-value", "succeeded")
        picture(page, f"{shots}-10-tested")
        assert relay.envelopes[-1].rcpt_to == "alice@acme.test"
    assert complaints == []
    context.close()


def test_mail_is_set_up_inside_the_wizard(browser: Browser, fresh_install: RunningInstall):
    page = browser.new_page()
    walk_to_mail(page, fresh_install, "wizard-mail")
    with Relay(tls="starttls", users={"novantra": RELAY_PASSWORD}) as relay:
        page.get_by_label("Sender address").fill("novantra@acme.test")
        page.get_by_label("Host", exact=True).fill("localhost")
        page.get_by_label("Port", exact=True).fill(str(relay.port))
        page.get_by_label("Username").fill("novantra")
        page.get_by_label("Password", exact=True).fill(RELAY_PASSWORD)
        page.get_by_role("button", name="Save and continue").click()
        expect(page).to_have_url(f"{fresh_install.url}/setup/review")
        picture(page, "wizard-mail-review")
        page.get_by_role("button", name="Finish setup").click()
        expect(page).to_have_url(f"{fresh_install.url}/admin/system")
        page.wait_for_timeout(1500)
    assert [mail.rcpt_to for mail in relay.envelopes] == ["alice@acme.test"]
    page.close()
