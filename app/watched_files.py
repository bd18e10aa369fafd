"""Small files whose text may change while the program runs, such as mounted secrets.

A file is read again when its time, its size or the file behind its name is another one (Kubernetes
swaps a symbolic link), and now and then all the same. A changed text counts once two looks in a row
found it: who is just writing has then finished. A file that became empty or cannot be read any more
leaves the last text in use.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from app.crypto.secret import Secret

EVERY = 1.0
"""Seconds between looks at a file, at least."""

WHOLE_EVERY = 30.0
"""Seconds after which a file is read again that looks unchanged."""

LARGEST = 64 * 1024
"""Bytes: longer than any key file or list of authorities that belongs here."""


@dataclass(frozen=True)
class Reading:
    """``text`` is ``None`` while nothing usable was ever read. ``problem`` is a clause about the
    file as it is now, such as “cannot be read (Permission denied)”: with a text, that one is from
    before."""

    text: Secret | None = None
    problem: str | None = None


@dataclass
class _Watched:
    reading: Reading = Reading()
    seen: tuple[int, ...] | None = None
    candidate: Secret | None = None
    looked_at: float = 0.0
    read_at: float = 0.0


@dataclass
class WatchedFiles:
    """The files of one process. Safe to share between its threads."""

    every: float = EVERY
    _files: dict[str, _Watched] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, path: str) -> Reading:
        """What the file says, as far as it can be used."""
        with self._lock:
            watched = self._files.get(path)
            now = time.monotonic()
            if watched is None:
                watched = self._files[path] = _Watched()
                self._look(watched, path, now, first=True)
            elif now - watched.looked_at >= self.every:
                self._look(watched, path, now)
            return watched.reading

    def _look(self, watched: _Watched, path: str, now: float, *, first: bool = False) -> None:
        watched.looked_at = now
        seen = _state_of(path)
        waits = watched.candidate is not None or watched.reading.problem is not None
        same = seen is not None and seen == watched.seen
        if same and not waits and now - watched.read_at < WHOLE_EVERY:
            return
        watched.seen, watched.read_at = seen, now
        found = _read(path)
        before = watched.reading.text
        if found.text is None or found.text == before:
            watched.candidate = None
            watched.reading = Reading(before, found.problem)
        elif first or before is None or found.text == watched.candidate:
            watched.candidate = None
            watched.reading = Reading(found.text)
        else:
            watched.candidate = found.text


def _state_of(path: str) -> tuple[int, ...] | None:
    try:
        state = os.stat(path)
    except (OSError, ValueError):
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino, state.st_dev


def _read(path: str) -> Reading:
    try:
        with Path(path).open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        return Reading(problem=f"cannot be read ({error.strerror or type(error).__name__})")
    except ValueError:  # a name that no file can have
        return Reading(problem="cannot be read (no such name is possible)")
    if len(content) > LARGEST:
        return Reading(problem=f"is longer than {LARGEST // 1024} kB")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return Reading(problem="is not UTF-8 text")
    text = without_last_newline(text)
    return Reading(Secret(text)) if text else Reading(problem="is empty")


def without_last_newline(text: str) -> str:
    """The text without one newline at its end, which editors and ``echo`` put there."""
    return text[:-2] if text.endswith("\r\n") else text.removesuffix("\n")
