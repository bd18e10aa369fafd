"""An install that was backed up while it ran, and went on afterwards."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from app.crypto.box import SealedBox
from app.crypto.keys import read_key_file
from app.database import Database
from app.resealing import examine
from tests import nursery
from tests.databases import Copy, EmptySchema, new_database
from tests.functional.install import PASSWORD, Person, RunningInstall, walk_wizard
from tests.functional.office import INVITATIONS, relay_fields, save_mailer
from tests.smtpd import Relay

ROOT = Path(__file__).parents[2]


@dataclass
class BackedUp:
    """``install`` is stopped. One invitation waited when ``file`` was made; afterwards its keys
    were rotated and Bob was added, who is not in ``file``."""

    install: RunningInstall
    file: Path
    relay: Relay

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        done = nursery.run(
            [sys.executable, "-m", "app.program", *words],
            cwd=ROOT,
            env={**self.install.environment, **environment},
            timeout=120,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    @property
    def url(self) -> str:
        return self.install.environment["NOVANTRA_DATABASE_URL"]

    def people(self) -> list[str]:
        """Who is in the install now, which can be used whole."""
        database = Database(self.url)
        try:
            with database.session(reading=True) as session:
                ring = read_key_file(self.install.data_dir / "keys")
                total, broken = examine(session, SealedBox(ring))
                assert (total > 0, broken) == (True, []), "a key is missing"
                if database.is_sqlite:
                    assert session.scalar(text("PRAGMA integrity_check")) == "ok"
                found = session.scalars(text("SELECT email FROM users ORDER BY email"))
                return [str(email) for email in found]
        finally:
            database.close()

    def is_paused(self) -> bool:
        engine = create_engine(self.url)
        try:
            with engine.connect() as connection:
                query = text("SELECT paused_at FROM mail_health")
                return connection.execute(query).scalar() is not None
        finally:
            engine.dispose()


OLD = ["alice@acme.test", "bob@acme.test"]
RESTORED = ["alice@acme.test"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, empty_schema: EmptySchema) -> Iterator[BackedUp]:
    """The one that each test gets a copy of."""
    folder = tmp_path_factory.mktemp("backed-up")
    with (
        Relay(users={"novantra": "secret"}) as relay,
        new_database(folder, empty_schema) as url,
    ):
        empty_schema.put_into(url)
        install = RunningInstall(
            folder / "data", NOVANTRA_DATABASE_URL=url, NOVANTRA_WORKER="external"
        )
        with install:
            found = BackedUp(install, folder / "novantra.backup", relay)
            _live_a_day(found)
        assert found.people() == OLD
        yield found


def _live_a_day(made: BackedUp) -> None:
    install, relay = made.install, made.relay
    alice = Person(install.url)
    walk_wizard(install, alice)
    fields = {**relay_fields(relay), "username": "novantra", "password": "secret"}
    save_mailer(alice, **fields)
    alice.open("/organizations/acme/members")
    alice.submit("email", to=INVITATIONS, email="carol@acme.test", role="member")
    assert install.command("mailer", "drain").returncode == 0
    relay.reject_mail = "451 4.3.0 later"
    alice.open("/organizations/acme/members")
    alice.submit("email", to=INVITATIONS, email="dave@acme.test", role="member")
    backup = made.run("backup", str(made.file))
    assert backup.returncode == 0, backup.stderr
    added = install.command("users", "create-admin", "--email", "bob@acme.test", "--name",
                            "Bob", "--password-stdin", stdin=PASSWORD + "\n")  # fmt: skip
    assert added.returncode == 0, added.stderr
    assert install.command("keys", "rotate").returncode == 0
    assert install.command("keys", "rotate").returncode == 0


@pytest.fixture(scope="module")
def copied(made: BackedUp, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(made.url, tmp_path_factory.mktemp("copied"))


@pytest.fixture
def backed_up(made: BackedUp, copied: Copy, tmp_path: Path) -> BackedUp:
    """A copy of this test's own, with the port of the first, which its access URL names."""
    shutil.copytree(made.install.data_dir, tmp_path / "data")
    install = RunningInstall(
        tmp_path / "data",
        port=made.install.port,
        NOVANTRA_DATABASE_URL=copied.put_back(tmp_path),
        NOVANTRA_WORKER="external",
    )
    file = tmp_path / "backups" / "novantra.backup"
    file.parent.mkdir()
    shutil.copy2(made.file, file)
    made.relay.reject_mail = "451 4.3.0 later"
    return BackedUp(install, file, made.relay)
