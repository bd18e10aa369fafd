"""kill -9 in the middle of a backup or a restore: what is left opens nothing, and goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.crypto.keys import parse_keys
from tests import nursery
from tests.backup.conftest import OLD, RESTORED, ROOT, BackedUp
from tests.backup.test_backup import files_in

pytestmark = pytest.mark.process

KILLED = """
import os, signal, sys
name = sys.argv.pop(1)
def kill(event, values):
    if event == name and "/.novantra-" in str(values[0]):
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(kill)
from app.program import main
main()
"""


def left_in(*folders: Path) -> list[Path]:
    return [path for folder in folders for path in folder.glob(".novantra-*")]


def killed_while_it_asks(drill: BackedUp) -> None:
    """By then the whole backup is unpacked and proven."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app.program", "restore", str(drill.file)],
        cwd=ROOT,
        env={**drill.install.environment, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        for line in process.stdout:
            if line.startswith("It replaces"):
                break
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def secrets_of(drill: BackedUp) -> set[bytes]:
    keys = parse_keys(files_in(drill.file)["keys"].decode(), source="the backup")
    return {line.partition(b":")[2] for line in files_in(drill.file)["keys"].split()} | {
        key.material for key in keys
    }


def test_a_killed_restore_leaves_no_key_and_the_next_removes_it(backed_up: BackedUp) -> None:
    folders = {backed_up.install.data_dir, backed_up.file.parents[1]}
    killed_while_it_asks(backed_up)
    left = left_in(*folders)
    assert len(left) == 1
    assert left[0].stat().st_mode & 0o777 == 0o700
    found = [path for path in left[0].iterdir() if path.is_file()]
    assert {"novantra.db", "novantra.pgdump"} & {path.name for path in found}
    for secret in secrets_of(backed_up):
        assert [path.name for path in found if secret in path.read_bytes()] == []

    told = backed_up.run("doctor")
    assert str(left[0]) in told.stdout.replace("\n" + " " * 24, "")
    assert "rm -r" in told.stdout
    assert left_in(*folders) == left, "doctor changes nothing"

    done = backed_up.run("restore", str(backed_up.file), "--yes")
    assert done.returncode == 0, done.stderr
    assert f"Removed what a process that was killed had left: {left[0]}" in done.stderr
    assert left_in(*folders) == []
    assert backed_up.people() == RESTORED


def test_a_start_removes_it_as_well(backed_up: BackedUp) -> None:
    folders = {backed_up.install.data_dir, backed_up.file.parents[1]}
    killed_while_it_asks(backed_up)
    assert len(left_in(*folders)) == 1
    backed_up.install.start()
    backed_up.install.stop()
    assert left_in(*folders) == []
    assert "removed what a process that was killed had left" in backed_up.install.log
    assert backed_up.people() == OLD


def test_a_killed_backup_leaves_its_draft_and_the_next_removes_it(backed_up: BackedUp) -> None:
    folder = backed_up.file.parent
    words = [sys.executable, "-c", KILLED, "os.link", "backup", str(folder / "second")]
    done = nursery.run(words, cwd=ROOT, env=backed_up.install.environment, timeout=120)
    assert done.returncode == -signal.SIGKILL
    (left,) = left_in(folder)
    assert left.stat().st_mode & 0o777 == 0o700
    assert (left / "archive").stat().st_mode & 0o777 == 0o600
    assert not (folder / "second").exists()
    again = backed_up.run("backup", str(folder / "second"))
    assert again.returncode == 0, again.stderr
    assert str(left) in again.stderr
    assert left_in(folder) == []


def test_a_killed_rotation_leaves_no_second_key_file(backed_up: BackedUp) -> None:
    folder = backed_up.install.data_dir
    words = [sys.executable, "-c", KILLED, "os.rename", "keys", "rotate"]
    done = nursery.run(words, cwd=ROOT, env=backed_up.install.environment, timeout=120)
    assert done.returncode == -signal.SIGKILL
    assert len(left_in(folder)) == 1
    assert backed_up.run("keys", "doctor").returncode == 0
    backed_up.install.start()
    backed_up.install.stop()
    assert left_in(folder) == []
    assert [name for name in os.listdir(folder) if name.startswith("keys.")] == []
    assert backed_up.people() == OLD
