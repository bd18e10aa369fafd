"""Real Postfix and Exim servers, set up strictly, through the mailer page and the outbox."""

from __future__ import annotations

import re
from contextlib import closing, nullcontext
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from app.crypto.secret import Secret
from app.mail.failures import Disposition, FailureCode, disposition_of
from app.mail.smtp import delivery
from app.mail.smtp.session import Session
from app.mail.smtp.transport import SmtpTransport
from app.mail.tls import TlsMode
from app.mail.transport import Envelope, Following, RelaySettings, TransportError
from app.outbox.worker import StepResult
from tests.certificates import ca_file, server_file
from tests.desk import Desk
from tests.functional.real_relays import desk, through, without_chunks
from tests.needs import need_exim, need_postfix
from tests.outbox.letters import attempts, rows
from tests.relays import exim, postfix
from tests.relays.policy import Greylist

__all__ = ["desk"]

pytestmark = pytest.mark.relay

STEPS = ["dns", "connect", "tls", "greeting", "ehlo", "auth", "mail-from", "rcpt-to", "rset"]


@pytest.fixture
def folder(relay_folder: Path) -> Path:
    need_postfix()
    return relay_folder


@pytest.fixture
def exim_folder(relay_folder: Path) -> Path:
    need_exim()
    return relay_folder


NO_LOGIN = {"username": "", "password": ""}


def assert_refused(desk: Desk, code: FailureCode, *, to: str = "dana@acme.test") -> None:
    """A real send ends in that code, and its disposition decides about the message."""
    desk.queue(to)
    step = desk.step()
    row = rows(desk.runtime)[-1]
    assert (row.last_code, row.rcpt_to) == (code, to)
    match disposition_of(code):
        case Disposition.RETRY:
            assert (step, row.state, desk.state) == (StepResult.RETRIED, "queued", "configured")
            assert row.due_at > desk.clock()
        case Disposition.PAUSE:
            assert (step, row.state, desk.state) == (StepResult.HELD, "held", "paused")
        case Disposition.REJECT:
            assert (step, row.state, desk.state) == (StepResult.FAILED, "failed", "configured")


def assert_released(desk: Desk) -> None:
    """What waited goes out now."""
    desk.wait()
    desk.work()
    assert {row.state for row in rows(desk.runtime)} == {"sent"}
    assert desk.state == "configured"
    assert desk.page.open().fact("consecutive-failures") == "0"


def test_postfix_takes_mail_with_a_login_over_starttls(desk: Desk, folder: Path) -> None:
    with postfix.Postfix(folder, server_file(), tls_level="encrypt") as relay:
        checked = desk.check(**through(relay))
        assert checked.steps() == dict.fromkeys(STEPS, "passed")
        desk.save(**through(relay))
        assert desk.test() == ""
        desk.queue("dana@acme.test")
        assert desk.step() is StepResult.SENT
        mail = relay.inbox("dana")[0]
        relay.inbox("alice")
    assert mail["Message-ID"] == desk.row.message_id
    assert f"sasl_username={postfix.USER}" in relay.log()
    assert "with ESMTPSA" in str(mail["Received"])


