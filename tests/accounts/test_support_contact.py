"""Whom people are told to ask, on every page on which they cannot help themselves."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import AuditEvent
from app.mail.failures import Failure, FailureCode
from app.mail.phases import Phase
from app.mailer.health import pause
from app.runtime import Runtime
from tests.organizations.people import configure_mail, said
from tests.visitor import Visitor

PAGE = "/admin/system/administrators"
WHOM = "the IT help desk, help@acme.test or extension <100>"


@pytest.fixture
def named(admin_client: FlaskClient) -> Visitor:
    alice = Visitor(admin_client)
    answer = alice.submit(PAGE, to=f"{PAGE}/support", support_contact=WHOM)
    assert answer.status_code == 303
    return alice


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
