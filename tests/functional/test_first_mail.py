"""A fresh install sends its first mail: wizard, settings, test mail, on the running server."""

from __future__ import annotations

import json
import stat
import time

import pytest

from tests.certificates import server_file
from tests.factories import RELAY_PASSWORD
from tests.functional.install import Person, walk_wizard
from tests.needs import need_exim, need_postfix
from tests.relays import exim, postfix
from tests.smtpd import Relay

pytestmark = pytest.mark.process

MAIL = "/admin/system/mailer"


def save(person: Person, provider: str, **fields: str) -> Person:
    person.open(f"{MAIL}?provider={provider}")
    person.submit("sender_address", sender_address="novantra@acme.test", **fields)
    assert person.status == 200, person.text[:1500]
    assert person.value("mail-state") == "configured", person.text[:1500]
    return person


def press_test(person: Person) -> Person:
    form = person.page.xpath(f'//*[@formaction="{MAIL}/test"]|//form[@action="{MAIL}/test"]')
    assert form, "there is no button for the test mail"
    return person.submit("csrf_token", to=f"{MAIL}/test")


@pytest.fixture
def person(install):
    somebody = Person(install.url)
    walk_wizard(install, somebody)
    return somebody


def test_a_fresh_install_leads_to_setup_and_its_terminal_says_where(install):
    assert install.token  # waits: what the terminal shows is read a moment later
    assert f"{install.url}/setup" in install.log
    assert Person(install.url).open("/admin/system/mailer").path == "/setup"
    assert stat.S_IMODE((install.data_dir / "keys").stat().st_mode) == 0o600
    assert stat.S_IMODE((install.data_dir / "setup-token").stat().st_mode) == 0o600


def test_a_second_start_changes_nothing(start, tmp_path):
    first = start()
    token, key = first.token, (first.data_dir / "keys").read_bytes()
    assert first.stop() == 0
    second = start()
    assert second.token == token
    assert (second.data_dir / "keys").read_bytes() == key


def test_setup_closes_for_good(install, person):
    assert not (install.data_dir / "setup-token").exists()
    for path in ("/setup", "/setup/administrator", "/setup/review"):
        answer = Person(install.url).http.get(path, follow_redirects=False)
        assert answer.status_code in {303, 404}, path
        assert "setup" not in answer.headers.get("location", "")


def test_deferred_mail_is_pending_on_every_console_page(person):
    assert person.open(MAIL).value("mail-state") == "pending"
    for path in ("/admin/system", "/admin/system/audit", "/admin/system/access-urls"):
        assert "mail" in person.open(path).text.lower()


def test_the_test_mail_arrives_over_starttls_with_a_login(person):
    with Relay(tls="starttls", users={"novantra": RELAY_PASSWORD}, require_auth=True) as relay:
        save(person, "smtp", host="localhost", port=str(relay.port), username="novantra",
             password=RELAY_PASSWORD)  # fmt: skip
        # The first configuration mails the administrator's link by itself: a real send.
        until = time.monotonic() + 10
        while (
            not person.open("/admin/system/mailer").value("last-success-at")
            and time.monotonic() < until
        ):
            time.sleep(0.05)
        real = person.value("last-success-at")
        press_test(person)
        assert person.value("last-test-result") == "succeeded", person.text[:1500]
        assert person.value("tests-left") == "4"
        assert person.value("consecutive-failures") == "0"
        assert person.value("last-success-at") == real, "a test is no real send"
    mail = next(mail for mail in relay.envelopes if "/verify-email/" not in mail.text)
    assert (mail.mail_from, mail.rcpt_to) == ("novantra@acme.test", "alice@acme.test")
    assert mail.encrypted
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message["Message-ID"].endswith("@acme.test>")
    assert mail.html


def test_the_test_mail_arrives_over_tls_from_the_first_byte(person, free_465):
    with Relay(tls="implicit", users={"novantra": RELAY_PASSWORD}, port=free_465) as relay:
        save(person, "smtp", host="localhost", port=str(free_465), username="novantra",
             password=RELAY_PASSWORD)  # fmt: skip
        press_test(person)
        assert person.value("last-test-result") == "succeeded", person.text[:1500]
    assert relay.envelopes[0].encrypted


@pytest.fixture
def free_465():
    """Port 465 or 2465: only these mean TLS from the first byte."""
    import os
    import socket

    for port in (2465, 465):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    pytest.fail(f"neither port 2465 nor 465 is free for user {os.getuid()}")


