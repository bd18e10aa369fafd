"""Refusals, each with the code an administrator would have named.

Those of the first file were posted by people. Those of the second are in our own words after
the way that servers and libraries speak, with names and numbers of our own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from app.mail.failures import Disposition, FailureCode
from app.mail.phases import Phase

_DATA = Path(__file__).parents[1] / "data"


@dataclass(frozen=True)
class Refusal:
    """``accepted`` holds the best code first; its disposition is ``disposition``."""

    id: str
    text: str
    provider: str
    phase: Phase
    accepted: tuple[FailureCode, ...]
    disposition: Disposition


def load(name: str) -> list[Refusal]:
    return [
        Refusal(
            id=entry["id"],
            text=entry["text"],
            provider=entry["provider"],
            phase=Phase(entry["phase"]),
            accepted=tuple(FailureCode(c) for c in (entry["code"], *entry.get("also_ok", ()))),
            disposition=Disposition(entry["disposition"]),
        )
        for entry in json.loads((_DATA / name).read_text(encoding="utf-8"))
    ]


POSTED = load("smtp_errors.json")
COLLECTED = load("smtp_errors_collected.json")