@pytest.mark.parametrize("name", ["postfix", "exim"])
def test_a_real_relay_takes_messages_in_one_round_trip(
    name: str, relay_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Postfix and Exim offer PIPELINING and CHUNKING: after the first, MAIL, RCPT and the message
    leave together, and a recipient that is refused costs neither a connection nor the others."""
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))
    message = b"Subject: one\r\n\r\nhello\r\n.a dot\r\n..two dots\r\n"
    kept: list[Session] = []
    monkeypatch.setattr(delivery, "_at_once", _remembered(delivery._at_once, kept))
    relay, login = _relay_and_login(name, relay_folder)
    with relay:
        with closing(SmtpTransport(_settings(relay, *login))) as transport:
            for to in ("dana@acme.test", "nobody@acme.test", "dana@acme.test", "dana@acme.test"):
                with nullcontext() if to.startswith("dana") else pytest.raises(TransportError):
                    transport.send(Envelope("novantra@acme.test", to), message)
        inbox = partial(relay.inbox, "dana") if isinstance(relay, postfix.Postfix) else relay.inbox
        mails = inbox(count=3)
    assert [mail.get_payload() for mail in mails[:3]] == ["hello\n.a dot\n..two dots\n"] * 3
    at_once = 3  # every one but the first, the refused one included
    assert len(kept) == at_once
    assert len({id(session) for session in kept}) == 1


@pytest.mark.parametrize("name", ["postfix", "exim"])
def test_a_real_relay_is_told_the_next_message_behind_the_dot(
    name: str, relay_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As both would be without CHUNKING: from the third message on each takes one round trip, a
    recipient that is refused costs nobody else anything, and what is let go of never arrives."""
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))
    opened, told = without_chunks(monkeypatch)
    relay, login = _relay_and_login(name, relay_folder)
    people = ["dana", "dana", "nobody", "dana", "dana", "dana"]
    messages = [
        Following(
            Envelope("novantra@acme.test", f"{person}@acme.test"),
            f"Subject: {number}\r\n\r\nhello\r\n.a dot\r\n".encode(),
            f"<{number}@acme.test>",
        )
        for number, person in enumerate(people)
    ]
    refused: list[tuple[str, FailureCode]] = []
    with relay:
        with closing(SmtpTransport(_settings(relay, *login))) as transport:
            for one, following in pairwise(messages):
                try:
                    transport.send(
                        one.envelope,
                        one.content,
                        message_id=one.message_id,
                        ahead=lambda following=following: following,  # type: ignore[misc]
                    )
                except TransportError as error:
                    refused.append((one.message_id, error.code))
            transport.let_go(messages[-1].message_id)
        inbox = partial(relay.inbox, "dana") if isinstance(relay, postfix.Postfix) else relay.inbox
        mails = inbox(count=4)
    assert sorted(mail["Subject"] for mail in mails) == ["0", "1", "3", "4"]
    assert [mail.get_payload() for mail in mails] == ["hello\n.a dot\n"] * 4
    assert refused == [("<2@acme.test>", FailureCode.RECIPIENT_REJECTED)]
    assert (len(opened), told) == (1, ["<2@acme.test>", "<4@acme.test>", "<5@acme.test>"])


def _relay_and_login(
    name: str, folder: Path
) -> tuple[postfix.Postfix | exim.Exim, tuple[str, str]]:
    if name == "postfix":
        need_postfix()
        return postfix.Postfix(folder, server_file()), (postfix.USER, postfix.PASSWORD)
    need_exim()
    return exim.Exim(folder, server_file()), (exim.USER, exim.PASSWORD)


def _settings(relay: postfix.Postfix | exim.Exim, username: str, password: str) -> RelaySettings:
    return RelaySettings(
        "smtp", "localhost", relay.port, TlsMode.STARTTLS, username, Secret(password), "app.test"
    )


def _remembered(form: Any, kept: list[Session]) -> Any:
    def at_once(session: Session, *arguments: Any) -> Any:
        kept.append(session)
        return form(session, *arguments)

    return at_once


def test_postfix_encrypts_from_the_start_on_a_port_of_its_own(desk: Desk, folder: Path) -> None:
    with postfix.Postfix(folder, server_file()) as relay:
        port = str(relay.tls_port)
        assert desk.check(**through(relay, port=port)).diagnoses == ["tls_mode_mismatch"]
        chosen = through(relay, port=port, encryption="implicit")
        assert desk.check(**chosen).steps() == dict.fromkeys(STEPS, "passed")
        desk.save(**chosen)
        assert desk.test() == ""
        desk.queue("dana@acme.test")
        assert desk.step() is StepResult.SENT
        assert "with ESMTPSA" in str(relay.inbox("dana")[0]["Received"])


def test_postfix_that_wants_a_full_name_is_content_with_the_typed_one(
    desk: Desk, folder: Path
) -> None:
    rules = "check_helo_access inline:{ { mail.acme.test = OK } }, reject"
    with postfix.Postfix(folder, server_file(), helo_restrictions=rules) as relay:
        assert desk.check(**through(relay)).steps()["rcpt-to"] == "failed"
        desk.save(**through(relay, ehlo_name="mail.acme.test"))
        assert desk.test() == ""
        desk.queue("dana@acme.test")
        assert desk.step() is StepResult.SENT


@pytest.mark.parametrize(
    ("certificate", "code"),
    [
        ("short_key", FailureCode.CERT_KEY_TOO_SHORT),
        ("old_signature", FailureCode.CERT_SIGNATURE_TOO_OLD),
    ],
)
def test_exim_with_a_weak_certificate_gets_no_password(
    desk: Desk, exim_folder: Path, certificate: str, code: FailureCode
) -> None:
    with exim.Exim(exim_folder, server_file(certificate)) as relay:
        assert desk.check(**through(relay)).diagnoses == [code]
        desk.save(**through(relay))
        assert_refused(desk, code)


