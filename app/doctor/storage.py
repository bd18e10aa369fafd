"""The database, the counters in Redis, and the keys against what is stored."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator

from limits.errors import ConfigurationError
from limits.storage import storage_from_string
from sqlalchemy import insert, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.cannot import Cannot, whereabouts
from app.config import Config
from app.crypto.box import SealedBox
from app.database import Database, utcnow
from app.database_faults import fault_of
from app.database_waits import PROBE, waiting
from app.doctor.line import Line, note, ok, todo, unseen
from app.extensions import limiter_options
from app.resealing import examine
from app.schema import NothingInstalled, current_revision, require_current
from app.sealing import counted
from app.throttle import Throttle

LEAST_FREE = 200_000_000
"""Bytes. A queue of a hundred thousand mails fits into it."""


def database(found: Database) -> Iterator[Line]:
    """Whether it answers, has this version's schema, takes a row, and has room."""
    name, where = "Database", whereabouts(found.url)
    begun = time.monotonic()
    try:
        with waiting(PROBE), found.session(reading=True) as session:
            version = _server_version(session)
            revision = current_revision(session.connection())
    except SQLAlchemyError as error:
        fault = fault_of(error)
        yield todo(name, f"{fault.sentence[:-1]} ({where}).", fault.cure)
        return
    took = (time.monotonic() - begun) * 1000
    yield ok(name, f"{version} at {where} answers in {took:.0f} ms.")
    try:
        require_current(found)
    except NothingInstalled:
        raise
    except Cannot as difference:
        cause, _, cure = str(difference).partition(". ")
        yield todo("Schema", f"{cause}.", cure)
        return
    yield ok("Schema", f"{revision}, the one that this version needs.")
    yield _writable(found)
    yield _room(found)


def _server_version(session: Session) -> str:
    if session.get_bind().dialect.name == "sqlite":
        return f"SQLite {session.scalar(text('SELECT sqlite_version()'))}"
    return f"PostgreSQL {session.scalar(text('SHOW server_version'))}"


def _writable(found: Database) -> Line:
    """A row is written and taken back by ending the transaction: nothing reaches the disk."""
    row = insert(Throttle).values(purpose="doctor", subject="doctor", at=utcnow())
    try:
        with waiting(PROBE), found.session() as session:
            session.execute(row)
            session.rollback()
    except SQLAlchemyError as error:
        fault = fault_of(error)
        return todo("Writing", fault.sentence, fault.cure)
    return ok("Writing", "The database takes a row.")


def _room(found: Database) -> Line:
    name = "Space"
    if found.file is None:
        with found.session(reading=True) as session:
            size = session.scalar(text("SELECT pg_database_size(current_database())"))
        return ok(
            name,
            f"The database takes {megabytes(int(size or 0))}. How much is free on its server"
            " cannot be seen from here.",
        )
    free = shutil.disk_usage(found.file.parent).free
    log = found.file.with_name(f"{found.file.name}-wal")  # what was written lately
    size = found.file.stat().st_size + (log.stat().st_size if log.exists() else 0)
    said = f"{megabytes(free)} free beside a database of {megabytes(size)}."
    if free < LEAST_FREE:
        return todo(name, said, f"Free some space on the disk of {found.file.parent}.")
    return ok(name, said)


def megabytes(size: int) -> str:
    """A size for people."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def counters(config: Config, web_processes: int | None) -> Line:
    """Redis, where it is used; ``web_processes`` as far as their signs of life tell."""
    name = "Redis"
    if config.ratelimit_storage == "memory://":
        if web_processes is not None and web_processes > 1:
            return todo(
                name,
                f"{web_processes} web processes run and each counts requests by itself, so together"
                " they let through what one of them should.",
                "Name a Redis in NOVANTRA_RATELIMIT_STORAGE.",
            )
        return ok(name, "Not used, which is right for a single web process.")
    begun = time.monotonic()
    try:
        answers = storage_from_string(
            config.ratelimit_storage, **limiter_options(config.ratelimit_storage)
        ).check()
    except (ConfigurationError, ValueError, TypeError):
        return todo(
            name,
            "NOVANTRA_RATELIMIT_STORAGE cannot be used.",
            "It must be memory://, or look like redis://host:6379/0.",
        )
    if not answers:
        return todo(
            name,
            "The Redis that NOVANTRA_RATELIMIT_STORAGE names does not answer or refuses the login.",
            "Start it, or correct the address. Until then each web process counts by itself, and a"
            " server that starts anew does not start.",
        )
    return ok(name, f"Answers in {(time.monotonic() - begun) * 1000:.0f} ms.")


def keys(session: Session, box: SealedBox, config: Config) -> Line:
    """Whether every sealed value opens."""
    name = "Keys"
    total, broken = examine(session, box)
    if box.ring.problem:
        return todo(
            name,
            f"{box.ring.problem} {counted(total)} cannot be read.",
            "Bring the key back from its backup. If it is gone for good: novantra keys forget-lost",
        )
    if broken:
        return todo(
            name,
            f"{len(broken)} of {counted(total)} do not open. The first: {broken[0]}",
            "Bring back the key they were sealed with; novantra keys doctor names all of them.",
        )
    ids = ", ".join(key.id for key in box.ring.keys)
    where = "NOVANTRA_KEYS" if config.key_provider == "env" else str(config.key_file)
    return ok(name, f"{where} opens {counted(total)}. Newest first: {ids}.")


def keys_alone(box: SealedBox) -> Line:
    """The keys while the database cannot be asked what they should open."""
    if box.ring.problem:
        return note("Keys", box.ring.problem, "A first start makes one; otherwise bring it back.")
    return unseen("Keys", "There are keys; what they should open cannot be looked at.")
