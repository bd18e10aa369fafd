"""One word that follows a request through the mails it causes to every attempt at them.

Log lines carry it as ``correlation_id``, and so do the rows of mails and of requests for mail.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LONGEST = 64
_FIT = re.compile(r"[A-Za-z0-9._:-]{8,64}")
_current: ContextVar[str | None] = ContextVar("novantra_correlation", default=None)


def new() -> str:
    """A word that nobody used before."""
    return secrets.token_hex(8)


def fit(given: str | None) -> str | None:
    """What a proxy calls the request, if that can stand in a log line."""
    return given if given is not None and _FIT.fullmatch(given) else None


def current() -> str | None:
    """The word for what is being done, if it belongs to anything."""
    return _current.get()


def begin(word: str | None) -> None:
    """What this thread does from now on belongs to ``word``."""
    _current.set(word)


@contextmanager
def belonging_to(word: str | None) -> Iterator[None]:
    """What is done inside belongs to ``word``; without one, to nothing."""
    token = _current.set(word)
    try:
        yield
    finally:
        _current.reset(token)


class Mark(logging.Filter):
    """Puts the word on every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        word = _current.get()
        if word is not None and not hasattr(record, "correlation_id"):
            record.correlation_id = word
        return True