def test_postfix_is_greeted_with_the_host_of_the_access_url(desk: Desk, folder: Path) -> None:
    rules = (
        "reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname,"
        " check_helo_access inline:{{ hr.acme.test = INFO greeted as asked }}"
    )
    with postfix.Postfix(folder, server_file(), helo_restrictions=rules) as relay:
        assert desk.check(**through(relay)).steps()["rcpt-to"] == "passed"
        desk.save(**through(relay))
        assert desk.test() == ""
        desk.queue("dana@acme.test")
        assert desk.step() is StepResult.SENT
        mail = relay.inbox("dana")[0]
    greeted = re.findall(r"helo=<([^>]*)>", relay.log())
    assert len(greeted) >= 3
    assert set(greeted) == {"hr.acme.test"}
    assert str(mail["Received"]).startswith("from hr.acme.test ")


def test_postfix_that_greylists_is_asked_again_later(desk: Desk, folder: Path) -> None:
    with Greylist() as policy:
        rules = f"check_policy_service inet:127.0.0.1:{policy.port}"
        with postfix.Postfix(folder, server_file(), recipient_restrictions=rules) as relay:
            desk.save(**through(relay))
            assert_refused(desk, FailureCode.RECIPIENT_TEMPORARY)
            assert (desk.row.last_reply_code, desk.row.last_enhanced_code) == (450, "4.2.0")
            assert desk.step() is StepResult.EMPTY
            assert_released(desk)
            assert len(relay.inbox("dana")) == 1
        assert policy.asked["novantra@acme.test", "dana@acme.test"] == 2


def test_postfix_with_a_size_limit_rejects_the_message_alone(desk: Desk, folder: Path) -> None:
    with postfix.Postfix(folder, server_file(), size_limit="2000") as relay:
        assert desk.check(**through(relay)).diagnoses == [FailureCode.MESSAGE_TOO_LARGE]
        desk.save(**through(relay))
        assert desk.test() == FailureCode.MESSAGE_TOO_LARGE
        assert_refused(desk, FailureCode.MESSAGE_TOO_LARGE)
        assert desk.page.open().fact("consecutive-failures") == "0"


def test_postfix_ties_senders_to_logins(desk: Desk, folder: Path) -> None:
    rules = "reject_sender_login_mismatch"
    with postfix.Postfix(folder, server_file(), sender_restrictions=rules) as relay:
        wrong = through(relay, sender_address="boss@acme.test")
        assert desk.check(**wrong).diagnoses == [FailureCode.SENDER_REJECTED]
        desk.save(**wrong)
        assert desk.test() == FailureCode.SENDER_REJECTED
        assert_refused(desk, FailureCode.SENDER_REJECTED)
        desk.queue("sam@acme.test")
        assert desk.step() is StepResult.STOPPED
        desk.save(**through(relay))
        assert_released(desk)
        mails = [relay.inbox(name)[0] for name in ("dana", "sam")]
    for mail in mails:
        assert mail["Return-Path"] == "<novantra@acme.test>"
        assert mail["From"].addresses[0].addr_spec == "novantra@acme.test"


def test_postfix_that_refuses_the_sender_s_domain(desk: Desk, folder: Path) -> None:
    rules = "check_sender_access inline:{{ acme.test = REJECT not from here }}"
    with postfix.Postfix(folder, server_file(), sender_restrictions=rules) as relay:
        desk.save(**through(relay))
        assert desk.test() == FailureCode.SENDER_REJECTED
        assert_refused(desk, FailureCode.SENDER_REJECTED)
        desk.save(**through(relay, sender_address="novantra@partner.test"))
        assert_released(desk)
        assert relay.inbox("dana")[0]["From"].addresses[0].domain == "partner.test"


def test_postfix_hears_a_wrong_password_once(desk: Desk, folder: Path) -> None:
    with postfix.Postfix(folder, server_file()) as relay:
        wrong = through(relay, password="not it")
        assert desk.check(**wrong).diagnoses == [FailureCode.AUTH_BAD_CREDENTIALS]
        desk.save(**wrong)
        assert desk.test() == FailureCode.AUTH_BAD_CREDENTIALS
        for name in ("dana", "sam", "bob"):
            desk.queue(f"{name}@acme.test")
        assert desk.step() is StepResult.HELD
        desk.work()
        assert len(attempts(desk.runtime)) == 1
        assert relay.log().count("authentication failed") == 3  # the check, the test, one mail
        desk.save(**through(relay))
        assert_released(desk)
        assert [len(relay.inbox(name)) for name in ("dana", "sam", "bob")] == [1, 1, 1]


