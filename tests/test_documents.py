"""The documents name what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PATH = re.compile(r"`((?:app|wizard|tests|docs|bench)/[\w./-]*)`")
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    missing = [name for name in PATH.findall(text) if not (ROOT / name).exists()]
    missing += [name for name in LINK.findall(text) if not (document.parent / name).exists()]
    assert missing == []


def rows(heading: str) -> list[str]:
    """The rows of the table under a heading of the map."""
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {heading}")[1].split("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| ")][1:]


def test_every_package_stands_on_the_map() -> None:
    told = " ".join(rows("Rooms"))
    packages = {path.parent.relative_to(ROOT) for path in (ROOT / "app").glob("*/__init__.py")}
    assert [str(name) for name in sorted(packages) if f"`{name}/`" not in told] == []


def test_no_question_needs_more_than_three_files() -> None:
    answers = {row: PATH.findall(row) for row in rows("Where do I go")}
    assert len(answers) >= 12
    assert [row for row, files in answers.items() if not 1 <= len(files) <= 3] == []


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_place_in_a_document_that_another_points_to_is_there(document: Path) -> None:
    missing = []
    for name, anchor in re.findall(r"\]\(([\w./-]*)#([\w-]+)\)", document.read_text("utf-8")):
        target = document.parent / name if name else document
        headings = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
        if anchor not in {slug(heading) for heading in headings}:
            missing.append(f"{name}#{anchor}")
    assert missing == []
