"""The stored password against somebody who tries: repeated fields, other encodings, spellings."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from app.mailer.models import MailerConfiguration
from app.runtime import Runtime
from tests.mailer.pages import PATH, MailerPage, Page, smtp
from tests.security.stored_password import SECRET, never_used
from tests.smtpd import Relay


@pytest.fixture
def page(admin_client: FlaskClient, home: Relay) -> MailerPage:
    page = MailerPage(admin_client)
    saved = page.save(**smtp(home, username="novantra@acme.test", password=SECRET))
    assert saved.status == 303
    return page


def pairs(page: MailerPage, **changes: str | None) -> list[tuple[str, str]]:
    """The page's form with a blank password, as name and value."""
    fields = page.open().fields | {"password": ""} | changes
    return [(name, value) for name, value in fields.items() if value is not None]


@pytest.mark.parametrize("endpoint", ["", "/check", "/test"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_of_a_repeated_field_the_first_counts_everywhere(
    page: MailerPage, home: Relay, elsewhere: Relay, endpoint: str, kind: str
) -> None:
    """Whichever value is compared has to be the one that is connected to."""
    for first, second in ((home.port, elsewhere.port), (elsewhere.port, home.port)):
        fields = [pair for pair in pairs(page) if pair[0] != "port"]
        data = MultiDict([*fields, ("port", str(first)), ("port", str(second))])
        page.client.post(PATH + endpoint, data=data, content_type=kind)
    page.send_test()
    assert elsewhere.received("AUTH") == 0
    assert elsewhere.envelopes == []


@pytest.mark.parametrize("endpoint", ["", "/check", "/test"])
def test_another_provider_at_the_very_same_place_asks_again(
    page: MailerPage, home: Relay, runtime: Runtime, endpoint: str
) -> None:
    data = pairs(page, provider="microsoft365")
    answer = Page(page.client.post(PATH + endpoint, data=MultiDict(data)))
    assert answer.status == 422
    assert "the provider changed" in " ".join(answer.errors("password"))
    assert never_used(home)
    with runtime.database.session(reading=True) as session:
        row = session.get(MailerConfiguration, 1)
        assert row is not None
        assert (row.provider, row.version) == ("smtp", 1)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "::1", "[::1]", "::ffff:127.0.0.1", "ｌocalhost.test", "localhost.localdomain",
     "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "１２７.0.0.1", "127。0。0。1",
     "localhost\u200b.acme.test", "localhost%00.test", "local host", "localhost:2525",
     "novantra@localhost", "localhost/", "lоcalhost"],
)  # fmt: skip
@pytest.mark.parametrize("endpoint", ["", "/check", "/test"])
def test_no_other_spelling_of_a_host_gets_the_password(
    page: MailerPage, home: Relay, host: str, endpoint: str
) -> None:
    data = MultiDict(pairs(page, host=host))
    answer = Page(page.client.post(PATH + endpoint, data=data))
    assert answer.status == 422
    assert answer.errors("host") or answer.errors("password")
    assert never_used(home)


@pytest.mark.parametrize("host", ["LOCALHOST", "localhost.", "ｌｏｃａｌｈｏｓｔ", " localhost "])
def test_the_same_host_in_other_letters_is_the_same_host(
    page: MailerPage, host: str, runtime: Runtime
) -> None:
    assert page.save(host=host, password="").status == 303
    with runtime.database.session(reading=True) as session:
        row = session.get(MailerConfiguration, 1)
        assert row is not None
        assert row.host == "localhost"


def test_the_button_of_another_port_takes_no_password_along(
    page: MailerPage, home: Relay, elsewhere: Relay
) -> None:
    for use in (f"{elsewhere.port}:on", f"{elsewhere.port}:", f"{home.port}:off"):
        answer = Page(
            page.client.post(f"{PATH}/check", data=MultiDict([*pairs(page), ("use", use)]))
        )
        assert answer.status == 422
        assert answer.errors("password")
    assert never_used(home, elsewhere)


@pytest.mark.parametrize("version", ["0", "2", "999999999", "-1", "1e0", "٣", "", "1\0", None])
def test_no_version_makes_the_password_fit_elsewhere(
    page: MailerPage, home: Relay, elsewhere: Relay, version: str | None
) -> None:
    for endpoint in ("", "/check"):
        changed = pairs(page, port=str(elsewhere.port), version=version)
        status = page.client.post(PATH + endpoint, data=MultiDict(changed)).status_code
        assert status in {409, 422}
    page.send_test()
    assert elsewhere.received("AUTH") == 0


def test_a_password_of_blanks_is_no_way_to_keep_the_stored_one(
    page: MailerPage, elsewhere: Relay
) -> None:
    page.client.post(PATH, data=MultiDict(pairs(page, port=str(elsewhere.port), password="   ")))
    page.send_test()
    assert SECRET not in str(elsewhere.auth_attempts)


def test_switching_provider_and_back_never_shows_or_moves_it(
    page: MailerPage, home: Relay, elsewhere: Relay
) -> None:
    for provider in ("ses", "microsoft365", "console", "smtp"):
        fields = pairs(page, action="switch", provider=provider, port=str(elsewhere.port))
        answer = Page(page.client.post(PATH, data=MultiDict(fields)))
        assert SECRET not in answer.text
    back = answer.fields | {"password": "", "port": str(elsewhere.port)}
    assert page.client.post(PATH, data=back).status_code == 422
    assert never_used(home, elsewhere)


def test_the_command_checks_what_is_saved_and_nowhere_else(
    app: Flask, page: MailerPage, home: Relay, elsewhere: Relay
) -> None:
    runner = app.test_cli_runner()
    page.client.post(PATH, data=MultiDict(pairs(page, port=str(elsewhere.port))))
    result = runner.invoke(args=["mailer", "check"])
    assert result.exit_code == 0, result.output
    assert [attempt[3] for attempt in home.auth_attempts] == [True]
    assert elsewhere.connections == 0
    assert SECRET not in result.output
