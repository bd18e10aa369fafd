"""What can be set, what is kept, what is written down about it."""

from __future__ import annotations

import pytest

from app.mailer.configuration import password_of
from app.runtime import Runtime
from tests.mailer.conftest import PASSWORD, Stored
from tests.mailer.pages import CHECKED, MailerPage, smtp
from tests.smtpd import Relay


def login(relay: Relay, **changes: object) -> dict[str, object]:
    return smtp(relay, username="novantra", password=PASSWORD, **changes)


def test_a_first_save_answers_303_and_sets_mail_up(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    assert page.open().fact("mail-state") == "pending"
    answer = page.save(**login(relay))
    assert answer.status == 303
    assert answer.response.location == "/admin/system/mailer"
    shown = page.open()
    assert shown.fact("mail-state") == "configured"
    assert shown.fields["host"] == "localhost"
    assert shown.fields["sender_name"] == "Acme HR"
    assert stored.only.version == 1


def test_saving_wakes_whoever_delivers(page: MailerPage, relay: Relay, runtime: Runtime) -> None:
    woken: list[bool] = []
    runtime.wake_worker = lambda: woken.append(True)
    page.save(**login(relay))
    assert woken == [True]


def test_smtp_starts_with_587_secure_on_errors_not_ignored_and_ten_seconds(
    page: MailerPage,
) -> None:
    fields = page.open("smtp").fields
    assert fields["port"] == "587"
    assert fields["secure"] == CHECKED
    assert "ignore_tls_errors" not in fields
    assert fields["connection_timeout"] == "10"


def test_microsoft_365_starts_with_its_host_and_says_what_is_announced(page: MailerPage) -> None:
    shown = page.open("microsoft365")
    assert (shown.fields["host"], shown.fields["port"]) == ("smtp.office365.com", "587")
    assert "end of December 2026" in shown.words
    assert "secure" not in shown.fields


def test_microsoft_365_needs_an_address_and_a_password(page: MailerPage, stored: Stored) -> None:
    answer = page.save(provider="microsoft365", sender_address="a@acme.test", username="novantra")
    assert answer.status == 422
    assert answer.errors("username")
    answer = page.save(provider="microsoft365", sender_address="a@acme.test", username="")
    assert answer.errors("username")
    by_password = {"login_method": "password", "sender_address": ""}
    answer = page.save(provider="microsoft365", username="hr@acme.test", **by_password)
    assert answer.errors("password") == ["Microsoft 365 needs a password."]
    assert stored.row is None


def test_the_microsoft_365_mailbox_is_the_sender_unless_another_is_named(
    page: MailerPage, stored: Stored
) -> None:
    blank = page.save(
        provider="microsoft365", sender_address="", username="hr@acme.test", password="pw-123"
    )
    assert blank.status == 422
    assert blank.fields["sender_address"] == "hr@acme.test"
    left_out = page.save(
        provider="microsoft365", sender_address=None, username="hr@acme.test", password="pw-123"
    )
    assert left_out.status == 303
    assert stored.only.sender_address == "hr@acme.test"


def test_another_microsoft_365_sender_is_allowed_with_a_hint_about_send_as(
    page: MailerPage, stored: Stored
) -> None:
    answer = page.save(
        provider="microsoft365",
        sender_address="people@acme.test",
        username="hr@acme.test",
        password="pw-123",
    )
    assert answer.status == 303
    assert "Send As" in page.open().words


def test_ses_needs_a_region_and_derives_its_host(page: MailerPage, stored: Stored) -> None:
    fields = {
        "provider": "ses",
        "sender_address": "novantra@acme.test",
        "username": "AKIAIOSFODNN7EXAMPLE",
        "password": "B" + "A" * 43,
    }
    assert page.save(**fields, region="").errors("region")
    assert page.save(**fields, region="eu-west-1").status == 303
    assert (stored.only.region, stored.only.host, stored.only.port) == ("eu-west-1", None, 587)
    shown = page.open()
    assert 'value="email-smtp.eu-west-1.amazonaws.com" readonly' in shown.text
    assert shown.fields["region"] == "eu-west-1"


def test_ses_takes_the_host_of_a_vpc_endpoint(page: MailerPage, stored: Stored) -> None:
    host = "vpce-0123456789abcdef0-abcd1234.email-smtp.eu-west-1.vpce.amazonaws.com"
    answer = page.save(
        provider="ses",
        sender_address="novantra@acme.test",
        region="eu-west-1",
        host=host,
        username="AKIAIOSFODNN7EXAMPLE",
        password="B" + "A" * 43,
    )
    assert answer.status == 303
    assert stored.only.host == host


def test_a_region_that_is_not_listed_is_read_from_its_typed_host(
    page: MailerPage, stored: Stored
) -> None:
    fields = {
        "provider": "ses",
        "sender_address": "novantra@acme.test",
        "region": "other",
        "username": "AKIAIOSFODNN7EXAMPLE",
        "password": "B" + "A" * 43,
    }
    assert page.save(**fields).errors("host")
    answer = page.save(**fields, host="email-smtp.ap-southeast-5.amazonaws.com")
    assert answer.status == 303
    assert stored.only.region == "ap-southeast-5"
    assert page.open().fields["region"] == "ap-southeast-5"


def test_console_needs_a_sender_only_and_never_stops_warning(
    page: MailerPage, stored: Stored
) -> None:
    assert page.save(provider="console", sender_address="novantra@acme.test").status == 303
    assert stored.only.host is None
    assert "nobody receives them" in page.open().words


def test_ignoring_tls_errors_shows_a_standing_warning(page: MailerPage, relay: Relay) -> None:
    page.save(**login(relay, ignore_tls_errors=CHECKED))
    assert "Certificates are not checked" in page.open().words


def test_a_blank_password_keeps_the_stored_one(
    page: MailerPage, relay: Relay, stored: Stored, runtime: Runtime
) -> None:
    page.save(**login(relay))
    assert page.save(sender_name="Acme People", password="").status == 303
    kept = password_of(stored.only, runtime.box)
    assert kept is not None
    assert kept.reveal() == PASSWORD
    assert stored.events[-1].changes == {
        "sender_name": {"old": "Acme HR", "new": "Acme People"},
    }


def test_a_new_password_replaces_the_stored_one(
    page: MailerPage, relay: Relay, stored: Stored, runtime: Runtime
) -> None:
    page.save(**login(relay))
    assert page.save(password="rotated-89").status == 303
    kept = password_of(stored.only, runtime.box)
    assert kept is not None
    assert kept.reveal() == "rotated-89"
    assert stored.events[-1].changes == {"password": "changed"}


def test_a_stored_password_can_be_removed_explicitly(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**login(relay))
    assert page.save(remove_password=CHECKED).status == 303
    assert stored.only.password_sealed is None
    assert stored.events[-1].changes == {"password": "removed"}


def test_typing_and_removing_a_password_at_once_is_refused(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**login(relay))
    answer = page.save(remove_password=CHECKED, password="rotated-89")
    assert answer.status == 422
    assert answer.errors("remove_password")
    assert stored.only.version == 1


def test_choosing_console_drops_the_stored_password(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**login(relay))
    assert page.save(provider="console").status == 303
    assert stored.only.password_sealed is None
    assert stored.events[-1].changes["password"] == "removed"


def test_a_save_that_changes_nothing_changes_and_audits_nothing(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**login(relay))
    before = (stored.only.version, stored.only.updated_at, len(stored.events))
    assert page.save().status == 303
    assert (stored.only.version, stored.only.updated_at, len(stored.events)) == before
    assert "Nothing to save" in page.open().words


def test_every_change_is_audited_with_who_where_and_old_and_new(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    page.save(**login(relay))
    page.save(host="127.0.0.1", password=PASSWORD)
    created, updated = stored.events
    assert (created.tag, updated.tag) == ("mailer:created", "mailer:updated")
    assert (updated.actor, updated.ip) == ("alice@acme.test", "127.0.0.1")
    assert updated.changes == {
        "host": {"old": "localhost", "new": "127.0.0.1"},
        "password": "changed",
    }
    assert created.changes["password"] == "set"
    log = page.client.get("/admin/system/audit").get_data(as_text=True)
    assert "Mailer: updated" in log


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Büro für Personal 人事 👩‍💼", "Büro für Personal 人事 👩‍💼"),
        ("  Acme HR  ", "Acme HR"),
        ("", ""),
    ],
)
def test_a_sender_name_may_be_any_unicode_or_nothing(
    page: MailerPage, relay: Relay, stored: Stored, typed: str, kept: str
) -> None:
    assert page.save(**login(relay, sender_name=typed)).status == 303
    assert stored.only.sender_name == kept


