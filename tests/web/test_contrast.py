"""The stylesheet's colours keep WCAG 2.2 AA contrast in both schemes, computed from its tokens."""

import re
from pathlib import Path

import pytest

STYLESHEET = Path(__file__).parents[2] / "app/static/novantra.css"
TEXT, SHAPE = 4.5, 3.0
"""Least ratios: 1.4.3 for text, 1.4.11 for the outline of a control."""
EVERYWHERE = ("ground", "surface", "sunken", "quiet-soft", "accent-soft", "bad-soft")
PAIRS = [
    *[(ink, ground, TEXT) for ink in ("ink", "ink-2") for ground in EVERYWHERE],
    *[("ink-3", ground, TEXT) for ground in ("ground", "surface", "sunken", "accent-soft")],
    *[("accent", ground, TEXT) for ground in ("ground", "surface", "accent-soft", "bad-soft")],
    *[(tone, f"{tone}-soft", TEXT) for tone in ("good", "warn", "bad")],
    *[("bad", ground, TEXT) for ground in ("ground", "surface")],
    ("accent-ink", "accent", TEXT),
    ("accent-ink", "accent-hover", TEXT),
    ("bad-ink", "bad", TEXT),
    ("bad-ink", "bad-hover", TEXT),
    *[("field-line", ground, SHAPE) for ground in ("ground", "surface", "sunken", "accent-soft")],
]


def _tokens(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})\b", css))


def _schemes() -> dict[str, dict[str, str]]:
    before, after = STYLESHEET.read_text().split("@media (prefers-color-scheme: dark)", 1)
    light, dark = _tokens(before), _tokens(after)
    return {"light": light, "dark": light | dark}


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _ratio(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_every_pair_of_colours_can_be_read(
    scheme: str, ink: str, ground: str, least: float
) -> None:
    tokens = _schemes()[scheme]
    assert _ratio(tokens[ink], tokens[ground]) >= least


def test_the_whole_stylesheet_stays_under_thirty_kilobytes() -> None:
    assert STYLESHEET.stat().st_size <= 30_000


def test_the_script_stays_under_six_kilobytes() -> None:
    assert STYLESHEET.with_name("novantra.js").stat().st_size <= 6_000
