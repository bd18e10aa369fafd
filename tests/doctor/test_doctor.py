"""``novantra doctor`` beside a real server, behind a real proxy, and with things broken in turn."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from app.crypto.keys import format_keys, new_key
from tests import nursery
from tests.databases import TEST_DATABASE_URL
from tests.functional.conftest import start  # noqa: F401 - a fixture
from tests.functional.install import Person, RunningInstall, walk_wizard
from tests.functional.office import relay_fields, save_mailer, wait_for
from tests.needs import need_nginx
from tests.relays.nginx import Nginx
from tests.relays.ports import free_port
from tests.smtpd import Relay

pytestmark = pytest.mark.process
ROOT = Path(__file__).parents[2]
Start = Callable[..., RunningInstall]
CANARY = "canary-in-a-secret"


def doctor(install: RunningInstall, **environment: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Its exit code and its lines by name; the worst where a name has several."""
    done = ask(install, "--json", **environment)
    assert "Traceback" not in done.stderr, done.stderr
    assert CANARY not in done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["well"] == (done.returncode == 0)
    lines: dict[str, dict[str, Any]] = {}
    for check in report["checks"]:
        assert check["text"].endswith((".", "?")), check
        if check["state"] == "todo":
            assert check["cure"], check
        if check["name"] not in lines or lines[check["name"]]["state"] != "todo":
            lines[check["name"]] = check
    return done.returncode, lines


