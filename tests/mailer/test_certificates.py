"""Certificates on the mailer page: what is pasted, what is kept, and what one press does."""

from __future__ import annotations

import base64
import html
import json
import logging
import re
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from flask.testing import FlaskClient
from sqlalchemy import text

from app.alerts.conditions import State, ends
from app.mail.trust import pem
from app.mail.trust.described import described
from app.mailer.active import KEY_MUST_BE_PASTED, active_mailer
from app.mailer.summary import endings_soon
from app.mailer.trusting import certificates_in
from app.runtime import Runtime
from tests.certificates import (
    authority_of,
    certificate_of,
    intermediate,
    key_of,
    pin_of,
    server_file,
)
from tests.conftest import Clock
from tests.desk import Desk
from tests.mailer.conftest import PASSWORD, Stored
from tests.mailer.pages import CHECKED, MailerPage, Page, smtp
from tests.smtpd import Relay

UNKNOWN = "A CA nobody knows"
OWN = {"trust": "own"}


def login(relay: Relay, **more: object) -> dict[str, object]:
    return smtp(relay, username="novantra", password=PASSWORD, **more)


def secured(certificate: str) -> Relay:
    users = {"novantra": PASSWORD}
    return Relay(tls="starttls", users=users, require_auth=True, certificate=certificate)


def presses(page: Page) -> list[dict[str, str]]:
    """What the buttons about the relay's certificate fill in."""
    return [json.loads(html.unescape(t)) for t in re.findall(r'data-fill="([^"]*)"', page.text)]


def as_openssl_prints(certificate: str) -> str:
    """With a description before it and Windows line ends."""
    about = "Certificate:\n    Data:\n        Version: 3 (0x2)\n subject=CN = x\n"
    return (about + certificate + "\nVerify return code: 0 (ok)\n").replace("\n", "\r\n")


def without_armor(certificate: str) -> str:
    return "".join(certificate.splitlines()[1:-1])


@pytest.mark.parametrize("form", [str, as_openssl_prints, without_armor])
def test_an_own_authority_is_read_however_it_was_copied_and_stored_in_one_form(
    page: MailerPage, stored: Stored, form: object
) -> None:
    with secured("unknown_issuer") as relay:
        pasted = form(authority_of(UNKNOWN))  # type: ignore[operator]
        assert page.save(**login(relay, **OWN, ca_certificates=pasted)).status == 303
        assert page.send_test(as_is=True).status == 303
        assert page.open().fact("last-test-result") == "succeeded"
    assert stored.only.ca_certificates == authority_of(UNKNOWN)
    assert UNKNOWN in page.open().words


def test_the_audit_log_names_certificates_and_quotes_none(page: MailerPage, stored: Stored) -> None:
    with secured("unknown_issuer") as relay:
        page.save(**login(relay, **OWN, ca_certificates=authority_of(UNKNOWN)))
    told = stored.events[-1].changes["ca_certificates"]["new"]
    (fingerprint,) = [one.fingerprint for one in certificates_in(authority_of(UNKNOWN))]
    assert told == f"{UNKNOWN} (SHA-256 {fingerprint})"


def test_of_a_whole_chain_the_relays_own_is_left_out_and_said(page: MailerPage) -> None:
    chain = certificate_of("good") + authority_of()
    with secured("good") as relay:
        answer = page.check(**login(relay, **OWN, ca_certificates=chain))
        assert answer.steps()["rset"] == "passed"
    assert answer.fields["ca_certificates"].strip() == authority_of().strip()
    assert "was left out: it is what the relay shows" in answer.words


def test_one_that_is_no_authority_is_said_to_be_trusted_by_itself(page: MailerPage) -> None:
    with secured("unknown_issuer") as relay:
        pasted = certificate_of("unknown_issuer")
        answer = page.check(**login(relay, **OWN, ca_certificates=pasted))
        assert answer.steps()["rset"] == "passed"
    assert "only this very certificate is trusted" in answer.words


def encrypted_key() -> str:
    key = serialization.load_pem_private_key(key_of("client").encode(), None)
    form = serialization.PrivateFormat.PKCS8
    kept = serialization.BestAvailableEncryption(b"passphrase")
    return key.private_bytes(serialization.Encoding.PEM, form, kept).decode()


