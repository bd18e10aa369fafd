"""``mailer export`` and ``mailer apply``: the block of one is what the other reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from app.audit.models import AuditEvent
from app.crypto.secret import Secret
from app.mailer import block
from app.mailer.configuration import password_of, save
from app.mailer.models import MailerConfiguration
from app.mailer.settings import PasswordChange, Settings
from app.runtime import EXTENSION, Runtime
from app.web.context import Actor
from tests.mailer.declared import Starts, to_relay, variables
from tests.smtpd import Relay

PASSWORD = "Kanari-47 secret"
ALICE = Actor(None, "alice@acme.test", None)
SMTP = Settings(
    "smtp",
    sender_address="novantra@acme.test",
    sender_name='Acme "HR" & more $1',
    host="relay.acme.test",
    port=587,
    username="novantra",
)
EVERY = [
    SMTP,
    Settings("console", sender_address="novantra@acme.test"),
    Settings(
        "ses",
        sender_address="novantra@acme.test",
        port=587,
        region="eu-west-1",
        username="AKIAAAAAAAAAAAAAAAAA",
    ),
    Settings(
        "google",
        sender_address="novantra@acme.test",
        host="smtp.gmail.com",
        port=587,
        username="novantra@acme.test",
    ),
    Settings(
        "microsoft365",
        sender_address="novantra@acme.test",
        host="smtp.office365.com",
        port=587,
        username="novantra@acme.test",
        login_method="app",
        cloud="commercial",
        tenant_id="11111111-1111-1111-1111-111111111111",
        client_id="11111111-1111-1111-1111-111111111112",
        client_credential="secret",
    ),
]


class Shell:
    """Commands of one install."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.app = app
        self.folder = folder
        found = app.extensions[EXTENSION]
        assert isinstance(found, Runtime)
        self.live = found

    def store(self, settings: Settings = SMTP, password: str | None = PASSWORD) -> None:
        typed = Secret(password) if password and settings.provider != "console" else None
        with self.live.database.transaction() as session:
            save(
                session,
                self.live.box,
                settings=settings,
                password=PasswordChange(typed),
                version=0,
                now=self.live.now(),
                actor=ALICE,
            )

    def run(self, *words: str, stdin: str = "") -> Result:
        return self.app.test_cli_runner().invoke(args=["mailer", *words], input=stdin)

    def apply(self, text: str, *words: str, stdin: str = "") -> Result:
        file = self.folder / "mail.env"
        file.write_text(text)
        return self.run("apply", str(file), *words, stdin=stdin)

    @property
    def row(self) -> MailerConfiguration:
        with self.live.database.session(reading=True) as session:
            found = session.get(MailerConfiguration, 1)
            assert found is not None
            return found

    @property
    def secret(self) -> str | None:
        found = password_of(self.row, self.live.box)
        return found.reveal() if found else None

    @property
    def events(self) -> list[AuditEvent]:
        with self.live.database.session(reading=True) as session:
            return list(session.scalars(select(AuditEvent).order_by(AuditEvent.id)))


@pytest.fixture
def shell(app: Flask, tmp_path: Path) -> Shell:
    return Shell(app, tmp_path)


@pytest.mark.parametrize("settings", EVERY, ids=lambda settings: str(settings.provider))
def test_what_is_exported_applies_as_no_change(shell: Shell, settings: Settings) -> None:
    shell.store(settings)
    exported = shell.run("export")
    assert exported.exit_code == 0
    assert PASSWORD not in exported.output
    applied = shell.apply(exported.output)
    assert applied.exit_code == 0, applied.output
    assert applied.output == "Nothing to save: this is the configuration already.\n"
    assert shell.row.version == 1


@pytest.mark.parametrize("settings", EVERY, ids=lambda settings: str(settings.provider))
def test_the_same_block_is_an_environment(
    shell: Shell, make_app: Callable[..., Flask], settings: Settings
) -> None:
    """What the block does not have is the secret; a provider that needs one says its variable."""
    shell.store(settings)
    found, others = block.read(shell.run("export").output)
    fields = {name.removeprefix("NOVANTRA_MAIL_"): value for name, value in found.items()}
    assert others == 0
    app = make_app(mail=variables(**fields))
    declared = app.extensions[EXTENSION].declared_mail.look()
    if settings.provider in {"smtp", "console"}:
        assert declared.settings == settings
    else:
        assert "_FILE is missing" in declared.problem


def test_a_difference_is_shown_and_nothing_saved_by_a_dry_run(shell: Shell) -> None:
    shell.store()
    block_of = shell.run("export").output.replace("novantra@acme.test", "mail@acme.test")
    done = shell.apply(block_of, "--dry-run")
    assert done.exit_code == 0
    assert "Sender address: novantra@acme.test → mail@acme.test" in done.output
    assert "Nothing was saved" in done.output
    assert shell.row.version == 1


