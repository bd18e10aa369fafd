"""Every mail that the product sends, asked for on its pages and received by a relay.

``LETTERS`` names them: a kind of the registry, with a word for each form it takes. A new kind
needs a line there, or :mod:`tests.functional.test_mails` fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from app import create_app
from app.accounts.operator import SHELL
from app.accounts.views.administrators import PATH as ADMINISTRATORS
from app.config import Config
from app.crypto.secret import Secret
from app.install.models import Install
from app.mailer.health import pause_by_hand, resume
from app.outbox.canary import queue_daily_mail
from app.outbox.models import OutboxMessage
from app.runtime import EXTENSION, Runtime
from tests.conftest import Clock
from tests.factories import PASSWORD, install_novantra, make_user
from tests.smtpd import Received, Relay
from tests.visitor import Mailbox, Visitor, configure_mail, link_in

ACCESS_URL = "https://hr.acme.test"
SENDER = "novantra@acme.test"


@dataclass(frozen=True)
class Names:
    """What people may have typed, straight from the database whatever its forms refuse."""

    person: str = "Alice Admin"
    organization: str = "Acme"
    sender: str = "Acme HR"


@dataclass(frozen=True)
class Letter:
    """A mail that arrived. ``expires_at``: when its link or code runs out; ``at``: when sent."""

    received: Received
    at: datetime
    expires_at: datetime | None


class Office:
    """An install with administrator Alice, member Bob and mail; ``clock`` is moved by hand."""

    def __init__(self, folder: Path, relay: Relay, names: Names, *, edition: str = "sovereign"):
        self.clock = Clock()
        self.relay = relay
        self.app: Flask = create_app(
            Config(
                data_dir=folder,
                database_url=f"sqlite:///{folder / 'novantra.db'}",
                edition=edition,
                worker="external",
                ratelimit_enabled=False,
                access_url=ACCESS_URL,
                managed_mail_url=Secret(f"smtp://{relay.host}:{relay.port}?tls=none"),
                managed_mail_sender=f"Novantra <{SENDER}>",
            )
        )
        self.runtime: Runtime = self.app.extensions[EXTENSION]
        self.runtime.clock = self.clock
        self.mailbox = Mailbox(self.runtime, relay)
        with self.runtime.database.transaction() as session:
            install_novantra(session, ACCESS_URL).name = names.organization
            make_user(session, "alice@acme.test", name=names.person, install_admin=True)
            session.get_one(Install, 1).time_zone = "Europe/Berlin"
            for email, verified in (("bob@acme.test", True), ("uma@acme.test", False)):
                person = make_user(session, email, name=names.person, verified=verified)
                person.time_zone = "Europe/London"
            make_user(session, "sam@else.test", name=names.person, organization_role=None)
            if edition == "sovereign":
                configure_mail(session, relay, sender_name=names.sender)

    def close(self) -> None:
        self.runtime.database.close()

    def visitor(self) -> Visitor:
        return Visitor(self.app.test_client())

    def person(self, name: str) -> Visitor:
        """Somebody of the office, signed in."""
        visitor = self.visitor()
        assert visitor.sign_in(f"{name}@acme.test").status_code == 303
        return visitor

    def arrived(self, to: str) -> Received:
        """Lets the worker work; the newest mail that went to that address."""
        self.mailbox.deliver()
        return next(mail for mail in reversed(self.relay.envelopes) if mail.rcpt_to == to)

    def letter(self, mail: Received) -> Letter:
        with self.runtime.database.session(reading=True) as session:
            row = session.scalar(
                select(OutboxMessage).where(OutboxMessage.message_id == mail.message["Message-ID"])
            )
        return Letter(mail, self.clock(), row.expires_at if row else None)


def _test(office: Office) -> str:
    page = "/admin/system/mailer"
    assert office.person("alice").submit(page, to=f"{page}/test").status_code == 303
    return "alice@acme.test"


def _reset(office: Office) -> str:
    office.visitor().submit("/forgot-password", email="bob@acme.test")
    return "bob@acme.test"


def _changed(office: Office) -> str:
    link = link_in(office.arrived(_reset(office)))
    answer = office.visitor().submit(link, password=PASSWORD + "!", password_confirm=PASSWORD + "!")
    assert answer.status_code == 303
    return "bob@acme.test"


def _locked(office: Office) -> str:
    for _ in range(5):
        office.visitor().sign_in("uma@acme.test", "not it, whatever it is")
    return "uma@acme.test"


def _verify(office: Office) -> str:
    answer = office.person("uma").submit("/account", to="/account/verify-email")
    assert answer.status_code == 303
    return "uma@acme.test"


def _new_address(office: Office) -> str:
    answer = office.person("alice").submit(
        "/account/email", email="alice@new.test", current_password=PASSWORD
    )
    assert answer.status_code == 303
    return "alice@new.test"


def _address_notice(office: Office) -> str:
    _new_address(office)
    return "alice@acme.test"


def _address_changed(office: Office) -> str:
    link = link_in(office.arrived(_new_address(office)))
    assert office.visitor().submit(link).status_code < 400
    return "alice@acme.test"


def _administrator(office: Office) -> str:
    alice = office.person("alice")
    assert alice.submit(ADMINISTRATORS, name="Dana", email="dana@acme.test").status_code == 303
    return "dana@acme.test"


def _invite(email: str, role: str) -> Callable[[Office], str]:
    def invite(office: Office) -> str:
        answer = office.person("alice").submit(
            "/organizations/acme/members",
            to="/organizations/acme/invitations",
            email=email,
            role=role,
        )
        assert answer.status_code == 303
        return email

    return invite


def _sign_up(email: str) -> Callable[[Office], str]:
    def sign_up(office: Office) -> str:
        assert office.visitor().submit("/signup", email=email).status_code == 303
        return email

    return sign_up


def _hand_over(what: str) -> Callable[[Office], str]:
    def hand_over(office: Office) -> str:
        run, page = office.runtime, "/admin/system/links"
        with run.database.transaction() as session:
            pause_by_hand(session, now=run.now(), actor=SHELL)
        person = "bob@acme.test" if what == "password" else "uma@acme.test"
        shown = office.person("alice").submit(page, email=person, what=what)
        assert shown.status_code == 200
        with run.database.transaction() as session:
            resume(session, now=run.now(), actor=SHELL)
        return person

    return hand_over


def _daily(office: Office) -> str:
    page = "/admin/system/alerts"
    fields = {"enabled": "y", "mail_to": "watch@acme.test"}
    assert office.person("alice").submit(page, to=f"{page}/canary", **fields).status_code == 303
    assert queue_daily_mail(office.runtime)
    return "watch@acme.test"


LETTERS: dict[str, Callable[[Office], str]] = {
    "test": _test,
    "canary": _daily,
    "password-reset": _reset,
    "password-changed": _changed,
    "link-shown (password)": _hand_over("password"),
    "link-shown (address)": _hand_over("address"),
    "unlock-code": _locked,
    "verify-email": _verify,
    "admin-invitation": _administrator,
    "invitation": _invite("new@else.test", "member"),
    "invitation (admin)": _invite("boss@else.test", "admin"),
    "membership-added": _invite("sam@else.test", "member"),
    "verify-email (new address)": _new_address,
    "email-changed (asked)": _address_notice,
    "email-changed (done)": _address_changed,
    "signup-code": _sign_up("nia@globex.test"),
    "signup-existing": _sign_up("bob@acme.test"),
}
"""What to do so that the mail is sent; gives back whom it is sent to. In this order: the last
but two ends with another address of Alice's."""

CLOUD = ("signup-code", "signup-existing")


def kind_of(name: str) -> str:
    return name.partition(" ")[0]


def collect(folder: Path, names: Names | None = None) -> dict[str, Letter]:
    """Each of ``LETTERS`` from an install in which people and things are called ``names``."""
    names = names or Names()
    found = {}
    with Relay() as relay:
        offices = {
            edition: Office(folder / edition, relay, names, edition=edition)
            for edition in ("sovereign", "cloud")
        }
        for name, ask in LETTERS.items():
            office = offices["cloud" if name in CLOUD else "sovereign"]
            office.clock.advance(minutes=31)  # nobody gets more than three mails in 15 minutes
            found[name] = office.letter(office.arrived(ask(office)))
        for office in offices.values():
            office.close()
    return found
