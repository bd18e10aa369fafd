"""From the red box to the configuration that worked, and back to mail: three clicks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.runtime import Runtime
from tests.browser.conftest import RESULTS
from tests.browser.screens import SCHEMES, overflow, violations
from tests.conftest import Clock
from tests.mailer.pages import PATH
from tests.mailer.situations import World
from tests.outbox.letters import change_sender, queue_resets
from tests.smtpd import Relay

pytestmark = pytest.mark.browser
EARLIER = f"{PATH}/earlier"
PICTURES = RESULTS / "earlier"
WIDTHS = (320, 390, 1280)
LONG = "a-very-long-name-of-a-relay-that-breaks-nothing.acme.internal"


@pytest.fixture
def world(runtime: Runtime, clock: Clock) -> World:
    return World(runtime, clock)


def look(page: Page, name: str) -> None:
    """Pictures at every width in both schemes; nothing overflows and axe finds nothing."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=PICTURES / f"{name}-{width}-{scheme}.png", full_page=True)
        assert overflow(page) == 0, f"{name} at {width}"
        assert violations(page) == [], f"{name} at {width}"


def test_the_list_and_one_of_it_look_right(
    mailer: Callable[..., Page], world: World, runtime: Runtime
) -> None:
    look(mailer(EARLIER), "none")
    world.save("relay-a.acme.internal", username="novantra", password="yesterday’s")
    world.sent()
    world.clock.advance(hours=5)
    change_sender(runtime, "a-very-long-local-part-of-an-address-for-people@hr.acme.internal")
    world.clock.advance(minutes=20)
    world.save(LONG, username="mail", password="yesterday’s")
    world.save(provider="console")
    world.save("relay-b.acme.internal", username="novantra", password="today’s")
    world.paused()
    page = mailer(EARLIER)
    expect(page.get_by_text("Worked last")).to_have_count(1)
    look(page, "list")
    page.goto(page.url + "/1")
    expect(page.get_by_label("Password", exact=True)).to_be_visible()
    look(page, "one")
    look(mailer(), "paused")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_the_red_box_back_to_what_worked(
    mailer: Callable[..., Page], world: World, runtime: Runtime, scripts: bool
) -> None:
    with Relay(users={"novantra": "yesterday’s"}, require_auth=True) as relay:
        login = {"username": "novantra", "password": "yesterday’s", "port": relay.port}
        world.save(**login)  # type: ignore[arg-type]
        world.sent()
        world.save("localhost", **login | {"port": relay.port, "password": "wrong"})  # type: ignore[arg-type]
        queue_resets(runtime, ["dana@acme.test"])
        world.paused()
        page = mailer(scripts=scripts)
        page.get_by_role("link", name="see what changed").click()
        expect(page.get_by_role("heading", name="Restore an earlier")).to_be_visible()
        page.get_by_role("button", name="Check and restore").click()
        expect(page.locator("#password-error-1")).to_contain_text("Type the password again")
        page.get_by_label("Password", exact=True).fill("not this one")
        page.get_by_role("button", name="Check and restore").click()
        expect(page.locator("#not-restored")).to_be_visible()
        expect(page.locator("[data-step=auth]")).to_have_attribute("data-state", "failed")
        if scripts:
            look(page, "refused")
        page.get_by_label("Password", exact=True).fill("yesterday’s")
        page.get_by_role("button", name="Check and restore").click()
        expect(page.locator("#mail-state")).to_have_attribute("data-value", "configured")
        expect(page.get_by_text("is in force again")).to_be_visible()
        assert "yesterday’s" not in page.content()
