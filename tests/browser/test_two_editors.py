"""Two who save at once: the second chooses field by field, and loses nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.mailer.configuration import stored
from app.runtime import Runtime
from tests.browser.test_earlier import look
from tests.conftest import Clock
from tests.mailer.situations import World
from tests.outbox.letters import change_sender

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_each_field_is_chosen_and_saved(
    mailer: Callable[..., Page], runtime: Runtime, clock: Clock, scripts: bool
) -> None:
    world = World(runtime, clock)
    world.save("relay-a.acme.internal", username="novantra", password="today’s")
    page = mailer(scripts=scripts)
    clock.advance(minutes=2)
    change_sender(runtime, "a-very-long-local-part-of-an-address-for-people@hr.acme.internal")
    page.get_by_label("Sender name").fill("People at Acme")
    page.get_by_label("Sender address").fill("people@acme.test")
    page.get_by_label("Password", exact=True).fill("tomorrow’s")
    save = page.get_by_role("button", name="Save changes")
    save.click()
    box = page.locator("#conflict")
    expect(box).to_contain_text("The password that you typed is never sent back")
    if scripts:
        look(page, "conflict")
    box.get_by_role("radio", name="a-very-long-local-part").check()
    page.get_by_label("Password", exact=True).fill("tomorrow’s")
    box.get_by_role("button", name="Save my choice").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    with runtime.database.session(reading=True) as session:
        row = stored(session)
        assert row is not None
        assert row.sender_address.startswith("a-very-long")
        assert (row.sender_name, row.version) == ("People at Acme", 3)


def test_two_addresses_that_were_saved_at_once(mailer: Callable[..., Page]) -> None:
    first, second = mailer("/admin/system/access-urls"), mailer("/admin/system/access-urls")
    for page, url in ((first, "https://first.acme.test"), (second, "https://second.acme.test")):
        page.get_by_label("Access URL").fill(url)
        page.get_by_role("button", name="Save", exact=True).click()
    look(second, "access-url")
    second.get_by_role("radio", name="https://first.acme.test").check()
    second.get_by_role("button", name="Save my choice").click()
    expect(second.get_by_text("stays as it was saved")).to_be_visible()
