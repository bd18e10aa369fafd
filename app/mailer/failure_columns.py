"""A failure as the columns of a table: one value for whoever writes or reads it.

A table has four columns for it, whose names begin alike: code, phase, reply code and enhanced
code. The two of the reply are filled for mail that the relay took as well.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy.orm import Composite, composite

from app.mail.failures import Failure, FailureCode
from app.mail.phases import Phase
from app.mail.transport import Receipt

_PARTS = ("code", "phase", "reply_code", "enhanced_code")
_CODES = frozenset(code.value for code in FailureCode)
_PHASES = frozenset(phase.value for phase in Phase)


def failure_in(prefix: str = "") -> Composite[Any]:
    """Declares ``Mapped[Failure | None]`` over the four columns that begin with ``prefix``.

    It reads as None where nothing failed, and where the code is one of another version: that is
    still in its column.
    """
    names = [prefix + part for part in _PARTS]
    return composite(_failure, *names, return_none_on=lambda code, *_: code not in _CODES)


def answer_in(prefix: str, answer: Failure | Receipt | None) -> dict[str, object]:
    """The same four columns for a statement that writes them: what failed, or what was answered
    to mail that was taken."""
    values: tuple[object, ...] = (None,) * len(_PARTS)
    if isinstance(answer, Failure):
        values = answer.__composite_values__()
    elif answer is not None:
        values = (None, None, answer.reply_code, answer.enhanced)
    return dict(zip(_names(prefix), values, strict=True))


@cache
def _names(prefix: str) -> tuple[str, ...]:
    return tuple(prefix + part for part in _PARTS)


def _failure(code: str, phase: str | None, reply_code: int | None, enhanced: str | None) -> Failure:
    where = Phase(phase) if phase in _PHASES else None
    return Failure(FailureCode(code), where, reply_code, enhanced)
