"""An install that runs, a relay that receives its mail, and the people who use both."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.certificates import ca_file
from tests.databases import new_database
from tests.functional.install import PASSWORD, Person, RunningInstall, sign_in, walk_wizard
from tests.smtpd import Received, Relay

MAILER = "/admin/system/mailer"
MEMBERS = "/organizations/acme/members"
INVITATIONS = "/organizations/acme/invitations"
ADMINISTRATORS = "/admin/system/administrators"
SENDER = "novantra@acme.test"
PATIENCE = 20.0
"""Seconds that a mail may take to arrive on a busy machine; it takes a few hundredths."""


class Office:
    """Acme, whose administrator Alice is signed in as ``alice``."""

    def __init__(self, install: RunningInstall, relay: Relay, alice: Person) -> None:
        self.install = install
        self.relay = relay
        self.alice = alice
        self._read: Counter[str] = Counter()

    def visitor(self) -> Person:
        return Person(self.install.url)

    def signed_in(self, email: str, password: str = PASSWORD) -> Person:
        person = sign_in(self.visitor(), email, password)
        assert person.path != "/login", person.text
        return person

    def member(self, email: str, role: str = "member") -> Person:
        """Somebody new: invited, accepted, signed in. Their mail so far is read."""
        self.invite(email, role)
        person = self.visitor().open(link_in(self.mail_to(email)))
        person.submit("password", name=email.partition("@")[0].title(), password=PASSWORD,
                      password_confirm=PASSWORD)  # fmt: skip
        assert person.path == MEMBERS, person.text
        return person

    def invite(self, email: str, role: str = "member") -> Person:
        return self.alice.open(MEMBERS).submit("email", email=email, role=role)

    def mail_to(self, address: str) -> Received:
        """The oldest mail to that address that nobody has read; waits for it."""
        wait_for(lambda: len(self._to(address)) > self._read[address], f"no mail to {address}",
                 self.install)  # fmt: skip
        mail = self._to(address)[self._read[address]]
        self._read[address] += 1
        return mail

    def unread(self, address: str) -> list[Received]:
        """What arrived for that address and was not read."""
        return self._to(address)[self._read[address] :]

    def quiet(self, left: int = 0) -> None:
        """Waits until no more than ``left`` mails are left to send or to look up."""
        for pause in (0.3, 0):  # a request for a reset is looked up before it is a mail
            wait_for(lambda: self.waiting() <= left, "mail is still waiting", self.install)
            time.sleep(pause)

    def waiting(self) -> int:
        """How many mails wait, as monitoring sees it."""
        answer = Person(self.install.url).http.get("/readyz").json()
        return int(answer["mail"]["queued"])

    def _to(self, address: str) -> list[Received]:
        return [mail for mail in self.relay.envelopes if mail.rcpt_to == address]


def wait_for(true: Callable[[], bool], otherwise: str, install: RunningInstall) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, f"{otherwise}\n{install.log[-2000:]}"
        time.sleep(0.02)


def relay_fields(relay: Relay, **fields: str | None) -> dict[str, str]:
    """The mailer's fields for a relay on this machine without encryption."""
    return {
        "sender_address": SENDER,
        "host": "127.0.0.1",
        "port": str(relay.port),
        "secure": None,
        **fields,
    }  # type: ignore[return-value]  # None unticks


def save_mailer(person: Person, **fields: str) -> None:
    person.open(f"{MAILER}?provider=smtp").submit("sender_address", **fields)
    assert person.status == 200, person.text[:1500]


def link_in(mail: Received) -> str:
    """The path of the one link with a secret in the plain text."""
    found = re.findall(
        r"^http\S+?//[^/\s]+(/(?:reset-password|verify-email|invitations)/\S+)$", mail.text, re.M
    )
    assert len(found) == 1, mail.text
    assert found[0] in mail.html
    return str(found[0])


def code_in(mail: Received, shape: str = "[A-Z0-9]{8}") -> str:
    """The code that stands alone on its line in the plain text."""
    found = re.findall(rf"^\s*({shape})\s*$", mail.text, re.M)
    assert len(found) == 1, mail.text
    assert found[0] in mail.html
    return str(found[0])


@contextmanager
def running(folder: Path, **environment: str) -> Iterator[RunningInstall]:
    """A server on a new data folder and database, without limits per client address."""
    folder.mkdir(exist_ok=True)
    with new_database(folder) as url:
        environment = {
            "NOVANTRA_DATABASE_URL": url,
            "NOVANTRA_RATELIMIT": "off",
            "SSL_CERT_FILE": str(ca_file()),
            **environment,
        }
        with RunningInstall(folder / "data", **environment) as install:
            yield install
            print(install.log)  # beside the report of a test that failed
            assert install.stop() == 0, "the server did not end well"


@contextmanager
def healthy_office(folder: Path) -> Iterator[Office]:
    """Set up with a relay that works; Alice's first mail is read."""
    with Relay() as relay, running(folder) as install:
        alice = Person(install.url)
        walk_wizard(install, alice, provider="smtp", **relay_fields(relay))
        office = Office(install, relay, alice)
        assert "/verify-email/" in office.mail_to("alice@acme.test").text
        yield office
