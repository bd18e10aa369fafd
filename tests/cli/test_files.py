"""What the install keeps is private to its user, and stays the service's when root works on it."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from app.config import Config
from app.files import warnings
from tests.cli.test_cannot import FLASK, run
from tests.needs import need_another_user

pytestmark = pytest.mark.process

PREPARE = (
    "import os; from app.files import make_private; make_private();"
    "from app import create_app; from app.config import Config; create_app(Config.from_env())"
)


def start(data: Path, *before: str) -> str:
    done = run(*before, sys.executable, "-c", PREPARE, NOVANTRA_DATA_DIR=str(data))
    assert done.returncode == 0, done.stderr
    return done.stderr


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_a_start_makes_is_for_its_user_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    said = start(data)
    assert mode(data) == 0o700
    files = {path.name: mode(path) for path in data.iterdir()}
    assert set(files.values()) == {0o600}, files
    assert {"novantra.db", "keys", "setup-token"} <= set(files)
    assert "files:" not in said


def test_an_install_that_was_open_is_closed_at_the_next_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    start(data)
    data.chmod(0o755)
    (data / "novantra.db").chmod(0o644)
    start(data)
    assert (mode(data), mode(data / "novantra.db")) == (0o700, 0o600)


def test_a_folder_that_holds_other_things_too_is_left_as_it_is(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    (home / "letter.txt").write_text("mine")
    start(home)
    assert mode(home) == 0o755
    assert mode(home / "novantra.db") == 0o600


def test_a_key_file_that_others_can_read_is_told_and_not_touched(tmp_path: Path) -> None:
    data = tmp_path / "data"
    start(data)
    (data / "keys").chmod(0o644)
    said = start(data)
    assert mode(data / "keys") == 0o644
    assert said.count("files:") == 1
    assert "chmod 600" in said
    config = Config(data_dir=data, database_url=f"sqlite:///{data / 'novantra.db'}")
    assert [str(data / "keys") in warning for warning in warnings(config, None)] == [True]


def test_root_rotates_the_keys_of_a_service_and_leaves_them_to_it(open_folder: Path) -> None:
    need_another_user()
    data = open_folder / "data"
    data.mkdir()
    os.chown(data, 65534, 65534)
    service = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    start(data, *service)
    (data / "keys").chmod(0o640)
    old = (data / "keys").read_text()
    done = run(*FLASK, "keys", "rotate", NOVANTRA_DATA_DIR=str(data))
    assert done.returncode == 0, done.stderr
    assert (data / "keys").read_text() != old
    for path in data.iterdir():
        assert (path.stat().st_uid, path.stat().st_gid) == (65534, 65534), path
    assert mode(data / "keys") == 0o640
    doctor = run(*service, *FLASK, "keys", "doctor", NOVANTRA_DATA_DIR=str(data))
    assert doctor.returncode == 0, doctor.stderr
