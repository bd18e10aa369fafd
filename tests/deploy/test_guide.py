"""The guide's commands are typed as they stand there; its files and its variables are there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.environment import known_names
from tests.deploy.files import ROOT, assert_is_a_command
from tests.functional.install import Person, RunningInstall, walk_wizard
from tests.functional.office import relay_fields, save_mailer
from tests.smtpd import Relay

BOOK = [ROOT / "docs" / "self-hosting.md", *sorted((ROOT / "docs" / "self-hosting").glob("*.md"))]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(novantra [^`]+|flask --app wsgi [^`]+)`")
STARTS = re.compile(
    r"^(?:runuser -u novantra -- )?(?:/opt/novantra/bin/|\.venv/bin/)?novantra |^flask --app wsgi "
)
IN_A_CONTAINER = re.compile(r"^docker compose (?:exec web novantra|run --rm web) ")
BACKUP = "/var/backups/novantra/monday"
# Those that go on until they are stopped, and those that write where a test has no business.
NOT_RUN = re.compile(r"serve|worker|completion|man$|\$\(date|…")
ASKS = {f"restore {BACKUP}", "restore /var/lib/novantra/monday.backup"}


def lines() -> Iterator[tuple[str, str]]:
    """Chapter and line of every shell block, without its remark."""
    for file in BOOK:
        for block in BLOCK.findall(file.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                if line.strip() and not line.startswith("#"):
                    yield file.name, re.sub(r"\s+# .*", "", line).strip()


def typed() -> list[tuple[str, str]]:
    """Chapter and words of every command of ours to be typed, in the order in which they stand."""
    found = []
    for chapter, line in lines():
        words = IN_A_CONTAINER.sub("novantra ", line)
        if STARTS.match(words):
            found.append((chapter, STARTS.sub("", re.split(r" (?:>|&&|\|) ?", words)[0])))
    return found


def mentioned() -> list[tuple[str, str]]:
    """The same for commands in running text."""
    return [
        (file.name, STARTS.sub("", inline))
        for file in BOOK
        for inline in INLINE.findall(file.read_text(encoding="utf-8"))
    ]


def test_every_command_in_the_guide_is_one() -> None:
    assert len(typed()) > 20
    assert len(mentioned()) > 20
    for chapter, words in [*typed(), *mentioned()]:
        if "…" in words:
            continue
        # In running text capitals stand for what one types oneself.
        plain = [word for word in shlex.split(words) if not word.isupper()]
        try:
            assert_is_a_command(plain)
        except AssertionError as wrong:
            raise AssertionError(f"{chapter}: {wrong}") from None


def test_every_file_that_a_command_of_the_guide_takes_is_in_the_repository() -> None:
    named = set()
    for _, line in lines():
        for word in line.split():
            if re.match(r"(?:deploy|docs|app)/", word) or word in {"requirements.txt"}:
                named.add(word)
    assert {"requirements.txt", "deploy/systemd/novantra.service"} <= named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_variable_in_the_guide_is_read_and_every_one_that_is_read_is_in_it() -> None:
    told: set[str] = set()
    for file in BOOK:
        told |= set(re.findall(r"NOVANTRA_[A-Z_]+[A-Z]", file.read_text(encoding="utf-8")))
    told = {name for name in told if f"{name}_…" not in "".join(f.read_text() for f in BOOK)}
    assert told - known_names() == set()
    chapter = (ROOT / "docs" / "self-hosting" / "environment.md").read_text(encoding="utf-8")
    # What ends with _FILE names a file with the value of another, by a rule that the chapter tells.
    missing = {name for name in known_names() if name not in chapter}
    assert {name for name in missing if name.removesuffix("_FILE") not in chapter} == set()


def test_every_make_target_in_the_guide_is_one() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set()
    for file in BOOK:
        named |= set(re.findall(r"`make ([a-z-]+)", file.read_text(encoding="utf-8")))
    assert named
    assert named <= targets


@pytest.mark.process
def test_the_commands_of_the_guide_work_as_they_stand_there(
    start: Callable[..., RunningInstall], tmp_path: Path
) -> None:
    """One after the other on one install, whose people are called as in the guide."""
    with Relay() as relay:
        install = start(NOVANTRA_WORKER="external")
        alice = Person(install.url)
        assert run(install, "setup token", tmp_path).returncode == 0
        walk_wizard(install, alice)
        save_mailer(alice, **relay_fields(relay))
        create = install.command("users", "create-admin", "--email", "alice@example.com",
                                 "--name", "Alice", "--password-stdin",
                                 stdin="correct horse battery staple\n")  # fmt: skip
        assert create.returncode == 0, create.stderr
        install.stop()
        done = {words: "" for _, words in typed() if not NOT_RUN.search(words)}
        for words in done:
            answer = run(install, words, tmp_path)
            assert "Traceback" not in answer.stderr
            done[words] = answer.stderr
            expected = (2,) if words in ASKS else (0, 1, 3)
            assert answer.returncode in expected, f"novantra {words}: {answer.stderr}"
    for words in ASKS:
        assert "it was not confirmed" in done[words]
    assert {"doctor", "keys rotate", "audit verify", f"restore {BACKUP} --yes"} <= set(done)


def run(install: RunningInstall, words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """``novantra`` with these words; ``/var`` is a folder of the test."""
    (folder / "backups" / "novantra").mkdir(parents=True, exist_ok=True)
    (folder / "lib" / "novantra").mkdir(parents=True, exist_ok=True)
    here = [word.replace("/var/", f"{folder}/") for word in shlex.split(words)]
    return subprocess.run(
        [sys.executable, "-m", "app.program", *here],
        cwd=ROOT,
        env={**install.environment, "PATH": os.environ["PATH"]},
        input="",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