def test_postfix_offers_logins_only_under_tls(desk: Desk, folder: Path) -> None:
    with postfix.Postfix(folder, server_file()) as relay:
        clear = through(relay, secure=None)
        assert desk.check(**clear).diagnoses == [FailureCode.AUTH_NOT_OFFERED]
        desk.save(**clear)
        assert_refused(desk, FailureCode.AUTH_NOT_OFFERED)
        assert "sasl_method" not in relay.log()
        desk.save(**through(relay))
        assert_released(desk)


def test_postfix_that_insists_on_tls(desk: Desk, folder: Path) -> None:
    with postfix.Postfix(folder, server_file(), tls_level="encrypt") as relay:
        clear = through(relay, secure=None, **NO_LOGIN)
        assert desk.check(**clear).diagnoses == [FailureCode.TLS_REQUIRED]
        desk.save(**clear)
        assert_refused(desk, FailureCode.TLS_REQUIRED)
        desk.save(**through(relay))
        assert_released(desk)


def test_postfix_without_starttls_gets_no_password(desk: Desk, folder: Path) -> None:
    with postfix.Postfix(folder, server_file(), tls_level="none", auth_only="no") as relay:
        assert desk.check(**through(relay)).diagnoses == [FailureCode.STARTTLS_NOT_OFFERED]
        desk.save(**through(relay))
        assert_refused(desk, FailureCode.STARTTLS_NOT_OFFERED)
        assert "sasl_method" not in relay.log()


@pytest.mark.parametrize(
    ("certificate", "code"),
    [
        ("self_signed", FailureCode.CERT_SELF_SIGNED),
        ("unknown_issuer", FailureCode.CERT_UNKNOWN_ISSUER),
        ("expired", FailureCode.CERT_EXPIRED),
        ("other_name", FailureCode.CERT_HOSTNAME),
    ],
)
def test_postfix_with_a_bad_certificate_gets_no_password(
    desk: Desk, folder: Path, certificate: str, code: FailureCode
) -> None:
    with postfix.Postfix(folder, server_file(certificate)) as relay:
        assert desk.check(**through(relay)).diagnoses == [code]
        desk.save(**through(relay))
        assert_refused(desk, code)
        assert "sasl_method" not in relay.log()


def test_postfix_relays_to_others_only_after_a_login(desk: Desk, folder: Path) -> None:
    with postfix.Postfix(folder, server_file()) as relay:
        desk.save(**through(relay, **NO_LOGIN))
        assert desk.test() == "", "mail to its own people needs no login"
        assert_refused(desk, FailureCode.RELAY_DENIED, to="nia@globex.test")
        desk.save(**through(relay))
        assert_released(desk)
    assert "Relay access denied" in relay.log()


def test_postfix_that_does_not_know_a_recipient_stops_nobody_else(desk: Desk, folder: Path) -> None:
    with postfix.Postfix(folder, server_file()) as relay:
        desk.save(**through(relay))
        desk.queue("gone@acme.test")
        desk.clock.advance(seconds=1)
        desk.queue("dana@acme.test")
        assert [desk.step(), desk.step()] == [StepResult.FAILED, StepResult.SENT]
        gone, dana = rows(desk.runtime)
        assert (gone.state, gone.last_code) == ("failed", FailureCode.RECIPIENT_REJECTED)
        assert (dana.state, desk.state) == ("sent", "configured")
        relay.inbox("dana")
    assert len(re.findall(r"connect from", relay.log())) - relay.log().count("lost connection") <= 2


def test_exim_takes_mail_with_a_login_over_starttls(desk: Desk, exim_folder: Path) -> None:
    with exim.Exim(exim_folder, server_file()) as relay:
        checked = desk.check(**through(relay))
        assert checked.steps() == dict.fromkeys(STEPS, "passed")
        desk.save(**through(relay))
        assert desk.test() == ""
        desk.queue("dana@acme.test")
        assert desk.step() is StepResult.SENT
        mails = relay.inbox(count=2)
    assert {str(mail["To"]) for mail in mails} == {"alice@acme.test", "dana@acme.test"}
    assert "H=(hr.acme.test) " in relay.log()
    assert "P=esmtpsa" in relay.log()
    assert f"A=plain:{exim.USER}" in relay.log()


