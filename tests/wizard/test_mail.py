"""The mail step: the four providers, the check, the deferral, and what becomes of the answer."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.audit.models import AuditEvent
from app.crypto.box import SealedBox
from app.crypto.keys import KeyRing
from app.install.models import SetupDraft
from app.mailer.active import mail_state
from app.mailer.client_key import key_of as key_of_row
from app.mailer.configuration import password_of, settings_of
from app.mailer.models import MailerConfiguration
from app.outbox.models import OutboxMessage
from app.outbox.worker import deliver_next
from app.runtime import EXTENSION
from tests.certificates import authority_of, certificate_of, key_of
from tests.smtpd import Relay
from tests.wizard.walk import ADMINISTRATOR, Walk

PIN = "A" * 43 + "="
CANARY = "Kanarienvogel-42-pass"


def smtp(**changes: Any) -> dict[str, Any]:
    """The SMTP form as a browser sends it."""
    return {
        "provider": "smtp",
        "shown": "smtp",
        "sender_address": "novantra@acme.test",
        "sender_name": "Acme",
        "host": "relay.acme.test",
        "port": "587",
        "secure": "y",
        "username": "novantra",
        "password": CANARY,
        "connection_timeout": "2",
        "action": "save_anyway",
        **changes,
    }


def row_of(rows: Session) -> SetupDraft:
    rows.rollback()
    row = rows.get(SetupDraft, 1, populate_existing=True)
    assert row is not None
    rows.expunge(row)
    rows.rollback()
    return row


def test_the_consequences_of_deferring_stand_before_the_choice(walk: Walk) -> None:
    page = walk.to_mail().get("/setup/mail").text
    told = page.index("Nobody can reset a password by mail")
    assert told < page.index('value="defer"')
    for consequence in ("New people cannot be invited", "cannot verify their address"):
        assert consequence in page


@pytest.mark.parametrize(
    ("provider", "field"),
    [("smtp", "host"), ("microsoft365", "username"), ("ses", "region"), ("console", "sender_name")],
)
def test_each_provider_has_its_own_fields(walk: Walk, provider: str, field: str) -> None:
    page = walk.to_mail().get(f"/setup/mail?provider={provider}").text
    assert f'id="provider-{provider}" checked' in page
    assert f'name="{field}"' in page
    assert ('name="password"' in page) == (provider != "console")


def test_a_saved_answer_waits_in_the_draft_with_its_password_sealed(
    walk: Walk, rows: Session
) -> None:
    answer = walk.to_mail().send("/setup/mail", smtp())
    assert (answer.status_code, answer.location) == (303, "/setup/review")
    row = row_of(rows)
    assert row.sealed_mail_password is not None
    assert CANARY not in row.sealed_mail_password + str(row.answers)
    assert rows.get(MailerConfiguration, 1) is None
    review = walk.get("/setup/review").text
    assert "relay.acme.test:587" in review
    assert CANARY not in review + walk.get("/setup/mail").text


def test_finishing_configures_mail_and_asks_the_administrator_to_verify(
    walk: Walk, rows: Session
) -> None:
    runtime = walk.app.extensions[EXTENSION]
    walk.to_mail()
    with Relay() as relay:
        walk.send(
            "/setup/mail",
            smtp(host=relay.host, port=str(relay.port), secure="n", username="", password=""),
        )
        assert walk.finish().location == "/admin/system"
        while deliver_next(runtime):
            pass
        (mail,) = relay.envelopes
    assert mail.rcpt_to == "alice@acme.test"
    assert "https://hr.acme.test/verify-email/" in mail.text
    assert mail_state(rows, runtime) == "configured"
    user = rows.scalars(select(User)).one()
    assert user.email_verified_at is None
    assert walk.get("/admin/system").status_code == 200


def test_a_relay_that_does_not_answer_locks_nobody_out(walk: Walk, rows: Session) -> None:
    runtime = walk.app.extensions[EXTENSION]
    walk.to_mail().send("/setup/mail", smtp(host="127.0.0.1", port="1", username="", password=""))
    walk.finish()
    deliver_next(runtime)
    assert rows.scalars(select(OutboxMessage)).one().state == "queued"
    for path in ("/admin/system", "/admin/system/mailer"):
        assert walk.get(path).status_code == 200


def test_the_password_is_sealed_anew_for_its_place(walk: Walk, rows: Session) -> None:
    walk.to_mail().send("/setup/mail", smtp())
    draft_seal = row_of(rows).sealed_mail_password
    walk.finish()
    rows.rollback()
    configuration = rows.get(MailerConfiguration, 1)
    assert configuration is not None
    assert configuration.password_sealed != draft_seal
    secret = password_of(configuration, walk.app.extensions[EXTENSION].box)
    assert secret is not None
    assert secret.reveal() == CANARY
    events = rows.scalars(select(AuditEvent)).all()
    assert {"install:finished", "mailer:created"} <= {event.tag for event in events}
    assert CANARY not in str([event.changes for event in events])


def test_deferring_is_recorded_and_drops_what_was_typed(walk: Walk, rows: Session) -> None:
    walk.to_mail().send("/setup/mail", smtp())
    answer = walk.send("/setup/mail", {"action": "defer"})
    assert answer.location == "/setup/review"
    row = row_of(rows)
    assert row.answers["mail_choice"] == "defer"
    assert row.sealed_mail_password is None
    assert "Until mail is set up" in walk.get("/setup/review").text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sender_address", ""),
        ("sender_address", "no-address"),
        ("sender_address", "a@b.test\r\nBcc: x@evil.test"),
        ("sender_name", "x" * 300),
        ("sender_name", "a\r\nBcc: x@evil.test"),
        ("host", ""),
        ("host", "https://relay.acme.test"),
        ("host", "relay.acme.test:587"),
        ("host", "' OR 1=1 --"),
        ("host", "<b>x</b>"),
        ("port", "abc"),
        ("port", "0"),
        ("port", "70000"),
        ("port", "٣"),
        ("username", "a\x00b"),
        ("username", "u" * 500),
        ("connection_timeout", "0"),
        ("connection_timeout", "1e9"),
        ("encryption", "ssl"),
        ("ehlo_name", "192.0.2.1"),
        ("ehlo_name", "a b"),
    ],
)
def test_a_bad_mail_answer_is_refused_beside_its_field_and_nothing_is_stored(
    walk: Walk, rows: Session, field: str, value: str
) -> None:
    answer = walk.to_mail().send("/setup/mail", smtp(**{field: value}))
    assert answer.status_code == 422
    assert f'id="{field}-error-1"' in answer.text
    assert CANARY not in answer.text
    assert "<b>x</b>" not in answer.text
    row = row_of(rows)
    assert "mail" not in row.answers
    assert row.sealed_mail_password is None


@pytest.mark.parametrize("provider", ["", "gmail", "<b>", "x" * 5000])
def test_an_unknown_provider_is_refused(walk: Walk, rows: Session, provider: str) -> None:
    answer = walk.to_mail().send("/setup/mail", smtp(provider=provider))
    assert answer.status_code == 422
    assert "Choose one of the providers that are listed" in answer.text
    assert "mail" not in row_of(rows).answers


def test_switching_shows_the_other_fields_and_keeps_what_was_typed(walk: Walk) -> None:
    walk.to_mail()
    page = walk.send("/setup/mail", smtp(provider="ses", action="switch"))
    assert page.status_code == 200
    assert 'name="region"' in page.text
    assert 'value="novantra@acme.test"' in page.text
    assert CANARY not in page.text


def test_the_check_tries_what_is_typed_and_sends_nothing(walk: Walk, rows: Session) -> None:
    walk.to_mail()
    with Relay() as relay:
        typed = smtp(
            host=relay.host, port=str(relay.port), secure="n", username="", password="",
            action="check",
        )  # fmt: skip
        page = walk.send("/setup/mail", typed)
        assert page.status_code == 200
        assert 'data-step="rcpt-to" data-state="passed"' in page.text
        assert relay.envelopes == []
    assert rows.get(MailerConfiguration, 1) is None
    assert walk.get("/setup/review").location == "/setup/mail"


def test_a_failed_check_names_the_step_and_the_cause(walk: Walk) -> None:
    typed = smtp(host="127.0.0.1", port="1", action="check")
    page = walk.to_mail().send("/setup/mail", typed)
    assert page.status_code == 200
    assert 'data-step="connect" data-state="failed"' in page.text
    assert 'data-code="connect_refused"' in page.text
    assert CANARY not in page.text


def test_a_checked_password_need_not_be_typed_again_to_go_on(walk: Walk, rows: Session) -> None:
    walk.to_mail().send("/setup/mail", smtp(host="127.0.0.1", port="1", action="check"))
    assert walk.get("/setup/review").location == "/setup/mail"
    answer = walk.send("/setup/mail", smtp(host="127.0.0.1", port="1", password=""))
    assert answer.location == "/setup/review"
    assert row_of(rows).sealed_mail_password is not None


@pytest.mark.parametrize(
    ("field", "value"),
    [("certificate_pin", PIN), ("host", "other.acme.test"), ("port", "465"), ("secure", "n"),
     ("username", "eve"),
     ("ignore_tls_errors", "y"), ("encryption", "implicit")],
)  # fmt: skip
@pytest.mark.parametrize("action", ["save", "save_anyway", "check"])
def test_a_waiting_password_is_never_used_for_another_destination(
    walk: Walk, field: str, value: str, action: str
) -> None:
    walk.to_mail().send("/setup/mail", smtp())
    answer = walk.send("/setup/mail", smtp(password="", action=action, **{field: value}))
    assert answer.status_code == 422
    assert 'id="password-error-1"' in answer.text


def test_a_relay_without_a_login_needs_no_password_and_drops_the_waiting_one(
    walk: Walk, rows: Session
) -> None:
    walk.to_mail().send("/setup/mail", smtp(action="save_anyway"))
    assert row_of(rows).sealed_mail_password is not None
    answer = walk.send("/setup/mail", smtp(username="", password="", action="save_anyway"))
    assert answer.status_code == 303
    assert row_of(rows).sealed_mail_password is None


def test_how_to_encrypt_and_greet_goes_from_the_wizard_into_the_configuration(
    walk: Walk, rows: Session
) -> None:
    walk.to_mail()
    with Relay(tls="implicit") as relay:
        typed = smtp(
            host="127.0.0.1", port=str(relay.port), username="", password="",
            encryption="implicit", ehlo_name="Mail.Acme.test", ignore_tls_errors="y",
            action="save",
        )  # fmt: skip
        assert walk.send("/setup/mail", typed).location == "/setup/review"
        assert "EHLO mail.acme.test" in relay.commands
    walk.finish()
    rows.rollback()
    configuration = rows.get(MailerConfiguration, 1)
    assert configuration is not None
    assert (configuration.encryption, configuration.ehlo_name) == ("implicit", "mail.acme.test")


def test_certificates_go_from_the_wizard_into_the_configuration(walk: Walk, rows: Session) -> None:
    """The key waits sealed, is kept by a blank field, and its certificate is what it is for."""
    walk.to_mail()
    trusted = {"trust": "own", "ca_certificates": authority_of("A CA nobody knows")}
    shown = {"client_certificate": certificate_of("client")}
    with Relay(tls="starttls", certificate="unknown_issuer") as relay:
        typed = smtp(
            host="localhost", port=str(relay.port), username="", password="", **trusted, **shown
        )
        refused = walk.send("/setup/mail", typed)
        assert 'id="client_key-error-1"' in refused.text
        with_key = typed | {"client_key": key_of("client"), "action": "check"}
        checked = walk.send("/setup/mail", with_key)
        assert 'id="check-passed"' in checked.text
        assert key_of("client").splitlines()[1] not in checked.text + str(row_of(rows).answers)
        assert walk.send("/setup/mail", typed | {"action": "save"}).location == "/setup/review"
    walk.finish()
    rows.rollback()
    row = rows.get(MailerConfiguration, 1)
    assert row is not None
    assert (row.trust, row.ca_certificates) == ("own", authority_of("A CA nobody knows"))
    box = walk.app.extensions[EXTENSION].box
    key = key_of_row(row, settings_of(row), box)
    assert key is not None
    assert key.reveal() == key_of("client")


def test_what_a_relay_shows_is_trusted_with_one_press_in_the_wizard(walk: Walk) -> None:
    walk.to_mail()
    with Relay(tls="starttls", certificate="self_signed") as relay:
        typed = smtp(host="localhost", port=str(relay.port), username="", password="")
        shown = walk.send("/setup/mail", typed | {"action": "check"}).text
        fill = html.unescape(re.findall(r'data-fill="([^"]*)"', shown)[0])
        del typed["action"]
        trusted = walk.send("/setup/mail", typed | {"fill": fill}).text
        assert 'id="check-passed"' in trusted


def test_another_provider_takes_no_password_along(walk: Walk, rows: Session) -> None:
    walk.to_mail().send("/setup/mail", smtp())
    console = {"provider": "console", "sender_address": "novantra@acme.test", "action": "save"}
    assert walk.send("/setup/mail", console).location == "/setup/review"
    assert row_of(rows).sealed_mail_password is None
    assert "Console" in walk.get("/setup/review").text


def test_the_sender_name_starts_with_the_organization(walk: Walk) -> None:
    assert 'value="Acme"' in walk.to_mail().get("/setup/mail").text


def test_without_keys_no_password_is_kept_and_mail_can_still_be_put_off(
    walk: Walk, rows: Session
) -> None:
    walk.to_mail()
    runtime = walk.app.extensions[EXTENSION]
    runtime.box = SealedBox(KeyRing([], problem="The key file is missing."))
    answer = walk.send("/setup/mail", smtp())
    assert answer.status_code == 422
    assert 'id="password-error-1"' in answer.text
    assert "mail" not in row_of(rows).answers
    walk.send("/setup/mail", {"action": "defer"})
    assert walk.finish().location == "/admin/system"
    assert walk.get("/admin/system").status_code == 200


def test_keys_lost_before_the_end_stop_the_finish_and_leave_setup_open(
    walk: Walk, rows: Session
) -> None:
    walk.to_mail().send("/setup/mail", smtp())
    runtime = walk.app.extensions[EXTENSION]
    whole, runtime.box = runtime.box, SealedBox(KeyRing([], problem="The key file is missing."))
    answer = walk.finish()
    assert answer.status_code == 503
    assert "Nothing was saved; setup is still open" in answer.text
    assert rows.get(MailerConfiguration, 1) is None
    rows.rollback()
    runtime.box = whole
    assert walk.finish().location == "/admin/system"


def relay_fields(relay: Relay, **changes: Any) -> dict[str, Any]:
    """The fields of a relay without encryption, as a browser sends them."""
    return smtp(host=relay.host, port=str(relay.port), secure="n", **changes)


def test_saving_checks_first_and_the_review_says_what_the_check_found(walk: Walk) -> None:
    walk.to_mail()
    with Relay() as relay:
        typed = relay_fields(relay, username="", password="", action="save")
        answer = walk.send("/setup/mail", typed)
        assert (answer.status_code, answer.location) == (303, "/setup/review")
        assert relay.envelopes == []
    review = walk.get("/setup/review").text
    assert "Checked <time" in review
    assert "7 of 7 steps" in review


def test_a_save_whose_check_fails_stays_there_open_at_the_step_with_a_way_on(
    walk: Walk, rows: Session
) -> None:
    walk.to_mail()
    with Relay(users={"novantra": "another"}, require_auth=True) as relay:
        typed = relay_fields(relay, action="save")
        answer = walk.send("/setup/mail", typed)
        assert answer.status_code == 422
        assert 'data-step="auth" data-state="failed"' in answer.text
        assert 'data-code="auth_bad_credentials"' in answer.text
        assert 'value="save_anyway"' in answer.text
        assert CANARY not in answer.text
        assert walk.get("/setup/review").location == "/setup/mail"
        waits = row_of(rows).sealed_mail_password
        assert waits is not None
        on = walk.send("/setup/mail", typed | {"password": "", "action": "save_anyway"})
        assert on.location == "/setup/review"
        assert row_of(rows).sealed_mail_password == waits
        assert len(relay.auth_attempts) == 1
    review = walk.get("/setup/review").text
    assert "stopped at the login" in review
    assert "waits until it does" in review


def test_saving_anyway_asks_no_relay_and_the_review_says_not_checked(walk: Walk) -> None:
    walk.to_mail()
    with Relay() as relay:
        typed = relay_fields(relay, username="", password="", action="save_anyway")
        assert walk.send("/setup/mail", typed).location == "/setup/review"
        assert relay.connections == 0
    assert "Not checked" in walk.get("/setup/review").text


@pytest.mark.parametrize(
    "changes",
    [
        {"sender_address": "other@acme.test"},
        {"connection_timeout": "3"},
        {"password": "typed anew"},
        {"username": "eve", "password": "typed anew"},
    ],
)
def test_a_check_counts_only_for_the_answer_that_it_was_made_with(
    walk: Walk, changes: dict[str, str]
) -> None:
    walk.to_mail()
    with Relay(users={"novantra": CANARY, "eve": "typed anew"}) as relay:
        typed = relay_fields(relay, action="save", ignore_tls_errors="n")
        assert walk.send("/setup/mail", typed).location == "/setup/review"
        assert "8 of 8 steps" in walk.get("/setup/review").text
        changed = typed | {"password": ""} | changes | {"action": "save_anyway"}
        assert walk.send("/setup/mail", changed).location == "/setup/review"
    review = walk.get("/setup/review").text
    assert "Not checked" in review
    assert "8 of 8 steps" not in review


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("/setup/access-url", {"access_url": "https://people.acme.test"}),
        ("/setup/administrator", {"email": "anna@acme.test"}),
    ],
)
def test_a_check_does_not_count_once_what_it_greeted_or_asked_with_has_changed(
    walk: Walk, step: str, answer: dict[str, str]
) -> None:
    walk.to_mail()
    with Relay() as relay:
        walk.send("/setup/mail", relay_fields(relay, username="", password="", action="save"))
    assert "Checked <time" in walk.get("/setup/review").text
    before = ADMINISTRATOR if step.endswith("administrator") else {}
    assert walk.send(step, before | answer).status_code == 303
    assert "Not checked" in walk.get("/setup/review").text


def test_a_check_by_itself_does_not_answer_the_question(walk: Walk, rows: Session) -> None:
    walk.to_mail()
    with Relay() as relay:
        typed = relay_fields(relay, username="", password="", action="check")
        page = walk.send("/setup/mail", typed)
        assert page.status_code == 200
        passed = page.text.index('id="check-passed"')
        assert 'value="save" data-busy' in page.text[passed : page.text.index('id="mail-form"')]
        assert "send a test email" not in page.text.lower()
        assert row_of(rows).answers["mail_choice"] is None
        assert walk.send("/setup/mail", typed | {"action": "save_anyway"}).status_code == 303
    assert "7 of 7 steps" in walk.get("/setup/review").text


def test_an_answer_of_another_browser_during_the_check_is_not_saved_as_checked(
    walk: Walk, rows: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wizard.views import mail

    walk.to_mail()
    other = Walk(walk.app).begin()
    really = mail.run_check

    def and_meanwhile(*given: Any, **more: Any) -> Any:
        found = really(*given, **more)
        with ThreadPoolExecutor(1) as another:
            answer = another.submit(other.send, "/setup/mail", smtp(host="other.acme.test"))
            assert answer.result().status_code == 303
        return found

    with Relay() as relay:
        monkeypatch.setattr(mail, "run_check", and_meanwhile)
        typed = relay_fields(relay, username="", password="", action="save")
        refused = walk.send("/setup/mail", typed)
        assert refused.status_code == 409
    assert "answered in another browser or tab" in refused.text
    assert 'name="take-host" value="theirs"' in refused.text
    monkeypatch.setattr(mail, "run_check", really)
    chosen = {"take-host": "theirs", "shown-host": typed["host"], "action": "save_anyway"}
    assert row_of(rows).answers["mail"]["host"] == "other.acme.test"
    assert "Not checked" in walk.get("/setup/review").text
    answer = walk.send("/setup/mail", typed | chosen | {"sender_name": "Mine"})
    assert answer.status_code == 303
    mail_now = row_of(rows).answers["mail"]
    assert (mail_now["host"], mail_now["sender_name"]) == ("other.acme.test", "Mine")


def test_the_page_says_beside_the_button_how_long_the_check_may_take(walk: Walk) -> None:
    page = walk.to_mail().get("/setup/mail").text
    assert "at most 30 seconds" in page
    refused = walk.send("/setup/mail", smtp(host="", connection_timeout="90", action="save"))
    assert "at most 110 seconds" in refused.text
    assert 'id="check-takes"' not in walk.get("/setup/mail?provider=console").text


def test_the_sender_is_guessed_from_the_administrators_own_domain(walk: Walk) -> None:
    page = walk.to_mail().get("/setup/mail").text
    assert 'value="novantra@acme.test"' in page
    assert "Guessed from your own address" in page


@pytest.mark.parametrize("email", ["alice@gmail.com", "alice@gmx.de", "alice@localhost.me.com"])
def test_no_sender_is_guessed_at_a_mailbox_service(walk: Walk, email: str) -> None:
    page = walk.to_mail(email=email).get("/setup/mail").text
    assert ("novantra@" + email.partition("@")[2] in page) == email.endswith(".me.com")


def test_enter_saves_whatever_stands_above_the_form(walk: Walk) -> None:
    """The first button of a form is the one that Enter presses."""
    walk.to_mail()
    typed = smtp(host="127.0.0.1", port="1", username="", password="", action="save")
    page = walk.send("/setup/mail", typed).text
    first = re.search(r'<button[^>]*form="mail-form"[^>]*>', page)
    assert first is not None
    assert 'value="save"' in first[0]


def test_every_step_but_the_first_has_a_way_back_and_the_steps_are_counted_truly(
    walk: Walk,
) -> None:
    assert "Four short steps" in walk.get("/setup").text
    assert "Step " not in walk.get("/setup").text
    walk.to_review()
    pages = ("access-url", "administrator", "mail", "review")
    for number, name in enumerate(pages, start=1):
        page = walk.get(f"/setup/{name}").text
        assert f"Step {number} of 4" in page
        back = f'<a class="btn" href="/setup/{pages[number - 2]}">Back'
        assert (back in page) == (number > 1)
