"""What is left of a half-made thing goes, whatever ended its process; what is in use stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.workshop import PREFIX, clear_away, left_behind, workshop
from tests.functional.install import ROOT

HOLDS = """
import sys
from pathlib import Path
from app.workshop import workshop
with workshop(Path(sys.argv[1]), "backup") as folder:
    (folder / "novantra.db").write_text("half of it")
    print(folder, flush=True)
    sys.stdin.read()
"""


@contextmanager
def at_work(beside: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process that is busy in a workshop of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(beside)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout
            yield process, Path(process.stdout.readline().strip())
        finally:
            process.kill()


@pytest.mark.process
def test_what_a_killed_process_left_goes_and_what_a_living_one_needs_stays(tmp_path: Path) -> None:
    with at_work(tmp_path) as (dead, left), at_work(tmp_path) as (_, needed):
        assert left != needed
        assert left_behind(tmp_path) == []
        assert clear_away(tmp_path) == []
        dead.send_signal(signal.SIGKILL)
        dead.wait(30)
        assert left_behind(tmp_path) == [left]
        assert clear_away(tmp_path) == [left]
        assert not left.exists()
        assert (needed / "novantra.db").exists()
        with workshop(tmp_path, "restore") as mine:
            assert left_behind(tmp_path) == []
            assert mine.stat().st_mode & 0o777 == 0o700
    assert clear_away(tmp_path) == [needed], "it was killed as well"
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_being_made_this_moment_is_left_alone(tmp_path: Path) -> None:
    made = tmp_path / f"{PREFIX}backup-new"
    made.mkdir()
    assert left_behind(tmp_path) == []
    an_hour_ago = time.time() - 3600
    os.utime(made, (an_hour_ago, an_hour_ago))
    assert left_behind(tmp_path) == [made]


def test_nothing_else_is_taken_for_one(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / f"{PREFIX}backup-link").symlink_to(elsewhere)
    (tmp_path / f"{PREFIX}backup-file").write_text("")
    assert clear_away(tmp_path) == []
    assert clear_away(tmp_path / "missing") == []
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_users_are_not_ours_to_remove(tmp_path: Path) -> None:
    theirs = tmp_path / f"{PREFIX}restore-theirs"
    theirs.mkdir()
    an_hour_ago = time.time() - 3600
    os.utime(theirs, (an_hour_ago, an_hour_ago))
    os.chown(theirs, 12345, 12345)
    assert clear_away(tmp_path) == []
    os.chown(tmp_path, 12345, 12345)  # root works on behalf of whoever owns the folder
    assert clear_away(tmp_path) == [theirs]


def test_where_none_can_be_made_the_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised, workshop(tmp_path / "none", "backup"):
        pass
    assert raised.value.filename == str(tmp_path / "none")
