"""The button that a text asks for is on the same screen as the text, on a desk and on a phone."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from app.outbox.models import OutboxMessage
from app.runtime import Runtime
from tests.browser.conftest import RESULTS
from tests.browser.screens import SCHEMES, answer_who_administers, moved, overflow, violations
from tests.browser.states import LOGIN, STATES, out_of_sight
from tests.browser.test_mailer_page import fill
from tests.conftest import Clock
from tests.functional.install import PASSWORD, RunningInstall
from tests.mailer.situations import World
from tests.outbox.letters import queue_resets
from tests.smtpd import Relay

pytestmark = pytest.mark.browser
SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
PICTURES = RESULTS / "states"


@pytest.fixture
def world(runtime: Runtime, clock: Clock) -> World:
    return World(runtime, clock)


@pytest.mark.parametrize("state", list(STATES))
def test_what_a_text_asks_for_is_within_one_screen_in_every_state(
    mailer: Callable[..., Page], world: World, state: str
):
    STATES[state](world)
    PICTURES.mkdir(parents=True, exist_ok=True)
    page = mailer()
    for name, size in SIZES.items():
        for scheme in SCHEMES:
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.emulate_media(color_scheme=scheme)
            page.reload()
            picture = f"{state.replace(' ', '-')}-{size['width']}-{scheme}"
            page.screenshot(path=PICTURES / f"{picture}.png")
            assert out_of_sight(page) == [], picture
            assert moved(page) == [], picture
            assert overflow(page) == 0, picture
        assert violations(page) == [], f"{state} on a {name}"


@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_passed_check_ends_with_save_and_a_save_with_the_test(
    mailer: Callable[..., Page], size: str, scripts: bool
):
    with Relay() as relay:
        page = mailer(scripts=scripts, viewport=SIZES[size])
        fill(page, relay, "")
        page.get_by_label("Username").fill("")
        page.locator("#secure").uncheck()
        page.get_by_role("button", name="Check connection").click()
        expect(page.locator("#check-passed")).to_be_visible()
        save = page.locator("#check-result").get_by_role("button", name="Save now")
        expect(save).to_be_in_viewport(ratio=1)
        page.screenshot(path=RESULTS / f"check-passed-{size}-{scripts}.png")
        save.click()
        expect(page.locator("#mail-state")).to_have_attribute("data-value", "configured")
        test = page.get_by_role("status").get_by_role("button", name="Send it now")
        expect(test).to_be_in_viewport(ratio=1)
        page.screenshot(path=RESULTS / f"saved-{size}-{scripts}.png")
        test.click()
        expect(page.locator("#last-test-result")).to_have_attribute("data-value", "succeeded")
        page.screenshot(path=RESULTS / f"tested-{size}-{scripts}.png")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_refused_password_is_mended_in_the_box_with_one_press(
    mailer: Callable[..., Page], world: World, runtime: Runtime, scripts: bool
):
    with Relay(users={"novantra": "today’s"}, require_auth=True) as relay:
        world.save(port=relay.port, **LOGIN)  # type: ignore[arg-type]
        queue_resets(runtime, ["dana@acme.test"])
        world.paused()
        page = mailer(scripts=scripts)
        field = page.get_by_label("The current password of novantra on 127.0.0.1")
        field.fill("wrong")
        page.get_by_role("button", name="Check and resume").click()
        expect(page.locator("[data-step=auth]")).to_have_attribute("data-state", "failed")
        expect(page.locator("#mail-state")).to_have_attribute("data-value", "paused")
        expect(page).to_have_title(re.compile("Mailer"))
        field.fill("today’s")
        page.get_by_role("button", name="Check and resume").click()
        expect(page.locator("#mail-state")).to_have_attribute("data-value", "configured")
        expect(page.get_by_text("Checked and saved. Sending has resumed")).to_be_visible()
        assert "today’s" not in page.content()


def test_after_a_fix_the_page_turns_green_by_itself(
    mailer: Callable[..., Page], world: World, runtime: Runtime
):
    world.save()
    queue_resets(runtime, ["dana@acme.test"])
    world.worker()
    page = mailer()
    expect(page.locator("#mail-state")).to_have_text("First attempt under way")
    with runtime.database.transaction() as session:
        session.execute(update(OutboxMessage).values(state="sent", sent_at=runtime.now()))
    world.sent()
    expect(page.locator("#mail-state")).to_have_text("Sending normally", timeout=8000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(3500)
    assert asked == [], "nothing moves any more, so nothing is asked for"


def test_a_check_of_a_silent_relay_counts_the_seconds_and_can_be_stopped(
    mailer: Callable[..., Page],
):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        page = mailer()
        page.get_by_label("Sender address").fill("novantra@acme.test")
        page.get_by_label("Host", exact=True).fill("localhost")
        page.get_by_label("Port", exact=True).fill(str(silent.getsockname()[1]))
        page.get_by_role("button", name="Check connection").click()
        expect(page.locator("#check-result")).to_contain_text("127.0.0.1 answers on")
        expect(page.locator("#check-result")).to_contain_text("Checking… 2 s, at most 30 s")
        page.screenshot(path=RESULTS / "check-running.png")
        page.get_by_role("button", name="Stop").click()
        expect(page.locator("#check-result")).to_contain_text("The check was stopped")
        expect(page.get_by_role("button", name="Check connection")).to_be_enabled()


def test_a_test_with_unsaved_edits_offers_to_save_them_first(
    mailer: Callable[..., Page], world: World
):
    with Relay() as relay:
        world.save(port=relay.port)  # type: ignore[arg-type]
        page = mailer()
        page.get_by_label("Sender name").fill("Acme People")
        page.get_by_role("button", name="Send test email").click()
        page.get_by_role("dialog").get_by_role("button", name="Save and test").click()
        expect(page.locator("#last-test-result")).to_have_attribute("data-value", "succeeded")
        expect(page.get_by_label("Sender name")).to_have_value("Acme People")


def test_enter_in_a_field_saves_whatever_button_stands_above_it(
    mailer: Callable[..., Page], world: World
):
    with Relay() as relay:
        world.save(port=relay.port)  # type: ignore[arg-type]
        page = mailer()
        for name in ("Acme One", "Acme Two"):  # the second time a message offers the test
            page.get_by_label("Sender name").fill(name)
            page.keyboard.press("Enter")
            expect(page.get_by_role("status").get_by_text("Saved.")).to_be_visible()
            expect(page.get_by_label("Sender name")).to_have_value(name)
        assert relay.envelopes == []


@pytest.mark.parametrize("size", list(SIZES))
def test_the_wizard_keeps_its_next_click_on_the_screen_too(
    browser: Browser, fresh_install: RunningInstall, size: str
):
    context = browser.new_context(viewport=SIZES[size])  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{fresh_install.url}/setup?token={fresh_install.token}")
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("button", name="Use this address").click()
    answer_who_administers(page, PASSWORD)
    page.get_by_label("Host", exact=True).fill("localhost")
    page.get_by_label("Port", exact=True).fill("1")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("button", name="Save anyway")).to_be_in_viewport(ratio=1)
    page.screenshot(path=RESULTS / f"wizard-not-saved-{size}.png")
    about = page.get_by_role("link", name="What this failure means").get_attribute("href")
    chapter = context.new_page()
    chapter.goto(f"{fresh_install.url}{about}")
    expect(chapter.locator("#connect_refused")).to_be_in_viewport()
    chapter.close()
    with Relay() as relay:
        page.get_by_label("Port", exact=True).fill(str(relay.port))
        page.locator("#secure").uncheck()
        page.get_by_role("button", name="Check connection").click()
        passed = page.locator("#check-passed").get_by_role("button", name="Save and continue")
        expect(passed).to_be_in_viewport(ratio=1)
        page.screenshot(path=RESULTS / f"wizard-passed-{size}.png")
        passed.click()
        expect(page.get_by_role("button", name="Send a test email")).to_be_in_viewport(ratio=1)
    context.close()
