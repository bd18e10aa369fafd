"""Private folders for what is only half made, and what is left of them when their process died.

A folder lies beside what it is made for and is gone when its process is done with it. One that was
killed can remove nothing, so each holds a file that its process keeps locked: where nobody holds
that lock any more, nobody needs the folder.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = ".novantra-"
_OWNER = "in-use"
_UNLOCKED = 60.0
"""Seconds. A folder without the file is one of this very moment, or its process died in it."""


@contextmanager
def workshop(beside: Path, purpose: str) -> Iterator[Path]:
    """A folder for this user alone in the folder ``beside``, gone afterwards.

    Raises ``OSError``, which names ``beside`` where no folder can be made in it.
    """
    try:
        made = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{purpose}-", dir=beside))
    except OSError as error:
        # The name that was tried would mean nothing to anybody.
        raise OSError(error.errno, error.strerror, str(beside)) from None
    try:
        lock = os.open(made / _OWNER, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _lock(lock)
            yield made
        finally:
            os.close(lock)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def left_behind(beside: Path) -> list[Path]:
    """Workshops in ``beside`` whose process is gone, in order of their names.

    Those of other users are not looked into: nothing tells whether they are needed.
    """
    return [path for path in _workshops(beside) if not _is_in_use(path)]


def clear_away(beside: Path) -> list[Path]:
    """Remove them, and say which were removed."""
    found = left_behind(beside)
    for path in found:
        shutil.rmtree(path, ignore_errors=True)
    return [path for path in found if not path.exists()]


def _workshops(beside: Path) -> list[Path]:
    mine = {os.geteuid()}
    try:
        if os.geteuid() == 0:
            mine.add(beside.stat().st_uid)
        names = sorted(name for name in os.listdir(beside) if name.startswith(PREFIX))
    except OSError:
        return []
    return [path for name in names if _is_a_folder_of(path := beside / name, mine)]


def _is_a_folder_of(path: Path, users: set[int]) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid in users


def _is_in_use(path: Path) -> bool:
    try:
        lock = os.open(path / _OWNER, os.O_WRONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return _age(path) < _UNLOCKED
    except OSError:
        return True
    try:
        return not _lock(lock)
    finally:
        os.close(lock)


def _lock(file: int) -> bool:
    """Whether nobody else has it locked. A file system that knows no locks tells of nobody."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
