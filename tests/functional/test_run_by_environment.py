"""An install whose mail the environment decides about: its backup, doctor, and commands."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import nursery
from tests.backup.test_backup import files_in
from tests.functional.install import PASSWORD as OWN
from tests.functional.install import ROOT, Person, RunningInstall, show_token, sign_in
from tests.functional.office import INVITATIONS, MEMBERS, wait_for
from tests.smtpd import Relay

pytestmark = pytest.mark.process
PASSWORD = "kanari-47-secret"


@dataclass
class Declared:
    """A running install, its relay, and the file with the password."""

    install: RunningInstall
    relay: Relay
    file: Path

    def run(
        self, *words: str, without: bool = False, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """``novantra …``; ``without`` leaves out what the service has about mail."""
        inherited = {
            name: value
            for name, value in self.install.environment.items()
            if not (without and name.startswith("NOVANTRA_MAIL_"))
        }
        done = nursery.run(
            [sys.executable, "-m", "app.program", *words],
            cwd=ROOT,
            env={**inherited, **environment},
            timeout=120,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert PASSWORD not in done.stdout + done.stderr
        return done

    def doctor(self, **how: object) -> str:
        """What it says, in one line."""
        return " ".join(self.run("doctor", **how).stdout.split())  # type: ignore[arg-type]

    def refused(self, *words: str, **how: object) -> str:
        """The one sentence of a command that cannot do it."""
        done = self.run(*words, **how)  # type: ignore[arg-type]
        assert done.returncode == 2, done.stdout + done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
        assert done.stdout == ""
        return done.stderr


@pytest.fixture
def declared(start: Callable[..., RunningInstall], tmp_path: Path) -> Iterator[Declared]:
    file = tmp_path / "relay-password"
    file.write_text(f"{PASSWORD}\n")
    with Relay(users={"novantra": PASSWORD}, require_auth=True) as relay:
        install = start(
            NOVANTRA_MAIL_HOST=relay.host,
            NOVANTRA_MAIL_PORT=str(relay.port),
            NOVANTRA_MAIL_SECURE="off",
            NOVANTRA_MAIL_USERNAME="novantra",
            NOVANTRA_MAIL_PASSWORD_FILE=str(file),
            NOVANTRA_MAIL_SENDER_ADDRESS="novantra@acme.test",
        )
        alice = Person(install.url)
        walk_wizard_without_mail(install, alice)
        yield Declared(install, relay, file)


def walk_wizard_without_mail(install: RunningInstall, person: Person) -> None:
    """The wizard takes its step for mail as done."""
    show_token(install, person).submit("access_url", access_url=install.url)
    person.submit(
        "organization_name",
        organization_name="Acme",
        name="Alice Admin",
        email="alice@acme.test",
        password=OWN,
        password_confirm=OWN,
    )
    person.open("/setup/review").submit("finish", press={"finish": "finish"})
    assert person.path == "/admin/system", (person.path, person.text[:800])
    wait_for(lambda: install.log.count("mail accepted") == 1, "her own mail does not go", install)


def test_doctor_says_where_it_comes_from_and_what_is_wrong_with_it(declared: Declared) -> None:
    well = declared.doctor()
    assert "Mail is set by NOVANTRA_MAIL_" in well
    assert "NOVANTRA_MAIL_PASSWORD_FILE" in well
    assert well.endswith("All is well.")

    outside = declared.doctor(without=True)
    assert "this process without" in outside
    assert "Start every process, and this command, with one environment." in outside

    wrong = declared.doctor(NOVANTRA_MAIL_PORT="abc")
    assert "NOVANTRA_MAIL_PORT cannot be used. Type a whole number from 1 to 65535." in wrong
    assert "a file that a variable names is read again by itself" in wrong

    odd = declared.doctor(NOVANTRA_MAIL_TENANT_ID="contoso.onmicrosoft.com")
    assert "NOVANTRA_MAIL_TENANT_ID has no effect" in odd
    assert "→ Unset it." in odd

    declared.file.unlink()
    gone = declared.doctor()
    assert f"The file in NOVANTRA_MAIL_PASSWORD_FILE, {declared.file}," in gone
    assert "things to do" in gone


def test_commands_that_cannot_work_with_it_say_so_in_one_sentence(
    declared: Declared, tmp_path: Path
) -> None:
    exported = declared.run("mailer", "export")
    assert exported.returncode == 0
    block = tmp_path / "mail.env"
    block.write_text(exported.stdout)
    assert "the environment of this install decides about" in declared.refused(
        "mailer", "apply", str(block)
    )
    assert "this process without" in declared.refused("mailer", "drain", without=True)
    assert "another mail configuration" in declared.refused(
        "mailer", "drain", NOVANTRA_MAIL_PORT="2525"
    )
    broken = declared.run("mailer", "export", NOVANTRA_MAIL_PORT="abc")
    assert (broken.returncode, broken.stdout) == (1, "")
    assert broken.stderr.startswith("NOVANTRA_MAIL_PORT cannot be used.")
    drained = declared.run("mailer", "drain")
    assert (drained.returncode, drained.stderr) == (0, ""), drained.stderr


def test_a_backup_has_its_settings_without_secrets_and_is_restored_under_it(
    declared: Declared, tmp_path: Path
) -> None:
    file = tmp_path / "novantra.backup"
    made = declared.run("backup", str(file), NOVANTRA_MAIL_CLIENT_SECRET="hidden-47")
    assert made.returncode == 0, made.stderr
    everything = b"".join(files_in(file).values())
    assert PASSWORD.encode() not in everything
    assert b"hidden-47" not in everything
    assert f"NOVANTRA_MAIL_HOST={declared.relay.host}\n".encode() in everything
    assert f"NOVANTRA_MAIL_PASSWORD_FILE={declared.file}\n".encode() in everything
    declared.install.stop()

    elsewhere = declared.run("restore", str(file), without=True)  # it asks, and nobody answers
    assert f"NOVANTRA_MAIL_HOST was {declared.relay.host}; here it is not set" in elsewhere.stdout
    assert elsewhere.returncode == 2

    done = declared.run("restore", str(file), "--yes")
    assert done.returncode == 0, done.stderr
    assert "NOVANTRA_MAIL_" not in done.stdout, "nothing about it is another here"
    status = declared.run("mailer", "status")
    assert (status.returncode, "Paused by hand" in status.stdout) == (1, True), status.stdout

    before = len(declared.relay.envelopes)
    declared.install.start()
    alice = Person(declared.install.url)
    sign_in(alice)
    alice.open(MEMBERS).submit("email", to=INVITATIONS, email="dora@acme.test", role="member")
    assert declared.run("mailer", "status").returncode == 1, "a pause by hand outlasts the start"
    assert len(declared.relay.envelopes) == before
    assert declared.run("mailer", "resume").returncode == 0
    wait_for(
        lambda: [mail.rcpt_to for mail in declared.relay.envelopes[before:]] == ["dora@acme.test"],
        "the invitation does not go out",
        declared.install,
    )
