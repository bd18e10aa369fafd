"""What runs again on PostgreSQL: everything that can differ there, and nothing twice."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, select, text
from sqlalchemy.dialects import sqlite

from app.accounts.models import User
from app.runtime import EXTENSION
from tests import sent
from tests.repeating import Noted, choose, noted_in
from tests.sent import Listener, kinds

ROOT = Path(__file__).parents[1]


def a_test(name: str, *traces: str, seconds: float = 1, **how: bool) -> Noted:
    return Noted(name, how.pop("asked", True), list(traces), seconds, **how)


def test_every_trace_is_sent_by_what_stays() -> None:
    tests = [a_test(f"t{n}", f"a{n % 7}", f"b{n % 3}", f"c{n % 5}", seconds=n) for n in range(40)]
    choice = choose(tests)
    traces = {trace for one in choice.stays for trace in one.sent}
    assert traces == {trace for one in tests for trace in one.sent}
    assert len(choice.stays) + len(choice.said_by_others) == 40
    assert len(choice.stays) <= 7, "the cheapest seven bring all"


def test_the_cheaper_of_two_that_send_the_same_stays() -> None:
    choice = choose([a_test("slow", "x", "y", seconds=9), a_test("quick", "x", "y")])
    assert [one.name for one in choice.stays] == ["quick"]
    assert choice.left_out == {"slow"}
    assert "1 tests are repeated" in str(choice)
    assert "(9 s)" in str(choice)


@pytest.mark.parametrize(
    "other",
    [
        a_test("other", "x", whole=True),
        a_test("other", "x", passed=False),
        a_test("other", "x", asked=False, passed=False),
        a_test("other", asked=True),
    ],
    ids=["about more than its traces", "failed", "skipped", "unheard"],
)
def test_what_cannot_be_weighed_stays(other: Noted) -> None:
    assert "other" not in choose([a_test("quick", "x", seconds=0), other]).left_out


def test_tests_that_build_on_one_another_go_together() -> None:
    file = "tests/functional/test_flows_pending.py"
    steps = [a_test(f"{file}::first", "x"), a_test(f"{file}::then", "y")]
    others = [a_test("quick", "x", "y", seconds=0)]
    assert choose([*steps, *others]).left_out == {one.name for one in steps}
    needed = choose([*steps, *others, a_test(f"{file}::last", "z")])
    assert {one.name for one in steps} <= {one.name for one in needed.stays}


def test_without_a_database_nothing_can_differ() -> None:
    choice = choose([a_test("plain", asked=False), a_test("own file", "x", asked=False)])
    assert choice.left_out == {"plain", "own file"}


def traces_of(work: Callable[[], object]) -> set[str]:
    heard: list[str] = []
    listener = Listener(heard.append)
    listener.attach()
    try:
        work()
    finally:
        listener.detach()
    return set(heard)


def test_values_locks_order_and_endings_are_told_apart(app: Flask) -> None:
    database = app.extensions[EXTENSION].database

    def run(*statements: object, commit: bool = True, **values: object) -> Callable[[], None]:
        def work() -> None:
            with database.session() as session:
                for statement in statements:
                    session.execute(statement, values)
                session.commit() if commit else session.rollback()

        return work

    one, other = text("SELECT :a"), text("SELECT 1, :a")
    base = traces_of(run(one, other, a="x"))
    assert traces_of(run(one, other, a="y")) == base
    different = [
        run(one, other, a=1),
        run(one, other, a="x" * 1000),
        run(one, other, a="ü"),
        run(one, other, a=2**40),
        run(other, one, a="x"),
        run(one, other, commit=False, a="x"),
    ]
    assert all(traces_of(work) - base for work in different)
    plain = select(User.id)
    locked = plain.with_for_update(skip_locked=True)
    # Here they are the same text.
    assert str(plain.compile(dialect=sqlite.dialect())) == str(
        locked.compile(dialect=sqlite.dialect())
    )
    assert traces_of(run(locked)) - traces_of(run(plain))


def test_the_number_of_values_in_a_list_is_no_difference() -> None:
    engine = create_engine("sqlite://")

    def ask(many: int) -> None:
        with engine.begin() as connection:
            connection.execute(text(f"SELECT 1 WHERE 1 IN ({', '.join('1' * many)})"))
            names = [f"v{n}" for n in range(many)]
            holes = ", ".join(f":{name}" for name in names)
            connection.execute(text(f"SELECT 2 WHERE 1 IN ({holes})"), dict.fromkeys(names, 1))

    three, four = traces_of(lambda: ask(3)), traces_of(lambda: ask(4))
    assert len(three & four) >= 2
    engine.dispose()


def test_kinds_of_rows_that_go_together() -> None:
    assert kinds([("a", None), ("b", 5)]) == kinds([("c", 7), ("d", None)])
    assert kinds([("a", None)]) != kinds([("a", 5)])
    assert kinds(["ab"]) != kinds(["a\0"]), "PostgreSQL refuses it"


@pytest.mark.parametrize(
    ("words", "from_nothing"),
    [
        ([sys.executable, "-m", "flask"], True),
        (["setpriv", "--reuid=1", sys.executable, "-m", "app.server"], True),
        ("exec /srv/.venv/bin/gunicorn wsgi:app", True),
        ([sys.executable, "-m", "tests.nursery", "7"], False),
        (["/lib/python3.11/site-packages/playwright/driver/node", "cli.js"], False),
        (["nginx", "-c", "/srv/novantra.conf"], False),
    ],
)
def test_a_program_that_cannot_be_heard_is_noticed(words: object, from_nothing: bool) -> None:
    before = len(sent._UNSEEN)
    sent._note_what_cannot_be_heard("subprocess.Popen", ("x", words, None, None))
    assert (len(sent._UNSEEN) > before) == from_nothing
    del sent._UNSEEN[before:]


SMALL = """
import sys
from sqlalchemy import create_engine, text
from tests import nursery
from tests.databases import new_database

