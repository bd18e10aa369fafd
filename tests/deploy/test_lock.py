"""``pip install --require-hashes -r requirements.txt`` works with every supported Python."""

from __future__ import annotations

import re
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
# Debian 12 and 13, and what else is about.
PYTHONS = ("3.11.0", "3.11.2", "3.11.7", "3.12.3", "3.13.5", "3.14.0")


def locked() -> set[str]:
    text = (ROOT / "requirements.txt").read_text()
    return {canonicalize_name(name) for name in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)}


@pytest.mark.parametrize("python", PYTHONS)
def test_everything_that_some_python_needs_is_in_the_lock(python: str) -> None:
    """The lock is made with one Python, and what only another one needs is easily left out."""
    environment = {
        "python_full_version": python,
        "python_version": python.rpartition(".")[0],
    }
    tops = (ROOT / "requirements.in").read_text().splitlines()
    todo = [Requirement(line) for line in tops]
    seen: set[tuple[str, str]] = set()
    missing = set()
    while todo:
        one = todo.pop()
        for extra in ("", *one.extras):
            name = canonicalize_name(one.name)
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            if name not in locked():
                missing.add(name)
                continue
            for line in requires(name) or ():
                needed = Requirement(line)
                here = {**environment, "extra": extra}
                if needed.marker is None or needed.marker.evaluate(here):
                    todo.append(needed)
    assert missing == set()
