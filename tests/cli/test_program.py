"""``novantra …``: one name for the server and the commands, also out of an installed package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import httpx
import pytest

from app.version import VERSION
from tests.relays.ports import free_port

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, unpacked as an installer would."""
    folder = tmp_path_factory.mktemp("package")
    source = folder / "source"
    # Building writes beside the sources: a copy keeps the tree clean.
    for name in ("app", "wizard"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "requirements.in", "README.md", "LICENSE", "wsgi.py"):
        shutil.copy(ROOT / name, source / name)
    words = ("pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index")
    subprocess.run(
        [sys.executable, "-m", *words, "--wheel-dir", str(folder), str(source)], check=True
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def novantra(site: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NOVANTRA_")}
    return subprocess.run(
        [sys.executable, "-m", "app.program", *words],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_package_holds_every_file_the_program_reads(package: Path) -> None:
    def files(root: Path) -> set[Path]:
        return {
            path.relative_to(root)
            for top in ("app", "wizard")
            for path in (root / top).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }

    assert files(ROOT) == files(package)


def test_the_package_says_its_version_and_licence(package: Path, tmp_path: Path) -> None:
    assert novantra(package, tmp_path, "--version").stdout == f"Novantra {VERSION}\n"
    (metadata,) = package.glob("*.dist-info/METADATA")
    text = metadata.read_text()
    assert "License-Expression: Apache-2.0" in text
    assert f"Version: {VERSION}" in text
    assert "Requires-Dist: zxcvbn" in text


def test_every_command_of_the_flask_program_is_there(package: Path, tmp_path: Path) -> None:
    said = novantra(package, tmp_path, "--help").stdout
    for word in ("audit", "keys", "mailer", "serve", "setup", "users", "worker"):
        assert f"\n  {word} " in said
    assert "--app" not in said
    assert "--connections" in novantra(package, tmp_path, "worker", "--help").stdout


def test_an_installed_command_in_the_wrong_folder_makes_nothing(
    package: Path, tmp_path: Path
) -> None:
    answer = novantra(package, tmp_path, "mailer", "status")
    assert answer.returncode == 2
    assert "there is no install in" in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_word_that_is_no_command_is_refused_in_a_sentence(package: Path, tmp_path: Path) -> None:
    answer = novantra(package, tmp_path, "mial")
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr


def test_installed_into_an_empty_environment_it_serves(package: Path, tmp_path: Path) -> None:
    """``pip install`` of the wheel, and the command that it puts there."""
    import site

    wheel = next(package.parent.glob("*.whl"))
    folder = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    words = ("--python", str(folder / "bin" / "python"), "install", "--quiet", "--no-index")
    subprocess.run([sys.executable, "-m", "pip", *words, "--no-deps", str(wheel)], check=True)
    # What it is built on is there already, and its pins are CI's to install.
    (installed,) = (folder / "lib").glob("python*/site-packages")
    (installed / "needs.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("NOVANTRA_", "PYTHON"))}
    server = subprocess.Popen(
        [str(folder / "bin" / "novantra"), "serve"],
        cwd=tmp_path,
        env={**environment, "NOVANTRA_BIND": f"127.0.0.1:{port}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                answer = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5, trust_env=False)
                break
            except httpx.TransportError:
                assert server.poll() is None, server.communicate()[0]
                time.sleep(0.1)
        assert answer.status_code == 200
        page = httpx.get(f"http://127.0.0.1:{port}/setup", timeout=5, trust_env=False)
        assert "setup_token" in page.text
        assert "novantra setup token" in page.text, "a command that is there"
        assert "flask --app" not in page.text
    finally:
        server.terminate()
        said = server.communicate(timeout=20)[0]
    assert server.returncode == 0, said
    assert "Novantra is ready to be set up" in said
    assert (tmp_path / "instance" / "novantra.db").exists()
