"""PostgreSQL's own tools: ``pg_dump``, and ``pg_restore`` read by ``psql``, in one transaction."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from psycopg.conninfo import make_conninfo
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from app.backup.tables import ours
from app.cannot import Cannot
from app.database import Database

LOCK_SECONDS = 30
"""For what others hold, when the tables are exchanged."""


def tool(name: str) -> str:
    """The path of one of PostgreSQL's tools. Raises :class:`~app.cannot.Cannot`."""
    found = shutil.which(name)
    if found is None:
        raise Cannot(
            f"{name} is not installed here. It comes with PostgreSQL's client (Debian and Ubuntu:"
            " apt install postgresql-client), of the server's major version or a later one."
        )
    return found


def begin_snapshot(session: Session) -> str:
    """The state that this session sees from now on, by a name that ``pg_dump`` understands."""
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    return str(session.scalar(text("SELECT pg_export_snapshot()")))


def namespace(session: Session) -> str:
    """The schema that Novantra's tables are in."""
    return str(session.scalar(text("SELECT current_schema()")))


def dump(database: Database, session: Session, snapshot: str, target: Path) -> None:
    """Write our tables, and no others, as that snapshot has them."""
    schema = namespace(session)
    tables = [f"--table={_quoted(schema)}.{_quoted(name)}" for name in ours(session.connection())]
    arguments, environment = _connection(database)
    _run(
        [
            tool("pg_dump"),
            *("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"),
            *(f"--file={target}", *tables, *arguments),
        ],
        environment,
        "pg_dump",
    )


def load(database: Database, dumped: Path, schema: str, after: Sequence[str]) -> None:
    """Put the tables of ``dumped`` in place of ours, and run the statements ``after``.

    All of it is one transaction, which this process ends: if it dies before that, or either tool
    does, the server takes everything back. Raises :class:`~app.cannot.Cannot`.
    """
    with database.session(reading=True) as session:
        there = ours(session.connection())
    drops = [f"DROP TABLE {_quoted(schema)}.{_quoted(name)} CASCADE;" for name in there]
    before = ["\\set ON_ERROR_STOP on", "BEGIN;", f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s';"]
    arguments, environment = _connection(database)
    writer = subprocess.Popen(  # noqa: S603 - PostgreSQL's own, found in PATH
        [tool("psql"), "--no-psqlrc", "--quiet", "--file=-", *arguments],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert writer.stdin
    assert writer.stderr
    said = b""
    try:
        writer.stdin.write("\n".join([*before, *drops, ""]).encode())
        writer.stdin.flush()
        _run(
            [tool("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(dumped)],
            environment,
            "pg_restore",
            into=writer.stdin.fileno(),
        )
        writer.stdin.write("\n".join(["", *after, "COMMIT;", ""]).encode())
        writer.stdin.close()
    except BrokenPipeError:  # it ended by itself and says why
        with suppress(BrokenPipeError):
            writer.stdin.close()
    except BaseException:
        writer.kill()
        writer.wait()
        raise
    finally:
        said = writer.stderr.read()
        writer.stderr.close()
    if writer.wait() != 0:
        raise Cannot(f"psql did not finish: {_reason(said)} The database is as it was before.")


def _run(
    words: list[str], environment: dict[str, str], name: str, into: int = subprocess.DEVNULL
) -> None:
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own, found in PATH
        words, env=environment, stdout=into, stderr=subprocess.PIPE, check=False
    )
    if done.returncode:
        if done.returncode == -signal.SIGPIPE or b"Broken pipe" in done.stderr:
            raise BrokenPipeError
        if os.strerror(errno.ENOSPC).encode() in done.stderr:
            raise OSError(errno.ENOSPC, name)  # the workshop says which disk
        raise Cannot(f"{name} did not finish: {_reason(done.stderr)} Nothing was changed.")


def _reason(said: bytes) -> str:
    """What the tool says, in one line. These name hosts, users and tables, and never a password."""
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    first = lines[0] if lines else "it gave no reason"
    for mark in ("ERROR:", "FATAL:", "error:"):
        _, found, rest = first.partition(mark)
        if found:
            first = rest.strip()
    return first if first.endswith(".") else f"{first}."


def _connection(database: Database) -> tuple[list[str], dict[str, str]]:
    """How the tools connect: everything but the password on the command line, which all can see."""
    url = make_url(database.url)
    _, values = database.engine.dialect.create_connect_args(url)
    values.pop("context", None)  # SQLAlchemy's own, for the driver
    password = values.pop("password", None)
    environment = {name: value for name, value in os.environ.items() if name != "PGPASSWORD"}
    environment["LC_ALL"] = "C"  # their reasons are read here
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    return [f"--dbname={make_conninfo(**values)}"], environment


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
