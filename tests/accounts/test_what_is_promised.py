"""Nobody is told that a mail is on its way which waits, and nobody is told more than others."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.verification import verification_status
from app.mail.failures import Failure, FailureCode
from app.mail.phases import Phase
from app.mailer import health
from app.mailer.summary import Prospect
from app.mailer.whom_to_ask import WAITING
from app.outbox.models import OutboxMessage
from app.runtime import Runtime
from tests.conftest import Clock
from tests.factories import make_user, without_tokens
from tests.mailer.pages import MailerPage
from tests.visitor import Mailbox, Visitor


def pause(session: Session, runtime: Runtime) -> None:
    health.pause(
        session, now=runtime.now(), failure=Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH)
    )
    session.commit()


def test_while_mail_is_paused_a_reset_waits_for_every_address_alike(
    session: Session, runtime: Runtime, admin: User, visitor: Visitor, mailbox: Mailbox
) -> None:
    pause(session, runtime)
    said = set()
    for email in (admin.email, "nobody@acme.test"):
        answer = visitor.submit("/forgot-password", email=email)
        assert (answer.status_code, answer.location) == (303, "/forgot-password/sent")
        page = visitor.get("/forgot-password/sent").text
        assert WAITING in page
        assert "on its way" not in page
        said.add(without_tokens(page))
    assert len(said) == 1


def test_while_mail_is_pending_the_reset_page_offers_nothing_that_can_only_fail(
    visitor: Visitor,
) -> None:
    page = visitor.get("/forgot-password").text
    assert "Try anyway" not in page
    assert re.search(r"<button[^>]* disabled[^>]*>Mail me a link</button>", page)
    plain = page.partition("<details")[0]
    assert "reset-link" not in plain
    assert "Ask your administrator" in plain


def test_while_mail_is_paused_an_unlock_code_waits(
    session: Session, runtime: Runtime, visitor: Visitor, mailbox: Mailbox
) -> None:
    pause(session, runtime)
    for _ in range(5):
        page = visitor.sign_in("nobody@acme.test", "wrong").text
    assert WAITING in page
    assert "was mailed to it" not in page
    assert WAITING in visitor.get("/unlock").text


def test_while_mail_is_paused_nobody_is_told_that_a_link_is_on_its_way(
    session: Session,
    runtime: Runtime,
    admin: User,
    sign_in: Callable[[User], FlaskClient],
    mailbox: Mailbox,
) -> None:
    pause(session, runtime)
    admin.email_verified_at, admin.verification_waived = None, True
    session.commit()
    alice = Visitor(sign_in(admin))
    alice.submit("/account", to="/account/verify-email")
    page = alice.get("/account").text
    assert WAITING in page
    assert "on its way" not in page
    alice.submit("/admin/system/administrators", name="Nina", email="nina@acme.test")
    page = alice.get("/admin/system/administrators").text
    assert "nina@acme.test becomes an install administrator when the link" in page
    assert "on its way" not in page


@pytest.mark.parametrize(
    ("row", "expected", "sentence", "may_send"),
    [
        (None, Prospect.GOES, "No link was mailed to", True),
        ({}, Prospect.GOES, "is on its way to", False),
        ({}, Prospect.WAITS, WAITING, False),
        ({"state": "held"}, Prospect.GOES, WAITING, False),
        ({"last_code": "connect_timeout"}, Prospect.GOES, "did not get through yet", False),
        ({"state": "sent"}, Prospect.GOES, "Open the link that was mailed to", True),
        ({"state": "failed"}, Prospect.GOES, "could not be sent", True),
        (
            {"state": "cancelled", "ended_because": "expired"},
            Prospect.GOES,
            "ran out before it could be sent",
            True,
        ),
        ({"state": "cancelled", "ended_because": "by_hand"}, Prospect.GOES, "was cancelled", True),
    ],
)
def test_each_fate_of_the_mail_has_a_sentence_of_its_own(
    session: Session,
    runtime: Runtime,
    admin: User,
    sign_in: Callable[[User], FlaskClient],
    mailbox: Mailbox,
    row: dict[str, str] | None,
    expected: Prospect,
    sentence: str,
    may_send: bool,
) -> None:
    admin.email_verified_at, admin.verification_waived = None, True
    session.commit()
    if row is not None:
        Visitor(sign_in(admin)).submit("/account", to="/account/verify-email")
        session.execute(update(OutboxMessage).values(**({"state": "queued"} | row)))
        session.commit()
    found = verification_status(session, admin, expected, logged=False, now=runtime.now())
    assert sentence in found.text
    assert admin.email in found.text
    assert found.may_send == may_send


def test_a_link_that_was_mailed_and_has_run_out_is_not_asked_to_be_opened(
    session: Session,
    runtime: Runtime,
    clock: Clock,
    admin: User,
    sign_in: Callable[[User], FlaskClient],
    mailbox: Mailbox,
) -> None:
    admin.email_verified_at, admin.verification_waived = None, True
    session.commit()
    Visitor(sign_in(admin)).submit("/account", to="/account/verify-email")
    session.execute(update(OutboxMessage).values(state="sent", sent_at=runtime.now()))
    session.commit()
    clock.advance(seconds=timedelta(hours=25) / timedelta(seconds=1))
    found = verification_status(session, admin, Prospect.GOES, logged=False, now=runtime.now())
    assert "has run out" in found.text
    assert found.may_send


def test_the_first_save_mails_every_administrator_who_waits_for_a_link_and_says_so(
    session: Session, admin: User, sign_in: Callable[[User], FlaskClient]
) -> None:
    admin.email_verified_at, admin.verification_waived = None, True
    other = make_user(session, "bob@acme.test", install_admin=True, verified=False)
    other.verification_waived = True
    make_user(session, "done@acme.test", install_admin=True)
    make_user(session, "member@acme.test", verified=False)
    session.commit()
    client = sign_in(admin)
    page = MailerPage(client)
    relay = {"sender_address": "novantra@acme.test", "host": "127.0.0.1", "port": "1"}
    assert page.save(**relay).status == 303
    session.rollback()
    mailed = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
    assert [(mail.kind, mail.rcpt_to) for mail in mailed] == [
        ("verify-email", admin.email),
        ("verify-email", "bob@acme.test"),
    ]
    told_ = client.get("/admin/system/mailer").text
    assert f"goes to {admin.email} and bob@acme.test by itself" in told_
    assert "A mail with a link" in client.get("/admin/system").text
    session.rollback()
    assert page.save(**relay | {"port": "2"}).status == 303
    session.rollback()
    assert len(session.scalars(select(OutboxMessage)).all()) == 2
