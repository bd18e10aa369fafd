"""A start or a command that cannot work says why in a sentence, exits with 2, makes nothing."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from app.cli import init_app as add_commands
from app.crypto.keys import format_keys, new_key
from tests import nursery
from tests.needs import need_another_user
from tests.relays.ports import free_port

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]
SERVER = (sys.executable, "-m", "app.server")
FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")
WAITRESS = (sys.executable, "-m", "waitress", "--listen=127.0.0.1:0", "wsgi:app")
STARTS = {"server": SERVER, "flask run": (*FLASK, "run", "--port", "0"), "waitress": WAITRESS}
CANARY = "canary-in-a-url"
ALONE = {"doctor", "backup"}

# Every command that looks at an install, with words it takes.
COMMANDS = (
    ("mailer", "status"),
    ("mailer", "check"),
    ("mailer", "test", "--to", "a@acme.test"),
    ("mailer", "pause"),
    ("mailer", "resume"),
    ("mailer", "drain"),
    ("mailer", "worker"),
    ("mailer", "export"),
    ("mailer", "apply", str(ROOT / "tests/data/mail.env")),
    ("keys", "doctor"),
    ("keys", "rotate"),
    ("keys", "forget-lost", "--yes"),
    ("audit", "verify"),
    ("audit", "export"),
    ("setup", "token"),
    ("users", "unlock", "a@acme.test"),
    ("users", "reset-link", "a@acme.test"),
    ("users", "create-admin", "--email", "a@acme.test", "--name", "A", "--password-stdin"),
    ("doctor",),
    ("backup", "novantra.backup"),
)


def run(*words: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return nursery.run(list(words), cwd=cwd, env=surroundings(environment), timeout=60)


def run_from_nothing(
    *words: str, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """By an interpreter that has loaded nothing of the program before."""
    return subprocess.run(
        words,
        cwd=cwd,
        env=surroundings(environment),
        input="",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def surroundings(environment: dict[str, str]) -> dict[str, str]:
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("NOVANTRA_")},
        "PYTHONPATH": str(ROOT),
        "FLASK_SKIP_DOTENV": "1",
        **environment,
    }


def assert_one_sentence(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, (done.returncode, done.stderr[-2000:])
    assert "Traceback" not in done.stderr
    assert CANARY not in done.stderr + done.stdout
    *notes, sentence = done.stderr.strip().splitlines()
    assert sentence.startswith("Novantra cannot "), done.stderr
    assert len(notes) <= 1, done.stderr
    for word in words:
        assert word in sentence


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(scope="module")
def made_ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that a server has made ready, with its SQLite database."""
    data = tmp_path_factory.mktemp("made-ready") / "data"
    done = run(
        sys.executable,
        "-c",
        "from app import create_app; from app.config import Config; create_app(Config.from_env())",
        NOVANTRA_DATA_DIR=str(data),
    )
    assert done.returncode == 0, done.stderr
    return data


@pytest.fixture
def installed(made_ready: Path, data: Path) -> Path:
    """One of this test's own."""
    shutil.copytree(made_ready, data)
    return data


@pytest.mark.parametrize("start", STARTS)
def test_no_way_of_starting_ends_in_a_traceback(start: str, data: Path) -> None:
    url = f"postgresql+psycopg://u:{CANARY}@127.0.0.1:5432/x?sslmode=bogus"
    for environment, word in (
        ({"NOVANTRA_EDITION": "enterprise"}, "NOVANTRA_EDITION"),
        ({"NOVANTRA_DATABASE_URL": url}, "NOVANTRA_DATABASE_URL"),
    ):
        done = run_from_nothing(*STARTS[start], NOVANTRA_DATA_DIR=str(data), **environment)
        assert_one_sentence(done, "cannot start", word)


