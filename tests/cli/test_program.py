"""``novantra …``: one name for the server and the commands, also out of an installed package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from app.version import VERSION

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
