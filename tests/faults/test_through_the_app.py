"""The twenty bad servers through the application: saved, checked, tested and sent through.

Whatever the relay does, the same code is on the page, in the outbox and in what health counts;
its disposition decides about the message; and once the relay is well, what waited goes out.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from app.audit.models import AuditEvent
from app.database import Base
from app.mail.failures import Disposition, FailureCode, disposition_of, explain
from app.outbox.worker import StepResult
from app.runtime import Runtime
from tests.conftest import Clock
from tests.desk import Desk
from tests.faults.outcomes import CODES, NO_LOGIN_WANTED
from tests.faults.scenarios import SCENARIOS
from tests.faults.server import PASSWORD, BadServer
from tests.mail.smtp.test_connect import answer, black_holes
from tests.mailer.pages import MailerPage, Page, smtp
from tests.outbox.letters import attempts, health, queue_resets, rows

TIMEOUT, MARGIN, BUSY = 1.0, 1.0, 5.0

ONLY_WITH_A_MESSAGE = ("F03-data", "F03-dot", "F04", "F05", "F15")
"""Faults that a connection check does not meet, because it ends before DATA."""

SENT_ANYWAY = ("F06", "F06-reset", "F06-together")
OTHERS = {"good", "F02-steps", "F16", "F19", "F19-plain"}
"""Scenarios that need a story of their own, below."""

ECHOED = ("you sent", "alert(", "\x1b[31m", "\\x1b[31m")
"""What F17 says beside the password."""

STEP = {
    Disposition.RETRY: StepResult.RETRIED,
    Disposition.PAUSE: StepResult.HELD,
    Disposition.REJECT: StepResult.FAILED,
}


class Install(Desk):
    """The desk, with a bad server's details typed in."""

    def save(self, server: BadServer, **changes: Any) -> None:  # type: ignore[override]
        super().save(**typed(server, **changes))

    def check(self, server: BadServer, **changes: Any) -> Page:  # type: ignore[override]
        return super().check(**typed(server, **changes))

    def queue(self, to: str = "bob@example.test") -> None:
        super().queue(to)


def typed(server: BadServer, **changes: Any) -> dict[str, Any]:
    login = {"username": "novantra", "password": PASSWORD, "connection_timeout": "1"}
    host = "localhost" if server.tls != "none" else server.host
    return smtp(server, **{"host": host} | login | changes)  # type: ignore[arg-type]


@pytest.fixture
def install(
    admin_client: FlaskClient,
    runtime: Runtime,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Install]:
    """Sessions end after two seconds, not after the twenty-one of a one second timeout."""
    monkeypatch.setattr("app.mail.transport.DEADLINE_MARGIN", MARGIN)
    install = Install(MailerPage(admin_client), runtime, clock)
    yield install
    install.close()


@pytest.fixture
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[BadServer]:
    with BadServer(request.param) as server:
        if server.tls == "implicit":
            # TLS comes first on 465 and 2465; tests that run side by side need ports of their own.
            for module in ("settings", "providers.smtp.protection"):
                monkeypatch.setattr(f"app.mailer.{module}.IMPLICIT_PORTS", frozenset({server.port}))
        yield server


class Stopwatch:
    """What is done inside ends within the session's deadline. A busy machine gets some more."""

    def __enter__(self) -> None:
        self.began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        assert time.monotonic() - self.began < TIMEOUT + MARGIN + BUSY


def test_every_bad_server_is_told_here() -> None:
    """But for those that offer what they do not keep: they have to offer it, see test_forms."""
    here = {name for name in SCENARIOS if not name.startswith(("F21", "F22", "F03-silence"))}
    assert {*CODES, *SENT_ANYWAY, *OTHERS} == here


