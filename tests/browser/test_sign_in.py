"""Signing in at Microsoft and Google in Chromium: what is seen, and where the buttons lead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

from app.runtime import Runtime
from tests.browser.screens import overflow, violations
from tests.mailer.pages import PATH, MailerPage
from tests.mailer.test_connecting import DEVICE, MAILBOX, good
from tests.mailer.test_ways_to_sign_in import CLIENT, microsoft
from tests.oauth_server import TokenServer
from tests.tokens import at

pytestmark = pytest.mark.browser

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
SEEN = {
    "app": {"tenant_id", "client_id", "client_credential", "client_secret"},
    "person": {"tenant_id", "client_id", "client_secret"},
    "device": {"tenant_id", "client_id"},
    "password": {"password"},
}


@pytest.fixture
def server(runtime: Runtime) -> Iterator[TokenServer]:
    with TokenServer() as running:
        runtime.config = at(runtime.config, running)
        running.answers = [good()]
        yield running


def readable(page: Page) -> None:
    """By everybody, and on a small phone."""
    assert violations(page) == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert overflow(page) == 0
    page.set_viewport_size({"width": 1280, "height": 900})


@SCRIPTS
def test_only_what_the_chosen_way_uses_is_seen(mailer: Callable[..., Page], scripts: bool) -> None:
    page = mailer(f"{PATH}?provider=microsoft365", scripts=scripts)
    for way, fields in SEEN.items():
        page.locator(f"#login_method-{way}").check()
        for name in set.union(*SEEN.values()):
            expect(page.locator(f"#{name}")).to_be_visible(visible=name in fields)
    page.locator("#login_method-app").check()
    page.locator("#client_credential").select_option("certificate")
    expect(page.locator("#client_secret")).to_be_hidden()
    expect(page.locator("#certificate")).to_be_visible()


def test_the_commands_follow_what_is_typed(mailer: Callable[..., Page]) -> None:
    page = mailer(f"{PATH}?provider=microsoft365")
    commands = page.locator("#guide [data-lines]:visible").first
    expect(commands).to_contain_text("-Identity '<mailbox>'")
    page.locator("#username").fill(MAILBOX)
    page.locator("#client_id").fill(CLIENT)
    expect(commands).to_contain_text(f"'appId eq ''{CLIENT}'''")
    expect(commands).to_contain_text(f"Add-MailboxPermission -Identity '{MAILBOX}'")
    page.locator("#username").fill("x'; Remove-Mailbox 'a")
    expect(commands).to_contain_text("-Identity '<mailbox>'")


@SCRIPTS
def test_connect_leads_to_the_vendor_and_back(
    mailer: Callable[..., Page], admin_client: FlaskClient, server: TokenServer, scripts: bool
) -> None:
    assert MailerPage(admin_client).save(**microsoft("person")).status == 303
    page = mailer(scripts=scripts)
    expect(page.locator("#token-state")).to_have_attribute("data-value", "none")
    page.get_by_role("button", name="Connect", exact=True).click()
    page.wait_for_url(re.compile(re.escape(server.base)))
    asked = {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}
    here = page.context.cookies()[0]["domain"]
    assert here == "127.0.0.1"
    page.go_back()
    back = f"{page.url.partition('/admin')[0]}{PATH}/connected"
    page.goto(f"{back}?code=the-code&state={asked['state']}")
    expect(page.locator("#connected-as")).to_have_attribute("data-value", MAILBOX)
    assert "code=" not in page.url
    if scripts:
        readable(page)
    page.goto(f"{back}?code=the-code&state={asked['state']}")
    expect(page.get_by_role("heading", name="Not connected")).to_be_visible()
    if scripts:
        readable(page)


@SCRIPTS
def test_the_page_with_the_code_goes_on_by_itself(
    mailer: Callable[..., Page], admin_client: FlaskClient, server: TokenServer, scripts: bool
) -> None:
    assert MailerPage(admin_client).save(**microsoft("device")).status == 303
    page = mailer(scripts=scripts)
    server.answers = [DEVICE, good()]
    page.get_by_role("button", name="Get a code").click()
    expect(page.locator("#device-code")).to_have_text("ABCD-EFGH")
    if scripts:
        readable(page)
    page.wait_for_url(re.compile(f"{PATH}$"), timeout=20_000)
    expect(page.locator("#connected-as")).to_have_attribute("data-value", MAILBOX)
