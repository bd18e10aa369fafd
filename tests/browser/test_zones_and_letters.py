"""A zone is chosen with the browser's help and without; a sample is shown in a frame that can do
nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
TEMPLATES = "/admin/system/mail-templates"
AUDIT = "/admin/system/audit"


def test_the_browser_offers_its_zone_and_the_script_leaves_a_chosen_one_alone(
    mailer: Callable[..., Page],
) -> None:
    page = mailer("/account", timezone_id="Asia/Calcutta")
    page.get_by_role("button", name="Use Asia/Calcutta, as this browser").click()
    page.get_by_role("button", name="Save the time zone").click()
    expect(page.locator(".say.good")).to_contain_text("(Asia/Calcutta)")
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Calcutta")
    expect(page.locator("[data-browser-zone]")).to_be_hidden()
    page.get_by_label("Time zone").select_option("Pacific/Kiritimati")
    page.get_by_role("button", name="Save the time zone").click()
    page.goto(page.url.partition("/account")[0] + AUDIT)
    title = page.locator("time").first.get_attribute("title") or ""
    assert title.endswith("(Pacific/Kiritimati)")


def test_without_scripts_a_zone_is_chosen_from_the_list(mailer: Callable[..., Page]) -> None:
    page = mailer("/account", scripts=False)
    expect(page.locator("[data-browser-zone]")).to_be_hidden()
    page.get_by_label("Time zone").select_option(label="Berlin")
    page.get_by_role("button", name="Save the time zone").click()
    expect(page.locator(".say.good")).to_contain_text("(Europe/Berlin)")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_sample_is_seen_in_its_frame_and_its_links_lead_nowhere(
    mailer: Callable[..., Page], scripts: bool
) -> None:
    page = mailer(f"{TEMPLATES}/invitation", scripts=scripts)
    page.get_by_role("link", name="Dark", exact=True).click()
    page.get_by_role("link", name="Phone", exact=True).click()
    frame = page.frame_locator("iframe.letter")
    expect(frame.get_by_role("heading", name="Join Acme")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    here = page.url
    frame.get_by_role("link", name="Accept the invitation").click()
    page.wait_for_timeout(300)
    assert page.url == here
    assert not [url for url in asked if ".invalid" in url]
    page.get_by_role("link", name="Plain text").click()
    expect(page.locator("pre.letter")).to_contain_text("Alice Admin invites you to join Acme")