@pytest.mark.parametrize("server", CODES, indirect=True)
def test_each_fault_is_named_decided_and_survived(
    install: Install, server: BadServer, request: pytest.FixtureRequest
) -> None:
    scenario = request.node.callspec.params["server"]
    code, phase = CODES[scenario]
    logins = 0 if scenario.startswith((*NO_LOGIN_WANTED, "F01", "F02", "F07")) else 1

    with Stopwatch():
        checked = install.check(server)
    if scenario.startswith(ONLY_WITH_A_MESSAGE):
        assert "failed" not in checked.steps().values()
        assert server.messages == []
    else:
        assert checked.diagnoses == [code]
        assert_explained(checked, code)
    assert server.auth_count == logins

    install.save(server)
    assert server.auth_count == logins, "saving touches no network"
    with Stopwatch():
        assert install.test() == code
    assert server.auth_count == 2 * logins
    assert install.page.open().fact("consecutive-failures") == "0"
    assert install.page.open().fact("mail-state") == "configured"

    install.queue()
    with Stopwatch():
        step = install.step()
    assert_decided(install, code, step)
    assert server.auth_count == 3 * logins
    assert [(a.code, a.phase) for a in attempts(install.runtime)] == [(code, phase)]
    assert server.accepted == []
    if scenario.startswith(NO_LOGIN_WANTED):
        assert_nothing_confidential(server)

    install.wait()
    with BadServer("good") as well:
        install.save(well)
        install.step()
        if disposition_of(code) is Disposition.REJECT:
            assert install.row.state == "failed"
            assert well.messages == []
            return
        assert install.row.state == "sent"
        assert len(well.accepted) == 1
    assert install.row.message_id.encode() in well.accepted[0]
    assert install.page.open().fact("mail-state") == "configured"
    assert install.page.open().fact("consecutive-failures") == "0"


