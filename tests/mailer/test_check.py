"""The connection check: what is typed, step by step, nothing sent or saved."""

from __future__ import annotations

import re
import socket
import threading

import pytest

from app.runtime import Runtime
from tests.conftest import Clock
from tests.mailer.conftest import PASSWORD, Stored
from tests.mailer.pages import CHECKED, PATH, MailerPage, Page, smtp
from tests.smtpd import Relay


def login(relay: Relay, **changes: object) -> dict[str, object]:
    return smtp(relay, username="novantra", password=PASSWORD, **changes)


def test_a_passing_check_shows_every_step_and_saves_nothing(
    page: MailerPage, relay: Relay, stored: Stored
) -> None:
    answer = page.check(**login(relay))
    assert answer.status == 200
    assert set(answer.steps().values()) == {"passed"}
    assert "All 9 steps passed" in answer.words
    assert answer.diagnoses == []
    assert stored.row is None
    assert stored.events == []
    assert relay.envelopes == []


def test_the_check_asks_for_the_administrators_address(page: MailerPage, relay: Relay) -> None:
    page.check(**login(relay))
    assert "RCPT TO:<alice@acme.test>" in [c.split(" SIZE")[0] for c in relay.commands]


def test_the_check_greets_with_the_access_urls_host(page: MailerPage, relay: Relay) -> None:
    page.check(**login(relay))
    assert "EHLO hr.acme.test" in relay.commands


def test_a_failing_check_names_the_code_once_and_leads_to_the_field(
    page: MailerPage, relay: Relay
) -> None:
    answer = page.check(**login(relay) | {"password": "wrong"})
    assert answer.status == 200
    assert answer.diagnoses == ["auth_bad_credentials"]
    assert answer.steps()["auth"] == "failed"
    assert answer.steps()["rcpt-to"] == "not_reached"
    assert 'href="#password"' in answer.text or 'href="#username"' in answer.text
    assert len(relay.auth_attempts) == 1


def test_the_form_is_kept_and_the_password_is_not_sent_back(page: MailerPage, relay: Relay) -> None:
    answer = page.check(**login(relay))
    assert answer.fields["host"] == "localhost"
    assert answer.fields["username"] == "novantra"
    assert PASSWORD not in answer.text
    assert "type it again before you save" in answer.words


def test_a_stored_password_is_used_while_its_destination_is_unchanged(
    page: MailerPage, relay: Relay
) -> None:
    page.save(**login(relay))
    answer = page.check()
    assert set(answer.steps().values()) == {"passed"}
    assert relay.auth_attempts[-1][3]


def test_a_refused_form_is_refused_for_checking_too(page: MailerPage) -> None:
    answer = page.check(provider="smtp", host="smtp://x", sender_address="")
    assert answer.status == 422
    assert answer.errors("host")
    assert answer.errors("sender_address")


def test_the_console_has_nothing_to_check(page: MailerPage) -> None:
    answer = page.check(provider="console", sender_address="novantra@acme.test")
    assert answer.status == 200
    assert "the console provider contacts no relay" in answer.words


def test_an_unknown_authority_is_told_from_the_certificate(page: MailerPage) -> None:
    with Relay(tls="starttls", certificate="unknown_issuer") as relay:
        assert page.check(**smtp(relay)).diagnoses == ["cert_unknown_issuer"]
        ignoring = page.check(**smtp(relay, ignore_tls_errors=CHECKED))
        assert set(ignoring.steps().values()) == {"passed", "skipped"}


def test_a_working_port_is_offered_as_one_click(
    page: MailerPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.mail.check import alternatives
    from app.mail.tls import TlsMode
    from app.mailer import check as checking

    with Relay(tls="starttls") as relay, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        shut = closed.getsockname()[1]
        closed.close()
        offered = (alternatives.Suggestion(relay.port, TlsMode.STARTTLS),)
        real = checking.check_connection
        monkeypatch.setattr(
            checking,
            "check_connection",
            lambda settings, **given: real(settings, candidates=offered, **given),
        )
        answer = page.check(**smtp(relay, port=str(shut)))
        assert answer.diagnoses == ["connect_refused"]
        pressed = re.search(r'name="use" value="([^"]+)"', answer.text)
        assert pressed
        assert pressed[1] == f"{relay.port}:on"
        data = answer.fields | {"use": pressed[1]}
        again = Page(page.client.post(f"{PATH}/check", data=data))
        assert again.fields["port"] == str(relay.port)
        assert set(again.steps().values()) == {"passed", "skipped"}


def test_the_transcript_can_be_downloaded_and_holds_no_secret(
    page: MailerPage, relay: Relay
) -> None:
    relay.replies["AUTH"] = f"535 5.7.8 no, not {PASSWORD} for you"
    answer = page.check(**login(relay))
    assert "for you" not in answer.text
    sealed = re.search(r'name="transcript" value="([^"]+)"', answer.text)
    assert sealed
    file = page.client.post(
        f"{PATH}/transcript",
        data={"csrf_token": answer.fields["csrf_token"], "transcript": sealed[1]},
    )
    assert file.status_code == 200
    assert file.mimetype == "text/plain"
    assert file.headers["Content-Disposition"].startswith("attachment;")
    text = file.get_data(as_text=True)
    assert "C: EHLO hr.acme.test" in text
    assert "535" in text
    assert PASSWORD not in text


def test_a_transcript_is_for_one_person_and_half_an_hour(
    page: MailerPage, relay: Relay, clock: Clock
) -> None:
    answer = page.check(**login(relay))
    sealed = re.search(r'name="transcript" value="([^"]+)"', answer.text)
    assert sealed
    data = {"csrf_token": answer.fields["csrf_token"], "transcript": sealed[1]}
    altered = data | {"transcript": sealed[1][:-6] + "AAAAAA"}
    assert page.client.post(f"{PATH}/transcript", data=altered).status_code == 422
    clock.advance(minutes=31)
    assert page.client.post(f"{PATH}/transcript", data=data).status_code == 422


def test_no_transaction_is_open_while_a_silent_relay_is_waited_for(
    page: MailerPage, runtime: Runtime
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = str(silent.getsockname()[1])
        fields = {
            "provider": "smtp",
            "sender_address": "novantra@acme.test",
            "host": "127.0.0.1",
            "port": port,
            "connection_timeout": "2",
        }
        shown = page.open().fields | fields
        answers: list[Page] = []
        checking = threading.Thread(
            target=lambda: answers.append(Page(page.client.post(f"{PATH}/check", data=shown)))
        )
        checking.start()
        connection, _ = silent.accept()
        with connection, runtime.database.transaction() as session:
            # On SQLite this would wait for a writer's transaction to end.
            session.connection().exec_driver_sql("UPDATE install SET access_url_version = 1")
        checking.join(30)
        assert answers[0].diagnoses


def test_enter_saves_whichever_button_a_checks_result_brings(page: MailerPage) -> None:
    """The first button of a form is the one that Enter presses: never "use port 465"."""
    with Relay(tls="implicit") as relay:
        answer = page.check(**smtp(relay, secure=CHECKED))
    buttons = re.findall(r'<button[^>]*form="mailer-form"[^>]*>', answer.text)
    assert any("formaction" in button for button in buttons), "no other way was suggested"
    assert "formaction" not in buttons[0]
    assert "name=" not in buttons[0]
