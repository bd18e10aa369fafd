"""Two who save at once: the second sees each field of both versions and says which one counts."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.mailer.configuration import password_of
from app.runtime import Runtime
from tests.conftest import Clock
from tests.factories import make_user
from tests.mailer.conftest import PASSWORD, Stored
from tests.mailer.pages import CHECKED, PATH, MailerPage, Page, smtp
from tests.smtpd import Relay


def login(relay: Relay, **changes: object) -> dict[str, object]:
    return smtp(relay, username="novantra", password=PASSWORD, **changes)


@pytest.fixture
def bob(session: Session, sign_in: Callable[[User], FlaskClient]) -> MailerPage:
    person = make_user(session, "bob@acme.test", install_admin=True)
    session.commit()
    return MailerPage(sign_in(person))


def chosen(answer: Page) -> dict[str, str]:
    """What the box adds to the form as it stands: the choices, and what was shown."""
    added = {}
    for tag in re.findall(r"<input [^>]*>", answer.text):
        if 'form="mailer-form"' not in tag or (' type="radio"' in tag and " checked" not in tag):
            continue
        name, value = re.findall(r' (?:name|value)="([^"]*)"', tag)
        added[name] = html.unescape(value)
    return added


def stale(page: MailerPage, theirs: MailerPage, hers: dict[str, str], **mine: str | None) -> Page:
    """``page`` was opened, the other saves, then ``page`` is sent."""
    opened = page.open().fields
    assert theirs.save(**hers).status == 303
    sent = {name: value for name, value in {**opened, **mine}.items() if value is not None}
    return Page(page.client.post(PATH, data=sent))


def again(page: MailerPage, answer: Page, to: str = "", **changes: str) -> Page:
    data = answer.fields | chosen(answer) | changes
    return Page(page.client.post(PATH + to, data=data))


def test_each_field_is_chosen_by_itself_and_saved_on_top(
    page: MailerPage, bob: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**login(relay))
    theirs = {"sender_name": "Hers", "connection_timeout": "9"}
    answer = stale(bob, page, theirs, sender_name="His", connection_timeout="4")
    assert answer.status == 409
    assert "alice@acme.test saved another configuration" in answer.words
    assert "Saved by alice@acme.test" in answer.words
    assert "changed by both" in answer.words
    assert again(bob, answer, **{"take-sender_name": "theirs"}).status == 303
    row = stored.only
    assert (row.sender_name, row.connection_timeout, row.version) == ("Hers", 4, 3)
    assert stored.events[-1].changes == {"connection_timeout": {"old": 9, "new": 4}}


def test_what_only_one_changed_is_chosen_as_that_one_has_it(
    page: MailerPage, bob: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**login(relay))
    theirs = {"ehlo_name": "hr.acme.test", "ignore_tls_errors": CHECKED, "password": PASSWORD}
    answer = stale(bob, page, theirs, sender_name="His")
    assert chosen(answer)["take-ehlo_name"] == "theirs"
    assert chosen(answer)["take-ignore_tls_errors"] == "theirs"
    assert chosen(answer)["take-sender_name"] == "yours"
    assert "changed by both" not in answer.words
    assert again(bob, answer).status == 303
    row = stored.only
    assert (row.sender_name, row.ehlo_name) == ("His", "hr.acme.test")
    assert row.ignore_tls_errors


def test_you_in_another_tab_is_called_so(page: MailerPage, relay: Relay) -> None:
    page.save(**login(relay))
    answer = stale(page, page, {"sender_name": "First"}, sender_name="Second")
    assert "You saved in another tab in the meantime" in answer.words
    assert "Saved by you elsewhere" in answer.words
    assert "alice@acme.test saved" not in answer.words


def test_a_typed_password_is_not_sent_back_and_asked_for_again(
    page: MailerPage, bob: MailerPage, relay: Relay, stored: Stored, runtime: Runtime
) -> None:
    page.save(**login(relay))
    answer = stale(bob, page, {"sender_name": "Hers"}, password="typed-secret")
    assert "typed-secret" not in answer.text
    assert "The password that you typed is never sent back to the browser" in answer.words
    assert again(bob, answer, password="typed-secret").status == 303
    kept = password_of(stored.only, runtime.box)
    assert kept is not None
    assert kept.reveal() == "typed-secret"


def test_the_stored_password_goes_to_no_destination_that_is_chosen(
    page: MailerPage, bob: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**login(relay))
    typed = {"host": "127.0.0.1", "password": "typed-secret"}
    answer = stale(bob, page, {"sender_name": "Hers"}, **typed)
    refused = again(bob, answer)
    assert refused.status == 422
    assert refused.errors("password")
    assert refused.fields["host"] == "127.0.0.1"
    assert stored.only.version == 2
    assert again(bob, answer, **{"take-host": "theirs"}).status == 303


def test_what_is_edited_after_the_choice_counts_as_it_was_typed_last(
    page: MailerPage, bob: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**login(relay))
    answer = stale(bob, page, {"sender_name": "Hers"}, connection_timeout="4")
    assert chosen(answer)["take-sender_name"] == "theirs"
    assert again(bob, answer, sender_name="Typed now").status == 303
    assert stored.only.sender_name == "Typed now"


def test_another_provider_is_taken_with_all_its_fields_and_no_typed_password(
    page: MailerPage, bob: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**login(relay))
    opened = bob.open().fields
    page.save(provider="console", sender_name="Hers")
    mine = {"sender_name": "His", "host": "other.acme.test", "password": "typed-secret"}
    answer = Page(bob.client.post(PATH, data=opened | mine))
    assert answer.status == 409
    assert set(chosen(answer)) == {
        f"{of}-{name}" for of in ("take", "shown") for name in ("provider", "sender_name")
    }
    sent = {"take-provider": "theirs", "password": "typed-secret"}
    assert again(bob, answer, **sent).status == 303
    row = stored.only
    assert (row.provider, row.sender_name, row.password_sealed) == ("console", "His", None)


def test_one_s_own_provider_is_kept_on_top_of_another(
    page: MailerPage, bob: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**login(relay))
    opened = bob.open().fields
    page.save(provider="console")
    answer = Page(bob.client.post(PATH, data=opened | {"password": PASSWORD}))
    assert answer.status == 409
    sent = {"take-provider": "yours", "password": PASSWORD}
    assert again(bob, answer, **sent).status == 303
    assert (stored.only.provider, stored.only.version) == ("smtp", 3)


def test_a_third_save_asks_again_about_what_still_differs(
    page: MailerPage, bob: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**login(relay))
    theirs = {"sender_name": "Hers", "connection_timeout": "9"}
    answer = stale(bob, page, theirs, sender_name="His", connection_timeout="4")
    page.save(sender_name="Hers once more")
    once_more = again(bob, answer, **{"take-connection_timeout": "theirs"})
    assert once_more.status == 409
    assert "Hers once more" in once_more.text
    assert "take-connection_timeout" not in once_more.text
    assert again(bob, once_more).status == 303
    assert (stored.only.sender_name, stored.only.connection_timeout) == ("His", 9)


def test_a_check_is_of_what_was_chosen(
    page: MailerPage, bob: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**login(relay, sender_name="First"))
    answer = stale(bob, page, {"sender_name": "Hers"}, sender_name="His")
    checked = again(bob, answer, "/check", **{"take-sender_name": "theirs"})
    assert checked.status == 200
    assert checked.fields["sender_name"] == "Hers"
    assert 'id="conflict"' not in checked.text
    assert stored.only.version == 2


def test_a_difference_that_cannot_be_shown_is_said_to_be_one(
    page: MailerPage, bob: MailerPage, relay: Relay
) -> None:
    page.save(**login(relay))
    answer = stale(bob, page, {"password": PASSWORD}, password="typed-secret")
    assert answer.status == 409
    assert "only a password may differ" in answer.words


@pytest.mark.parametrize("odd", ["", "both", "theirs'; --", "THEIRS"])
def test_an_odd_choice_is_none(
    page: MailerPage, bob: MailerPage, relay: Relay, stored: Stored, odd: str
) -> None:
    page.save(**login(relay))
    answer = stale(bob, page, {"sender_name": "Hers"}, sender_name="His")
    assert again(bob, answer, **{"take-sender_name": odd}).status == 303
    assert stored.only.sender_name == "His"


def test_restoring_an_earlier_one_after_another_save_leads_to_the_same_choice(
    page: MailerPage, bob: MailerPage, relay: Relay, stored: Stored, clock: Clock
) -> None:
    page.save(**login(relay, sender_name="First"))
    page.save(sender_name="Second")
    opened = Page(bob.client.get(f"{PATH}/earlier/1"))
    token = re.findall(r'name="csrf_token" value="([^"]+)"', opened.text)[-1]
    page.save(sender_name="Third")
    sent = {"csrf_token": token, "version": "2", "action": "restore"}
    answer = Page(bob.client.post(f"{PATH}/earlier/1", data=sent))
    assert answer.status == 409
    assert chosen(answer)["take-sender_name"] == "yours"
    assert again(bob, answer).status == 303
    assert stored.only.sender_name == "First"
