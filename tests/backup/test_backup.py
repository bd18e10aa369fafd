"""The drill: an install is backed up while it runs, lost, put back, and works."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tarfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from app.crypto.keys import format_keys, new_key, parse_keys
from tests import nursery
from tests.backup.conftest import OLD, RESTORED, ROOT, BackedUp
from tests.databases import TEST_DATABASE_URL
from tests.functional.install import PASSWORD, Person, sign_in
from tests.functional.office import wait_for

pytestmark = pytest.mark.process
on_sqlite = pytest.mark.skipif(bool(TEST_DATABASE_URL), reason="about SQLite's own files")
on_postgres = pytest.mark.skipif(not TEST_DATABASE_URL, reason="about PostgreSQL's own tools")


def files_in(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]


def write(file: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(file, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file


def lose_everything(drill: BackedUp) -> None:
    """As after a fire: no database, no data folder."""
    shutil.rmtree(drill.install.data_dir)
    if not TEST_DATABASE_URL:
        for file in drill.file.parents[1].glob("novantra.db*"):
            file.unlink()
        return
    schema = drill.url.rpartition("%3D")[2]
    engine = create_engine(TEST_DATABASE_URL)
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    engine.dispose()


def assert_refused(drill: BackedUp, done: subprocess.CompletedProcess[str], *words: str) -> None:
    """One sentence, and the install as it was."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("Novantra cannot run “")
    for word in words:
        assert word in done.stderr
    assert drill.people() == OLD
    assert not drill.is_paused()
    left = [path.name for path in drill.file.parents[1].rglob(".novantra-*")]
    assert left == []


def test_the_drill_back_from_nothing(backed_up: BackedUp) -> None:
    lose_everything(backed_up)
    done = backed_up.run("restore", str(backed_up.file), "--yes")
    assert done.returncode == 0, done.stderr
    assert "1 person, 1 organization, 1 waiting mail" in done.stdout
    assert "Nothing is here yet" in done.stdout
    assert backed_up.people() == RESTORED
    key_file = backed_up.install.data_dir / "keys"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    for words in (("keys", "doctor"), ("audit", "verify")):
        done = backed_up.run(*words)
        assert done.returncode == 0, done.stderr + done.stdout

    backed_up.relay.reject_mail = None
    arrived = len(backed_up.relay.envelopes)
    backed_up.install.environment["NOVANTRA_WORKER"] = "embedded"
    with backed_up.install as install:
        alice = sign_in(Person(install.url))
        assert alice.open("/admin/system/mailer").value("mail-state") == "paused"
        assert "Restored from a backup" in alice.text
        assert len(backed_up.relay.envelopes) == arrived, "it mailed people by itself"
        assert backed_up.run("mailer", "resume").returncode == 0
        wait_for(lambda: len(backed_up.relay.envelopes) > arrived, "nothing went out", install)
        assert backed_up.relay.envelopes[-1].rcpt_to == "dave@acme.test"
        # New rows get numbers of their own: the sequences came along.
        added = install.command("users", "create-admin", "--email", "eve@acme.test",
                                "--name", "Eve", "--password-stdin", stdin=PASSWORD)  # fmt: skip
        assert added.returncode == 0, added.stderr
    assert backed_up.people() == [*RESTORED, "eve@acme.test"]


