"""Every mail as it reaches a reader, on a desk and a phone, in light and in dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import RESULTS
from tests.browser.screens import SCHEMES, overflow, violations
from tests.functional.every_mail import LETTERS, Letter, collect

pytestmark = pytest.mark.browser
PICTURES = RESULTS / "mails"
# A mail stands inside a mail program's page, which has the landmarks.
PAGE_RULES = ("landmark-one-main", "region")


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Letter]:
    return collect(tmp_path_factory.mktemp("letters"))


@pytest.mark.parametrize("name", LETTERS)
def test_a_mail_fits_desks_and_phones_and_axe_finds_nothing(
    browser: Browser, letters: dict[str, Letter], name: str, tmp_path: Path
):
    PICTURES.mkdir(parents=True, exist_ok=True)
    received = letters[name].received
    mail = tmp_path / "mail.html"
    mail.write_text(received.html, encoding="utf-8")
    (PICTURES / f"{name}.txt").write_text(
        f"Subject: {received.message['Subject']}\n\n{received.text}", encoding="utf-8"
    )
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width in (390, 700):
            page.set_viewport_size({"width": width, "height": 600})
            page.goto(mail.as_uri())
            page.screenshot(path=PICTURES / f"{name}-{width}-{scheme}.png", full_page=True)
            assert overflow(page) == 0, f"{width} px"
    assert [line for line in violations(page) if not line.startswith(PAGE_RULES)] == []
    assert set(asked) == {mail.as_uri()}, "a mail loads nothing"
    page.close()
