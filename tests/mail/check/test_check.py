"""The connection check names the step that breaks, tries what it suggests, and sends nothing."""

from __future__ import annotations

import socket
import time

import pytest

from app.mail.check import CheckReport, Suggestion, check_connection, noun_of
from app.mail.check.facts import banner_host, banner_warning
from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mail.tls import TlsMode
from app.mail.transport import RelaySettings
from tests.faults.server import BadServer
from tests.mail.relays import settings_for
from tests.smtpd import Relay

SECRET = "s3cret & söme €"


def check(settings: RelaySettings, *candidates: Suggestion) -> CheckReport:
    return check_connection(
        settings,
        mail_from="novantra@acme.test",
        rcpt_to="alice@acme.test",
        candidates=candidates,
    )


def states(report: CheckReport) -> dict[str, str]:
    return {step.name: step.state for step in report.steps}


@pytest.mark.parametrize(
    ("tls", "order"),
    [
        ("starttls", "dns connect greeting ehlo tls auth mail-from rcpt-to rset"),
        ("implicit", "dns connect tls greeting ehlo auth mail-from rcpt-to rset"),
    ],
)
def test_every_step_passes_with_a_good_relay(tls: str, order: str) -> None:
    with Relay(tls=tls, users={"alice": SECRET}, require_auth=True) as relay:
        report = check(settings_for(relay, "alice", SECRET))
        assert relay.envelopes == []
        assert relay.received("DATA") == 0
        assert relay.commands[-2:] == ["RSET", "QUIT"]
        assert len(relay.auth_attempts) == 1
    assert report.ok
    assert report.failure is None
    assert [step.name for step in report.steps] == order.split()
    assert set(states(report).values()) == {"passed"}


def test_the_steps_tell_what_they_found() -> None:
    with Relay(tls="starttls", users={"alice": SECRET}) as relay:
        report = check(settings_for(relay, "alice", SECRET))
        port = str(relay.port)
    facts = {step.name: dict(step.facts) for step in report.steps}
    assert facts["connect"] == {"address": "127.0.0.1", "port": port}
    assert facts["greeting"] == {"banner_host": "relay.example.test"}
    assert facts["ehlo"]["size_limit"] == "10000000"
    assert "STARTTLS" in facts["ehlo"]["offers"]
    assert facts["tls"]["version"] == "TLS 1.3"
    assert facts["tls"]["issuer"] == "Novantra Test CA"
    assert facts["tls"]["names"] == "localhost, 127.0.0.1, ::1"
    assert 80 < int(facts["tls"]["days_left"]) < 100
    assert facts["tls"]["verified"] == "yes"
    assert facts["auth"] == {"username": "alice", "mechanism": "PLAIN"}
    assert facts["rcpt-to"] == {"address": "alice@acme.test"}


def test_what_is_not_configured_is_skipped() -> None:
    with Relay() as relay:
        report = check(settings_for(relay))
    assert report.ok
    assert (states(report)["tls"], states(report)["auth"]) == ("skipped", "skipped")


def test_steps_after_the_failed_one_are_not_reached() -> None:
    with Relay(users={"alice": "right"}) as relay:
        report = check(settings_for(relay, "alice", "wrong"))
    assert report.failure is not None
    assert report.failed.name == "auth"
    assert report.failure.code is FailureCode.AUTH_BAD_CREDENTIALS
    assert (report.failure.reply_code, report.failure.enhanced) == (535, "5.7.8")
    after = [states(report)[name] for name in ("mail-from", "rcpt-to", "rset")]
    assert after == ["not_reached"] * 3


@pytest.mark.parametrize(
    ("replies", "step"),
    [
        ({"MAIL": "550 5.7.60 Client does not have permissions to send as"}, "mail-from"),
        ({"RCPT": "550 5.7.1 relaying denied"}, "rcpt-to"),
        ({"EHLO": "550 5.7.1 bad helo"}, "ehlo"),
    ],
)
def test_the_step_that_breaks_is_the_one_that_is_named(
    replies: dict[str, str | list[str | None]], step: str
) -> None:
    with Relay(replies=replies) as relay:
        report = check(settings_for(relay))
    assert report.failure is not None
    assert report.failed.name == step
    assert report.failure.reply_code == 550


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize(
    ("certificate", "code", "names"),
    [
        ("expired", FailureCode.CERT_EXPIRED, "localhost, 127.0.0.1, ::1"),
        ("other_name", FailureCode.CERT_HOSTNAME, "mail.elsewhere.test"),
        ("self_signed", FailureCode.CERT_SELF_SIGNED, "localhost, 127.0.0.1, ::1"),
        ("short_key", FailureCode.CERT_KEY_TOO_SHORT, "localhost, 127.0.0.1, ::1"),
        ("old_signature", FailureCode.CERT_SIGNATURE_TOO_OLD, "localhost, 127.0.0.1, ::1"),
    ],
)
def test_a_refused_certificate_is_still_described(
    tls: str, certificate: str, code: FailureCode, names: str
) -> None:
    with Relay(tls=tls, users={"alice": SECRET}, certificate=certificate) as relay:
        report = check(settings_for(relay, "alice", SECRET))
        assert relay.auth_attempts == []
    assert report.failure is not None
    assert (report.failed.name, report.failure.code) == ("tls", code)
    assert report.failed.facts["names"] == names
    assert report.failed.facts["verified"] == "no"