def ask(url, what):
    with create_engine(url).begin() as connection:
        connection.execute(text(what))

def test_first(tmp_path):
    with new_database(tmp_path) as url:
        ask(url, "SELECT 1")

def test_the_same(tmp_path):
    with new_database(tmp_path) as url:
        ask(url, "SELECT 1")

def test_plain():
    pass

@__import__("pytest").mark.process
def test_in_a_child(tmp_path):
    program = "import sys; sys.path.insert(0, 'FOLDER'); from SMALL import ask; "
    program += "ask(sys.argv[1], 'SELECT 2')"
    with new_database(tmp_path) as url:
        done = nursery.run([sys.executable, "-c", program, url], cwd="ROOT", env={}, timeout=60)
    assert done.returncode == 0, done.stderr
"""


@pytest.mark.process
def test_a_run_notes_and_the_next_leaves_out(tmp_path: Path) -> None:
    # Inside the repository, whose settings count, and where no linter looks beside this test.
    file = ROOT / "test-results" / f"test_small_{os.getpid()}.py"
    file.parent.mkdir(exist_ok=True)
    names = {"SMALL": file.stem, "FOLDER": str(file.parent), "ROOT": str(ROOT)}
    file.write_text(re.sub("|".join(names), lambda found: names[found[0]], SMALL))

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider"),
                *("-p", "tests.conftest", str(file), *words),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    notes = tmp_path / "notes"
    try:
        done = run(f"--note-sent={notes}", "-n", "2")
        assert "4 passed" in done.stdout, done.stdout + done.stderr
        noted = {one.name.partition("::")[2]: one for one in noted_in(notes)}
        assert noted["test_first"].sent == noted["test_the_same"].sent != []
        assert set(noted["test_in_a_child"].sent) - set(noted["test_first"].sent)
        assert not noted["test_plain"].asked
        again = run(f"--repeat={notes}", "-n", "2")
        assert "2 tests are repeated. Left out: 1 without a database, and 1 " in again.stdout
        assert "2 passed" in again.stdout
        assert again.returncode == 0
        missing = run(f"--repeat={notes}", f"--some-of={file.name},outbox")
        assert missing.returncode != 0
        assert "no test passed of" in missing.stdout
        assert "\noutbox\n" in missing.stdout
    finally:
        file.unlink()
