"""States that no other test opens: axe finds nothing, nothing is wider than its window, and nothing
moves while the page loads."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.pictures import RELAY, Picture, on_stage
from tests.browser.scenes import SCENES
from tests.browser.screens import moved
from tests.browser.sheet import READ, findings

pytestmark = pytest.mark.browser

ELSEWHERE_UNSEEN = [
    "wizard-administrator",
    "wizard-administrator-409",
    "wizard-mail-409",
    "wizard-review-409",
    "wizard-environment",
    "forgot-paused",
    "unlock-paused",
    "links-handed",
    "links-received",
    "invitation-handed",
    "invitation-received",
    "mailer-working",
    "mailer-impact",
    "mailer-arrived-not",
    "mailer-environment",
    "activity-question",
    "access-urls-409",
    "members-outage",
]


@pytest.mark.parametrize("name", ELSEWHERE_UNSEEN)
def test_nothing_is_found(browser: Browser, name: str) -> None:
    scene = SCENES[name]
    found: list[str] = []
    with on_stage(
        browser, Picture(scene.arrange, installed=scene.installed), **scene.settings
    ) as on:
        for width, scheme in READ:
            on.page.set_viewport_size({"width": width, "height": 844})
            on.page.emulate_media(color_scheme=scheme)
            found += [f"{width} px, {scheme}: {line}" for line in findings(on.page)]
    assert found == []


@pytest.mark.parametrize(("height", "lines"), [(80, 1), (0, 0)])
def test_what_moves_by_itself_is_found(browser: Browser, height: int, lines: int) -> None:
    document = f"""<!doctype html><main><p>{"word " * 500}</p></main><script>setTimeout(() => {{
        const late = document.createElement("div");
        late.style.height = "{height}px";
        document.body.prepend(late);
        document.title = "late";
    }}, 300)</script>"""
    page = browser.new_page()
    page.route("**/*", lambda route: route.fulfill(body=document, content_type="text/html"))
    page.goto("http://novantra.test/")
    page.wait_for_function("document.title === 'late'")
    found = moved(page)
    page.close()
    assert len(found) == lines
    assert all("<main>" in line or "<body>" in line for line in found)


def test_typing_into_a_guessed_field_replaces_the_guess(browser: Browser) -> None:
    """Whoever clicks into a field has it guessed by the very click that leaves the one before."""
    scene = SCENES["wizard-administrator"]
    with on_stage(browser, Picture(scene.arrange, installed=False)) as stage:
        stage.page.get_by_label("Email address").press_sequentially("alice@acme.test")
        name = stage.page.get_by_label("Your name")
        name.click()
        stage.page.wait_for_timeout(50)
        stage.page.keyboard.type("Alice Admin")
        assert name.input_value() == "Alice Admin"


@pytest.mark.parametrize("choice", ["Save my choice", "Save and continue"])
def test_a_choice_between_two_answers_is_made_once(browser: Browser, choice: str) -> None:
    """The box comes into the page that stands there, and what was typed stays in its fields."""
    scene = SCENES["wizard-mail-409"]
    with on_stage(browser, Picture(scene.arrange, installed=False)) as stage:
        page = stage.page
        page.get_by_label("Host", exact=True).fill(RELAY)
        page.get_by_role("button", name=choice).first.click()
        page.wait_for_url("**/review")
        assert "9 of 9" in (page.locator("#mail-checked").text_content() or "")
