"""A list is read however it was copied; what is no address is named, with its line."""

from __future__ import annotations

import time

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.organizations import pasted
from app.organizations.models import Invitation
from tests.organizations.people import invite, said

AB = ["a@x.test", "b@x.test"]


def addresses(text: str) -> list[str | None]:
    return [line.address and line.address.text for line in pasted.read_lines(text)]


@pytest.mark.parametrize(
    "text",
    [
        "a@x.test\nb@x.test",
        "a@x.test\r\rb@x.test\r\n",
        "a@x.test b@x.test",
        "a@x.test\tb@x.test",
        "a@x.test,b@x.test,,",
        "a@x.test; b@x.test ;\n;",
        "\ufeffa@x.test;b@x.test",
        "\u202aa@x.test\u202c\n\u200bb@x.test",
        "- a@x.test\n• b@x.test",
        "Ann <a@x.test>, Bob Example <b@x.test>",
        'Ann <a@x.test>; "Carol, X" <b@x.test>;',
        "Example, Ann <a@x.test>; Example, Bob <b@x.test>",
        '"Semi; Colon" <a@x.test> Bob <b@x.test>',
        '"An \\"A\\" <x>" <a@x.test>, <b@x.test>',
        "a@x.test (Example, Ann), b@x.test (Bob)",
        "mailto:a@x.test, MAILTO:b@x.test?subject=Welcome%20b@y.test",
        "Ann <mailto:a@x.test>, b@x.test<mailto:b@x.test>",
        "'a@x.test' <a@x.test>, \"b@x.test\" <b@x.test>",
        '"a@x.test","b@x.test"',
        '"open quote <a@x.test>, b@x.test',
        "a@x.test Bob <b@x.test>",
        "<<a@x.test>> b@x.test",
    ],
)
def test_a_list_is_read_as_it_was_copied(text: str) -> None:
    assert addresses(text) == AB


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("kim, a@x.test, b@x.test", "kim"),
        ("a@x.test\nb@x.test\nnobody in particular", "nobody in particular"),
        ("Ann Example a@x.test\nb@x.test", "Ann Example"),
        ("a@x.test\nCarol <carol>\nb@x.test", "carol"),
        ("a@x.test, Carol <>, b@x.test", "Carol <>"),
        ("a@x.test, b@x.test, c@", "c@"),
        ("a@x.test, b@x.test, x@y@z.test", "x@y@z.test"),
    ],
)
def test_what_is_no_address_is_named_and_nothing_else_is_lost(text: str, named: str) -> None:
    lines = pasted.read_lines(text)
    assert [line.address.text for line in lines if line.address] == AB
    (wrong,) = [line for line in lines if line.outcome == pasted.INVALID]
    assert wrong.typed == named
    assert wrong.problem


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    lines = pasted.read_lines("a@x.test\r\n\r\nnonsense\nb@x.test; c@x.test")
    assert [line.number for line in lines] == [1, 3, 4, 4]


def test_an_address_that_comes_again_is_told_once() -> None:
    lines = pasted.read_lines("a@x.test\nb@x.test\nA@x.test\na@x.test\nAnn <a@x.test>")
    assert [(line.number, line.outcome) for line in lines] == [
        (1, None),
        (2, None),
        (3, pasted.TWICE),
    ]
    assert lines[2].problem == "The same address stands in line 1, and again in line 4 and line 5."
    many = pasted.read_lines("\n".join(["a@x.test"] * 1000))
    assert len(many) == 2
    assert many[1].problem is not None
    assert len(many[1].problem) < 300


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        '"\\' * 250_000,
        "<" * 500_000,
        "(" * 500_000,
        "a," * 250_000,
        "a@ " * 160_000,
        '"a' * 250_000,
    ],
)
def test_no_text_takes_long_to_take_apart(text: str) -> None:
    began = time.process_time()
    pasted.entries_of(text)
    assert time.process_time() - began < 5


def test_people_copied_out_of_a_mail_program_are_invited(
    boss_client: FlaskClient, session: Session, mail: None
) -> None:
    text = 'Bob Example <bob@else.test>; "Carol, X" <carol@else.test>\r\nmailto:dora@else.test'
    assert invite(boss_client, emails=text).status_code == 303
    session.rollback()
    assert set(session.scalars(select(Invitation.email))) == {
        "bob@else.test",
        "carol@else.test",
        "dora@else.test",
    }


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Bob Example <bob@else.test>", "Type the address alone, without a name"),
        ("a@else.test, b@else.test", "These are 2 addresses. Invite them with the list below."),
    ],
)
def test_the_single_field_takes_one_address_alone_as_every_form_does(
    boss_client: FlaskClient, session: Session, mail: None, typed: str, told: str
) -> None:
    answer = invite(boss_client, email=typed)
    assert answer.status_code == 422
    assert told in said(answer)
    assert session.scalars(select(Invitation.email)).all() == []
