"""``keys doctor`` names what fails and exits 1; ``keys rotate`` survives ``kill -9``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from app.crypto.box import SealedBox
from app.crypto.keys import format_keys, new_key, read_key_file
from app.outbox.models import OutboxMessage
from app.runtime import EXTENSION, Runtime
from tests import nursery
from tests.factories import RELAY_PASSWORD, install_novantra
from tests.functional.install import ROOT
from tests.outbox.letters import configure, notice_mail
from tests.smtpd import Relay

pytestmark = pytest.mark.process

MAILS = 400


class Shell:
    """``flask --app wsgi …`` on one install."""

    def __init__(self, live: Runtime) -> None:
        self.database_url = live.config.database_url
        self.key_file = live.config.key_file
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("NOVANTRA_")},
            "NOVANTRA_DATA_DIR": str(live.config.data_dir),
            "NOVANTRA_DATABASE_URL": live.config.database_url,
            "NOVANTRA_WORKER": "external",
        }
        self._engine = create_engine(self.database_url)

    def begin(self, *words: str) -> subprocess.Popen[str]:
        return nursery.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", *words],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> tuple[int, str]:
        """Exit code and everything that was said."""
        process = self.begin(*words)
        said, errors = process.communicate(timeout=100)
        return process.returncode, said + errors

    def killed_once(self, reached: Callable[[], bool], *words: str) -> None:
        """Begins a command and kills it as soon as ``reached`` is true."""
        process = self.begin(*words)
        until = time.monotonic() + 60
        while not reached() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.001)
        assert process.poll() is None, process.communicate()
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
        assert process.returncode == -signal.SIGKILL

    @property
    def keys(self) -> list[str]:
        """The ids in the key file, newest first."""
        return [key.id for key in read_key_file(self.key_file).keys]

    def sealed_with(self) -> dict[str, int]:
        """Key ids and how many values each has sealed."""
        counts: dict[str, int] = {}
        with self._engine.connect() as connection:
            for query in (
                "SELECT sealed_bytes FROM outbox_messages",
                "SELECT password_sealed FROM mailer_configuration",
            ):
                for value in filter(None, connection.execute(text(query)).scalars()):
                    key = SealedBox.key_id_of(value)
                    counts[key] = counts.get(key, 0) + 1
        return counts

    def close(self) -> None:
        self._engine.dispose()


@pytest.fixture
def relay() -> Iterator[Relay]:
    with Relay(users={"novantra": RELAY_PASSWORD}, require_auth=True) as relay:
        yield relay


@pytest.fixture
def live(make_app: Callable[..., Flask], relay: Relay) -> Runtime:
    """An install with a relay's password and ``MAILS`` mails in the queue."""
    live: Runtime = make_app().extensions[EXTENSION]
    with live.database.transaction() as session:
        install_novantra(session)
    configure(live, port=relay.port, username="novantra", password=RELAY_PASSWORD)
    with live.database.transaction() as session:
        for number in range(MAILS):
            notice_mail(session, live, f"p{number}@acme.test")
    return live


@pytest.fixture
def shell(live: Runtime) -> Iterator[Shell]:
    shell = Shell(live)
    yield shell
    shell.close()


def test_rotate_can_be_killed_anywhere_and_run_again(shell: Shell, relay: Relay) -> None:
    (old,) = shell.keys
    first = shell.sealed_with()
    assert first == {old: MAILS + 1}

    # Killed when the new key was written, and nothing or little was moved.
    shell.killed_once(lambda: len(shell.keys) == 2, "keys", "rotate")
    new = shell.keys[0]
    assert shell.keys == [new, old]
    assert set(shell.sealed_with()) <= {new, old}
    assert shell.run("keys", "doctor")[0] == 0

    # Killed when about half was moved.
    shell.killed_once(lambda: shell.sealed_with().get(new, 0) > MAILS // 3, "keys", "rotate")
    halfway = shell.sealed_with()
    assert MAILS // 3 < halfway[new] < MAILS + 1, halfway
    assert sum(halfway.values()) == MAILS + 1
    assert shell.keys == [new, old], "no third key is made while two are in use"
    code, said = shell.run("keys", "doctor")
    assert (code, "All 401 sealed values open" in said) == (0, True), said

    code, said = shell.run("keys", "rotate")
    assert code == 0, said
    assert shell.sealed_with() == {new: MAILS + 1}
    assert shell.keys == [new, old]
    assert shell.key_file.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in shell.key_file.parent.glob("keys*")] == ["keys"]

    # Nothing was lost: the password still works and every mail goes out.
    code, said = shell.run("mailer", "drain")
    assert code == 0, said
    assert len({mail.rcpt_to for mail in relay.envelopes}) == MAILS == len(relay.envelopes)


def test_doctor_names_what_a_missing_key_leaves_unreadable(shell: Shell, live: Runtime) -> None:
    assert shell.run("keys", "doctor")[0] == 0
    (old,) = shell.keys
    kept = shell.key_file.read_bytes()
    other = new_key()
    shell.key_file.write_text(format_keys([other]))
    code, said = shell.run("keys", "doctor")
    assert code == 1
    assert "mailer_configuration:1:password_sealed" in said
    assert said.count("outbox_messages:") == MAILS
    assert old in said
    assert f"{MAILS + 1} of {MAILS + 1}" in said
    for secret in (RELAY_PASSWORD, *kept.decode().split(":")[1:], *_material(other)):
        assert secret.strip() not in said

    # Rotating with a key missing moves what it can, says the rest, and destroys nothing.
    before = shell.sealed_with()
    code, said = shell.run("keys", "rotate")
    assert code == 1
    assert old in said
    assert shell.sealed_with() == before
    shell.key_file.write_bytes(kept)
    assert shell.run("keys", "doctor")[0] == 0


def test_doctor_names_a_value_that_was_moved_or_altered(shell: Shell, live: Runtime) -> None:
    with live.database.transaction() as session:
        one, two = session.query(OutboxMessage).limit(2)
        one.sealed_bytes = two.sealed_bytes
        broken, fine = one.public_id, two.public_id
    code, said = shell.run("keys", "doctor")
    assert code == 1
    assert f"outbox_messages:{broken}:sealed_bytes" in said
    assert fine not in said
    assert f"1 of {MAILS + 1}" in said


@pytest.mark.parametrize("damage", ["missing", "empty", "garbled"])
def test_doctor_names_a_key_file_that_cannot_be_used(shell: Shell, damage: str) -> None:
    if damage == "missing":
        shell.key_file.unlink()
    else:
        shell.key_file.write_text("" if damage == "empty" else "id:not-base64!\n")
    for command, expected in (("doctor", 1), ("rotate", 2)):  # found something; cannot begin
        code, said = shell.run("keys", command)
        assert code == expected, said
        assert str(shell.key_file) in said
        assert "Traceback" not in said
    assert shell.key_file.exists() is (damage != "missing"), "no key is made in its place"


def _material(key: object) -> list[str]:
    return format_keys([key]).strip().split(":")[1:]  # type: ignore[list-item]
