"""``make chaos``: minutes of it, on every database there is."""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from app.database import Database
from tests import databases
from tests.chaos.invariants import Report, examine
from tests.chaos.relay import MoodyRelay
from tests.chaos.run import run
from tests.functional.install import RunningInstall

POSTGRESQL = "postgresql+psycopg://postgres@127.0.0.1/test"


def once(folder: Path, *, seed: int, seconds: float) -> Report:
    """A run on the database under test, examined; the commands have their say as well."""
    with databases.new_database(folder) as url, MoodyRelay(seed) as relay:
        ran = run(folder, url, relay, seed=seed, seconds=seconds)
        database = Database(url)
        try:
            with database.session(reading=True) as session:
                report = examine(session, relay, ran)
        finally:
            database.close()
        install = RunningInstall(folder / "data", NOVANTRA_DATABASE_URL=url)
        for words in (("audit", "verify"), ("keys", "doctor")):
            answer = install.command(*words)
            if answer.returncode:
                said = answer.stdout + answer.stderr
                report.broken.append(f"{' '.join(words)}: {said.strip()}")
        return report


def main() -> int:
    """Exit 0 when every invariant holds."""
    parser = argparse.ArgumentParser(prog="make chaos ARGS=…", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="of load and kills, a database")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    chosen = parser.parse_args()
    urls = ["", os.environ.get("NOVANTRA_TEST_DATABASE_URL", "")]
    if not urls[1] and subprocess.run(["pg_isready", "-q", "-h", "127.0.0.1"]).returncode == 0:
        urls[1] = POSTGRESQL
    held = True
    for name, url in zip(("SQLite", "PostgreSQL"), urls, strict=True):
        if name == "PostgreSQL" and not url:
            print("PostgreSQL: none here; NOVANTRA_TEST_DATABASE_URL names one")
            continue
        databases.TEST_DATABASE_URL = url
        with TemporaryDirectory(prefix="chaos-") as folder:
            report = once(Path(folder), seed=chosen.seed, seconds=chosen.seconds)
        print(f"{name}, seed {chosen.seed}: {report}", flush=True)
        held = held and not report.broken
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