WRONG = {
    "a private key": ("ca_certificates", lambda: server_file("good").read_text(), "private key"),
    "expired": ("ca_certificates", lambda: certificate_of("expired"), "ended on"),
    "not yet valid": (
        "ca_certificates",
        lambda: certificate_of("not_yet_valid"),
        "not valid before",
    ),
    "no certificate": ("ca_certificates", lambda: "our root certificate", "No certificate"),
    "cut off": ("ca_certificates", lambda: authority_of()[:200], "without its end"),
    "damaged": (
        "ca_certificates",
        lambda: authority_of().replace("M", "A", 3),
        "cannot be read",
    ),
    "a request": (
        "ca_certificates",
        lambda: "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----",
        "request for a certificate",
    ),
    "far too long": ("ca_certificates", lambda: "x" * 300_000, "far more"),
    "a fingerprint": (
        "certificate_pin",
        lambda: "SHA256 Fingerprint=" + ":".join(["AB"] * 32),
        "fingerprint of a certificate",
    ),
    "no pin": ("certificate_pin", lambda: "sha256//abc", "44 characters"),
    "three pins": (
        "certificate_pin",
        lambda: " ".join(pin_of(kind) for kind in ("good", "expired", "client")),
        "Two pins at most",
    ),
    "a key in the wrong field": (
        "client_certificate",
        lambda: server_file("client").read_text(),
        "field for the key",
    ),
    "two that have nothing to do with each other": (
        "client_certificate",
        lambda: certificate_of("client") + certificate_of("good"),
        "do not belong together",
    ),
    "an expired client certificate": (
        "client_certificate",
        lambda: certificate_of("client_expired"),
        "ended on",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_was_pasted_wrongly_is_said_beside_its_field(
    page: MailerPage, stored: Stored, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    caplog.set_level(logging.DEBUG)
    name, pasted, sentence = WRONG[what]
    typed = pasted()  # type: ignore[operator]
    fields = {"provider": "smtp", "host": "relay.acme.test", "sender_name": "Acme HR", name: typed}
    if name == "ca_certificates":
        fields["trust"] = "own"
    answer = page.save(**fields)
    assert answer.status == 422
    (message,) = answer.errors(name)
    assert sentence in message
    assert answer.fields["host"] == "relay.acme.test"
    assert answer.fields["sender_name"] == "Acme HR"
    for secret in key_lines(typed):
        assert secret not in answer.text
        assert secret not in caplog.text
    assert stored.row is None


def key_lines(text: str) -> list[str]:
    found = re.search(r"BEGIN [A-Z ]*PRIVATE KEY-----(.*?)-----END", text, re.S)
    return found[1].split() if found else []


KEYS = {
    "none": (lambda: "", "Paste the private key"),
    "another's": (lambda: key_of("good"), "does not belong"),
    "with a passphrase": (encrypted_key, "openssl pkey"),
    "cut off": (lambda: key_of("client")[:90], "cannot be read"),
    "no key": (lambda: "secret", "No private key"),
    "of SSH": (
        lambda: "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----",
        "SSH key",
    ),
}


@pytest.mark.parametrize("what", KEYS)
def test_a_key_that_does_not_do_is_said_and_never_shown(
    page: MailerPage, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    caplog.set_level(logging.DEBUG)
    pasted, sentence = KEYS[what]
    typed = pasted()  # type: ignore[operator]
    answer = page.save(
        provider="smtp",
        host="relay.acme.test",
        client_certificate=certificate_of("client"),
        client_key=typed,
    )
    (message,) = answer.errors("client_key")
    assert sentence in message
    assert answer.fields["client_key"].strip() == ""
    for secret in key_lines(typed):
        assert secret not in answer.text
        assert secret not in caplog.text


def test_a_key_without_its_certificate_asks_for_that(page: MailerPage) -> None:
    answer = page.save(provider="smtp", host="relay.acme.test", client_key=key_of("client"))
    assert answer.errors("client_certificate")


PIN_FORMS = {
    "as curl": lambda pin: f"sha256//{pin}",
    "as browsers": lambda pin: f'pin-sha256="{pin}"',
    "in hexadecimal": lambda pin: base64.b64decode(pin).hex(":").upper(),
    "bare": lambda pin: pin,
}


@pytest.mark.parametrize("form", PIN_FORMS)
def test_a_pin_is_read_in_every_form_and_said_back(page: MailerPage, form: str) -> None:
    mine = pin_of("good")
    typed = PIN_FORMS[form](mine)
    with secured("good") as relay:
        answer = page.check(**login(relay, certificate_pin=typed))
        assert answer.steps()["rset"] == "passed"
    assert answer.fields["certificate_pin"] == mine
    assert (f"Read as {mine}." in answer.words) == (form != "bare")


CONTRADICTIONS = [
    ({"trust": "own"}, "ca_certificates"),
    ({"trust": "system_and_own"}, "ca_certificates"),
    ({"ca_certificates": "PEM"}, "trust"),
    ({"certificate_pin": "PIN", "ignore_tls_errors": CHECKED}, "ignore_tls_errors"),
]


@pytest.mark.parametrize(("fields", "beside"), CONTRADICTIONS)
def test_answers_that_contradict_each_other_are_refused(
    page: MailerPage, fields: dict[str, str], beside: str
) -> None:
    real = {"PEM": authority_of(), "PIN": pin_of("good")}
    typed = {name: real.get(value, value) for name, value in fields.items()}
    answer = page.save(
        provider="smtp", sender_address="a@acme.test", host="relay.acme.test", **typed
    )
    assert answer.errors(beside)


@pytest.mark.parametrize(
    "change",
    [
        {"trust": "own", "ca_certificates": "PEM"},
        {"trust": "system_and_own", "ca_certificates": "PEM"},
        {"certificate_pin": "PIN"},
        {"client_certificate": "CLIENT", "client_key": "KEY"},
    ],
)
def test_a_stored_password_waits_for_nobody_who_is_trusted_otherwise(
    page: MailerPage, stored: Stored, change: dict[str, str]
) -> None:
    real = {
        "PEM": authority_of(UNKNOWN),
        "PIN": pin_of("good"),
        "CLIENT": certificate_of("client"),
        "KEY": key_of("client"),
    }
    typed = {name: real.get(value, value) for name, value in change.items()}
    with secured("good") as relay:
        page.save(**login(relay))
        for press in (page.save, page.check):
            answer = press(**smtp(relay, username="novantra", **typed))
            assert "the stored one is only used for the destination" in answer.words
            assert not relay.auth_attempts
    assert stored.only.trust == "system"


def test_the_client_key_is_sealed_kept_and_asked_for_with_another_certificate(
    page: MailerPage, stored: Stored, runtime: Runtime, desk: Desk
) -> None:
    with secured("good") as relay:
        shown = {"client_certificate": certificate_of("client"), "client_key": key_of("client")}
        assert page.save(**login(relay, **shown)).status == 303
        assert stored.events[-1].changes["client_key"] == "set"
        # Another port: the password is asked for, the key is not, as it never leaves.
        with secured("good") as other:
            assert page.save(**login(other)).status == 303
            assert "client_key" not in stored.events[-1].changes
            active = active_of(runtime)
            assert active.problem is None
            assert active.relay is not None
            assert active.relay.trust.client_key is not None
            assert desk.test() == ""
        replaced = page.save(**login(relay, client_certificate=certificate_of("good")))
        assert replaced.errors("client_key")
        assert page.save(**login(relay, client_certificate="")).status == 303
    assert stored.only.client_key_sealed is None
    assert stored.events[-1].changes["client_key"] == "removed"
    everything = dump(runtime) + page.open().text
    assert not any(line in everything for line in key_lines(key_of("client")))


@pytest.fixture
def desk(page: MailerPage, runtime: Runtime, clock: Clock):  # type: ignore[no-untyped-def]
    made = Desk(page, runtime, clock)
    yield made
    made.close()


def active_of(runtime: Runtime):  # type: ignore[no-untyped-def]
    with runtime.database.session(reading=True) as session:
        active = active_mailer(session, runtime)
    assert active is not None
    return active


def dump(runtime: Runtime) -> str:
    with runtime.database.session(reading=True) as session:
        row = session.execute(text("SELECT * FROM mailer_configuration")).all()
        events = session.execute(text("SELECT changes FROM audit_events")).all()
    return repr(row) + repr(events)


def test_a_lost_key_is_asked_for_again_and_nothing_leaves_until_then(
    page: MailerPage, runtime: Runtime, desk: Desk
) -> None:
    """As ``keys forget`` leaves it: the certificate stays, its key is gone."""
    shown = {"client_certificate": certificate_of("client"), "client_key": key_of("client")}
    with Relay(tls="starttls") as relay:
        page.save(**smtp(relay, **shown))
        with runtime.database.engine.begin() as connection:
            connection.execute(text("UPDATE mailer_configuration SET client_key_sealed = NULL"))
        assert active_of(runtime).problem == KEY_MUST_BE_PASTED
        desk.queue("kim@acme.test")
        desk.work()
        assert not relay.envelopes
        assert "Paste it again on the mailer page" in page.open().words
        page.save(**smtp(relay, **shown))
        desk.work()
        assert len(relay.envelopes) == 1


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("trust", "own"),
        ("ca_certificates", "PEM"),
        ("certificate_pin", None),
        ("client_certificate", None),
        ("host", "relay.evil.test"),
    ],
)
def test_what_is_altered_in_the_database_opens_neither_password_nor_key(
    page: MailerPage, runtime: Runtime, column: str, value: str | None
) -> None:
    with secured("good") as relay:
        page.save(
            **login(
                relay,
                certificate_pin=pin_of("good"),
                client_certificate=certificate_of("client"),
                client_key=key_of("client"),
            )
        )
    with runtime.database.engine.begin() as connection:
        statement = f"UPDATE mailer_configuration SET {column} = :value, password_sealed = NULL"  # noqa: S608
        connection.execute(text(statement), {"value": value})
    active = active_of(runtime)
    assert active.problem
    assert active.relay.trust.client_key is None


def test_a_certificate_that_signed_itself_is_shown_and_trusted_with_one_press(
    page: MailerPage, stored: Stored, desk: Desk
) -> None:
    with secured("self_signed") as relay:
        found = page.check(**login(relay))
        assert found.diagnoses == ["cert_self_signed"]
        (one,) = certificates_in(certificate_of("self_signed"))
        for fact in (pin_of("self_signed"), one.fingerprint, "itself", "Compare"):
            assert fact in found.words
        itself, key = presses(found)
        assert itself == {"trust": "own", "ca_certificates": certificate_of("self_signed")}
        assert key == {
            "trust": "own",
            "ca_certificates": "",
            "certificate_pin": pin_of("self_signed"),
        }
        assert not relay.auth_attempts
        for fill in (itself, key):
            trusted = page.check(**login(relay), fill=json.dumps(fill))
            assert trusted.steps()["rset"] == "passed"
            for name, value in fill.items():
                assert trusted.fields[name].strip() == value.strip()
            assert page.save(**login(relay, **fill)).status == 303
            assert desk.test() == ""
    assert stored.only.certificate_pin == pin_of("self_signed")


def test_an_unknown_authoritys_relay_can_be_trusted_by_itself(page: MailerPage) -> None:
    with secured("unknown_issuer") as relay:
        found = page.check(**login(relay))
        assert found.diagnoses == ["cert_unknown_issuer"]
        (fill,) = presses(found)
        assert page.check(**login(relay), fill=json.dumps(fill)).steps()["rset"] == "passed"


def test_trusting_asks_for_a_stored_password_again_and_keeps_what_was_filled_in(
    page: MailerPage,
) -> None:
    with secured("good") as relay:
        page.save(**login(relay))
        port = relay.port
    with Relay(
        tls="starttls",
        users={"novantra": PASSWORD},
        require_auth=True,
        certificate="self_signed",
        port=port,
    ) as relay:
        fill = presses(page.check(**smtp(relay, username="novantra")))[0]
        asked = page.check(**smtp(relay, username="novantra"), fill=json.dumps(fill))
        assert asked.status == 422
        assert asked.errors("password")
        assert asked.fields["ca_certificates"].strip() == fill["ca_certificates"].strip()
        assert not relay.auth_attempts


@pytest.mark.parametrize(
    "fill", ["[", "[]", '{"trust": 1}', '{"certificate_pin": "\\ud800"}', '{"host": "evil.test"}']
)
def test_a_press_that_was_altered_on_its_way_changes_nothing(page: MailerPage, fill: str) -> None:
    with secured("good") as relay:
        answer = page.check(**login(relay), fill=fill)
        assert answer.steps()["rset"] == "passed"
        assert answer.fields["host"] == "localhost"
        assert answer.fields["certificate_pin"] == ""


def test_what_was_kept_of_another_visit_may_be_anything(page: MailerPage) -> None:
    kept = json.dumps({"smtp": {"certificate_pin": True, "trust": "nobody"}})
    shown = page.post(action="switch", provider="smtp", shown="ses", kept=kept)
    assert shown.status == 200


@pytest.mark.parametrize("provider", ["ses", "google", "microsoft365"])
def test_where_the_form_cannot_say_it_no_button_promises_it(
    page: MailerPage, provider: str
) -> None:
    assert 'name="ca_certificates"' not in page.open(provider).text


def test_a_new_key_holds_mail_and_is_trusted_with_one_press(
    page: MailerPage, stored: Stored, desk: Desk, runtime: Runtime
) -> None:
    with secured("good") as relay:
        old = pin_of("client")
        page.save(**login(relay, certificate_pin=old))
        desk.queue("kim@acme.test")
        desk.work()
        assert desk.row.state == "held"
        assert not relay.envelopes
        assert "The relay has another key" in page.open().words
        found = page.check(**login(relay))
        for fact in ("The relay has a new key", old, pin_of("good"), "still vouches for it"):
            assert fact in found.words
        (fill,) = presses(found)
        assert fill == {"certificate_pin": pin_of("good")}
        assert page.check(**login(relay), fill=json.dumps(fill)).steps()["rset"] == "passed"
        page.save(**login(relay, **fill))
        assert stored.events[-2].changes["certificate_pin"] == {"old": old, "new": pin_of("good")}
        desk.work()
        assert len(relay.envelopes) == 1


def test_a_connection_from_before_carries_nothing_after_a_change(
    page: MailerPage, desk: Desk
) -> None:
    with secured("good") as relay:
        page.save(**login(relay))
        desk.queue("kim@acme.test")
        desk.work()
        assert len(relay.envelopes) == 1
        page.save(**login(relay, certificate_pin=pin_of("client")))
        desk.queue("sam@acme.test")
        desk.work()
        assert len(relay.envelopes) == 1
        assert desk.state == "paused"


def test_what_ends_is_told_thirty_fourteen_and_three_days_before(
    page: MailerPage, runtime: Runtime, clock: Clock
) -> None:
    between = intermediate()[1].public_bytes(serialization.Encoding.PEM).decode()
    shown = {"client_certificate": certificate_of("client"), "client_key": key_of("client")}
    with secured("by_intermediate") as relay:
        bundle = authority_of(UNKNOWN) + between
        assert page.save(**login(relay, **OWN, ca_certificates=bundle, **shown)).status == 303
    first = described(pem.read_stored(between)[0]).ends
    for days, state, level in (
        (31, None, None),
        (30, State.ENDS_IN_30, "warn"),
        (14, State.ENDS_IN_14, "warn"),
        (3, State.ENDS_IN_3, "bad"),
        (-1, State.ENDED, "bad"),
    ):
        clock.time = first - timedelta(days=days, minutes=-5 if days < 31 else 0)
        with runtime.database.session(reading=True) as session:
            told = [c for c in ends(session, runtime) if c.subject == "ends:trusted certificate"]
            known = endings_soon(session, runtime)
        assert [c.state for c in told] == ([state] if state else []), days
        if state:
            assert "Novantra Test CA in between" in told[0].summary
            assert level in {one.level for one in known}
    subjects = {one.what for one in known}
    assert subjects == {"trusted certificate", "client certificate"}  # which ended before


def test_an_end_is_told_on_the_page_the_overview_and_by_the_check(
    page: MailerPage, admin_client: FlaskClient
) -> None:
    with secured("ends_soon") as relay:
        trusted = {**OWN, "ca_certificates": certificate_of("ends_soon")}
        checked = page.check(**login(relay, **trusted))
        assert "The server's certificate ends on" in checked.words
        page.save(**login(relay, **trusted))
    assert 'id="ending-trusted-certificate"' in page.open().text
    overview = admin_client.get("/admin/system").text
    assert "Trusted certificate of mail" in overview
    ready = admin_client.get("/readyz", environ_base={"REMOTE_ADDR": "127.0.0.1"}).json
    assert ready["mail"]["endings"]


def test_a_newcomer_sees_no_more_fields(page: MailerPage) -> None:
    shown = page.open().text
    summary = "Certificates: own authority, pinned key, client certificate"
    assert f'<details class="more"><summary>{summary}</summary>' in shown
    with secured("good") as relay:
        page.save(**login(relay, certificate_pin=pin_of("good")))
    assert f'<details class="more" open><summary>{summary}</summary>' in page.open().text


def test_ignoring_errors_is_the_last_resort_and_says_what_to_do_instead(page: MailerPage) -> None:
    with secured("self_signed") as relay:
        page.save(**login(relay, ignore_tls_errors=CHECKED))
        words = page.open().words
    assert "trusts that one alone if you say so" in words