def test_it_is_saved_and_audited_by_the_command(shell: Shell) -> None:
    shell.store()
    done = shell.apply(shell.run("export").output.replace("novantra@acme.test", "mail@acme.test"))
    assert done.exit_code == 0
    assert shell.row.sender_address == "mail@acme.test"
    assert shell.secret == PASSWORD, "the secret stays where the destination does"
    assert (shell.events[-1].tag, shell.events[-1].actor) == ("mailer:updated", "command")


def test_another_destination_needs_the_secret_again(shell: Shell) -> None:
    shell.store()
    elsewhere = shell.run("export").output.replace("relay.acme.test", "relay.evil.test")
    refused = shell.apply(elsewhere)
    assert refused.exit_code == 2
    assert "type the password again" in refused.output
    assert "NOVANTRA_MAIL_PASSWORD_FILE" in refused.output
    assert shell.row.host == "relay.acme.test"
    assert shell.apply(elsewhere, "--dry-run").exit_code == 2
    given = shell.apply(elsewhere, "--password-stdin", stdin="Kanari-48 new\n")
    assert given.exit_code == 0, given.output
    assert "Password: given anew, not shown" in given.output
    assert "Kanari-48" not in given.output
    assert (shell.row.host, shell.secret) == ("relay.evil.test", "Kanari-48 new")


def test_a_secret_may_come_from_a_file(shell: Shell, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("Kanari-48 new\n")
    shell.store()
    done = shell.apply(f"{shell.run('export').output}NOVANTRA_MAIL_PASSWORD_FILE={secret}\n")
    assert done.exit_code == 0, done.output
    assert shell.secret == "Kanari-48 new"


@pytest.mark.parametrize("mask", ["********", "<password>", "••••", "[hidden]"])
def test_a_mask_is_never_saved(shell: Shell, mask: str) -> None:
    shell.store()
    done = shell.apply(f'{shell.run("export").output}NOVANTRA_MAIL_PASSWORD="{mask}"\n')
    assert done.exit_code == 2
    assert "holds a placeholder" in done.output
    assert shell.secret == PASSWORD


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("NOVANTRA_MAIL_HSOT=relay.acme.test", "Did you mean NOVANTRA_MAIL_HOST?"),
        ("what is this", "line 1 is not written as NAME=value."),
        ("NOVANTRA_MAIL_PORT=1\nNOVANTRA_MAIL_PORT=2", "stands there twice"),
        ('NOVANTRA_MAIL_HOST="relay', "the quotes that begin in line 1 do not end."),
        ("PATH=/bin", "says nothing about mail"),
        ("NOVANTRA_MAIL_HOST=relay.acme.test\nNOVANTRA_MAIL_PORT=abc", "NOVANTRA_MAIL_PORT cannot"),
        ("NOVANTRA_MAIL_SENDER_NAME=Acme", "no destination is stored"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(shell: Shell, text: str, words: str) -> None:
    done = shell.apply(text)
    assert done.exit_code == 2
    assert words in done.output
    assert "Traceback" not in done.output


def test_what_is_not_there_is_said(shell: Shell) -> None:
    done = shell.run("export")
    assert (done.exit_code, done.output) == (1, "Mail is not set up: there is nothing to export.\n")


def test_what_the_environment_decides_is_not_applied(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    with Relay() as relay:
        shell = Shell(Starts(make_app).app(**to_relay(relay)), tmp_path)
        exported = shell.run("export")
        assert f"NOVANTRA_MAIL_HOST={relay.host}" in exported.output
        done = shell.apply(exported.output)
        assert done.exit_code == 2
        assert "the environment of this install decides about" in done.output


def test_check_and_status_tell_what_cannot_be_used(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    app = Starts(make_app).app(HOST="relay.acme.test", SENDER_ADDRESS="n@acme.test", PORT="abc")
    shell = Shell(app, tmp_path)
    checked = shell.run("check")
    assert checked.exit_code == 1
    assert "NOVANTRA_MAIL_PORT cannot be used" in checked.output
    status = shell.run("status")
    assert status.exit_code == 3
    assert "NOVANTRA_MAIL_PORT cannot be used" in status.output


def test_several_lines_survive_the_way_there_and_back() -> None:
    pem = "-----BEGIN CERTIFICATE-----\nMIIB+/=\n-----END CERTIFICATE-----"
    settings = Settings("smtp", host="relay.acme.test", port=25, ca_certificates=pem)
    row = MailerConfiguration(password_sealed=None)
    text = block.written(settings, row, frozenset({"host", "port", "ca_certificates"}))
    found, _ = block.read(text)
    assert found["NOVANTRA_MAIL_CA_CERTIFICATES"] == pem
