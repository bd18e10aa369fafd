"""What a relay shows, trusted with one press: with scripts and without, at a desk, on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screens import overflow, violations
from tests.browser.test_mailer_page import fill
from tests.certificates import pin_of
from tests.smtpd import Relay

pytestmark = pytest.mark.browser
SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.mark.parametrize(("scripts", "size"), [(True, "desk"), (False, "phone")])
def test_a_certificate_and_then_a_new_key_are_trusted_with_one_press_each(
    mailer: Callable[..., Page], scripts: bool, size: str
) -> None:
    page = mailer(scripts=scripts, viewport=SIZES[size])
    fields = page.locator("details", has=page.locator("#trust"))
    expect(fields).not_to_have_attribute("open", "")
    users = {"novantra": "right"}
    with Relay(tls="starttls", users=users, require_auth=True, certificate="self_signed") as relay:
        fill(page, relay, "right")
        page.get_by_role("button", name="Check connection").click()
        expect(page.locator("#shown")).to_contain_text(pin_of("self_signed"))
        assert overflow(page) == 0
        if scripts:
            assert violations(page) == []
        else:
            page.get_by_label("Password", exact=True).fill("right")
        page.get_by_role("button", name="Trust this certificate and check again").click()
        expect(page.locator("#check-passed")).to_be_visible()
        expect(page.locator("#trust")).to_have_value("own")
        expect(fields).to_have_attribute("open", "")
        if not scripts:
            page.get_by_label("Password", exact=True).fill("right")
        page.get_by_role("button", name="Save", exact=True).first.click()
        expect(page.locator("#mail-state")).to_have_attribute("data-value", "configured")
    with Relay(tls="starttls", users=users, require_auth=True) as relay:
        fill(page, relay, "right")
        page.locator("#trust").select_option("system")
        page.locator("#ca_certificates").fill("")
        page.locator("#certificate_pin").fill(pin_of("self_signed"))
        page.get_by_role("button", name="Check connection").click()
        expect(page.locator("#shown")).to_contain_text("The relay has a new key")
        if not scripts:
            page.get_by_label("Password", exact=True).fill("right")
        page.get_by_role("button", name="Trust the new key and check again").click()
        expect(page.locator("#check-passed")).to_be_visible()
        expect(page.locator("#certificate_pin")).to_have_value(pin_of("good"))
