"""Through the application: what is typed can change neither message nor recipient."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.mail.smtp.transport import SmtpTransport
from app.mail.tls import TlsMode
from app.mail.transport import Envelope, RelaySettings
from app.outbox.worker import StepResult
from app.runtime import Runtime
from tests.conftest import Clock
from tests.desk import Desk
from tests.faults.server import BadServer
from tests.functional.every_mail import ACCESS_URL, LETTERS, Names, Office
from tests.mailer.pages import MailerPage, smtp
from tests.smtpd import Relay

PIECES = [
    b"\r\n",
    b"\n",
    b"\r",
    b".",
    b"..",
    b"\r\n.\r\n",
    b"\n.\n",
    b"\r.\r",
    b" ",
    b"MAIL",
    b"\xff",
]


@pytest.fixture
def desk(admin_client: FlaskClient, runtime: Runtime, clock: Clock) -> Iterator[Desk]:
    desk = Desk(MailerPage(admin_client), runtime, clock)
    yield desk
    desk.close()


def test_generated_bodies_arrive_whole_and_end_where_we_end_them() -> None:
    """Judged by the octets that a raw socket recorded."""
    chance = random.Random(14)  # noqa: S311 - the same bodies every time
    bodies = [
        b"Subject: x\r\n\r\n" + b"".join(chance.choices(PIECES, k=chance.randint(0, 40)))
        for _ in range(300)
    ]
    with BadServer("good") as server:
        settings = RelaySettings(
            "smtp", server.host, server.port, TlsMode.NONE, None, None, "hr.acme.test"
        )
        with closing(SmtpTransport(settings)) as transport:
            for body in bodies:
                transport.send(Envelope("novantra@acme.test", "bob@example.test"), body)
    assert len(server.accepted) == len(bodies), "no body was taken for two"
    for body, recorded in zip(bodies, server.accepted, strict=True):
        lines = recorded.split(b"\r\n")
        assert not [line for line in lines if b"\r" in line or b"\n" in line or len(line) > 998]
        assert not [line for line in lines if line.startswith(b".") and line[:2] != b".."]
        meant = re.sub(rb"\r\n|\r|\n", b"\r\n", body)
        meant += b"" if meant.endswith(b"\r\n") else b"\r\n"
        assert b"\r\n".join(line.removeprefix(b".") for line in lines) == meant
    verbs = {command.split(" ")[0] for command in server.commands}
    assert verbs <= {"EHLO", "MAIL", "RCPT", "DATA", "RSET", "QUIT"}


@pytest.mark.parametrize(
    "name",
    [
        "Acme\r\nBcc: eve@evil.com",
        "Acme\nBcc: eve@evil.com\n\nHello",
        "Acme\x00\x1b[31m",
        "=?utf-8?q?Acme=0d=0aBcc:_eve@evil.com?=",
        "Acme\u2028Bcc: eve@evil.com",
        '"Acme" <eve@evil.com>, ',
    ],
)
def test_a_sender_name_adds_no_header_and_no_address(desk: Desk, name: str) -> None:
    with Relay() as relay:
        page = desk.page.save(**smtp(relay, host="127.0.0.1", sender_name=name))
        if page.status == 422:
            assert page.errors("sender_name")
            return
        assert page.status == 303
        assert desk.test() == ""
        (mail,) = relay.envelopes
    message = mail.message
    assert [a.addr_spec for a in message["From"].addresses] == ["novantra@acme.test"]
    assert [a.addr_spec for a in message["To"].addresses] == ["alice@acme.test"]
    assert message["Bcc"] is message["Cc"] is message["Reply-To"] is None
    assert mail.rcpt_to == "alice@acme.test"


@pytest.mark.parametrize(
    "address",
    [
        '"eve evil"@acme.test',
        "eve(comment)@acme.test",
        "Eve <eve@acme.test>",
        "eve@acme.test, bob@acme.test",
        "eve@acme.test\r\nRCPT TO:<bob@acme.test>",
        "eve@[127.0.0.1]",
        "eve@\u212aacme.test",
        "eve@ａcme.test",
        "eve@acme.test>",
        "eve",
    ],
)
def test_one_rule_refuses_at_every_form(desk: Desk, address: str) -> None:
    client = desk.page.client
    with Relay() as relay:
        assert desk.page.save(**smtp(relay, host="127.0.0.1", sender_address=address)).status == 422
        desk.save(**smtp(relay, host="127.0.0.1"))
        token = desk.page.open().fields["csrf_token"]
        for path, field in (
            ("/admin/system/administrators", "email"),
            ("/organizations/acme/invitations", "email"),
            ("/account/email", "email"),
        ):
            data = {"csrf_token": token, field: address, "name": "Eve", "role": "member"}
            answer = client.post(path, data=data)
            assert answer.status_code == 422, path
        desk.work()
        assert relay.envelopes == []


def test_what_is_stored_is_what_rcpt_carries(desk: Desk) -> None:
    with Relay() as relay:
        desk.save(**smtp(relay, host="127.0.0.1"))
        token = desk.page.open().fields["csrf_token"]
        answer = desk.page.client.post(
            "/organizations/acme/invitations",
            data={"csrf_token": token, "email": " Zoë@Bücher.TEST ", "role": "member"},
        )
        assert answer.status_code == 303
        assert desk.step() is StepResult.SENT
        stored = desk.row.rcpt_to
        assert relay.envelopes[0].rcpt_to == stored == "Zoë@xn--bcher-kva.test"
    assert f"RCPT TO:<{stored}>" in relay.commands


def test_hostile_names_stay_text_and_become_no_links(tmp_path: Path) -> None:
    """Every kind of mail and more names are in :mod:`tests.functional.test_mails`."""
    names = Names('{{7*7}} <a href="https://evil.com">evil.com</a>', "evil.com", "evil.com")
    with Relay() as relay:
        office = Office(tmp_path, relay, names)
        mail = office.arrived(LETTERS["invitation"](office))
        office.close()
    assert "{{7*7}}" in mail.text
    assert "evil.com" not in mail.text, "a mail program would make a link of it"
    assert "evil.\u2060com" in mail.text
    assert '<a href="https://evil' not in mail.html
    assert set(re.findall(r'href="([^"]*)"', mail.html)) == {
        link for link in mail.text.split() if link.startswith(f"{ACCESS_URL}/")
    }


def test_names_are_capped(desk: Desk) -> None:
    with Relay() as relay:
        desk.save(**smtp(relay, host="127.0.0.1"))
        page = desk.page.save(**smtp(relay, host="127.0.0.1", sender_name="N" * 65))
    assert page.status == 422
    token = desk.page.open().fields["csrf_token"]
    for path, data in (
        ("/account", {"name": "N" * 65}),
        ("/admin/system/administrators", {"name": "N" * 65, "email": "dana@acme.test"}),
    ):
        answer = desk.page.client.post(path, data={"csrf_token": token, **data})
        assert answer.status_code == 422, path


@pytest.mark.parametrize(
    "password", ["pässwörd", "пароль-123", "秘密の言葉 🔑🔑🔑", "naïve\u00a0blank"]
)
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_a_password_that_is_not_ascii_works(desk: Desk, password: str, mechanism: str) -> None:
    users, mechanisms = {"novantra": password}, (mechanism,)
    with Relay(tls="starttls", users=users, require_auth=True, mechanisms=mechanisms) as relay:
        fields = smtp(relay, username="novantra", password=password)
        assert desk.check(**fields).diagnoses == []
        desk.save(**fields)
        assert desk.test() == ""
        desk.queue("bob@example.test")
        assert desk.step() is StepResult.SENT
        assert {attempt[2] for attempt in relay.auth_attempts} == {password}


@pytest.mark.parametrize(
    "password", ["canary\x00word", "canary\nword", " canary", "canary\x7fword"]
)
def test_a_password_that_cannot_be_sent_is_refused_when_saved(desk: Desk, password: str) -> None:
    with Relay(tls="starttls", users={"novantra": password}) as relay:
        page = desk.page.save(**smtp(relay, username="novantra", password=password))
    assert page.status == 422
    assert page.errors("password")
    assert relay.connections == 0
    assert "canary" not in page.text
