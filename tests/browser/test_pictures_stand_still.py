"""A picture taken twice is the same to the last bit: where one changes, a page has changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.pictures import PICTURES, take
from tests.browser.screens import chromium
from tests.certificates import server_context
from tests.needs import need_chromium

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The one that takes the pictures of the docs."""
    with chromium(need_chromium()) as running:
        yield running


@pytest.mark.parametrize("name", ["mailer-check", "mailer-paused-phone"])
def test_a_picture_taken_twice_is_the_same(browser: Browser, name: str) -> None:
    server_context()  # as tests before have made it: for other names than the picture's relay
    assert take(browser, PICTURES[name]) == take(browser, PICTURES[name])