def ask(
    install: RunningInstall, *words: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return nursery.run(
        [sys.executable, "-m", "app.program", "doctor", *words],
        cwd=ROOT,
        env={**install.environment, **environment},
        timeout=60,
    )


def to_do(lines: dict[str, dict[str, Any]]) -> set[str]:
    return {name for name, line in lines.items() if line["state"] == "todo"}


@pytest.fixture
def install(start: Start) -> RunningInstall:  # noqa: F811
    return start()


def test_an_install_that_is_well_exits_with_0(install: RunningInstall) -> None:
    with Relay() as relay:
        alice = Person(install.url)
        walk_wizard(install, alice)
        save_mailer(alice, **relay_fields(relay))
        assert install.command("mailer", "test", "--to", "a@acme.test").returncode == 0
        wait_for(lambda: len(relay.envelopes) == 2, "Alice's own mail does not come", install)
        code, lines = doctor(install)
        assert to_do(lines) == set()
        assert code == 0
        assert "steps passed" in lines["Relay"]["text"]
        assert install.url in lines["Access URL"]["text"]
        words = ask(install).stdout
        assert words.endswith("\nAll is well.\n")
        assert "\nok     Database" in words
        assert len(relay.envelopes) == 2, "it sends nothing itself"


def test_a_server_and_a_relay_that_are_away_are_told_with_their_cures(
    install: RunningInstall,
) -> None:
    with Relay() as relay:
        alice = Person(install.url)
        walk_wizard(install, alice)
        save_mailer(alice, **relay_fields(relay))
    install.stop()
    # What a stopped server leaves is its last sign of life, until it is old; it takes it away.
    code, lines = doctor(install)
    assert code == 1
    assert {"Deliveries", "Access URL", "Relay"} <= to_do(lines)
    assert "novantra serve" in lines["Deliveries"]["cure"]
    assert "refuses the connection" in lines["Access URL"]["text"]
    assert "connect" in lines["Relay"]["text"]


def test_mail_that_was_put_off_and_a_setup_that_is_open(install: RunningInstall) -> None:
    code, lines = doctor(install)
    assert code == 1
    assert to_do(lines) == {"Setup", "Mail"}
    walk_wizard(install, Person(install.url))
    assert to_do(doctor(install)[1]) == {"Mail"}


def test_it_makes_nothing_and_changes_nothing(install: RunningInstall) -> None:
    walk_wizard(install, Person(install.url))
    install.stop()

    def state() -> dict[str, str]:
        folder = install.data_dir.parent
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    before = state()
    assert before
    doctor(install)
    assert state() == before


def test_names_that_nobody_reads_are_told_with_the_nearest(start: Start) -> None:  # noqa: F811
    install = start(NOVANTRA_TRUSTED_PROXYS="1", novantra_bind="x", NOVANTRA_FROBNICATE=CANARY)
    said = [line for line in install.log.splitlines() if '"environment: ' in line]
    assert len(said) == 3, install.log
    assert "Did you mean NOVANTRA_TRUSTED_PROXIES?" in "".join(said)
    words = ask(install).stdout
    assert "Did you mean NOVANTRA_BIND?" in " ".join(words.split())
    assert CANARY not in words + install.log


def test_variables_that_have_no_effect_are_told(install: RunningInstall) -> None:
    _, lines = doctor(
        install,
        NOVANTRA_KEYS=CANARY,
        NOVANTRA_MANAGED_MAIL_URL=f"smtp://u:{CANARY}@relay",
    )
    assert "has no effect" in lines["Environment"]["text"]


def test_a_key_that_does_not_open_what_is_stored(install: RunningInstall) -> None:
    with Relay(users={"novantra": "secret"}) as relay:
        alice = Person(install.url)
        walk_wizard(install, alice)
        save_mailer(alice, **{**relay_fields(relay), "username": "novantra", "password": "secret"})
    key_file = install.data_dir / "keys"
    right = key_file.read_text()
    key_file.write_text(format_keys([new_key()]))
    code, lines = doctor(install)
    assert code == 1
    assert "do not open" in lines["Keys"]["text"]
    key_file.unlink()
    assert "missing" in doctor(install)[1]["Keys"]["text"]
    key_file.write_text(right)
    assert doctor(install)[1]["Keys"]["state"] == "ok"


def test_a_redis_that_is_away(install: RunningInstall) -> None:
    _, lines = doctor(
        install, NOVANTRA_RATELIMIT_STORAGE=f"redis://:{CANARY}@127.0.0.1:{free_port()}/0"
    )
    assert "does not answer" in lines["Redis"]["text"]
    assert (
        "redis://host" in doctor(install, NOVANTRA_RATELIMIT_STORAGE="bogus:")[1]["Redis"]["cure"]
    )


def test_a_database_that_is_away_hides_no_other_line(install: RunningInstall) -> None:
    url = f"postgresql+psycopg://u:{CANARY}@127.0.0.1:{free_port()}/novantra"
    code, lines = doctor(install, NOVANTRA_DATABASE_URL=url, NOVANTRA_TYPO="1")
    assert code == 1
    assert to_do(lines) == {"Environment", "Database"}
    assert "does not answer" in lines["Database"]["text"]
    assert {lines[name]["state"] for name in ("Keys", "Mail", "Relay")} == {"unseen"}


@pytest.mark.skipif(bool(TEST_DATABASE_URL), reason="writes SQLite's own file")
def test_a_schema_of_another_version(install: RunningInstall) -> None:
    install.stop()
    with closing(sqlite3.connect(install.data_dir.parent / "novantra.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    code, lines = doctor(install)
    assert code == 1
    assert "newer version" in lines["Schema"]["text"]


@pytest.mark.skipif(bool(TEST_DATABASE_URL), reason="SQLite's files")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_modes_and_owners_of_files(install: RunningInstall) -> None:
    file = install.data_dir / "keys"
    file.chmod(0o640)
    _, lines = doctor(install)
    assert "open to others" in lines["Data folder"]["text"]
    assert lines["Data folder"]["cure"] == f"Run: chmod 600 {file}"
    file.chmod(0o600)
    os.chown(file, 65534, 65534)
    assert "belongs to user 65534" in doctor(install)[1]["Data folder"]["text"]
    os.chown(file, 0, 0)
    # Root looks on behalf of whoever owns the folder, and finds nothing wrong with that.
    for path in (install.data_dir, file, *install.data_dir.parent.glob("novantra.db*")):
        os.chown(path, 65534, 65534)
    assert doctor(install)[1]["Data folder"]["state"] == "ok"


@pytest.mark.skipif(not TEST_DATABASE_URL, reason="PostgreSQL alone has a standby")
def test_a_database_that_can_only_be_read(install: RunningInstall) -> None:
    url = install.environment["NOVANTRA_DATABASE_URL"]
    _, lines = doctor(
        install, NOVANTRA_DATABASE_URL=f"{url}%20-cdefault_transaction_read_only%3Don"
    )
    assert "cannot" in lines["Writing"]["text"] or "not written" in lines["Writing"]["text"]


def test_deliveries_that_stopped_without_a_goodbye(start: Start) -> None:  # noqa: F811
    install = start()
    url = install.environment["NOVANTRA_DATABASE_URL"]
    wait_for(lambda: doctor(install)[1]["Deliveries"]["state"] == "ok", "no sign of life", install)
    install.kill()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE mail_workers SET seen_at = :then"),
            {"then": (datetime.now(UTC) - timedelta(minutes=3)).replace(tzinfo=None)},
        )
    engine.dispose()
    _, lines = doctor(install, NOVANTRA_WORKER="external")
    assert lines["Deliveries"]["cure"] == "Start one: novantra worker"
    assert "The last sign of life" in lines["Deliveries"]["text"]


@pytest.mark.parametrize("apart", [timedelta(0), timedelta(minutes=7)], ids=["right", "wrong"])
def test_the_clock_of_a_relay_that_says_the_time(install: RunningInstall, apart: timedelta) -> None:
    date = format_datetime(datetime.now(UTC) + apart)
    with Relay(hostname=f"relay.example.test ESMTP Exim {date}") as relay:
        alice = Person(install.url)
        walk_wizard(install, alice)
        save_mailer(alice, **relay_fields(relay))
        _, lines = doctor(install)
    assert lines["Clock"]["state"] == ("todo" if apart else "ok"), lines["Clock"]
    assert "relay's" in lines["Clock"]["text"]


def test_what_the_proxy_passes_on_is_seen_through_it(start: Start, tmp_path: Path) -> None:  # noqa: F811
    install = start(NOVANTRA_TRUSTED_PROXIES="1")
    with Nginx(need_nginx(), tmp_path / "nginx", install.port) as proxy:
        fixed = {"NOVANTRA_ACCESS_URL": proxy.url}
        lines = doctor(install, **fixed)[1]
        assert lines["Access URL"]["state"] == "ok"
        assert lines["Proxy headers"]["state"] == "ok"
        told_nothing = doctor(install, NOVANTRA_TRUSTED_PROXIES="0", **fixed)[1]
        assert "so a proxy stands in front" in told_nothing["Proxy headers"]["text"]
        unknown = doctor(install, SSL_CERT_FILE="/dev/null", **fixed)[1]
        assert "certificate that does not hold" in unknown["Access URL"]["text"]
        assert "SSL_CERT_FILE" in unknown["Access URL"]["cure"]
    assert "refuses the connection" in doctor(install, **fixed)[1]["Access URL"]["text"]
    with Nginx(
        need_nginx(), tmp_path / "forgetful", install.port, leave_out="X-Forwarded-Proto"
    ) as proxy:
        lines = doctor(install, NOVANTRA_ACCESS_URL=proxy.url)[1]
        assert "X-Forwarded-Proto" in lines["Proxy headers"]["cure"]


def test_an_access_url_at_which_something_else_answers(install: RunningInstall) -> None:
    with Relay() as relay:
        _, lines = doctor(install, NOVANTRA_ACCESS_URL=f"http://127.0.0.1:{relay.port}")
    assert lines["Access URL"]["state"] == "todo"
    _, lines = doctor(install, NOVANTRA_ACCESS_URL="http://no-such-host.invalid")
    assert "without an address" in lines["Access URL"]["text"]


def test_where_no_install_is_it_says_so_and_exits_with_2(
    install: RunningInstall, tmp_path: Path
) -> None:
    environment = {k: v for k, v in install.environment.items() if k != "NOVANTRA_DATABASE_URL"}
    install.environment = environment
    done = ask(install, "--json", NOVANTRA_DATA_DIR=str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "there is no install in" in json.loads(done.stdout)["error"]
    assert not (tmp_path / "nowhere").exists()
    done = ask(install, NOVANTRA_EDITION="enterprise")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
