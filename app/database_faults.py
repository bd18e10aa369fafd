"""What is wrong with the database, in one value, whichever engine and driver said it.

SQLite's driver names its result code (https://sqlite.org/rescode.html). PostgreSQL gives a SQLSTATE
(https://www.postgresql.org/docs/current/errcodes-appendix.html), but not for a connection that it
refuses: libpq keeps only the text of that refusal, so for those the text is read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import psycopg
from sqlalchemy import exc


class Word(StrEnum):
    """The kinds of fault. ``OTHER`` says nothing about the database: the statement was wrong."""

    FULL = "full"
    READ_ONLY = "read_only"
    BUSY = "busy"
    CROWDED = "crowded"
    STARTING = "starting"
    UNREACHABLE = "unreachable"
    REFUSED_LOGIN = "refused_login"
    NO_SUCH_DATABASE = "no_such_database"
    NO_SCHEMA = "no_schema"
    NO_RIGHT = "no_right"
    NOT_A_DATABASE = "not_a_database"
    CANNOT_OPEN = "cannot_open"
    DAMAGED = "damaged"
    IO_ERROR = "io_error"
    WRONG_SCHEMA = "wrong_schema"
    BAD_URL = "bad_url"
    OTHER = "other"


@dataclass(frozen=True)
class DatabaseFault:
    """``cause`` is a clause without capital and full stop, ``cure`` a sentence.

    Neither holds values. ``code``, for logs: ``SQLITE_…``, a SQLSTATE or an exception's name.
    """

    word: Word
    cause: str
    cure: str
    code: str

    @property
    def passes(self) -> bool:
        """Whether the same thing may work in a moment, with nobody doing anything."""
        return self.word in PASSING

    @property
    def is_known(self) -> bool:
        """Whether the database is at fault. Otherwise the program is, and says so with a 500."""
        return self.word is not Word.OTHER

    @property
    def sentence(self) -> str:
        """The cause as a sentence of its own."""
        return f"{self.cause[0].upper()}{self.cause[1:]}."


PASSING = frozenset({Word.BUSY, Word.CROWDED, Word.STARTING, Word.UNREACHABLE})

SENTENCES = {
    Word.FULL: (
        "the disk that holds the database is full",
        "Free some space there.",
    ),
    Word.READ_ONLY: (
        "the database can be read but not written",
        "Give the user that Novantra runs as the right to write it (for SQLite the file and its"
        " folder), or name the primary server if this one is a standby.",
    ),
    Word.BUSY: (
        "the database is locked by another program or a long transaction",
        "Try again in a moment; if it stays so, find what else has the database open.",
    ),
    Word.CROWDED: (
        "the database accepts no more connections",
        "Close some, or raise max_connections on the database server.",
    ),
    Word.STARTING: (
        "the database server is starting or stopping",
        "Wait until it is up.",
    ),
    Word.UNREACHABLE: (
        "the database server does not answer",
        "Start it, or correct host and port in NOVANTRA_DATABASE_URL.",
    ),
    Word.REFUSED_LOGIN: (
        "the database server refuses the login",
        "Correct user and password in NOVANTRA_DATABASE_URL, or let that user in on the server"
        " (pg_hba.conf).",
    ),
    Word.NO_SUCH_DATABASE: (
        "the database server has no database of that name",
        "Create it, or correct the name in NOVANTRA_DATABASE_URL.",
    ),
    Word.NO_SCHEMA: (
        "the database has no schema that Novantra could work in",
        "Create the schema that the search path names.",
    ),
    Word.NO_RIGHT: (
        "the database user lacks a right that Novantra needs",
        "Make that user the owner of the database, or of a schema in it.",
    ),
    Word.NOT_A_DATABASE: (
        "the file is not an SQLite database",
        "Move it away and restore the database from its backup, or correct the path in"
        " NOVANTRA_DATABASE_URL or NOVANTRA_DATA_DIR.",
    ),
    Word.CANNOT_OPEN: (
        "the database file cannot be opened",
        "Check that its folder exists and that the user Novantra runs as may read and write both.",
    ),
    Word.DAMAGED: (
        "the database is damaged",
        "Stop Novantra, keep a copy of what is there, and restore the latest backup.",
    ),
    Word.IO_ERROR: (
        "the disk that holds the database fails or is full",
        "Look at the free space and at the system log.",
    ),
    Word.WRONG_SCHEMA: (
        "the database lacks a table or column that this version needs",
        "Start this version's server once, which brings the database up to date; if that changes"
        " nothing, restore the backup.",
    ),
    Word.BAD_URL: (
        "NOVANTRA_DATABASE_URL cannot be used",
        "It looks like postgresql+psycopg://user:password@host:5432/name, and each option after"
        " the question mark must be one that PostgreSQL knows.",
    ),
    Word.OTHER: (
        "the database refused a statement",
        "The server's log has the details; report them.",
    ),
}

SQLITE = {
    "SQLITE_FULL": Word.FULL,
    "SQLITE_READONLY": Word.READ_ONLY,
    "SQLITE_BUSY": Word.BUSY,
    "SQLITE_LOCKED": Word.BUSY,
    "SQLITE_PROTOCOL": Word.BUSY,
    "SQLITE_CANTOPEN": Word.CANNOT_OPEN,
    "SQLITE_PERM": Word.CANNOT_OPEN,
    "SQLITE_AUTH": Word.CANNOT_OPEN,
    "SQLITE_NOTADB": Word.NOT_A_DATABASE,
    "SQLITE_CORRUPT": Word.DAMAGED,
    "SQLITE_IOERR": Word.IO_ERROR,
}

# By the whole SQLSTATE first, then by its class, the first two characters.
POSTGRES = {
    "08": Word.UNREACHABLE,
    "28": Word.REFUSED_LOGIN,
    "40001": Word.BUSY,
    "40P01": Word.BUSY,
    "25006": Word.READ_ONLY,
    "25P03": Word.BUSY,
    "25P04": Word.BUSY,
    "3D": Word.NO_SUCH_DATABASE,
    "3F": Word.NO_SCHEMA,
    "42501": Word.NO_RIGHT,
    "42P01": Word.WRONG_SCHEMA,
    "42703": Word.WRONG_SCHEMA,
    "53100": Word.FULL,
    "53": Word.CROWDED,
    "55P03": Word.BUSY,
    "57014": Word.BUSY,
    "57": Word.STARTING,
    "58": Word.IO_ERROR,
    "XX001": Word.DAMAGED,
    "XX002": Word.DAMAGED,
}

# What a refused connection says, in the order in which it is looked for.
REFUSALS = (
    (
        Word.STARTING,
        ("is starting up", "is shutting down", "in recovery mode", "not yet accepting"),
    ),
    (Word.CROWDED, ("too many clients", "too many connections", "connection slots")),
    (
        Word.REFUSED_LOGIN,
        (
            "authentication failed",
            "no password supplied",
            "no pg_hba.conf entry",
            "is not permitted to log in",
            "rejects connection",
        ),
    ),
    (Word.NO_RIGHT, ("permission denied for database",)),
    (Word.BAD_URL, ("connection is bad: invalid", "invalid connection option", "bad value for")),
)


def fault_of(error: BaseException) -> DatabaseFault:
    """The fault behind an exception of SQLAlchemy or of a driver, looking through its causes."""
    found = [_classified(one) for one in _chain(error)]
    word, code = next((one for one in found if one[0] is not Word.OTHER), found[0])
    return fault_named(word, code)


def fault_named(word: Word, code: str) -> DatabaseFault:
    """The fault of that kind, found in another way than by an exception."""
    cause, cure = SENTENCES[word]
    return DatabaseFault(word, cause, cure, code)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The driver's own error first: SQLAlchemy only wraps it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, exc.DBAPIError) and seen.orig is not None:
            yield seen.orig
        else:
            yield seen
        seen = seen.__cause__


def _classified(error: BaseException) -> tuple[Word, str]:
    if isinstance(error, sqlite3.Error):
        return _sqlite(error)
    if isinstance(error, psycopg.Error):
        return _postgres(error)
    name = type(error).__name__
    if isinstance(error, exc.TimeoutError):  # every connection of the pool is taken
        return Word.BUSY, name
    if isinstance(error, exc.ArgumentError | exc.NoSuchModuleError):
        return Word.BAD_URL, name
    return Word.OTHER, name


def _sqlite(error: sqlite3.Error) -> tuple[Word, str]:
    # Errors of the module itself, such as using a closed connection, have no code.
    code = getattr(error, "sqlite_errorname", None) or type(error).__name__
    primary = "_".join(code.split("_")[:2])
    if primary == "SQLITE_ERROR":
        said = str(error)
        if said.startswith(("no such table", "no such column")) or "has no column named" in said:
            return Word.WRONG_SCHEMA, code
    return SQLITE.get(primary, Word.OTHER), code


def _postgres(error: psycopg.Error) -> tuple[Word, str]:
    state = error.sqlstate
    if state:
        return POSTGRES.get(state) or POSTGRES.get(state[:2], Word.OTHER), state
    name = type(error).__name__
    said = str(error)
    for word, marks in REFUSALS:
        if any(mark in said for mark in marks):
            return word, name
    if "does not exist" in said and "FATAL" in said:
        return (Word.REFUSED_LOGIN if 'role "' in said else Word.NO_SUCH_DATABASE), name
    if isinstance(error, psycopg.OperationalError):
        return Word.UNREACHABLE, name
    return Word.OTHER, name
