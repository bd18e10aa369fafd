"""An install that was backed up while it ran, and went on afterwards."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from app.crypto.box import SealedBox
from app.crypto.keys import read_key_file
from app.database import Database
from app.resealing import examine
from tests import nursery
from tests.functional.conftest import start  # noqa: F401 - a fixture
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


@pytest.fixture
def backed_up(start: Callable[..., RunningInstall], tmp_path: Path) -> Iterator[BackedUp]:  # noqa: F811
    with Relay(users={"novantra": "secret"}) as relay:
        install = start(NOVANTRA_WORKER="external")
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
        found = BackedUp(install, tmp_path / "backups" / "novantra.backup", relay)
        found.file.parent.mkdir()
        made = found.run("backup", str(found.file))
        assert made.returncode == 0, made.stderr
        added = install.command("users", "create-admin", "--email", "bob@acme.test", "--name",
                                "Bob", "--password-stdin", stdin=PASSWORD + "\n")  # fmt: skip
        assert added.returncode == 0, added.stderr
        assert install.command("keys", "rotate").returncode == 0
        assert install.command("keys", "rotate").returncode == 0
        install.stop()
        assert found.people() == OLD
        yield found
