"""Every page, at two widths in both schemes: axe finds nothing, nothing overflows, and a first view
stays light."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response

from tests.browser.conftest import RESULTS
from tests.browser.screens import overflow, shoot, violations
from tests.console import CONSOLE
from tests.functional.install import PASSWORD, Person, RunningInstall, walk_wizard

pytestmark = pytest.mark.browser
FIRST_VIEW_LIMIT = 100_000

ADMIN_PAGES = [
    *CONSOLE,
    "/admin/system/mailer?provider=microsoft365",
    "/admin/system/mailer?provider=microsoft365&login_method=person",
    "/admin/system/mailer?provider=google",
    "/admin/system/mailer?provider=console",
    "/admin/system/audit/verification",
    "/organizations/acme/invitations",
]
VISITOR_PAGES = [
    "/login",
    "/forgot-password",
    "/unlock",
    "/no-such-page",
    "/reset-password/unknown",
    "/verify-email/unknown",
    "/invitations/unknown",
]


@pytest.fixture(scope="module")
def install(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningInstall]:
    """Acme with mail on the console, some mail sent and some people invited."""
    folder: Path = tmp_path_factory.mktemp("every-page")
    with RunningInstall(folder / "data", NOVANTRA_RATELIMIT="off") as running:
        person = Person(running.url)
        walk_wizard(running, person, provider="console", sender_address="novantra@acme.test")
        person.open("/organizations/acme/members")
        person.submit("email", email="dana@acme.test", role="member")
        yield running


@pytest.fixture(scope="module")
def signed_in(browser: Browser, install: RunningInstall) -> Any:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{install.url}/login")
    page.get_by_label("Email address").fill("alice@acme.test")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    state = context.storage_state()
    context.close()
    return state


@pytest.mark.parametrize("path", [*ADMIN_PAGES, *VISITOR_PAGES])
def test_axe_finds_nothing_and_nothing_overflows(
    browser: Browser, install: RunningInstall, signed_in: Any, path: str
):
    findings: list[str] = []

    def read(page: Page) -> None:
        width = page.evaluate("innerWidth")
        if beyond := overflow(page):
            findings.append(f"{width} px: {beyond} px too wide")
        findings.extend(f"{width} px: {line}" for line in violations(page))

    shoot(
        browser,
        install.url,
        [path],
        RESULTS / "pages",
        widths=(360, 1280),
        storage_state=signed_in if path in ADMIN_PAGES else None,
        prepare=read,
    )
    assert findings == []


@pytest.mark.parametrize("path", ["/admin/system/mailer", "/admin/system", "/login"])
def test_a_first_view_is_light_and_loads_one_stylesheet(
    browser: Browser, install: RunningInstall, signed_in: Any, path: str
):
    context = browser.new_context(storage_state=signed_in if path != "/login" else None)
    page = context.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(install.url + path)
    page.wait_for_load_state("networkidle")
    sizes = {answer.url: len(answer.body()) for answer in answers if answer.status == 200}
    assert sum(sizes.values()) < FIRST_VIEW_LIMIT, sizes
    assert len([url for url in sizes if ".css" in url]) == 1
    assert all(url.startswith(install.url) for url in sizes), "something came from elsewhere"
    context.close()
