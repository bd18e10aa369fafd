"""What rows are measured with: databases, a relay that takes all, an install, its workers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select, text

from app import create_app
from app.config import Config
from app.outbox.models import OutboxMessage
from app.outbox.queue import enqueue_all
from app.runtime import EXTENSION, Runtime
from app.sealing import OUTBOX_BYTES
from bench import others
from tests import databases
from tests.factories import install_novantra
from tests.functional.install import RunningInstall
from tests.outbox.letters import configure, reset_letter
from tests.relays.ports import free_port

ROOT = Path(__file__).parent.parent
POSTGRESQL = "postgresql+psycopg://postgres@127.0.0.1/test"
OWN = frozenset({"id", "public_id"})
PATIENCE = 600.0
"""Seconds after which a measurement that does not come to an end is given up."""


@dataclass(frozen=True)
class Bench:
    """``folder`` is empty and goes afterwards; ``scale`` makes everything smaller, for a look."""

    folder: Path
    scale: float = 1.0

    def so_many(self, number: int) -> int:
        return max(1, round(number * self.scale))

    def folder_for(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir(parents=True)
        return folder

    @contextmanager
    def databases(self) -> Iterator[list[str]]:
        """The names of those there are: ``SQLite``, and ``PostgreSQL`` if one answers."""
        yield ["SQLite", *(["PostgreSQL"] if postgresql() else [])]


def postgresql() -> str:
    """The address of a PostgreSQL to measure on, or nothing."""
    if named := os.environ.get("NOVANTRA_TEST_DATABASE_URL", ""):
        return named
    ready = subprocess.run(["pg_isready", "-q", "-h", "127.0.0.1"], check=False).returncode
    return POSTGRESQL if ready == 0 else ""


class FromNothing(RunningInstall):
    """The server as a command starts it. Tests fork theirs from a process that has loaded it, which
    is quicker and holds more."""

    launch = subprocess.Popen


@contextmanager
def sink(*options: str) -> Iterator[int]:
    """Postfix's ``smtp-sink`` on a port of loopback: it takes everything and keeps nothing."""
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [others.postfix("smtp-sink"), *user, *options, f"127.0.0.1:{port}", "128"]
    )
    try:
        time.sleep(0.3)
        yield port
    finally:
        process.kill()
        process.wait()


@dataclass
class Installed:
    """An install on a database of its own, which delivers to the relay on a port of loopback."""

    runtime: Runtime
    config: Config

    def queue(self, number: int) -> None:
        """So many password resets of about 7 kB, due now, in one transaction."""
        letters = [reset_letter(f"p{each}@acme.test") for each in range(number)]
        with self.runtime.database.transaction() as session:
            enqueue_all(session, self.runtime, letters)

    def queue_later(self, number: int) -> None:
        """So many more that are queued and due in some minutes; they cannot be opened. (Mail that
        was never tried and is due later than that counts as put there by a wrong clock.)"""
        self.queue(1)
        names = [c.name for c in OutboxMessage.__table__.columns if c.name not in OWN]
        columns = ", ".join(names)
        sqlite = self.runtime.database.is_sqlite
        name = "printf('%032x', i)" if sqlite else "lpad(to_hex(i), 32, '0')"
        values = ", ".join({"sealed_bytes": "'x'", "due_at": ":then"}.get(n, n) for n in names)
        fill = f"""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :number)
            INSERT INTO outbox_messages (public_id, {columns})
            SELECT {name}, {values} FROM n, (SELECT * FROM outbox_messages LIMIT 1) AS one
        """  # noqa: S608 - names of columns
        with self.runtime.database.transaction() as session:
            then = f"{self.runtime.now() + timedelta(minutes=6.5):%Y-%m-%d %H:%M:%S.%f}"
            session.execute(text(fill), {"number": number, "then": then})

    def message(self, file: Path) -> Path:
        """The bytes of one of them, for others to send the same."""
        with self.runtime.database.session(reading=True) as session:
            row = session.scalars(
                select(OutboxMessage).where(OutboxMessage.sealed_bytes.is_not(None)).limit(1)
            ).one()
            file.write_bytes(
                self.runtime.box.open(row.sealed_bytes or "", OUTBOX_BYTES.place_in(row))
            )
        return file

    def sent(self) -> int:
        with self.runtime.database.session(reading=True) as session:
            return (
                session.scalar(
                    select(func.count())
                    .select_from(OutboxMessage)
                    .where(OutboxMessage.state == "sent")
                )
                or 0
            )

    @contextmanager
    def workers(self, *words: str, processes: int = 1) -> Iterator[list[int]]:
        """``novantra mailer worker …``, warm; its process id. ``processes`` is how many it has."""
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("NOVANTRA_")},
            "NOVANTRA_DATA_DIR": str(self.config.data_dir),
            "NOVANTRA_DATABASE_URL": self.config.database_url,
            "NOVANTRA_LOG_FORMAT": "text",
            "FLASK_SKIP_DOTENV": "1",
        }
        command = [sys.executable, "-m", "app.program", "mailer", "worker", *words]
        started = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
        try:
            self._warm_up(processes)
            yield [started.pid]
        finally:
            started.terminate()
            started.wait(30)

    def _warm_up(self, processes: int) -> None:
        """Until all of them say that they deliver, and a first mail has proven the relay."""
        end = time.monotonic() + 60
        while True:
            with self.runtime.database.session(reading=True) as session:
                live = self.runtime.queue_summary(session).workers
            if len(live) >= processes:
                break
            assert time.monotonic() < end, "the workers did not start"
            time.sleep(0.05)
        before = self.sent()
        self.queue(1)
        self.wait_for(before + 1)

    def wait_for(self, number: int) -> float:
        """Seconds until so many are sent."""
        began = time.perf_counter()
        while self.sent() < number:
            assert time.perf_counter() - began < PATIENCE, f"{self.sent()} of {number} sent"
            time.sleep(0.02)
        return time.perf_counter() - began

    def drained(self, number: int) -> float:
        """Seconds from the commit that queues so many to the last outcome that is committed."""
        before = self.sent()
        self.queue(number)
        return self.wait_for(before + number)


@contextmanager
def installed(folder: Path, port: int, database: str = "SQLite") -> Iterator[Installed]:
    """A new install; it is gone afterwards."""
    databases.TEST_DATABASE_URL = postgresql() if database == "PostgreSQL" else ""
    with databases.new_database(folder) as url:
        config = Config(data_dir=folder / "data", database_url=url, worker="external")
        runtime: Runtime = create_app(config).extensions[EXTENSION]
        with runtime.database.transaction() as session:
            install_novantra(session)
        configure(runtime, port=port, timeout=10)
        try:
            yield Installed(runtime, config)
        finally:
            runtime.database.close()


@contextmanager
def peer_database(folder: Path, name: str) -> Iterator[str]:
    """A database for another program: a file, or ``postgresql://…#schema``."""
    databases.TEST_DATABASE_URL = postgresql() if name == "PostgreSQL" else ""
    with databases.new_database(folder) as url:
        where = url.removeprefix("sqlite:///").replace("postgresql+psycopg", "postgresql")
        yield where.replace(databases.SEARCH_PATH, "#")


def printed(command: Iterable[object], environment: dict[str, str] | None = None) -> list[float]:
    """The figures that another program prints on its last line."""
    ran = subprocess.run(
        [str(word) for word in command], env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return [float(word) for word in ran.stdout.splitlines()[-1].split()]
