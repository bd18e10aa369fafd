"""Two parts of the program that lock under the same number would wait for each other."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

APP = Path(__file__).parents[1] / "app"


def test_every_advisory_lock_has_a_number_of_its_own() -> None:
    source = "\n".join(file.read_text(encoding="utf-8") for file in sorted(APP.rglob("*.py")))
    numbers = re.findall(r"^\w*LOCK = ([\d_]+)$", source, re.MULTILINE)
    assert len(numbers) >= 6
    assert [number for number, times in Counter(numbers).items() if times > 1] == []
