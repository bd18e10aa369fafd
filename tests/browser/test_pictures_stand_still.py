"""A picture taken twice is the same to the last bit: where one changes, a page has changed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.pictures import PICTURES, take
from tests.certificates import server_context

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", ["mailer-check", "mailer-paused-phone"])
def test_a_picture_taken_twice_is_the_same(browser: Browser, name: str) -> None:
    server_context()  # as tests before have made it: for other names than the picture's relay
    assert take(browser, PICTURES[name]) == take(browser, PICTURES[name])
