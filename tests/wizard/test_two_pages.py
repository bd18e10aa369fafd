"""Two pages of one step, open at once: the older one never overwrites the newer answer silently."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts.passwords import verify_password
from tests.factories import PASSWORD
from tests.wizard.test_mail import row_of, smtp
from tests.wizard.walk import ACCESS_URL, ADMINISTRATOR, Walk

ANOTHER = "another correct horse battery"
MAIL = "/setup/mail"


def box_of(page: TestResponse) -> str:
    """What the page says about the other answer, in words."""
    found = re.search(r'id="conflict".*?<p class="acts">', page.text, re.S)
    assert found is not None, page.text
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])))


def two(walk: Walk, path: str) -> tuple[Walk, TestResponse, TestResponse]:
    """Another browser, and the page of a step as both have it open."""
    other = Walk(walk.app).begin()
    return other, walk.get(path), other.get(path)


def test_an_older_mail_page_names_what_changed_and_keeps_what_was_typed(
    walk: Walk, rows: Session
) -> None:
    other, mine, theirs = two(walk.to_mail(), MAIL)
    assert other.answer(theirs, MAIL, smtp(host="b.acme.test", password="b’s")).status_code == 303
    stored = row_of(rows)
    typed = smtp(host="a.acme.test", sender_name="People at A", password="a’s")
    refused = walk.answer(mine, MAIL, typed)
    assert refused.status_code == 409
    said = box_of(refused)
    for words in ("answered in another browser or tab", "b.acme.test", "a.acme.test", "Host"):
        assert words in said
    assert "The password that you typed is never sent back" in said
    assert 'value="People at A"' in refused.text
    assert "a’s" not in refused.text
    again = row_of(rows)
    assert again.answers == stored.answers
    assert again.sealed_mail_password == stored.sealed_mail_password

    chosen = {"take-host": "theirs", "shown-host": "a.acme.test"}
    done = walk.answer(refused, MAIL, typed | chosen)
    assert (done.status_code, done.location) == (303, "/setup/review")
    answer = row_of(rows).answers["mail"]
    assert (answer["host"], answer["sender_name"]) == ("b.acme.test", "People at A")
    assert row_of(rows).answers["mail_choice"] == "configure"


@pytest.mark.parametrize("action", ["check", "save", "save_anyway"])
def test_a_kept_page_with_an_error_stays_the_older_one(
    walk: Walk, rows: Session, action: str
) -> None:
    """Correcting a field does not make a page know what it has not shown."""
    other, mine, theirs = two(walk.to_mail(), MAIL)
    assert other.answer(theirs, MAIL, smtp(host="b.acme.test")).status_code == 303
    wrong = walk.answer(mine, MAIL, smtp(port="none", action=action))
    assert wrong.status_code == 422
    switched = walk.answer(wrong, MAIL, smtp(action="switch"))
    assert switched.status_code == 200
    assert walk.answer(switched, MAIL, smtp(action=action)).status_code == 409
    assert row_of(rows).answers["mail"]["host"] == "b.acme.test"


def test_the_same_answer_from_two_pages_is_no_conflict(walk: Walk) -> None:
    walk.to_mail()
    assert walk.send(MAIL, smtp()).status_code == 303
    other, mine, theirs = two(walk, MAIL)
    assert other.answer(theirs, MAIL, smtp(password="", sender_name="B")).status_code == 303
    assert walk.answer(mine, MAIL, smtp(password="", sender_name="B")).status_code == 303


def test_a_page_that_answered_last_itself_may_be_sent_once_more(walk: Walk, rows: Session) -> None:
    """After Back, or after a check that was stopped: its own answer is no news to it."""
    mine = walk.to_mail().get(MAIL)
    assert walk.answer(mine, MAIL, smtp(host="b.acme.test")).status_code == 303
    assert walk.answer(mine, MAIL, smtp(host="c.acme.test")).status_code == 303
    assert row_of(rows).answers["mail"]["host"] == "c.acme.test"


def test_putting_mail_off_from_an_older_page_asks_once_more(walk: Walk, rows: Session) -> None:
    other, mine, theirs = two(walk.to_mail(), MAIL)
    assert other.answer(theirs, MAIL, smtp(host="b.acme.test")).status_code == 303
    refused = walk.answer(mine, MAIL, {"action": "defer"})
    assert refused.status_code == 409
    assert "b.acme.test:587, from novantra@acme.test" in refused.text
    assert 'value="defer"' in refused.text
    assert row_of(rows).answers["mail_choice"] == "configure"
    assert walk.answer(refused, MAIL, {"action": "defer"}).status_code == 303
    assert row_of(rows).answers["mail_choice"] == "defer"


def test_what_was_put_off_meanwhile_is_told_to_who_saves(walk: Walk, rows: Session) -> None:
    other, mine, theirs = two(walk.to_mail(), MAIL)
    assert other.answer(theirs, MAIL, {"action": "defer"}).status_code == 303
    refused = walk.answer(mine, MAIL, smtp())
    assert refused.status_code == 409
    assert "There, mail was put off." in box_of(refused)
    assert row_of(rows).answers["mail_choice"] == "defer"
    assert walk.answer(refused, MAIL, smtp()).status_code == 303
    assert row_of(rows).answers["mail_choice"] == "configure"


def test_an_older_administrator_page_shows_both_answers(walk: Walk, rows: Session) -> None:
    path = "/setup/administrator"
    walk.begin().send("/setup/access-url", ACCESS_URL)
    other, mine, theirs = two(walk, path)
    first = {**ADMINISTRATOR, "organization_name": "Bravo", "time_zone": "Europe/Berlin"}
    assert other.answer(theirs, path, first).status_code == 303
    second: dict[str, Any] = {**ADMINISTRATOR, "password": ANOTHER, "password_confirm": ANOTHER}
    refused = walk.answer(mine, path, second)
    assert refused.status_code == 409
    said = box_of(refused)
    for words in ("Organization name", "Bravo", "Acme", "Europe/Berlin", "None chosen"):
        assert words in said
    assert "Alice Admin" not in said
    assert ANOTHER not in refused.text
    assert row_of(rows).answers["organization_name"] == "Bravo"

    blank = {"password": "", "password_confirm": ""}
    chosen = {"take-organization_name": "theirs", "shown-organization_name": "Acme"}
    assert walk.answer(refused, path, second | blank | chosen).status_code == 303
    answers = row_of(rows).answers
    assert (answers["organization_name"], answers["time_zone"]) == ("Bravo", None)
    assert verify_password(answers["password_hash"], PASSWORD)


def test_a_password_chosen_elsewhere_is_not_replaced_silently(walk: Walk, rows: Session) -> None:
    path = "/setup/administrator"
    walk.begin().send("/setup/access-url", ACCESS_URL)
    other, mine, theirs = two(walk, path)
    assert other.answer(theirs, path, ADMINISTRATOR).status_code == 303
    second = {**ADMINISTRATOR, "password": ANOTHER, "password_confirm": ANOTHER}
    refused = walk.answer(mine, path, second)
    assert refused.status_code == 409
    assert "leave it empty to keep the one that is stored" in box_of(refused)
    assert verify_password(row_of(rows).answers["password_hash"], PASSWORD)
    assert walk.answer(refused, path, second).status_code == 303
    assert verify_password(row_of(rows).answers["password_hash"], ANOTHER)


def test_an_older_address_page_shows_both(walk: Walk, rows: Session) -> None:
    path = "/setup/access-url"
    other, mine, theirs = two(walk.begin(), path)
    assert other.answer(theirs, path, {"access_url": "https://b.acme.test"}).status_code == 303
    typed = {"access_url": "https://a.acme.test"}
    refused = walk.answer(mine, path, typed)
    assert refused.status_code == 409
    assert {"https://a.acme.test", "https://b.acme.test"} <= set(box_of(refused).split())
    assert row_of(rows).answers["access_url"] == "https://b.acme.test"
    theirs_taken = {"take-access_url": "theirs", "shown-access_url": "https://a.acme.test"}
    assert walk.answer(refused, path, typed | theirs_taken).status_code == 303
    assert row_of(rows).answers["access_url"] == "https://b.acme.test"


def test_the_end_is_refused_when_the_answers_are_not_those_that_were_reviewed(walk: Walk) -> None:
    review = walk.to_review().get("/setup/review")
    other = Walk(walk.app).begin()
    other.send("/setup/access-url", {"access_url": "https://b.acme.test"})
    other.send(MAIL, smtp(host="b.acme.test"))
    refused = walk.answer(review, "/setup/review", {"finish": "yes"})
    assert refused.status_code == 409
    assert "the address and mail changed after you opened this page" in refused.text
    assert "https://b.acme.test" in refused.text
    done = walk.answer(refused, "/setup/review", {"finish": "yes"})
    assert (done.status_code, done.location) == (303, "/admin/system")