def test_exim_takes_a_login_with_cram_md5(desk: Desk, exim_folder: Path) -> None:
    with exim.Exim(exim_folder, server_file(), authenticators=exim.CRAM_MD5) as relay:
        assert desk.check(**through(relay)).steps() == dict.fromkeys(STEPS, "passed")
        desk.save(**through(relay))
        assert desk.test() == ""
        desk.queue("dana@acme.test")
        assert desk.step() is StepResult.SENT
        relay.inbox(count=2)
        assert f"A=cram:{exim.USER}" in relay.log()
        desk.save(**through(relay, password="not it"))
        assert_refused(desk, FailureCode.AUTH_BAD_CREDENTIALS)


def test_exim_hears_a_wrong_password_once(desk: Desk, exim_folder: Path) -> None:
    with exim.Exim(exim_folder, server_file()) as relay:
        desk.save(**through(relay, password="not it"))
        assert_refused(desk, FailureCode.AUTH_BAD_CREDENTIALS)
        desk.queue("sam@acme.test")
        desk.work()
        assert len(attempts(desk.runtime)) == 1
        desk.save(**through(relay))
        assert_released(desk)
        relay.inbox(count=2)


def test_exim_without_a_login_does_not_relay(desk: Desk, exim_folder: Path) -> None:
    with exim.Exim(exim_folder, server_file()) as relay:
        without = through(relay, **NO_LOGIN)
        assert len(desk.check(**without).diagnoses) == 1
        desk.save(**without)
        desk.queue("dana@acme.test")
        assert desk.step() is StepResult.HELD
        assert desk.row.last_code in {FailureCode.RELAY_DENIED, FailureCode.AUTH_REQUIRED}
        desk.save(**through(relay))
        assert_released(desk)


def test_exim_that_greylists_is_asked_again_later(desk: Desk, exim_folder: Path) -> None:
    with exim.Exim(exim_folder, server_file()) as relay:
        desk.save(**through(relay))
        assert_refused(desk, FailureCode.RECIPIENT_TEMPORARY, to="grey@acme.test")
        assert desk.row.last_reply_code == 451
        desk.queue("dana@acme.test")
        desk.work()
        assert [row.state for row in rows(desk.runtime)] == ["queued", "sent"]


def test_exim_that_does_not_know_a_recipient_stops_nobody_else(
    desk: Desk, exim_folder: Path
) -> None:
    with exim.Exim(exim_folder, server_file()) as relay:
        desk.save(**through(relay))
        assert_refused(desk, FailureCode.RECIPIENT_REJECTED, to="nobody@acme.test")
        desk.queue("dana@acme.test")
        desk.work()
        assert [row.state for row in rows(desk.runtime)] == ["failed", "sent"]


def test_exim_that_refuses_the_sender_pauses_until_another_is_saved(
    desk: Desk, exim_folder: Path
) -> None:
    with exim.Exim(exim_folder, server_file()) as relay:
        refused = through(relay, sender_address="refused@acme.test")
        assert desk.check(**refused).diagnoses == [FailureCode.SENDER_REJECTED]
        desk.save(**refused)
        assert_refused(desk, FailureCode.SENDER_REJECTED)
        desk.save(**through(relay))
        assert_released(desk)
        assert relay.inbox()[0]["From"].addresses[0].addr_spec == "novantra@acme.test"


def test_exim_with_a_size_limit_rejects_the_message_alone(desk: Desk, exim_folder: Path) -> None:
    with exim.Exim(exim_folder, server_file(), size_limit="2K") as relay:
        desk.save(**through(relay))
        assert_refused(desk, FailureCode.MESSAGE_TOO_LARGE)


def test_exim_that_hangs_up_after_two_messages_costs_no_failure(
    desk: Desk, exim_folder: Path
) -> None:
    with exim.Exim(exim_folder, server_file(), per_connection="2") as relay:
        desk.save(**through(relay))
        for number in range(5):
            desk.queue(f"p{number}@acme.test")
        desk.work()
        assert {row.state for row in rows(desk.runtime)} == {"sent"}
        assert {attempt.code for attempt in attempts(desk.runtime)} == {None}
        assert len(relay.inbox(count=5)) == 5