@pytest.mark.relay
def test_the_test_mail_arrives_through_a_real_postfix(person, relay_folder):
    need_postfix()
    with postfix.Postfix(relay_folder, server_file()) as relay:
        save(person, "smtp", host="localhost", port=str(relay.port), username=postfix.USER,
             password=postfix.PASSWORD)  # fmt: skip
        press_test(person)
        assert person.value("last-test-result") == "succeeded", relay.log()
        mail = relay.inbox("alice")[0]
    assert mail["From"].addresses[0].addr_spec == "novantra@acme.test"
    assert mail["To"] == "alice@acme.test"
    assert "TLSv1." in relay.log() or "starttls=1" in relay.log()
    assert "sasl_method=PLAIN" in relay.log()


@pytest.mark.relay
def test_the_test_mail_arrives_through_a_real_exim(person, relay_folder):
    need_exim()
    with exim.Exim(relay_folder, server_file()) as relay:
        save(person, "smtp", host="localhost", port=str(relay.port), username=exim.USER,
             password=exim.PASSWORD)  # fmt: skip
        press_test(person)
        assert person.value("last-test-result") == "succeeded", relay.log()
        assert relay.inbox()[0]["To"] == "alice@acme.test"


def test_the_console_logs_one_line_of_metadata(install, person):
    save(person, "console")
    press_test(person)
    assert person.value("last-test-result") == "succeeded"
    assert "development only" in person.text.lower()
    until = time.monotonic() + 5
    while "novantra.mail.console" not in install.log and time.monotonic() < until:
        time.sleep(0.05)
    lines = [json.loads(x) for x in install.log.splitlines() if "novantra.mail.console" in x]
    lines = [line for line in lines if line["kind"] == "test"]
    assert len(lines) == 1
    assert lines[0]["to"] == "alice@acme.test"
    assert {"kind", "to", "from", "subject", "message_id", "size"} <= set(lines[0])


def test_coming_back_later_finishes_the_job_without_a_restart(person):
    assert person.open("/forgot-password").status == 503 or "mail" in person.text.lower()
    save(person, "console")
    visitor = Person(str(person.http.base_url)).open("/forgot-password")
    assert visitor.status == 200
    visitor.submit("email", email="alice@acme.test")
    assert visitor.status == 200


def test_mail_configured_in_the_wizard_verifies_the_first_administrator(install):
    with Relay(tls="starttls", users={"novantra": RELAY_PASSWORD}) as relay:
        person = Person(install.url)
        walk_wizard(install, person, provider="smtp", sender_address="novantra@acme.test",
                    host="localhost", port=str(relay.port), username="novantra",
                    password=RELAY_PASSWORD)  # fmt: skip
        until = time.monotonic() + 10
        while not relay.envelopes and time.monotonic() < until:
            time.sleep(0.05)
        assert relay.envelopes, install.log[-2000:]
        mail = relay.envelopes[0]
    assert mail.rcpt_to == "alice@acme.test"
    link = next(w for w in mail.text.split() if "/verify-email/" in w)
    assert link.startswith(install.url)
    person.open(link).submit("csrf_token")
    assert person.status == 200, person.text[:500]


def test_the_relay_password_is_nowhere_on_disk_in_logs_or_on_pages(install, person):
    with Relay(tls="starttls", users={"novantra": "other"}) as relay:
        save(person, "smtp", host="localhost", port=str(relay.port), username="novantra",
             password=RELAY_PASSWORD)  # fmt: skip
        press_test(person)
        assert person.value("last-test-result") == "failed"
        assert person.value("last-test-error") == "auth_bad_credentials"
        pages = [person.open(p).response.text for p in (MAIL, "/admin/system/audit", "/readyz")]
    install.stop()
    import base64
    from urllib.parse import quote

    canary = RELAY_PASSWORD
    forms = {
        canary.encode(),
        base64.b64encode(canary.encode()),
        base64.b64encode(f"\0novantra\0{canary}".encode()),
        quote(canary).encode(),
        json.dumps(canary).strip('"').encode(),
    }
    found = {
        "log": install.output,
        **{f"page {i}": page.encode() for i, page in enumerate(pages)},
        **{str(f): f.read_bytes() for f in install.data_dir.rglob("*") if f.is_file()},
    }
    for name, content in found.items():
        assert not [form for form in forms if form in content], name
