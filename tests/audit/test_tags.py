"""The audit log's filter offers what the program writes, all of it and nothing else."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from app.audit.log import record
from app.audit.tags import SUBJECTS, UnknownSubject, describe, value_words
from app.mailer.providers import PROVIDERS
from app.web.context import Actor

ROOT = Path(__file__).parents[2]
TAG = re.compile(r"[a-z]+(?:-[a-z]+)*:[a-z]+(?:-[a-z]+)*")


WRITERS = {"record", "_record", "audit"}


def written_tags() -> set[str]:
    """Every tag that the code hands to whatever writes events, by itself or by a name."""
    found: set[str] = set()
    for package in ("app", "wizard"):
        for path in (ROOT / package).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            named = {
                target.id: assignment.value
                for assignment in tree.body
                if isinstance(assignment, ast.Assign)
                for target in assignment.targets
                if isinstance(target, ast.Name)
            }
            for call in ast.walk(tree):
                for argument in _tag_arguments(call) if isinstance(call, ast.Call) else ():
                    for part in ast.walk(argument):
                        if isinstance(part, ast.Name):
                            part = named.get(part.id, part)
                        text = part.value if isinstance(part, ast.Constant) else None
                        if isinstance(text, str) and TAG.fullmatch(text):
                            found.add(text)
    return found


def _tag_arguments(call: ast.Call) -> list[ast.expr]:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    named = [keyword.value for keyword in call.keywords if keyword.arg == "tag"]
    return named + (call.args if name in WRITERS else [])


def test_every_choice_finds_something_and_everything_has_a_choice():
    tags = written_tags()
    assert len(tags) > 30
    assert {tag.partition(":")[0] for tag in tags} == set(SUBJECTS)


def test_no_two_choices_have_the_same_words():
    assert len(set(SUBJECTS.values())) == len(SUBJECTS)


@pytest.mark.parametrize("tag", ["membership:added", "mailer", "mailer:", ":added", ""])
def test_an_event_that_no_choice_would_find_is_not_written(runtime, tag):
    with runtime.database.session() as session, pytest.raises(UnknownSubject):
        record(session, now=runtime.now(), actor=Actor(None, "x", None), tag=tag, target="x")


def test_each_choice_shows_its_events_on_the_page(admin_client, runtime):
    tags = sorted(written_tags())
    with runtime.database.transaction() as session:
        for tag in tags:
            actor = Actor(None, "shell", None)
            record(session, now=runtime.now(), actor=actor, tag=tag, target=f"about {tag}.")
    for subject in SUBJECTS:
        page = admin_client.get(f"/admin/system/audit?subject={subject}").text
        assert f'value="{subject}" selected' in page
        for tag in tags:
            assert (f"about {tag}." in page) is tag.startswith(f"{subject}:"), (subject, tag)
            if tag.startswith(f"{subject}:"):
                assert describe(tag) in page


def test_words_that_the_log_keeps_are_said_as_the_mailer_page_says_them() -> None:
    for provider in PROVIDERS.values():
        assert value_words(provider.value, "provider") == provider.title
    assert value_words(True, "secure") == "yes"
    assert value_words("pending", "state") == "not set up"
    assert value_words("smtp", "host") == "smtp", "a host of that name is no provider"
