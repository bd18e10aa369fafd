"""Pictures of pages at three widths in both colour schemes, and what axe finds on them.

    python -m tests.browser.screens
    python -m tests.browser.screens http://127.0.0.1:8000 /login /setup --out /tmp/shots --axe

Without an address it starts an install of its own, sets it up and signs in.

From a test: ``with chromium() as browser: shoot(browser, base_url, ["/login"], out)``.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, StorageState, expect, sync_playwright

from tests.functional.install import Person, RunningInstall, walk_wizard

Scheme = Literal["light", "dark"]
PAGES = (
    "/admin/system",
    "/admin/system/mailer",
    "/admin/system/mail-activity",
    "/admin/system/mail-activity/over-time",
    "/admin/system/mail-templates",
    "/admin/system/mail-templates/invitation",
    "/admin/system/access-urls",
    "/admin/system/time-zone",
    "/admin/system/administrators",
    "/admin/system/audit",
    "/admin/system/audit/verification",
    "/organizations/acme/members",
    "/account",
)
WIDTHS = (360, 768, 1280)
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def chromium(executable: str = "/usr/bin/chromium") -> Iterator[Browser]:
    """The system's Chromium, which asks nobody for updates while it runs."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def shoot(
    browser: Browser,
    base_url: str,
    paths: Iterable[str],
    out: Path,
    *,
    widths: Iterable[int] = WIDTHS,
    schemes: Iterable[Scheme] = SCHEMES,
    storage_state: StorageState | None = None,
    prepare: Callable[[Page], None] | None = None,
    full_page: bool = True,
) -> list[Path]:
    """One PNG per path, width and scheme. ``storage_state`` carries a signed-in session's cookies;
    ``prepare`` is called on each page before the picture (open a fold, press a button).
    """
    out.mkdir(parents=True, exist_ok=True)
    pictures = []
    widths, paths = list(widths), list(paths)
    # A page that is shown in the other colours must not still be on its way there.
    context = browser.new_context(storage_state=storage_state, reduced_motion="reduce")
    page = context.new_page()
    for path in paths:
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(base_url + path)
            for scheme in schemes:
                page.emulate_media(color_scheme=scheme)
                if prepare:
                    prepare(page)
                picture = out / f"{_name(path)}-{width}-{scheme}.png"
                page.screenshot(path=picture, full_page=full_page)
                pictures.append(picture)
    context.close()
    return pictures


def violations(page: Page) -> list[str]:
    """What axe objects to on the page as it stands, a line per element: rule, help, selector. A
    colour on its way to another has the contrast of neither: what moves comes to its end first."""
    page.wait_for_load_state()
    page.evaluate(_STANDS_STILL)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
    return [
        f"{rule['id']}: {rule['help']}: {' '.join(map(str, node['target']))}"
        for rule in found
        for node in rule["nodes"]
    ]


_STANDS_STILL = """() => Promise.all(document.getAnimations()
  .filter(each => each.effect.getComputedTiming().endTime !== Infinity)
  .map(each => each.finished.catch(() => null)))"""


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window; 0 is right. A page that has only just
    come has nothing to be measured yet, so it is waited for."""
    page.wait_for_load_state()
    wide: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return max(0, wide)


def moved(page: Page) -> list[str]:
    """What moved by itself while the page loaded, a line per movement: its score and its elements
    (https://web.dev/articles/cls). A busy machine shows the upper half of a page before it has read
    the lower one, and a corner moves by a few pixels then: nobody sees a tenth of a good score."""
    page.wait_for_load_state()
    found: list[str] = page.evaluate(_MOVED, _GOOD_SHIFT / 10)
    return found


_GOOD_SHIFT = 0.1
_MOVED = """least => new Promise(done => {
  const name = ({node}) => node ? (node.outerHTML || node.textContent).slice(0, 60) : "?";
  const told = [];
  new PerformanceObserver(list => {
    for (const e of list.getEntries())
      if (!e.hadRecentInput && e.value >= least)
        told.push(`moved by ${e.value.toFixed(3)}: ${e.sources.map(name).join(", ")}`);
  }).observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(told), 60);
})"""


def answer_who_administers(page: Page, password: str) -> None:
    """The wizard's question, answered as far as its script does not guess; that is waited for."""
    page.get_by_label("Email address").fill("alice@acme.test")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Your name")).to_have_value("Alice")
    expect(page.get_by_label("Organization name")).to_have_value("Acme")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Repeat the password", exact=True).fill(password)
    page.get_by_role("button", name="Continue").click()


def _name(path: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", path).strip("-") or "root"


def _signed_in(person: Person) -> StorageState:
    """That person's cookies, for the browser."""
    cookies = [
        {"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}
        for name, value in person.http.cookies.items()
    ]
    return {"cookies": cookies, "origins": []}  # type: ignore[typeddict-item]


def main(argv: list[str] | None = None) -> int:
    """Takes the pictures; with ``--axe`` also reads every page and exits 1 on any finding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base_url", nargs="?")
    parser.add_argument("paths", nargs="*", default=list(PAGES))
    parser.add_argument("--out", type=Path, default=Path("test-results/screens"))
    parser.add_argument("--axe", action="store_true")
    parser.add_argument("--widths", type=int, nargs="+", default=list(WIDTHS))
    options = parser.parse_args(argv)
    findings: list[str] = []

    def read(page: Page) -> None:
        where = f"{page.url} at {page.evaluate('innerWidth')} px"
        if beyond := overflow(page):
            findings.append(f"{where}: {beyond} px wider than the window")
        if options.axe:
            findings.extend(f"{where}: {line}" for line in violations(page))

    def photograph(base_url: str, state: StorageState | None) -> None:
        with chromium() as browser:
            for picture in shoot(
                browser,
                base_url,
                options.paths,
                options.out,
                widths=options.widths,
                prepare=read,
                storage_state=state,
            ):
                print(picture)

    if options.base_url:
        photograph(options.base_url.rstrip("/"), None)
    else:
        with TemporaryDirectory() as folder, RunningInstall(Path(folder) / "data") as install:
            alice = Person(install.url)
            walk_wizard(install, alice)
            photograph(install.url, _signed_in(alice))
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