def test_over_an_install_that_goes_on_what_was_there_is_kept(backed_up: BackedUp) -> None:
    done = backed_up.run("restore", str(backed_up.file), "--yes")
    assert done.returncode == 0, done.stderr
    assert "2 people" in done.stdout, "it says what it replaces"
    assert backed_up.people() == RESTORED
    assert backed_up.is_paused()
    kept = [line.split(": ")[1] for line in done.stdout.splitlines() if "Kept from before" in line]
    assert all(Path(path).exists() for path in kept)
    assert sum("keys" in path for path in kept) == 1
    done = backed_up.run("audit", "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    events = backed_up.run("audit", "export").stdout
    assert '"install:restored"' in events
    assert len(parse_keys((backed_up.install.data_dir / "keys").read_text(), source="x")) == 1


def test_restores_that_begin_in_one_second_keep_what_each_replaced(backed_up: BackedUp) -> None:
    keys = backed_up.install.data_dir / "keys"
    now = datetime.now(UTC)
    seconds = [f"{now + timedelta(seconds=ahead):%Y%m%d-%H%M%S}" for ahead in range(120)]
    taken = [keys.with_name(f"keys.before-restore-{second}") for second in seconds]
    for path in taken:
        path.write_text("of the restore before")
    before = keys.read_text()
    done = backed_up.run("restore", str(backed_up.file), "--yes")
    assert done.returncode == 0, done.stderr
    assert {path.read_text() for path in taken} == {"of the restore before"}
    (kept,) = set(keys.parent.glob("keys.before-restore-*")) - set(taken)
    assert kept.name.endswith("-2")
    assert kept.read_text() == before


@on_sqlite
def test_the_log_of_a_database_that_is_gone_does_not_come_back(backed_up: BackedUp) -> None:
    """SQLite would play the log that lies beside it into the restored one."""
    file = Path(backed_up.url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("UPDATE users SET email = 'mallory@acme.test'")
        log = file.with_name("novantra.db-wal").read_bytes()
    file.unlink()
    file.with_name("novantra.db-wal").write_bytes(log)
    done = backed_up.run("restore", str(backed_up.file), "--yes")
    assert done.returncode == 0, done.stderr
    assert backed_up.people() == RESTORED
    kept = list(file.parent.glob("novantra.db.before-restore-*-wal"))
    assert [one.read_bytes() for one in kept] == [log]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_file_is_private_and_holds_no_secret_of_the_environment(backed_up: BackedUp) -> None:
    canary = "canary-in-the-environment"
    file = backed_up.file.with_name("second")
    done = backed_up.run(
        "backup",
        str(file),
        NOVANTRA_METRICS_TOKEN=canary,
        NOVANTRA_BIND="127.0.0.1:9999",
        NOVANTRA_RATELIMIT_STORAGE=f"redis://:{canary}@127.0.0.1:1/0",
        NOVANTRA_SOMETHING_SECRET=canary,
    )
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (
        os.listdir(file.parent) == [backed_up.file.name, "second"]
        or len(os.listdir(file.parent)) == 2
    )
    files = files_in(file)
    database = "novantra.pgdump" if TEST_DATABASE_URL else "novantra.db"
    assert set(files) == {"manifest.json", database, "settings.env", "keys"}
    assert canary.encode() not in b"".join(files.values())
    assert b"NOVANTRA_BIND=127.0.0.1:9999" in files["settings.env"]
    assert b"secret" not in files["manifest.json"], "the relay's password stays sealed"


def test_a_second_backup_replaces_no_first(backed_up: BackedUp) -> None:
    before = backed_up.file.read_bytes()
    done = backed_up.run("backup", str(backed_up.file))
    assert_refused(backed_up, done, "is there already")
    assert backed_up.file.read_bytes() == before
    done = backed_up.run("backup", str(backed_up.file.parent / "no" / "such" / "folder"))
    assert_refused(backed_up, done, "There is no folder"[1:])


def test_nothing_is_replaced_that_nobody_confirmed(backed_up: BackedUp) -> None:
    assert_refused(backed_up, backed_up.run("restore", str(backed_up.file)), "not confirmed")


def test_nothing_is_replaced_while_somebody_works_with_it(backed_up: BackedUp) -> None:
    backed_up.install.environment["NOVANTRA_WORKER"] = "embedded"
    with backed_up.install as install:
        wait_for(
            lambda: (
                '"workers": 1' in json.dumps(Person(install.url).http.get("/readyz").json()["mail"])
            ),
            "no worker",
            install,
        )
        done = backed_up.run("restore", str(backed_up.file), "--yes")
        assert_refused(backed_up, done, "still works with the install")


@on_sqlite
def test_nothing_is_replaced_while_a_web_process_has_the_file_open(backed_up: BackedUp) -> None:
    with backed_up.install as install:
        assert Person(install.url).http.get("/readyz").status_code == 200
        done = backed_up.run("restore", str(backed_up.file), "--yes")
        assert_refused(backed_up, done, "still has", "open")


def test_files_that_are_no_backup_or_are_damaged(backed_up: BackedUp, tmp_path: Path) -> None:
    whole = backed_up.file.read_bytes()
    bad = tmp_path / "bad"
    text_file = b"this is no backup at all\n" * 100
    for content, word in (
        (b"", "not a backup"),
        (text_file, "not a backup"),
        (gzip.compress(text_file), "not a backup"),
        (whole[: len(whole) // 2], "damaged"),
        (whole[: len(whole) // 10], "damaged"),
    ):
        bad.write_bytes(content)
        assert_refused(backed_up, backed_up.run("restore", str(bad), "--yes"), word)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    bad.write_bytes(flipped)
    assert_refused(backed_up, backed_up.run("restore", str(bad), "--yes"), "damaged")
    assert_refused(backed_up, backed_up.run("restore", str(tmp_path / "none"), "--yes"), "exist")
    assert_refused(backed_up, backed_up.run("restore", str(tmp_path), "--yes"), "folder")
    write(bad, {"hello.txt": b"hello"})
    assert_refused(backed_up, backed_up.run("restore", str(bad), "--yes"), "not a backup")


def test_a_key_that_is_not_the_datas_is_refused_before_anything_is_replaced(
    backed_up: BackedUp, tmp_path: Path
) -> None:
    files = files_in(backed_up.file)
    manifest = json.loads(files["manifest.json"])
    other = format_keys([new_key()]).encode()
    # Somebody exchanges the key, and says so in the manifest too.
    manifest["digests"]["keys"] = [hashlib.sha256(other).hexdigest(), len(other)]
    files |= {"keys": other, "manifest.json": json.dumps(manifest).encode()}
    done = backed_up.run("restore", str(write(tmp_path / "x", files)), "--yes")
    assert_refused(backed_up, done, "does not belong to its data")

    # Somebody changes what it says of itself.
    files = files_in(backed_up.file)
    manifest = json.loads(files["manifest.json"]) | {"access_url": "https://evil.example"}
    files["manifest.json"] = json.dumps(manifest).encode()
    done = backed_up.run("restore", str(write(tmp_path / "y", files)), "--yes")
    assert_refused(backed_up, done, "does not belong to its data")

    # Names of files that lead elsewhere are nobody's to choose.
    manifest = json.loads(files["manifest.json"])
    manifest["digests"]["../../evil"] = ["0" * 64, 4]
    files["manifest.json"] = json.dumps(manifest).encode()
    done = backed_up.run("restore", str(write(tmp_path / "z", files)), "--yes")
    assert_refused(backed_up, done, "not a backup")


def test_a_backup_of_a_newer_version_edition_or_engine_is_refused(
    backed_up: BackedUp, tmp_path: Path
) -> None:
    for change, word in (
        ({"revision": "9999", "version": "9.0"}, "newer version"),
        ({"form": 99, "version": "9.0"}, "newer version"),
        ({"edition": "cloud"}, "NOVANTRA_EDITION"),
    ):
        files = files_in(backed_up.file)
        manifest = json.loads(files["manifest.json"]) | change
        files["manifest.json"] = json.dumps(manifest).encode()
        done = backed_up.run("restore", str(write(tmp_path / word[:4], files)), "--yes")
        assert_refused(backed_up, done, word)
        (tmp_path / word[:4]).unlink()
    if not TEST_DATABASE_URL:
        url = "postgresql+psycopg://u@127.0.0.1:1/x"
        done = backed_up.run("restore", str(backed_up.file), "--yes", NOVANTRA_DATABASE_URL=url)
        assert_refused(backed_up, done, "SQLite", "PostgreSQL")


def test_keys_from_the_environment_are_not_inside_and_must_be_there(backed_up: BackedUp) -> None:
    keys = ",".join((backed_up.install.data_dir / "keys").read_text().split())
    environment = {"NOVANTRA_KEY_PROVIDER": "env", "NOVANTRA_KEYS": keys}
    file = backed_up.file.with_name("from-env")
    done = backed_up.run("backup", str(file), **environment)
    assert done.returncode == 0, done.stderr
    assert "not inside" in done.stdout
    assert "keys" not in files_in(file)
    assert not any(key.split(":")[1].encode() in b"".join(files_in(file).values())
                   for key in keys.split(","))  # fmt: skip
    wrong = {**environment, "NOVANTRA_KEYS": format_keys([new_key()]).strip()}
    done = backed_up.run("restore", str(file), "--yes", **wrong)
    assert_refused(backed_up, done, "the keys are not in", "NOVANTRA_KEYS")
    lose_everything(backed_up)
    done = backed_up.run("restore", str(file), "--yes", **environment)
    assert done.returncode == 0, done.stderr
    assert not (backed_up.install.data_dir / "keys").exists()
    assert backed_up.run("keys", "doctor", **environment).returncode == 0


def test_an_install_without_its_key_is_backed_up_with_a_warning(backed_up: BackedUp) -> None:
    key_file = backed_up.install.data_dir / "keys"
    right = key_file.read_text()
    key_file.unlink()
    file = backed_up.file.with_name("without-key")
    done = backed_up.run("backup", str(file))
    assert done.returncode == 1
    assert "no key is in the backup" in done.stderr
    key_file.write_text(right)
    assert_refused(backed_up, backed_up.run("restore", str(file), "--yes"), "nothing proves")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_leaves_neither_half_a_file_nor_half_an_install(
    backed_up: BackedUp, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(small)]
    if subprocess.run(words, check=False).returncode:
        pytest.skip("this machine lets nobody mount a file system")
    try:
        done = backed_up.run("backup", str(small / "backup"))
        assert_refused(backed_up, done, "full")
        assert list(small.iterdir()) == []
        elsewhere = small / "data"
        environment = {"NOVANTRA_DATA_DIR": str(elsewhere)}
        if not TEST_DATABASE_URL:
            environment["NOVANTRA_DATABASE_URL"] = f"sqlite:///{elsewhere / 'novantra.db'}"
        done = backed_up.run("restore", str(backed_up.file), "--yes", **environment)
        assert_refused(backed_up, done, "free")
        assert [path for path in elsewhere.iterdir() if path.is_file()] == []
    finally:
        subprocess.run(["umount", str(small)], check=True)


CRASH = """
import os, sys
left = int(sys.argv.pop(1))
def crash(event, values):
    global left
    if event in {"os.link", "os.rename", "os.remove", "os.chmod", "subprocess.Popen"}:
        where = repr(values)
        if event != "subprocess.Popen" and "/data" not in where and ".db" not in where:
            return
        left -= 1
        if left < 0:
            os._exit(9)
sys.addaudithook(crash)
from app.program import main
main()
"""


def test_a_crash_anywhere_leaves_the_old_install_or_the_new_one(backed_up: BackedUp) -> None:
    """The process ends without a word before its first change of a file, its second, and so on."""
    seen = []
    for number in range(60):
        done = nursery.run(
            [sys.executable, "-c", CRASH, str(number), "restore", str(backed_up.file), "--yes"],
            cwd=ROOT,
            env=backed_up.install.environment,
            timeout=120,
        )
        people = backed_up.people()
        assert people in (OLD, RESTORED), (number, people)
        assert backed_up.is_paused() == (people == RESTORED), number
        seen.append(people)
        if done.returncode == 0:
            break
        assert done.returncode == 9, done.stderr
    assert done.returncode == 0
    assert len(seen) > 6
    assert seen[0] == OLD
    assert seen[-1] == RESTORED


@on_postgres
def test_a_dump_that_postgresql_does_not_take_changes_nothing(
    backed_up: BackedUp, tmp_path: Path
) -> None:
    """``pg_restore`` gives up in the middle, and ``psql`` has half of it in hand."""
    tools = tmp_path / "tools"
    tools.mkdir()
    real = shutil.which("pg_restore")
    half = tools / "pg_restore"
    half.write_text(f'#!/bin/sh\n{real} "$@" | head -c 20000\necho "error: gave up" >&2\nexit 1\n')
    half.chmod(0o755)
    path = f"{tools}:{os.environ['PATH']}"
    done = backed_up.run("restore", str(backed_up.file), "--yes", PATH=path)
    assert_refused(backed_up, done, "pg_restore did not finish")
    half.write_text("#!/bin/sh\necho 'CREATE TABLE broken (;'\nexit 0\n")
    done = backed_up.run("restore", str(backed_up.file), "--yes", PATH=path)
    assert_refused(backed_up, done, "psql did not finish")


@on_postgres
def test_without_postgresqls_tools_it_says_what_to_install(
    backed_up: BackedUp, tmp_path: Path
) -> None:
    done = backed_up.run("backup", str(tmp_path / "x"), PATH=str(tmp_path))
    assert_refused(backed_up, done, "pg_dump is not installed here", "postgresql-client")
    done = backed_up.run("restore", str(backed_up.file), "--yes", PATH=str(tmp_path))
    assert_refused(backed_up, done, "is not installed here")
