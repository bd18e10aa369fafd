"""The wizard's questions: what they accept, what they keep, in which order they come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts.passwords import verify_password
from app.install.models import SetupDraft
from tests.factories import PASSWORD
from tests.wizard.walk import ACCESS_URL, ADMINISTRATOR, Walk

BAD_URLS = [
    "",
    "hr.acme.test",
    "ftp://hr.acme.test",
    "javascript:alert(1)",
    "https://",
    "https://hr.acme.test/path",
    "https://hr.acme.test/../etc",
    "https://hr.acme.test?x=1",
    "https://hr.acme.test#x",
    "https://user@hr.acme.test",
    "https://hr.acme.test:0",
    "https://hr.acme.test:99999",
    "https://hr.acme.test:abc",
    "https://hr .acme.test",
    "https://hr\x00.acme.test",
    "https://hr.acme.test\r\nX-Evil: 1",
    "https://hr_acme.test",
    "https://1.2.3",
    "https://" + "a" * 600,
    "https://'; DROP TABLE install; --",
    "https://<script>alert(1)</script>",
]

NASTY = {
    "empty": "",
    "blank": "   ",
    "too long": "x" * 300,
    "control characters": "a\x07b",
    "line break": "Acme\r\nBcc: x@evil.test",
    "line separator": "a\u2028b",
}


def draft_of(rows: Session) -> dict[str, Any]:
    rows.rollback()
    row = rows.get(SetupDraft, 1, populate_existing=True)
    return dict(row.answers) if row else {}


@pytest.mark.parametrize("typed", BAD_URLS)
def test_an_unusable_access_url_is_refused_beside_the_field(
    walk: Walk, rows: Session, typed: str
) -> None:
    answer = walk.begin().send("/setup/access-url", {"access_url": typed})
    assert answer.status_code == 422
    assert 'id="access_url-error-1"' in answer.text
    assert "<script>alert" not in answer.text
    assert draft_of(rows) == {}


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("https://HR.Acme.test/", "https://hr.acme.test"),
        ("https://hr.acme.test:443", "https://hr.acme.test"),
        ("http://10.0.0.5:8000", "http://10.0.0.5:8000"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_access_url_is_kept_in_its_one_form(
    walk: Walk, rows: Session, typed: str, stored: str
) -> None:
    answer = walk.begin().send("/setup/access-url", {"access_url": typed})
    assert (answer.status_code, answer.location) == (303, "/setup/administrator")
    assert draft_of(rows)["access_url"] == stored


def test_plain_http_on_a_public_name_is_warned_about_until_the_end(walk: Walk) -> None:
    walk.begin().send("/setup/access-url", {"access_url": "http://hr.example.com"})
    assert "Plain http on a public name" in walk.get("/setup/access-url").text
    walk.send("/setup/administrator", ADMINISTRATOR)
    walk.send("/setup/mail", {"action": "defer"})
    assert "Plain http on a public name" in walk.get("/setup/review").text


def test_the_guess_comes_from_the_browsers_address(walk: Walk) -> None:
    page = walk.begin().get("/setup/access-url", base_url="https://hr.acme.test:8443")
    # The cookie belongs to another host, so this browser has to show the token again.
    assert page.location == "/setup"
    page = walk.get("/setup/access-url")
    assert 'value="http://localhost"' in page.text


def test_a_forwarded_host_is_only_believed_behind_trusted_proxies(
    make_app: Callable[..., Flask],
) -> None:
    forwarded = {"X-Forwarded-Host": "evil.test, hr.acme.test", "X-Forwarded-Proto": "https"}
    page = Walk(make_app()).begin().get("/setup/access-url", headers=forwarded)
    assert 'value="http://localhost"' in page.text
    page = Walk(make_app(trusted_proxies=1)).begin().get("/setup/access-url", headers=forwarded)
    assert 'value="https://hr.acme.test"' in page.text


def test_the_environment_fixes_the_access_url(make_app: Callable[..., Flask]) -> None:
    walk = Walk(make_app(access_url="https://fixed.acme.test/")).begin()
    page = walk.get("/setup/access-url")
    assert "NOVANTRA_ACCESS_URL" in page.text
    assert 'name="access_url"' not in page.text
    answer = walk.send("/setup/access-url", {"access_url": "https://other.acme.test"})
    assert answer.status_code == 303
    walk.send("/setup/administrator", ADMINISTRATOR)
    walk.send("/setup/mail", {"action": "defer"})
    review = walk.get("/setup/review").text
    assert "https://fixed.acme.test" in review
    row = review.partition("<dt>Address</dt>")[2].partition("</div>")[0]
    assert "Fixed by NOVANTRA_ACCESS_URL, and changed there." in row
    assert "<a " not in row
    assert "other.acme.test" not in review


@pytest.mark.parametrize("field", ["organization_name", "name", "email"])
@pytest.mark.parametrize("kind", sorted(NASTY))
def test_a_bad_answer_is_refused_beside_its_field_and_the_rest_is_kept(
    walk: Walk, rows: Session, field: str, kind: str
) -> None:
    walk.begin().send("/setup/access-url", ACCESS_URL)
    before = draft_of(rows)
    answer = walk.send("/setup/administrator", {**ADMINISTRATOR, field: NASTY[kind]})
    assert answer.status_code == 422
    assert f'id="{field}-error-1"' in answer.text
    others = {"organization_name", "name", "email"} - {field}
    assert all(f'value="{ADMINISTRATOR[name]}"' in answer.text for name in others)
    assert PASSWORD not in answer.text
    assert draft_of(rows) == before


@pytest.mark.parametrize(
    "email", ["no-at", "a@", "@b.test", "a b@c.test", "a@b@c.test", '"a b"@c.test', "a@[1.2.3.4]"]
)
def test_what_is_no_mail_address_is_refused(walk: Walk, email: str) -> None:
    walk.begin().send("/setup/access-url", ACCESS_URL)
    answer = walk.send("/setup/administrator", {**ADMINISTRATOR, "email": email})
    assert answer.status_code == 422
    assert 'id="email-error-1"' in answer.text


@pytest.mark.parametrize(
    ("password", "confirm", "field"),
    [
        ("", "", "password"),
        ("short", "short", "password"),
        ("x" * 12, "x" * 12, "password"),
        ("y" * 300 + "abcdef", "y" * 300 + "abcdef", "password"),
        ("correct horse\x00 battery", "correct horse\x00 battery", "password"),
        (PASSWORD, "", "password_confirm"),
        (PASSWORD, PASSWORD + "x", "password_confirm"),
        ("alice@acme.test", "alice@acme.test", "password"),
    ],
)
def test_a_bad_password_is_refused_and_never_shown_again(
    walk: Walk, rows: Session, password: str, confirm: str, field: str
) -> None:
    walk.begin().send("/setup/access-url", ACCESS_URL)
    answer = walk.send(
        "/setup/administrator",
        {**ADMINISTRATOR, "password": password, "password_confirm": confirm},
    )
    assert answer.status_code == 422
    assert f'id="{field}-error-1"' in answer.text
    if len(password) > 5 and "@" not in password:
        assert password not in answer.text
    assert "password_hash" not in draft_of(rows)


def test_names_in_any_script_and_markup_stay_text(walk: Walk, rows: Session) -> None:
    walk.begin().send("/setup/access-url", ACCESS_URL)
    names = {"organization_name": "Bücher & Söhne <b>株式会社</b>", "name": "Zoë '; DROP TABLE--"}
    answer = walk.send("/setup/administrator", {**ADMINISTRATOR, **names})
    assert answer.status_code == 303
    walk.send("/setup/mail", {"action": "defer"})
    review = walk.get("/setup/review").text
    assert "Bücher &amp; Söhne &lt;b&gt;株式会社&lt;/b&gt;" in review
    assert draft_of(rows)["name"] == names["name"]


def test_a_file_or_a_repeated_field_in_the_place_of_text_is_handled(walk: Walk) -> None:
    from io import BytesIO

    walk.begin().send("/setup/access-url", ACCESS_URL)
    fields = {name: value for name, value in ADMINISTRATOR.items() if name != "name"}
    answer = walk.send("/setup/administrator", {**fields, "name": (BytesIO(b"x"), "x.txt")})
    assert answer.status_code == 422
    assert 'id="name-error-1"' in answer.text
    twice = {**fields, "name": ["Alice Admin", "Mallory"]}
    assert walk.send("/setup/administrator", twice).status_code == 303
    assert "Mallory" not in walk.get("/setup/administrator").text


def test_the_password_is_only_kept_as_a_hash(walk: Walk, rows: Session) -> None:
    walk.to_mail()
    answers = draft_of(rows)
    assert PASSWORD not in str(answers)
    assert answers["password_hash"].startswith("$argon2id$")


def test_returning_keeps_the_password_unless_another_is_typed(walk: Walk, rows: Session) -> None:
    walk.to_mail()
    changed = {"name": "Alice Changed", "password": "", "password_confirm": ""}
    answer = walk.send("/setup/administrator", {**ADMINISTRATOR, **changed})
    assert answer.status_code == 303
    assert draft_of(rows)["name"] == "Alice Changed"
    assert verify_password(draft_of(rows)["password_hash"], PASSWORD)


def test_a_later_step_leads_to_the_first_unanswered_one(walk: Walk) -> None:
    walk.begin()
    for path in ("administrator", "mail", "review"):
        assert walk.get(f"/setup/{path}").location == "/setup/access-url"
    walk.send("/setup/access-url", ACCESS_URL)
    for path in ("mail", "review"):
        assert walk.get(f"/setup/{path}").location == "/setup/administrator"
    assert walk.client.post("/setup/review", data={}).status_code == 400


def test_an_earlier_answer_can_be_changed_at_the_end(walk: Walk) -> None:
    walk.to_review()
    answer = walk.send("/setup/access-url", {"access_url": "https://people.acme.test"})
    assert answer.location == "/setup/review"
    assert "https://people.acme.test" in walk.get("/setup/review").text


def test_setup_opened_again_goes_on_where_it_stopped(walk: Walk) -> None:
    walk.to_mail()
    assert walk.get("/setup").location == "/setup/mail"
