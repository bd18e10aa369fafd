"""An administrator at System → Mailer and the worker's next step, in one pair of hands."""

from __future__ import annotations

from typing import Any

from app.outbox.models import OutboxMessage
from app.outbox.worker import Deliverer, StepResult
from app.runtime import Runtime
from tests.conftest import Clock
from tests.mailer.pages import MailerPage, Page
from tests.outbox.letters import notice_mail, only_row


class Desk:
    """``page`` belongs to an install administrator who is signed in."""

    def __init__(self, page: MailerPage, runtime: Runtime, clock: Clock) -> None:
        self.page, self.runtime, self.clock = page, runtime, clock
        self.deliverer = Deliverer(runtime)

    def close(self) -> None:
        self.deliverer.close()

    def save(self, **fields: Any) -> None:
        page = self.page.save(**fields)
        assert page.status == 303, page.words

    def check(self, **fields: Any) -> Page:
        page = self.page.check(**fields)
        assert page.status == 200, page.words
        return page

    def test(self) -> str:
        """Sends a test mail; the code it ended with, or nothing."""
        assert self.page.send_test(as_is=True).status == 303
        return self.page.open().fact("last-test-error")

    def queue(self, to: str) -> None:
        with self.runtime.database.transaction() as session:
            notice_mail(session, self.runtime, to)

    def step(self) -> StepResult:
        return self.deliverer.step()

    def work(self) -> None:
        """Lets the worker do all it can."""
        while not self.step().idle:
            pass

    def wait(self) -> None:
        """Lets the time pass after which everything queued is due."""
        self.clock.advance(hours=2)

    @property
    def row(self) -> OutboxMessage:
        """The one mail there is."""
        return only_row(self.runtime)

    @property
    def state(self) -> str:
        """What the mailer page says: ``pending``, ``configured`` or ``paused``."""
        return self.page.open().fact("mail-state")
