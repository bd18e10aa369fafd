"""The commands as an operator types them: ``flask --app wsgi …`` beside a running install."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests import nursery
from tests.functional.install import PASSWORD, ROOT, Person, RunningInstall, sign_in, walk_wizard
from tests.functional.office import (
    PATIENCE,
    Office,
    relay_fields,
    running,
    save_mailer,
)
from tests.functional.test_flows import NEW, lock_out
from tests.smtpd import Relay

pytestmark = pytest.mark.process

RELAY_PASSWORD = "relay-canary"


@pytest.fixture(scope="module")
def relay() -> Iterator[Relay]:
    with Relay(users={"novantra": RELAY_PASSWORD}, require_auth=True) as relay:
        yield relay


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, relay: Relay) -> Iterator[Office]:
    """Deliveries belong to the commands here; mail is deferred at first. Tests run in order."""
    with running(tmp_path_factory.mktemp("commands"), NOVANTRA_WORKER="external") as install:
        token = install.command("setup", "token")
        assert token.stdout.strip() == install.token
        alice = Person(install.url)
        walk_wizard(install, alice)
        yield Office(install, relay, alice)


def run(office: Office, *words: str, stdin: str = "") -> tuple[int, str, str]:
    done = office.install.command(*words, stdin=stdin)
    assert "Traceback" not in done.stderr, done.stderr
    assert RELAY_PASSWORD not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


def login(relay: Relay, password: str = RELAY_PASSWORD) -> dict[str, str]:
    return {**relay_fields(relay), "username": "novantra", "password": password}


def test_no_setup_token_is_left_once_setup_is_finished(office):
    code, out, err = run(office, "setup", "token")
    assert (code, out) == (2, "")
    assert "setup is finished" in err
    assert "users reset-link" in err


def test_status_of_pending_mail_exits_with_3(office):
    code, out, _ = run(office, "mailer", "status", "--json")
    assert code == 3
    assert json.loads(out)["state"] == "pending"


def test_an_administrator_from_the_shell_works_at_once(office):
    code, out, _ = run(office, "users", "create-admin", "--email", "op@acme.test", "--name", "Op",
                       "--password-stdin", stdin=PASSWORD + "\n")  # fmt: skip
    assert code == 0, out
    assert PASSWORD not in out
    assert sign_in(office.visitor(), "op@acme.test").path == "/admin/system"


def test_a_printed_reset_link_stands_alone_on_standard_output(office):
    code, out, err = run(office, "users", "reset-link", "OP@acme.test")
    assert code == 0
    assert len(out.splitlines()) == 1
    assert "30" in err or "until" in err
    visitor = office.visitor().open(out.strip().removeprefix(office.install.url))
    visitor.submit("password", password=NEW, password_confirm=NEW)
    assert sign_in(visitor, "op@acme.test", NEW).path == "/admin/system"


def test_unlock_lifts_a_lock(office):
    lock_out(office, "op@acme.test")
    code, out, _ = run(office, "users", "unlock", "op@acme.test")
    assert (code, out) == (0, "The lock of op@acme.test is lifted.\n")
    office.signed_in("op@acme.test", NEW)


def test_check_names_each_step_and_the_one_that_failed(office, relay):
    save_mailer(office.alice, **login(relay, "outdated"))
    code, out, err = run(office, "mailer", "check")
    assert code == 1
    assert "FAILED" in out
    assert "auth_bad_credentials" in err
    assert "535" in err
    save_mailer(office.alice, **login(relay))
    code, out, _ = run(office, "mailer", "check")
    assert code == 0, out
    assert "FAILED" not in out
    assert relay.envelopes == [], "a check sends nothing"


def test_a_test_mail_goes_to_the_address_given(office, relay):
    code, out, err = run(office, "mailer", "test", "--to", "ops@acme.test")
    assert code == 0, err
    assert "ops@acme.test" in out
    assert relay.envelopes.pop().rcpt_to == "ops@acme.test"


def test_drain_delivers_what_is_due_and_counts(office, relay):
    run(office, "mailer", "drain")  # what the tests before this one left
    assert office.waiting() == 0
    for number in range(3):
        office.invite(f"drain{number}@partner.test")
    assert office.waiting() == 3
    code, out, _ = run(office, "mailer", "drain")
    assert (code, out) == (0, "sent 3, retried 0, failed 0\n")
    assert office.waiting() == 0
    relay.reject_rcpt["gone@partner.test"] = "550 5.1.1 no such user"
    relay.reject_rcpt["later@partner.test"] = "450 4.7.1 greylisted"
    for name in ("gone", "later", "fine"):
        office.invite(f"{name}@partner.test")
    assert run(office, "mailer", "drain", "--connections", "1")[1] == (
        "sent 1, retried 1, failed 1\n"
    )


def test_a_pause_is_told_by_drain_and_status_and_ended_by_resume(office, relay):
    relay.users = {"novantra": "changed at the relay"}
    relay.drop_connections()
    office.invite("held@partner.test")
    code, out, err = run(office, "mailer", "drain")
    assert (code, out) == (0, "sent 0, retried 0, failed 0\n")
    assert "paused" in err
    code, out, _ = run(office, "mailer", "status", "--json")
    facts = json.loads(out)
    assert (code, facts["state"], facts["pause_code"]) == (1, "paused", "auth_bad_credentials")
    relay.users = {"novantra": RELAY_PASSWORD}
    assert "resumed" in run(office, "mailer", "resume")[1]
    assert run(office, "mailer", "drain")[1].startswith("sent ")
    assert "held@partner.test" in [mail.rcpt_to for mail in relay.envelopes]
    assert run(office, "mailer", "status")[0] == 0


def test_a_worker_delivers_at_once_and_ends_cleanly_on_sigterm(office, relay):
    worker = nursery.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "mailer", "worker", "--connections", "2"],
        cwd=ROOT,
        env=office.install.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        office.invite("worker@partner.test")
        until = time.monotonic() + PATIENCE
        while "worker@partner.test" not in [mail.rcpt_to for mail in relay.envelopes]:
            assert time.monotonic() < until
            time.sleep(0.05)
        started = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        said, _ = worker.communicate(timeout=PATIENCE)
    finally:
        if worker.poll() is None:
            worker.kill()
            worker.wait()
    assert worker.returncode == 0, said
    assert time.monotonic() - started < 5
    assert "stopped" in said
    assert "Traceback" not in said


def test_explain_needs_no_install_and_speaks_json(tmp_path):
    install = RunningInstall(tmp_path / "data")
    text = "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled"
    done = install.command("mailer", "explain", text, "--phase", "auth", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["code"] == "auth_basic_disabled"
    assert found["disposition"] == "pause"
    assert found["fix"]


def test_the_chain_of_the_audit_log_is_verified_and_exported(office):
    code, out, _ = run(office, "audit", "verify")
    assert code == 0
    code, exported, _ = run(office, "audit", "export")
    assert code == 0
    events = [json.loads(line) for line in exported.splitlines()]
    assert f"{len(events)} events" in out
    tags = {event["tag"] for event in events}
    assert {"mailer:created", "mailer:paused", "mailer:resumed", "login:unlocked"} <= tags
    by_shell = {event["tag"] for event in events if event["actor"] == "shell"}
    assert {"administrator:created", "login:unlocked", "password:reset-link-made"} <= by_shell


def test_the_doctor_names_what_cannot_be_decrypted(office):
    code, out, _ = run(office, "keys", "doctor")
    assert code == 0
    assert "open" in out
    key_file = office.install.data_dir / "keys"
    good = key_file.read_bytes()
    key_file.unlink()
    try:
        code, _, err = run(office, "keys", "doctor")
        assert code == 1
        assert "cannot be decrypted" in err
        assert "backup" in err
    finally:
        key_file.write_bytes(good)
        key_file.chmod(0o600)


def test_the_server_says_in_a_sentence_that_its_port_is_taken(office, tmp_path):
    taken = RunningInstall(tmp_path / "data", NOVANTRA_BIND=f"127.0.0.1:{office.install.port}")
    words = [sys.executable, "-m", "app.server"]
    done = nursery.run(words, cwd=ROOT, env=taken.environment, timeout=30)
    assert done.returncode == 2
    assert "NOVANTRA_BIND" in done.stderr
    assert "Traceback" not in done.stderr
