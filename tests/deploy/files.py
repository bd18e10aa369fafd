"""Reads the files with which Novantra is deployed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import click
import yaml

from app.program import program

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "Dockerfile"
COMPOSE = ROOT / "deploy" / "compose.yaml"
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


@dataclass(frozen=True)
class Instruction:
    """``stage`` counts from 0."""

    stage: int
    word: str
    rest: str

    @property
    def words(self) -> list[str]:
        """The parts, where they are written as a list."""
        return [str(one) for one in json.loads(self.rest[self.rest.index("[") :])]


def dockerfile() -> list[Instruction]:
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE)
    found, stage = [], -1
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            stage += word == "FROM"
            found.append(Instruction(stage, word, " ".join(rest.split())))
    return found


def compose() -> dict[str, dict[str, dict[str, object]]]:
    found = yaml.safe_load(COMPOSE.read_text())
    assert isinstance(found, dict)
    return found


def unit(file: Path) -> dict[str, list[str]]:
    """Every setting of a unit, whatever its section."""
    found: dict[str, list[str]] = {}
    for line in file.read_text().splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def assert_is_a_command(words: list[str]) -> None:
    """``novantra`` takes these words: a command, and options that it has."""
    command: click.Command | None = program
    rest = list(words)
    with click.Context(program, info_name="novantra") as context:
        while rest and isinstance(command, click.Group):
            command = command.get_command(context, rest.pop(0))
    assert command is not None, f"novantra has no command {' '.join(words)}"
    assert not isinstance(command, click.Group), f"{' '.join(words)} is a group of commands"
    options = {option for one in command.params for option in one.opts}
    for word in rest:
        if word.startswith("--"):
            assert word.partition("=")[0] in options, f"{' '.join(words)}: no option {word}"
