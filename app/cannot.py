"""One place that turns what stops a start or a command into one sentence and an exit code.

Only what an operator can do something about: an error of the program keeps its traceback.
"""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from app.crypto.box import SealBroken
from app.crypto.keys import KeysUnusable
from app.database_faults import fault_of

CANNOT = 2
"""The exit code of a command that could not do its work; 1 is for what was asked about."""


class Cannot(Exception):
    """Something expected stands in the way. The message says what and what to do about it."""


EXPECTED = (
    Cannot,
    KeysUnusable,
    SealBroken,
    SQLAlchemyError,
    sqlite3.Error,
    psycopg.Error,
    OSError,
)


@contextmanager
def one_sentence(
    doing: str, *, database_url: str = "", as_json: bool = False, code: int = CANNOT
) -> Iterator[None]:
    """End the process with ``code`` and "Novantra cannot ``doing``: …" when the block cannot work.

    ``as_json``: standard output gets an object with ``error`` as well, for scripts that parse it.
    """
    try:
        yield
    except EXPECTED as error:
        reason = explained(error, database_url)
        if reason is None:
            raise
        if reason[1:2].islower():  # a word, and not the name of a variable
            reason = reason[0].lower() + reason[1:]
        sentence = f"Novantra cannot {doing}: {reason}"
        print(sentence, file=sys.stderr, flush=True)  # noqa: T201
        if as_json:
            print(json.dumps({"error": sentence}, ensure_ascii=False), flush=True)  # noqa: T201
        raise SystemExit(code) from None


def explained(error: BaseException, database_url: str = "") -> str | None:
    """Cause and cure in one line, ``None`` when the program itself is at fault."""
    if isinstance(error, SQLAlchemyError | sqlite3.Error | psycopg.Error):
        fault = fault_of(error)
        if not fault.is_known:
            return None
        where = f" ({whereabouts(database_url)})" if database_url else ""
        return f"{fault.cause}{where}. {fault.cure}"
    if isinstance(error, OSError):
        return _about_files(error)
    return " ".join(str(error).split())


def whereabouts(database_url: str) -> str:
    """Which database that is, without its password."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    host = f"{url.host}:{url.port or 5432}" if url.host else "the local socket"
    user = f" as {url.username}" if url.username else ""
    return f"{url.database or 'the default database'} at {host}{user}"


_ON_FILES = {
    errno.EACCES: ("may not be used by user {user}", "Give that user the right to it."),
    errno.EPERM: ("may not be changed by user {user}", "Run this as its owner or as root."),
    errno.EROFS: ("is on a file system that cannot be written", "Mount it writable."),
    errno.ENOSPC: ("cannot be written, because the disk is full", "Free some space there."),
    errno.EDQUOT: ("cannot be written, because the quota is used up", "Free some space there."),
    errno.EEXIST: ("is in the way", "Move it away."),
    errno.ENOTDIR: ("has a file where a folder should be", "Correct the path."),
    errno.EISDIR: ("is a folder where a file should be", "Move it away."),
    errno.ENOENT: ("does not exist", "Correct the path."),
    errno.ENAMETOOLONG: ("has too long a name", "Correct the path."),
    errno.ELOOP: ("is a link that leads to itself", "Correct the link."),
}


def _about_files(error: OSError) -> str | None:
    if error.filename is None or error.errno not in _ON_FILES:
        return None
    cause, cure = _ON_FILES[error.errno]
    return f"{os.fsdecode(error.filename)} {cause.format(user=_who())}. {cure}"


def _who() -> str:
    return str(os.geteuid())
