"""The guide's table of every wait holds what the program does, and leaves none out."""

from __future__ import annotations

import ast
import importlib
import re
from datetime import timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "docs" / "self-hosting"
GUIDE = (BOOK / "limits.md").read_text(encoding="utf-8")
UNITS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600}
# How constants are called that somebody waits for.
WAITS = re.compile(r"(_SECONDS|PATIENCE|SLEEP|BACK_OFF|TIMEOUT)$")
# The rest of a number is elsewhere: the first value of a pair, or what is named in words.
NOT_WAITS = {"app.outbox.aside:BACK_OFF"}


def rows() -> list[tuple[str, str]]:
    """``(at most, constant)`` of each row that names one."""
    chapter = GUIDE.split("# Limits, and every wait")[1].split("\n## ")[0]
    found = []
    for line in chapter.splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        if line.startswith("|") and len(cells) == 3 and ":" in cells[2]:
            found.append((cells[1], cells[2].strip("`")))
    return found


def seconds_said(text: str) -> float:
    found = re.search(r"([0-9.]+) (ms|s|min|h)$", text)
    assert found, text
    return float(found[1]) * UNITS[found[2]]


def value_of(constant: str) -> float:
    """``module:NAME``, ``module:NAME.attribute`` or ``module:NAME[key]``, in seconds."""
    module, _, expression = constant.partition(":")
    tree = ast.parse(expression, mode="eval").body
    path: list[object] = []
    while not isinstance(tree, ast.Name):
        if isinstance(tree, ast.Attribute):
            path.insert(0, tree.attr)
            tree = tree.value
        else:
            assert isinstance(tree, ast.Subscript)
            path.insert(0, (ast.literal_eval(tree.slice),))
            tree = tree.value
    value = getattr(importlib.import_module(module), tree.id)
    for step in path:
        value = getattr(value, step) if isinstance(step, str) else value[step[0]]  # type: ignore[index]
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


@pytest.mark.parametrize(("said", "constant"), rows(), ids=lambda text: text)
def test_each_number_in_the_table_is_the_constants(said: str, constant: str) -> None:
    if ".js:" in constant:
        script = (ROOT / constant.split(":")[0]).read_text(encoding="utf-8")
        written = re.search(r"AbortSignal\.timeout\((\d+)\)", script)
        assert written
        assert int(written[1]) / 1000 == seconds_said(said)
        return
    assert value_of(constant) == pytest.approx(seconds_said(said))


def constants() -> set[str]:
    """Every number, moment or sequence of them at a module's top whose name says that it waits."""
    found = set()
    for file in [*(ROOT / "app").rglob("*.py"), *(ROOT / "wizard").rglob("*.py")]:
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            for target in targets:
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                found |= {
                    f"{module}:{name.id}"
                    for name in names
                    if isinstance(name, ast.Name) and WAITS.search(name.id)
                }
    return found


def test_no_wait_is_missing_from_the_table() -> None:
    listed = {re.split(r"[.\[]", constant.partition(":")[2])[0] for _, constant in rows()}
    missing = {
        constant
        for constant in constants() - NOT_WAITS
        if constant.partition(":")[2] not in listed
        or constant not in {re.sub(r"(:\w+).*", r"\1", named) for _, named in rows()}
    }
    assert not missing, f"limits.md does not tell what these bound: {sorted(missing)}"


def test_the_sum_that_the_guide_gives_for_a_stuck_database_is_right() -> None:
    from app import database_engines, database_waits

    least = database_waits.REQUEST.lock
    most = (
        database_waits.REQUEST.statement
        + database_engines.SLACK_SECONDS
        + database_engines.CONNECT_SECONDS
    )
    assert f"costs a page {least} to {most} seconds" in " ".join(GUIDE.split())


def test_the_connections_in_the_guide_are_the_servers() -> None:
    from app import listener

    assert (
        f"may hold {listener.SHARE} connections, all of them together {listener.CONNECTIONS}"
        in " ".join(GUIDE.split())
    )


def test_a_check_ends_before_the_proxy_and_the_script_give_it_up() -> None:
    from app.mail.check.alternatives import PATIENCE
    from app.mail.transport import DEADLINE_MARGIN

    longest = 120 + DEADLINE_MARGIN + PATIENCE
    chapter = (BOOK / "proxy.md").read_text(encoding="utf-8")
    proxy = re.search(r"proxy_read_timeout (\d+)s;", chapter)
    assert proxy
    assert longest < int(proxy[1])
