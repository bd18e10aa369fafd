"""What databases are sent: by this process, and by those that its nursery forks.

A *trace* is a short name for something that a database can answer in its own way. One statement is
one, as its text stands, with the locks it asks for; so are the type and size of each value in it;
and so is a whole transaction, which is its statements in their order and how it ended. Two tests
with the same traces ask a database for the same things.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

_STARTS_FROM_NOTHING = re.compile(r"(.*/)?(python[\d.]*|gunicorn|novantra|flask)$")
_LOCKING = ("read", "nowait", "skip_locked", "key_share")
"""SQLite's text of a statement does not say them."""
_LIST = re.compile(r"\(\?(?:, \?)+\)(?:, \(\?(?:, \?)+\))*")


class Listener:
    """Hands each new trace to ``tell``, until it is asked to start over."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        # Its own: a run that is noted may try a listener, and each hears the same connections.
        self._open = f"traces of this transaction for {id(self)}"
        self._told: set[str] = set()
        self._heard: dict[str, Callable[..., None]] = {
            "before_cursor_execute": self._statement,
            "handle_error": self._error,
            "commit": lambda connection: self._end(connection, "commit"),
            "rollback": lambda connection: self._end(connection, "rollback"),
        }

    def start_over(self) -> None:
        self._told.clear()

    def attach(self) -> None:
        """Hear every engine of this process, those that are still to be made as well."""
        for name, hear in self._heard.items():
            event.listen(Engine, name, hear)

    def detach(self) -> None:
        for name, hear in self._heard.items():
            event.remove(Engine, name, hear)

    def _trace(self, *parts: object) -> str:
        trace = _short(parts)
        if trace not in self._told:
            self._told.add(trace)
            self._tell(trace)
        return trace

    def _statement(
        self, connection: Connection, _cursor: object, text: str, values: Any, context: Any, *_: Any
    ) -> None:
        compiled = getattr(context, "compiled", None)
        locks = getattr(getattr(compiled, "statement", None), "_for_update_arg", None)
        wanted = [getattr(locks, name, None) for name in _LOCKING]
        trace = self._trace(_without_numbers_of_values(text), *wanted)
        for kind in kinds(values):
            self._trace(trace, kind)
        connection.info.setdefault(self._open, {})[trace] = None

    def _error(self, context: Any) -> None:
        if context.connection is not None:
            kind = type(context.original_exception).__name__
            context.connection.info.setdefault(self._open, {})[self._trace("error", kind)] = None

    def _end(self, connection: Connection, how: str) -> None:
        sent = connection.info.pop(self._open, None)
        if sent:
            self._trace(how, *sent)


@lru_cache(maxsize=100_000)
def _short(parts: tuple[object, ...]) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=6).hexdigest()


@lru_cache(maxsize=10_000)
def _without_numbers_of_values(text: str) -> str:
    """``IN (?, ?, ?)`` and rows that are inserted together are the same for any number of them."""
    return _LIST.sub("(…)", text)


def kinds(values: Any) -> set[str]:
    """Which value is of which type, and about how large."""
    rows: Iterable[Any] = values if isinstance(values, list) else [values]
    found = set()
    for row in rows:
        pairs = row.items() if isinstance(row, Mapping) else enumerate(row or ())
        found.update(f"{place} {_kind(value)}" for place, value in pairs)
    return found


def _kind(value: object) -> str:
    if isinstance(value, str):
        odd = ("\0" in value) * "nul" or (not value.isascii()) * "more than ascii"
        return f"str {len(value).bit_length() // 2} {odd}"
    if isinstance(value, bytes):
        return f"bytes {len(value).bit_length() // 2}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"int {value < 0} {value.bit_length() // 32}"
    return type(value).__name__


TRACES: list[str] = []
"""Of the test that runs, from this process."""

_FOLDER: list[Path] = []
_UNSEEN: list[str] = []
_READ: dict[str, int] = {}
"""How far each child's file was read."""


def listen(folder: Path) -> None:
    """Hear this process from now on; what the nursery forks writes into ``folder``."""
    _FOLDER.append(folder)
    _LISTENERS.append(Listener(TRACES.append))
    _LISTENERS[0].attach()
    sys.addaudithook(_note_what_cannot_be_heard)


_LISTENERS: list[Listener] = []


def folder_for_children() -> str:
    """What the nursery hands on to what it forks; empty if nobody listens."""
    return str(_FOLDER[0]) if _FOLDER else ""


def listen_in_a_child(folder: str) -> None:
    """Write each trace at once: some processes are killed."""
    file = os.open(
        Path(folder) / f"{os.getpid()}",
        os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC,
        0o666,
    )
    Listener(lambda trace: _write(file, trace)).attach()


def _write(file: int, trace: str) -> None:
    os.write(file, f"{trace}\n".encode())


def collect() -> tuple[list[str], bool]:
    """The traces since the last call, and whether a process ran that could not be heard."""
    found = set(TRACES)
    for path in _FOLDER[0].iterdir():
        with path.open() as file:  # whoever writes it may go on after this test
            file.seek(_READ.get(path.name, 0))
            found.update(file.read().split())
            _READ[path.name] = file.tell()
    unseen = bool(_UNSEEN)
    for listener in _LISTENERS:
        listener.start_over()
    TRACES.clear()
    _UNSEEN.clear()
    return sorted(found), unseen


def _note_what_cannot_be_heard(name: str, arguments: tuple[Any, ...]) -> None:
    """A Python that was started from nothing, which the nursery never does."""
    if name == "subprocess.Popen":
        words = arguments[1] if isinstance(arguments[1], list | tuple) else [arguments[1]]
        said = " ".join(map(os.fsdecode, words)).split()
        if "tests.nursery" not in said and any(map(_STARTS_FROM_NOTHING.match, said)):
            _UNSEEN.append(said[0])
