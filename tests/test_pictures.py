"""The pictures in README and docs are the ones that ``make screenshots`` takes."""

from __future__ import annotations

import re
from pathlib import Path

from tests.browser.pictures import FOLDER, PICTURES
from tests.test_documents import DOCUMENTS

SHOWN = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
LIMIT = 1_000_000


def shown() -> list[tuple[str, Path]]:
    """What each picture in a document is said to show, and its file."""
    return [
        (words, (document.parent / name).resolve())
        for document in DOCUMENTS
        for words, name in SHOWN.findall(document.read_text(encoding="utf-8"))
    ]


def test_the_pictures_that_are_taken_are_the_files_that_are_there() -> None:
    assert sorted(PICTURES) == sorted(file.stem for file in FOLDER.iterdir())


def test_every_picture_is_shown_by_a_document_and_every_shown_one_is_taken() -> None:
    assert {file for _, file in shown()} == {FOLDER / f"{name}.png" for name in PICTURES}


def test_every_picture_says_in_words_what_it_shows() -> None:
    assert [file.name for words, file in shown() if len(words.split()) < 5] == []


def test_all_pictures_together_are_small() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < LIMIT