def test_the_host_is_stored_in_one_form(page: MailerPage, relay: Relay, stored: Stored) -> None:
    page.save(**login(relay, host=" LOCALHOST. "))
    assert stored.only.host == "localhost"
    assert page.save(host="bücher.example", password=PASSWORD).status == 303
    assert stored.only.host == "xn--bcher-kva.example"


def test_blanks_that_google_shows_in_an_app_password_are_taken_out(
    page: MailerPage, relay: Relay, stored: Stored, runtime: Runtime
) -> None:
    page.save(**login(relay, host="smtp.gmail.com") | {"password": "abcd efgh ijkl mnop"})
    kept = password_of(stored.only, runtime.box)
    assert kept is not None
    assert kept.reveal() == "abcdefghijklmnop"


def test_the_page_shows_the_url_that_links_will_use(page: MailerPage) -> None:
    assert "links use https://hr.acme.test" in page.open().words


def test_saving_a_change_ends_a_pause(page: MailerPage, relay: Relay, runtime: Runtime) -> None:
    from app.mail.failures import Failure, FailureCode
    from app.mail.phases import Phase
    from app.mailer import health

    page.save(**login(relay))
    with runtime.database.transaction() as session:
        health.pause(
            session,
            now=runtime.now(),
            failure=Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH),
            version=1,
        )
    assert page.open().fact("mail-state") == "paused"
    page.save(password=PASSWORD)
    assert page.open().fact("mail-state") == "configured"
