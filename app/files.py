"""The install's files: for the user Novantra runs as alone, tightened where that is ours to do."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from app.config import Config

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
OTHERS = stat.S_IRWXG | stat.S_IRWXO
# What Novantra puts into its data folder; these are beginnings, because SQLite adds "-wal", "-shm".
OURS = ("novantra.db", "keys", "setup-token", "audit-head", ".novantra-")


def make_private() -> None:
    """Whatever this process makes from now on is for its user alone. Called where it begins."""
    os.umask(0o077)


def folders(config: Config, database_file: Path | None) -> list[Path]:
    """Where Novantra puts files, and the workshops in which it makes them."""
    return list(dict.fromkeys([config.data_dir, (database_file or config.key_file).parent]))


def tighten(config: Config, database_file: Path | None) -> None:
    """Close the data folder and the database to others, as far as they are ours to close.

    A folder is ours when we own it and nothing else lies in it: a home folder is not. The key file
    is left as it is, since some deployments give a group the right to read it on purpose.
    """
    folder = config.data_dir
    if _owned(folder) and all(entry.name.startswith(OURS) for entry in folder.iterdir()):
        _close(folder, PRIVATE_FOLDER)
    if database_file is not None:
        for suffix in ("", "-wal", "-shm"):
            file = database_file.with_name(database_file.name + suffix)
            if _owned(file):
                _close(file, PRIVATE_FILE)


def warnings(
    config: Config, database_file: Path | None, service: int | None = None
) -> Iterator[str]:
    """A sentence for each file that others may read or that belongs to somebody else.

    ``service`` is the user that Novantra runs as, where another one looks.
    """
    service = os.geteuid() if service is None else service
    wanted = [config.data_dir, database_file]
    if config.key_provider == "file":
        wanted.append(config.key_file)
    for path in wanted:
        found = _look(path) if path is not None else None
        if found is None:
            continue
        if found.st_uid != service:
            yield (
                f"{path} belongs to user {found.st_uid}, and Novantra runs as {service}:"
                f" chown {service} {path}"
            )
        if path == config.data_dir and not found.st_mode & stat.S_IWOTH:
            continue  # others may look into the folder; what lies in it is closed by itself
        if found.st_mode & OTHERS:
            mode = stat.S_IMODE(found.st_mode)
            right = "700" if path == config.data_dir else "600"
            yield f"{path} is open to others (mode {mode:04o}): chmod {right} {path}"


def _owned(path: Path) -> bool:
    found = _look(path)
    return found is not None and found.st_uid == os.geteuid()


def _close(path: Path, mode: int) -> None:
    if stat.S_IMODE(path.stat().st_mode) & OTHERS:
        path.chmod(mode)


def _look(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None