@pytest.mark.slow
@pytest.mark.parametrize("server", ["F02-steps"], indirect=True)
def test_f02_the_deadline_holds_though_every_reply_is_in_time(
    install: Install, server: BadServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.mail.transport.DEADLINE_MARGIN", 0.05)
    install.save(server, username="", password="")
    install.queue()
    with Stopwatch():
        assert install.step() is StepResult.RETRIED
    assert server.accepted == []


@pytest.mark.parametrize("server", ["F04", "F04-reset"], indirect=True)
def test_f04_what_may_have_arrived_is_sent_again_under_the_same_message_id(
    install: Install, server: BadServer
) -> None:
    install.save(server)
    install.queue()
    install.step()
    install.wait()
    install.step()
    first, second = server.messages
    assert first == second
    assert install.row.message_id.encode() in first


@pytest.mark.parametrize("server", SENT_ANYWAY, indirect=True)
def test_f06_a_goodbye_changes_nothing(install: Install, server: BadServer) -> None:
    install.save(server)
    assert install.test() == ""
    for number in range(3):
        install.queue(f"p{number}@example.test")
        assert install.step() is StepResult.SENT
    install.close()
    install.wait()
    assert install.step() is StepResult.EMPTY
    assert {row.state for row in rows(install.runtime)} == {"sent"}
    assert health(install.runtime).consecutive_failures == 0
    assert len(server.messages) == 4


@pytest.mark.slow
@pytest.mark.parametrize("server", ["F07", "F07-line", "F07-ehlo"], indirect=True)
def test_f07_a_flood_costs_no_memory(install: Install, server: BadServer) -> None:
    install.save(server)
    install.queue()
    tracemalloc.start()
    install.step()
    install.check(server)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000


@pytest.mark.parametrize("server", ["F13", "F13-139", "F13-30"], indirect=True)
def test_f13_fifty_messages_make_one_login(install: Install, server: BadServer) -> None:
    install.save(server)
    queue_resets(install.runtime, [f"p{number}@example.test" for number in range(50)])
    for _ in range(60):
        install.step()
    assert server.auth_count == 1
    assert {row.state for row in rows(install.runtime)} == {"held"}
    assert len(attempts(install.runtime)) == 1


@pytest.mark.parametrize("server", ["F15"], indirect=True)
def test_f15_a_message_too_large_stops_no_other(install: Install, server: BadServer) -> None:
    install.save(server)
    for number in range(2):
        install.queue(f"p{number}@example.test")
        assert install.step() is StepResult.FAILED
    assert install.page.open().fact("mail-state") == "configured"


@pytest.mark.parametrize("server", ["F16"], indirect=True)
def test_f16_one_dead_one_retried_one_sent_and_never_repeated(
    install: Install, server: BadServer
) -> None:
    install.save(server)
    for name in ("dead", "again", "fine"):
        install.queue(f"{name}@example.test")
        install.clock.advance(seconds=1)
    steps = [install.step() for _ in range(3)]
    assert steps == [StepResult.FAILED, StepResult.RETRIED, StepResult.SENT]
    assert [row.state for row in rows(install.runtime)] == ["failed", "queued", "sent"]
    install.wait()
    install.work()
    assert [row.state for row in rows(install.runtime)] == ["failed", "sent", "sent"]
    to = [line for line in server.commands if line.startswith("RCPT")]
    assert len(to) == 4
    assert sum("again@" in line for line in to) == 2
    assert len(server.accepted) == 2


@pytest.mark.parametrize("server", ["F17"], indirect=True)
def test_f17_nothing_that_the_relay_says_is_kept_or_shown(
    install: Install, server: BadServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = install.page.client
    checked = install.check(server)
    install.save(server)
    assert install.test() == FailureCode.AUTH_BAD_CREDENTIALS
    install.queue()
    install.step()
    assert server.auth_count == 3

    found = {
        "check": checked.text,
        **{
            path: client.get(path).text
            for path in (
                "/admin/system",
                "/admin/system/mailer",
                "/admin/system/mail-activity",
                f"/admin/system/mail-activity/{install.row.public_id}",
                "/admin/system/audit",
                "/readyz",
            )
        },
        "transcript": transcript(install, checked),
        "log": caplog.text + repr([record.__dict__ for record in caplog.records]),
        "rows": stored_rows(install.runtime),
        "files": stored_files(install.runtime),
    }
    secrets = [shape.decode("latin-1") for shape in shapes(PASSWORD)]
    for where, said in found.items():
        assert not [s for s in secrets if s in said], where
        if where != "transcript":
            assert not [s for s in ("you sent", "alert(", "\x1b[31m", "\\x1b[31m") if s in said], (
                where
            )
    assert "535" in found["check"], "the reply code may be told"


@pytest.mark.parametrize("server", ["F19"], indirect=True)
def test_f19_helo_is_enough_only_without_tls_and_login(install: Install, server: BadServer) -> None:
    assert install.check(server).diagnoses == [FailureCode.AUTH_NOT_OFFERED]
    secure = install.check(server, secure="y", host="localhost")
    assert secure.diagnoses == [FailureCode.STARTTLS_NOT_OFFERED]
    assert server.auth_count == 0
    install.save(server, username="", password="")
    assert install.test() == ""
    install.queue()
    assert install.step() is StepResult.SENT
    assert "HELO hr.acme.test" in server.commands


@pytest.mark.parametrize("server", ["F19-plain"], indirect=True)
def test_f19_an_address_that_cannot_be_carried_is_rejected_with_its_reason(
    install: Install, server: BadServer
) -> None:
    install.save(server, username="", password="")
    install.queue("bjørn@example.test")
    assert_decided(install, FailureCode.ADDRESS_INVALID, install.step())
    install.queue("bjorn@example.test")
    assert install.step() is StepResult.SENT
    assert "BODY=" not in "".join(server.commands)
    assert server.accepted[0].isascii()


def test_f20_a_name_that_does_not_resolve(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    fail_everywhere(install, FailureCode.DNS_NOT_FOUND, host="relay.gone.test", port="587")


def test_f20_a_name_that_cannot_be_looked_up_now(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    def no_answer(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", no_answer)
    fail_everywhere(install, FailureCode.DNS_TEMPORARY, host="relay.slow.test", port="587")


def test_f20_a_closed_port(install: Install) -> None:
    import socket

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = str(held.getsockname()[1])
        fail_everywhere(install, FailureCode.CONNECT_REFUSED, host="127.0.0.1", port=port)


@pytest.mark.slow
def test_f20_many_dead_addresses_end_within_the_deadline(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as stack:
        targets = stack.enter_context(black_holes(8))
        answer(monkeypatch, *(target.ip for target in targets))
        port = str(targets[0].address[1])
        fail_everywhere(install, FailureCode.CONNECT_TIMEOUT, host="relay.dead.test", port=port)


def fail_everywhere(install: Install, code: FailureCode, *, host: str, port: str) -> None:
    """Checked, tested and sent with no server there."""
    with BadServer("good") as unused:
        fields = {"host": host, "port": port, "username": "", "password": ""}
        with Stopwatch():
            checked = install.check(unused, **fields)
        assert checked.diagnoses == [code]
        assert_explained(checked, code)
        install.save(unused, **fields)
    with Stopwatch():
        assert install.test() == code
    install.queue()
    with Stopwatch():
        step = install.step()
    assert_decided(install, code, step)


def assert_explained(page: Page, code: FailureCode) -> None:
    """The page says what it means and what to do."""
    explanation = explain(code)
    assert explanation.title.split(" ")[0] in page.words
    assert len(explanation.fix) > 0
    steps = html.unescape(page.text).count("<li>") + html.unescape(page.text).count("<li ")
    assert steps >= len(explanation.fix)


def assert_decided(install: Install, code: FailureCode, step: StepResult) -> None:
    """The code's disposition decided about the message, the pause and what is counted."""
    disposition = disposition_of(code)
    row, page = install.row, install.page.open()
    assert step is STEP[disposition]
    assert row.last_code == code
    with install.runtime.database.session(reading=True) as session:
        tags = session.scalars(select(AuditEvent.tag)).all()
    assert tags.count("mailer:paused") == (disposition is Disposition.PAUSE)
    overview = install.page.client.get("/admin/system").text
    assert ('id="notice-mail-paused"' in overview) is (disposition is Disposition.PAUSE)
    match disposition:
        case Disposition.RETRY:
            assert row.state == "queued"
            assert row.due_at > install.clock()
        case Disposition.PAUSE:
            assert row.state == "held"
        case Disposition.REJECT:
            assert row.state == "failed"
    paused = disposition is Disposition.PAUSE
    assert page.fact("mail-state") == ("paused" if paused else "configured")
    assert page.fact("consecutive-failures") == ("0" if disposition is Disposition.REJECT else "1")
    if disposition is not Disposition.REJECT:
        assert code in page.diagnoses


def assert_nothing_confidential(server: BadServer) -> None:
    """No password left, in whatever form, and nothing of a mail in the clear."""
    assert b"AUTH" not in server.all_received
    assert not [shape for shape in shapes(PASSWORD) if shape in server.all_received]
    assert b"MAIL" not in b"".join(server.in_clear)


def shapes(secret: str) -> set[bytes]:
    """The forms in which a password could turn up."""
    encoded = secret.encode()
    plain = base64.b64encode(b"\0novantra\0" + encoded)
    return {
        encoded,
        base64.b64encode(encoded),
        plain,
        plain.rstrip(b"="),
        html.escape(secret).encode(),
        json.dumps(secret).strip('"').encode(),
        repr(encoded)[2:-1].encode(),
    }


def transcript(install: Install, checked: Page) -> str:
    sealed = checked.text.partition('name="transcript" value="')[2].partition('"')[0]
    assert sealed
    token = install.page.open().fields["csrf_token"]
    said = install.page.client.post(
        "/admin/system/mailer/transcript", data={"csrf_token": token, "transcript": sealed}
    )
    assert said.status_code == 200
    assert "535" in said.text
    return str(said.text)


def stored_rows(runtime: Runtime) -> str:
    """Every row of every table."""
    with runtime.database.session(reading=True) as session:
        return repr(
            [
                session.execute(text(f'SELECT * FROM "{table}"')).all()  # noqa: S608 - our own
                for table in Base.metadata.tables
            ]
        )


def stored_files(runtime: Runtime) -> str:
    """The database's files, where it has any, and everything in the data folder."""
    folder = Path(runtime.config.data_dir).parent
    return "".join(
        file.read_bytes().decode("latin-1") for file in folder.rglob("*") if file.is_file()
    )
