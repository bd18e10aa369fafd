"""What users typed stays words in the mails that show it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from jinja2 import UndefinedError

from app.mail.addresses import AddressError
from app.mail.compose import MAX_NAME, Composed, Composer, Prose, clean_name, without_links

LINK = "https://hr.acme.test/reset/abc?x=1"


@pytest.fixture
def composer(tmp_path: Path) -> Composer:
    folder = tmp_path / "email" / "greeting"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("Hello {{ name }},\n  from {{ organization }}\n")
    (folder / "body.txt").write_text("Hello {{ name }}\n\n{{ link }}\n{{ note }}\n")
    (folder / "body.html").write_text('<p>{{ name }}</p><a href="{{ link }}">{{ note }}</a>')
    return Composer(tmp_path)


def compose(composer: Composer, **changes: object) -> Composed:
    values = {"name": "Bob", "organization": "Acme", "link": LINK, "note": "x", **changes}
    return composer.compose("greeting", values)


def test_the_three_parts_are_rendered_and_the_subject_is_one_line(composer: Composer) -> None:
    composed = compose(composer)
    assert composed.subject == "Hello Bob, from Acme"
    assert composed.text == f"Hello Bob\n\n{LINK}\nx\n"
    assert composed.html == f'<p>Bob</p><a href="{LINK}">x</a>'


@pytest.mark.parametrize(
    ("typed", "html"),
    [
        ("{{7*7}}", "{{7*7}}"),
        ("{% raw %}", "{% raw %}"),
        ("<a>", "&lt;a&gt;"),
        ("<b>\"'&", "&lt;b&gt;&#34;&#39;&amp;"),
    ],
)
def test_markup_and_templates_stay_text(composer: Composer, typed: str, html: str) -> None:
    composed = compose(composer, name=typed)
    assert f"<p>{html}</p>" in composed.html
    assert f"Hello {typed}\n" in composed.text
    assert typed in composed.subject


@pytest.mark.parametrize(
    "typed",
    [
        "evil.com",
        "www.evil.com/login",
        "https://evil.com",
        "bob@evil.com",
        "evil。com",
        "localhost:8000/x",
        "Click.here.now",
    ],
)
def test_a_name_never_becomes_a_link(composer: Composer, typed: str) -> None:
    composed = compose(composer, name=typed)
    for part in (composed.text, composed.html, composed.subject):
        assert typed not in part
        assert "evil.com" not in part
        assert typed in part.replace("\u2060", "")


def test_names_with_dots_still_read_as_they_are_written() -> None:
    assert without_links("St. John Jr.") == "St. John Jr."
    assert without_links("J.R. Smith").replace("\u2060", "") == "J.R. Smith"


def test_a_name_is_cut_and_cleaned() -> None:
    assert clean_name("x" * 200) == "x" * MAX_NAME
    assert clean_name("a\r\nb\tc\0d\u202ee\u200bf\u2028g") == "a b cdef g"
    assert clean_name("family 👨\u200d👩\u200d👧") == "family 👨\u200d👩\u200d👧"
    assert clean_name("  two   words ") == "two words"


def test_sentences_of_ours_are_left_alone(composer: Composer) -> None:
    sentence = "Ask the owner of relay.acme.internal. " * 4
    assert sentence in compose(composer, note=Prose(sentence)).text


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "//evil.com", "hr.acme.test", 'https://a.test/"x', "https://a.test/ x",
     "https://a.test/\n", "ftp://a.test/", ""],
)  # fmt: skip
def test_a_link_is_an_absolute_web_address(composer: Composer, link: str) -> None:
    with pytest.raises(ValueError, match="link"):
        compose(composer, link=link)


@pytest.mark.parametrize("code", ["", "12 34", "<b>", "x" * 40])
def test_a_code_is_letters_and_digits(composer: Composer, code: str) -> None:
    with pytest.raises(ValueError, match="code"):
        compose(composer, unlock_code=code)


def test_an_address_is_shown_as_it_is(composer: Composer) -> None:
    assert compose(composer, new_email="bob@acme.test").subject
    with pytest.raises(AddressError):
        compose(composer, new_email="not an address")


def test_values_in_lists_are_treated_alike(tmp_path: Path) -> None:
    folder = tmp_path / "email" / "list"
    folder.mkdir(parents=True)
    for part in ("subject.txt", "body.txt", "body.html"):
        (folder / part).write_text("{{ names | join(', ') }} {{ count }}")
    composed = Composer(tmp_path).compose("list", {"names": ["<a>", "evil.com"], "count": 2})
    assert composed.html == "&lt;a&gt;, evil.\u2060com 2"


def test_a_missing_value_is_an_error_and_not_a_blank(composer: Composer) -> None:
    with pytest.raises(UndefinedError):
        composer.compose("greeting", {"name": "Bob", "organization": "Acme"})


def test_a_name_from_right_to_left_turns_nothing_around_it(composer: Composer) -> None:
    composed = compose(composer, name="דנה", organization="Acme")
    for part in (composed.subject, composed.text, composed.html):
        assert "\u2068דנה\u2069" in part
    assert "\u2068" not in compose(composer, name="Dana").subject


@pytest.mark.parametrize(
    ("zone", "at"), [("UTC", "13:30 UTC"), ("Asia/Tokyo", "22:30 (Asia/Tokyo)")]
)
def test_a_moment_is_told_in_the_readers_zone_with_its_length_from_the_writing(
    tmp_path: Path, zone: str, at: str
) -> None:
    folder = tmp_path / "email" / "end"
    folder.mkdir(parents=True)
    said = "until {{ until|clock }}, {{ until_lasts }} after this mail was written"
    for part in ("subject.txt", "body.txt", "body.html"):
        (folder / part).write_text(said)
    composer = Composer(tmp_path)
    # Written a moment after the end was fixed, when the next minute had begun.
    until = datetime(2026, 11, 26, 13, 30, 59, 990_000, tzinfo=UTC)
    for late in (-5, 20):
        values = {
            "until": until,
            "zone": ZoneInfo(zone),
            "written_at": until - timedelta(minutes=30) + timedelta(milliseconds=late),
        }
        expected = f"until {at} on 26 November 2026, 30 minutes after this mail was written"
        assert composer.compose("end", values).subject == expected
