"""Whom people are told to ask, on every page on which they cannot help themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts.models import User
from app.audit.models import AuditEvent
from app.mail.failures import Failure, FailureCode
from app.mail.phases import Phase
from app.mailer.health import pause
from app.runtime import Runtime
from tests.factories import PASSWORD, make_user
from tests.organizations.people import configure_mail
from tests.organizations.people import said as words
from tests.visitor import Visitor

PAGE = "/admin/system/administrators"
WHOM = "the IT help desk, help@acme.test or extension <100>"


@pytest.fixture
def named(admin_client: FlaskClient) -> Visitor:
    alice = Visitor(admin_client)
    answer = alice.submit(PAGE, to=f"{PAGE}/support", support_contact=WHOM)
    assert answer.status_code == 303
    return alice


def said(page: TestResponse) -> str:
    """The words of a page; a full stop stands beside the name that is kept to its direction."""
    return words(page).replace(" .", ".")


def lock(visitor: Visitor) -> str:
    for _ in range(5):
        visitor.sign_in("mia@acme.test", "wrong password")
    answer = visitor.sign_in("mia@acme.test", "wrong password")
    assert answer.status_code == 429
    return said(answer)


def test_without_a_name_pages_speak_of_an_administrator(visitor: Visitor, app: object) -> None:
    assert "Ask your administrator." in said(visitor.get("/forgot-password"))


def test_while_mail_is_not_set_up_every_page_names_whom_to_ask(
    named: Visitor, visitor: Visitor
) -> None:
    assert f"Ask {WHOM}. A link can be made" in said(visitor.get("/forgot-password"))
    assert f"ask {WHOM}" in said(visitor.get("/unlock"))
    assert f"ask {WHOM}" in lock(visitor)
    assert f"ask {WHOM}" in said(named.get("/organizations/acme/members"))
    assert "<100>" not in visitor.get("/forgot-password").text


def test_while_mail_is_paused_pages_name_whom_to_ask(
    named: Visitor, visitor: Visitor, session: Session, runtime: Runtime
) -> None:
    configure_mail(session, runtime)
    session.commit()
    with runtime.database.transaction() as changing:
        failure = Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH)
        pause(changing, now=runtime.now(), failure=failure)
    assert f"Ask {WHOM}" in said(visitor.get("/forgot-password/sent"))
    assert f"ask {WHOM}" in said(visitor.get("/unlock"))
    assert f"ask {WHOM}" in lock(visitor)
    assert WHOM in said(named.get("/organizations/acme/members"))


@pytest.fixture
def mia(named: Visitor, session: Session, sign_in: Callable[[User], FlaskClient]) -> Visitor:
    """An admin of Acme who may not set mail up, with an address that nobody verified."""
    user = make_user(session, "mia@acme.test", verified=False, organization_role="admin")
    session.commit()
    return Visitor(sign_in(user))


def pause_mail(session: Session, runtime: Runtime) -> None:
    configure_mail(session, runtime)
    session.commit()
    with runtime.database.transaction() as changing:
        failure = Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH)
        pause(changing, now=runtime.now(), failure=failure)


CAN = f"An install administrator can set it up: ask {WHOM}."
CANNOT_WAIT = f"Ask {WHOM} if it cannot wait."
FLOWS: dict[str, tuple[str, str, dict[str, str]]] = {
    "verify": ("/account", "/account/verify-email", {}),
    "change the address": (
        "/account/email",
        "/account/email",
        {"email": "new@acme.test", "current_password": PASSWORD},
    ),
    "invite": (
        "/organizations/acme/members",
        "/organizations/acme/invitations",
        {"email": "kim@else.test", "role": "member"},
    ),
}


@pytest.mark.parametrize("flow", FLOWS)
def test_what_needs_mail_names_whom_to_ask_while_it_is_not_set_up(mia: Visitor, flow: str) -> None:
    page, to, data = FLOWS[flow]
    answer = mia.submit(page, to=to, **data)
    assert answer.status_code == 503
    assert CAN in said(answer)
    assert "System → Mailer" not in said(answer).partition("Sign out")[2]
    assert CAN in said(mia.get(page))


@pytest.mark.parametrize("flow", FLOWS)
def test_what_has_to_wait_names_whom_to_ask(
    mia: Visitor, session: Session, runtime: Runtime, flow: str
) -> None:
    pause_mail(session, runtime)
    page, to, data = FLOWS[flow]
    answer = mia.submit(page, to=to, **data)
    assert answer.status_code == 303
    assert CANNOT_WAIT in said(mia.get(answer.location))


def test_whoever_can_mend_it_is_not_sent_to_somebody_else(
    named: Visitor, session: Session, runtime: Runtime
) -> None:
    email = named.submit(
        "/account/email", to="/account/email", email="new@acme.test", current_password=PASSWORD
    )
    assert "Set it up under System → Mailer." in said(email)
    assert WHOM not in said(email)
    pause_mail(session, runtime)
    named.submit(
        "/account/email", to="/account/email", email="new@acme.test", current_password=PASSWORD
    )
    assert WHOM not in said(named.get("/account"))


def test_the_question_for_a_reset_says_while_mail_is_paused_that_links_wait(
    named: Visitor, visitor: Visitor, session: Session, runtime: Runtime
) -> None:
    pause_mail(session, runtime)
    assert "Links have to wait Mail is not going out" in said(visitor.get("/forgot-password"))
    assert f"You need to sign in now? Ask {WHOM}." in said(visitor.get("/forgot-password"))


def test_the_name_keeps_to_its_own_direction_of_writing(named: Visitor, visitor: Visitor) -> None:
    named.submit(PAGE, to=f"{PAGE}/support", support_contact="דלפק העזרה & Co")
    assert "Ask <bdi>דלפק העזרה &amp; Co</bdi>. A link" in visitor.get("/forgot-password").text


def test_it_is_audited_once_and_can_be_taken_away(named: Visitor, runtime: Runtime) -> None:
    named.submit(PAGE, to=f"{PAGE}/support", support_contact=WHOM)
    named.submit(PAGE, to=f"{PAGE}/support", support_contact="")
    with runtime.database.session() as look:
        tag = "install:support-contact-changed"
        events = look.scalars(select(AuditEvent).where(AuditEvent.tag == tag)).all()
        assert [event.changes["support_contact"]["new"] for event in events] == [WHOM, None]


def test_what_is_too_long_or_no_line_is_refused_and_kept(named: Visitor) -> None:
    answer = named.submit(PAGE, to=f"{PAGE}/support", support_contact="x" * 201)
    assert answer.status_code == 422
    assert "x" * 201 in answer.text
    assert "Nothing was saved" in answer.text
    assert "help@acme.test" in named.get("/forgot-password").text