def test_a_wrong_mode_is_recognised_and_a_port_that_works_is_offered() -> None:
    with (
        Relay(tls="starttls") as starttls,
        Relay(tls="implicit") as implicit,
        Relay(tls="none") as clear,
    ):
        report = check(
            RelaySettings(
                "smtp", "localhost", starttls.port, TlsMode.IMPLICIT, None, None, "app.test"
            ),
            Suggestion(clear.port, TlsMode.STARTTLS),  # offers no TLS: not worth suggesting
            Suggestion(implicit.port, TlsMode.IMPLICIT),
            Suggestion(starttls.port, TlsMode.STARTTLS),
        )
    assert report.failure is not None
    assert report.failure.code is FailureCode.TLS_MODE_MISMATCH
    assert report.suggestion == Suggestion(implicit.port, TlsMode.IMPLICIT)


def test_a_closed_port_leads_to_one_that_is_open_and_no_login_is_tried_there() -> None:
    with socket.socket() as closed, Relay(tls="starttls", users={"alice": SECRET}) as relay:
        closed.bind(("127.0.0.1", 0))
        settings = settings_for(relay, "alice", SECRET)
        open_port = Suggestion(relay.port, TlsMode.STARTTLS)
        settings = RelaySettings(
            "smtp", "localhost", closed.getsockname()[1], TlsMode.STARTTLS, "alice",
            settings.password, "app.test",
        )  # fmt: skip
        report = check(settings, open_port)
        assert relay.auth_attempts == []
    assert report.failure is not None
    assert report.failure.code is FailureCode.CONNECT_REFUSED
    assert report.suggestion == open_port


def test_nothing_is_suggested_where_nothing_works_or_nothing_is_wrong() -> None:
    with Relay() as relay, BadServer("F01") as silent:
        candidate = Suggestion(silent.port, TlsMode.STARTTLS)
        assert check(settings_for(relay), candidate).suggestion is None
    with BadServer("F13") as refusing:
        assert check(settings_for(refusing, "a", "b"), candidate).suggestion is None


@pytest.mark.timing
def test_a_silent_relay_costs_a_step_and_not_more() -> None:
    with BadServer("F01") as server:
        began = time.monotonic()
        report = check(settings_for(server, timeout=0.4))
        assert time.monotonic() - began < 2
    assert report.failure is not None
    assert (report.failed.name, report.failure.code) == (
        "greeting",
        FailureCode.CONNECT_TIMEOUT,
    )


def test_a_forbidden_address_is_reported_as_such() -> None:
    settings = RelaySettings("smtp", "169.254.169.254", 25, TlsMode.NONE, None, None, "app.test")
    report = check(settings)
    assert report.failure is not None
    assert report.failure.refused_target
    assert report.failed.name == "dns"


@pytest.mark.parametrize("scenario", ["F17", "F13-139", "good"])
def test_the_transcript_holds_no_form_of_the_secret(scenario: str) -> None:
    with BadServer(scenario, tls="starttls") as server:
        report = check(settings_for(server, "novantra", SECRET))
        blobs = [command.split()[-1] for command in server.commands if "AUTH" in command]
    assert "C: AUTH PLAIN ••••" in report.transcript
    for form in (SECRET, *blobs, "s3cret", "<script", "\x1b"):
        assert form not in report.transcript


def test_the_transcript_tells_the_mail_team_what_the_relay_said() -> None:
    with BadServer("F13-139") as server:
        report = check(settings_for(server, "novantra", SECRET))
    assert "S: 535 5.7.139 Authentication unsuccessful" in report.transcript
    assert report.transcript.splitlines()[0] == f"-- connected to 127.0.0.1 port {server.port}"


def test_an_intercepting_server_is_named() -> None:
    with Relay(hostname="mx.provider.example") as relay:
        report = check(settings_for(relay, host="127.0.0.1"))
    assert report.warnings == ()  # there is no name to compare with
    assert banner_warning("smtp.acme.com", "mx.provider.example")
    assert banner_warning("smtp.acme.com", "mail3.acme.com") is None
    assert banner_warning("smtp.acme.co.uk", "mail.other.co.uk")
    assert banner_warning("localhost", "mail.acme.com") is None


@pytest.mark.parametrize(
    "banner", ["<b>", "a b", "relay\x1b[31m", "x" * 300, "-x", "{{7*7}}", "ré.test", ""]
)
def test_a_banner_is_shown_only_if_it_is_a_host_name(banner: str) -> None:
    assert banner_host(banner) == ""


def test_every_step_and_every_phase_has_its_word() -> None:
    with Relay() as relay:
        report = check(settings_for(relay))
    words = [noun_of(step.name) for step in report.steps]
    assert len(set(words)) == len(words)
    assert all(phase.noun and phase.doing for phase in Phase)
    assert all(mode.words for mode in TlsMode)
