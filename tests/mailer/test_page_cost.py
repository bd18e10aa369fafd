"""What the mailer page asks of the database, and how long it takes: every page waits for that."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from statistics import median

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.runtime import Runtime
from tests.mailer.pages import PATH
from tests.outbox.letters import configure, queue_resets

STATEMENTS = 25
"""In an outage, when the page also says who is affected."""
SECONDS = 0.020
"""Of the processor's time, which other programs on the machine lengthen little."""
ADDITIONS, ADDED_IN = 100_000, 0.0021
"""On a processor that takes these seconds for so many additions; a slower one is allowed more."""


@pytest.fixture
def statements() -> Iterator[list[str]]:
    heard: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        heard.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    yield heard
    event.remove(Engine, "before_cursor_execute", hear)


def test_the_page_asks_the_database_for_little(
    admin_client: FlaskClient, runtime: Runtime, statements: list[str]
):
    configure(runtime)
    queue_resets(runtime, [f"p{number}@acme.test" for number in range(30)])
    admin_client.get(PATH)
    statements.clear()
    assert admin_client.get(PATH).status_code == 200
    assert len(statements) <= STATEMENTS, "\n".join(statements)


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _add() -> None:
    total = 0
    for number in range(ADDITIONS):
        total += number


@pytest.mark.timing
@pytest.mark.parametrize("path", [PATH, "/admin/system", "/admin/system/mail-activity"])
def test_a_page_takes_twenty_milliseconds_at_most(
    admin_client: FlaskClient, runtime: Runtime, path: str
):
    configure(runtime)
    queue_resets(runtime, [f"p{number}@acme.test" for number in range(30)])
    assert admin_client.get(path).status_code == 200
    pages, additions = [], []
    for _ in range(25):
        additions.append(_seconds(_add))
        pages.append(_seconds(lambda: admin_client.get(path)))
    # What else runs on the machine lengthens both alike.
    assert median(pages) <= SECONDS * max(1.0, median(additions) / ADDED_IN)
