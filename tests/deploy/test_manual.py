"""The manual page and the completion are made from the commands, and their readers take them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from app.cli.manual import SHELLS, completion
from app.environment import known_names
from app.program import program
from tests.needs import need

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def page() -> str:
    from click.testing import CliRunner

    done = CliRunner().invoke(program, ["man"], prog_name="novantra", catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_every_command_and_every_variable_is_in_the_manual(page: str) -> None:
    plain = page.replace("\\-", "-")
    with click.Context(program, info_name="novantra") as context:
        for name in program.list_commands(context):
            command = program.get_command(context, name)
            names = (
                [f"{name} {leaf}" for leaf in command.list_commands(context)]
                if isinstance(command, click.Group)
                else [name]
            )
            for words in names:
                assert f".SS novantra {words}" in plain
    for variable in known_names():
        assert f".B {variable}" in plain


def test_groff_sets_the_manual_without_a_complaint(page: str) -> None:
    groff = shutil.which("groff")
    need("groff", found=groff is not None, how="on Debian, apt install groff-base")
    assert groff
    done = subprocess.run(
        [groff, "-man", "-Tutf8", "-ww", "-z"],
        input=page,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_a_script(shell: str) -> None:
    assert "_NOVANTRA_COMPLETE" in completion(program, shell)


@pytest.mark.process
def test_bash_completes_a_command(tmp_path: Path) -> None:
    launcher = tmp_path / "novantra"
    launcher.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m app.program "$@"\n')
    launcher.chmod(0o755)
    script = (
        f"PATH={tmp_path}:$PATH; source <(novantra completion bash);"
        " COMP_WORDS=(novantra mailer re); COMP_CWORD=2;"
        " _novantra_completion novantra; echo ${COMPREPLY[@]}"
    )
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "resume", done.stderr