def test_gunicorn_gives_up_and_does_not_start_its_workers_for_ever(data: Path) -> None:
    done = run_from_nothing(sys.executable, "-m", "gunicorn", "--bind=127.0.0.1:0", "wsgi:app",
               NOVANTRA_DATA_DIR=str(data), NOVANTRA_EDITION="enterprise")  # fmt: skip
    assert done.returncode == 4
    assert "Novantra cannot start: NOVANTRA_EDITION must be" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"NOVANTRA_BIND": "no-such-host.invalid:8000"}, ["NOVANTRA_BIND"]),
        ({"NOVANTRA_BIND": "203.0.113.9:8000"}, ["NOVANTRA_BIND", "203.0.113.9"]),
        ({"NOVANTRA_RATELIMIT_STORAGE": "bogus://x"}, ["NOVANTRA_RATELIMIT_STORAGE"]),
        ({"NOVANTRA_RATELIMIT_STORAGE": "redis://h:port/0"}, ["NOVANTRA_RATELIMIT_STORAGE"]),
        ({"NOVANTRA_RATELIMIT_STORAGE": "redis://127.0.0.1:1/0"}, ["Redis", "does not answer"]),
        ({"NOVANTRA_DATABASE_URL": f"postgresql://u:{CANARY}@h:port/x"}, ["DATABASE_URL"]),
        ({"NOVANTRA_DATABASE_URL": "sqlite:///"}, ["NOVANTRA_DATABASE_URL"]),
        ({"NOVANTRA_DATA_DIR": "/proc/novantra"}, ["/proc/novantra"]),
        ({"NOVANTRA_DATA_DIR": "/dev/null"}, ["/dev/null"]),
    ],
)
def test_what_the_environment_has_wrong_is_named(
    environment: dict[str, str], words: list[str], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run(*SERVER, **{"NOVANTRA_DATA_DIR": str(data), **environment})
    assert_one_sentence(done, *words)


def test_a_port_that_is_taken(data: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run(*SERVER, NOVANTRA_DATA_DIR=str(data), NOVANTRA_BIND=bind)
    assert_one_sentence(done, bind, "NOVANTRA_BIND")


def test_a_database_server_that_is_away_is_waited_for_with_one_line(data: Path) -> None:
    url = f"postgresql+psycopg://u:{CANARY}@127.0.0.1:{free_port()}/novantra"
    done = run(*SERVER, NOVANTRA_DATA_DIR=str(data), NOVANTRA_DATABASE_URL=url)
    assert_one_sentence(done, "does not answer", "novantra at 127.0.0.1")
    assert done.stderr.count("waiting up to") == 1


def test_a_file_that_is_no_database(data: Path) -> None:
    data.mkdir()
    (data / "novantra.db").write_text("this is no database, however long one looks\n" * 50)
    for words in (SERVER, (*FLASK, "mailer", "status")):
        assert_one_sentence(run(*words, NOVANTRA_DATA_DIR=str(data)), "is not an SQLite database")


def test_a_database_that_does_not_say_its_version(installed: Path) -> None:
    with closing(sqlite3.connect(installed / "novantra.db")) as database:
        database.execute("DELETE FROM alembic_version")
        database.commit()
    for words in (SERVER, (*FLASK, "audit", "verify")):
        assert_one_sentence(run(*words, NOVANTRA_DATA_DIR=str(installed)), "alembic_version")


@pytest.mark.parametrize(("revision", "says"), [("9999", "newer"), ("0001", "older")])
def test_a_command_leaves_a_database_of_another_version_alone(
    installed: Path, revision: str, says: str
) -> None:
    with closing(sqlite3.connect(installed / "novantra.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        database.commit()
    for words in (("mailer", "status"), ("keys", "rotate"), ("mailer", "worker")):
        done = run(*FLASK, *words, NOVANTRA_DATA_DIR=str(installed))
        assert_one_sentence(done, f"belongs to an {says}" if says == "older" else "a newer")
    with closing(sqlite3.connect(installed / "novantra.db")) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [
            (revision,)
        ]


def test_a_locked_database_stops_who_writes_and_nobody_who_reads(installed: Path) -> None:
    with closing(sqlite3.connect(installed / "novantra.db")) as holder:
        holder.execute("BEGIN IMMEDIATE")
        for words in (("audit", "verify"), ("audit", "export"), ("keys", "doctor")):
            done = run(*FLASK, *words, NOVANTRA_DATA_DIR=str(installed))
            assert done.returncode == 0, done.stderr
        done = run(*FLASK, "mailer", "resume", NOVANTRA_DATA_DIR=str(installed))
        assert_one_sentence(done, "locked by another program")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_in_the_wrong_folder_makes_nothing_there(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = run_from_nothing(*FLASK, *words, cwd=elsewhere)
    assert_one_sentence(done, str(elsewhere / "instance"), "NOVANTRA_DATA_DIR")
    assert list(elsewhere.iterdir()) == []


def test_no_command_is_left_out() -> None:
    from flask import Flask

    app = Flask("probe")
    add_commands(app)
    ours = {
        f"{group} {name}"
        for group, commands in app.cli.commands.items()
        for name in getattr(commands, "commands", {"": None})
    }
    tried = {" ".join(words[:2]) if words[0] not in ALONE else f"{words[0]} " for words in COMMANDS}
    # The second says what is wrong with its file first.
    assert ours - tried == {"mailer explain", "restore "}


def test_explaining_a_text_needs_no_install_at_all(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = run_from_nothing(*FLASK, "mailer", "explain", "535 5.7.8 no", cwd=elsewhere,
                            NOVANTRA_DATABASE_URL="postgresql://u@127.0.0.1:1/x")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list(elsewhere.iterdir()) == []


def test_json_stays_json_when_a_command_cannot_work(data: Path) -> None:
    for environment in (
        {"NOVANTRA_DATA_DIR": str(data)},
        {"NOVANTRA_EDITION": "enterprise"},
        {"NOVANTRA_DATABASE_URL": f"postgresql://u:{CANARY}@127.0.0.1:1/x"},
    ):
        done = run(*FLASK, "mailer", "status", "--json", **environment)
        assert_one_sentence(done)
        assert json.loads(done.stdout)["error"] == done.stderr.strip()


def test_somebody_without_rights_is_told_which_file(open_folder: Path) -> None:
    need_another_user()
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    for words in (SERVER, (*FLASK, "mailer", "status")):
        done = run(*nobody, *words, NOVANTRA_DATA_DIR=str(closed))
        assert_one_sentence(done, str(closed))
    done = run(*nobody, *SERVER, NOVANTRA_DATA_DIR=str(open_folder / "new"))
    assert_one_sentence(done, str(open_folder / "new"), "user 65534")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_said(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], check=False
    )
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a file system")
    try:
        (small / "filler").write_bytes(b"x" * 40_000)
        assert_one_sentence(run(*SERVER, NOVANTRA_DATA_DIR=str(small / "data")), "full")
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_keys_that_cannot_be_used_stop_what_needs_them(installed: Path) -> None:
    for keys, words in (
        ("k1", ["form id:base64key"]),
        ("k1:short", ["not valid base64"]),
        ("", ["NOVANTRA_KEYS is empty"]),
    ):
        done = run(*FLASK, "keys", "rotate", NOVANTRA_DATA_DIR=str(installed),
                   NOVANTRA_KEY_PROVIDER="env", NOVANTRA_KEYS=keys)  # fmt: skip
        assert_one_sentence(done, *words)
    good = format_keys([new_key()]).strip()
    done = run(*FLASK, "keys", "doctor", NOVANTRA_DATA_DIR=str(installed),
               NOVANTRA_KEY_PROVIDER="env", NOVANTRA_KEYS=good)  # fmt: skip
    assert done.returncode == 0, done.stderr
