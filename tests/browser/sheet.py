"""A contact sheet: every page and every state, on a phone and a desk, light and dark.

    python -m tests.browser.sheet                    # all of them, into test-results/sheet
    python -m tests.browser.sheet wizard- links      # those whose names begin like that

Each is also read by axe and measured: what it finds, what is wider than its window and what moved
while the page loaded is printed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import Error, Page

from tests.browser.pictures import ROOT, Picture, on_stage
from tests.browser.scenes import SCENES, Scene
from tests.browser.screens import SCHEMES, Scheme, chromium, moved, overflow, violations
from tests.needs import need_chromium

WIDTHS = {390: 844, 1280: 800}
READ: tuple[tuple[int, Scheme], ...] = ((390, "light"), (1280, "dark"))
"""Those that axe reads: it takes longer than all four pictures."""
FOLDER = ROOT / "test-results" / "sheet"
TALLEST = 2_400
"""Pixels of a page that the sheet shows; what is below is cut off."""


def findings(page: Page) -> Iterator[str]:
    """What is wrong with the page as it stands, a line each."""
    if beyond := overflow(page):
        yield f"{beyond} px wider than the window"
    yield from moved(page)
    yield from violations(page)


def photograph(browser: Any, name: str, scene: Scene, out: Path) -> Iterator[str]:
    """Four pictures, and what was found."""
    picture = Picture(scene.arrange, installed=scene.installed)
    with on_stage(browser, picture, **scene.settings) as stage:
        page = stage.page
        page.set_default_timeout(8_000)
        for scheme in SCHEMES:
            for width, height in WIDTHS.items():
                page.set_viewport_size({"width": width, "height": height})
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.evaluate("scrollTo(0, 0)")
                where = f"{name} at {width} px, {scheme}"
                tall = page.evaluate("document.documentElement.scrollHeight")
                page.screenshot(
                    path=out / f"{name}-{width}-{scheme}.png",
                    full_page=True,
                    animations="disabled",
                    clip={"x": 0, "y": 0, "width": width, "height": min(tall, TALLEST)},
                )
                if (width, scheme) in READ:
                    yield from (f"{where}: {line}" for line in findings(page))


def montages(names: list[str], out: Path, *, at_once: int = 6) -> Iterator[Path]:
    """The pictures beside each other, some scenes at a time, each with its name above."""
    for scheme in SCHEMES:
        for width, (across, shown) in {390: (6, 390), 1280: (3, 800)}.items():
            for start in range(0, len(names), at_once):
                some = names[start : start + at_once]
                path = out / f"sheet-{width}-{scheme}-{start // at_once:02}.png"
                _montage([out / f"{n}-{width}-{scheme}.png" for n in some], across, shown, path)
                yield path


def _montage(files: list[Path], across: int, shown: int, out: Path) -> None:
    pictures = []
    for file in files:
        with Image.open(file) as opened:
            height = round(opened.height * shown / opened.width)
            pictures.append((file.stem, opened.convert("RGB").resize((shown, height))))
    rows = [pictures[i : i + across] for i in range(0, len(pictures), across)]
    tall = sum(max(p.height for _, p in row) + 24 for row in rows)
    sheet = Image.new("RGB", (across * (shown + 8), tall), "#888")
    pen, top = ImageDraw.Draw(sheet), 0
    for row in rows:
        for place, (name, picture) in enumerate(row):
            pen.text((place * (shown + 8) + 4, top + 4), name, fill="white")
            sheet.paste(picture, (place * (shown + 8), top + 20))
        top += max(p.height for _, p in row) + 24
    sheet.save(out)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="beginnings of names of scenes")
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args(argv)
    names = [n for n in SCENES if not options.names or n.startswith(tuple(options.names))]
    if not names:
        parser.error(f"there is no scene of that name; there are {', '.join(SCENES)}")
    logging.disable(logging.CRITICAL)
    options.out.mkdir(parents=True, exist_ok=True)
    found: list[str] = []
    with chromium(need_chromium()) as browser:
        for name in names:
            try:
                some = list(photograph(browser, name, SCENES[name], options.out))
            except Error as missed:  # the others are worth seeing all the same
                some = [f"{name} was not reached: {missed.message.splitlines()[0]}"]
            print(name, *some, sep="\n  ", flush=True)
            found += some
    taken = [name for name in names if (options.out / f"{name}-1280-dark.png").exists()]
    for path in montages(taken, options.out):
        print(path)
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
