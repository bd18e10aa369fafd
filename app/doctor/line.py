"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """``NOTE`` is worth knowing and asks for nothing; ``UNSEEN`` could not be looked at."""

    OK = "ok"
    TODO = "todo"
    NOTE = "note"
    UNSEEN = "unseen"


@dataclass(frozen=True)
class Line:
    """``text`` says what was found, in whole sentences; ``cure`` what to do, if there is a need."""

    name: str
    state: State
    text: str
    cure: str = ""


def ok(name: str, text: str) -> Line:
    return Line(name, State.OK, text)


def note(name: str, text: str, cure: str = "") -> Line:
    return Line(name, State.NOTE, text, cure)


def todo(name: str, text: str, cure: str) -> Line:
    return Line(name, State.TODO, text, cure)


def unseen(name: str, text: str) -> Line:
    return Line(name, State.UNSEEN, text)
