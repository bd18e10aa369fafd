"""Administrators: created, promoted, demoted, removed, and never the last one."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import administrators
from app.accounts.administrators import LastAdministrator
from app.accounts.models import Token, User
from app.audit.models import AuditEvent
from app.outbox.models import OutboxMessage
from app.runtime import Runtime
from app.web.context import Actor
from tests.factories import PASSWORD, make_user
from tests.smtpd import Relay
from tests.visitor import Mailbox, Visitor, configure_mail, link_in

PAGE = "/admin/system/administrators"
SHELL = Actor(None, "test", None)


@pytest.fixture
def alice(admin_client: FlaskClient) -> Visitor:
    return Visitor(admin_client)


def person(session: Session, email: str) -> User | None:
    """That person as the database has them now."""
    with Session(session.get_bind()) as own:
        found = own.scalar(select(User).where(User.email_key == email))
        own.expunge_all()
        return found


def test_a_new_administrator_verifies_and_sets_the_password_with_one_link(
    alice: Visitor, visitor: Visitor, mailbox: Mailbox, session: Session
) -> None:
    assert alice.submit(PAGE, name="Nina New", email="Nina@acme.test").status_code == 303
    assert "Console closed until then" in alice.get(PAGE).text
    mail = mailbox.only("Nina@acme.test")
    assert "alice@acme.test" in mail.text
    assert "Nina New" not in mail.text
    link = link_in(mail)
    assert visitor.sign_in("nina@acme.test", PASSWORD).status_code == 422
    page = visitor.get(link)
    assert 'name="password_confirm"' in page.text
    short = visitor.submit(link, password="short", password_confirm="short")
    assert short.status_code == 422
    answer = visitor.submit(link, password=PASSWORD, password_confirm=PASSWORD)
    assert answer.status_code == 303
    assert visitor.get("/account").status_code == 303, "the link signs nobody in"
    visitor.sign_in("nina@acme.test", PASSWORD)
    assert visitor.get(PAGE).status_code == 200
    again = visitor.get(link)
    assert "Verified already" in again.text
    assert 'name="password"' not in again.text


def test_while_mail_is_pending_nobody_new_is_added_and_nothing_half_done_is_left(
    alice: Visitor, session: Session
) -> None:
    answer = alice.submit(PAGE, name="Nina New", email="nina@acme.test")
    assert answer.status_code == 503
    assert "mail is not set up" in answer.text
    assert "/admin/system/mailer" in answer.text
    assert 'value="nina@acme.test"' in answer.text
    assert person(session, "nina@acme.test") is None
    for table in (Token, OutboxMessage, AuditEvent):
        assert session.scalar(select(func.count()).select_from(table)) == 0


def test_a_verified_person_is_promoted_without_mail(
    alice: Visitor, session: Session, sign_in: Callable[[User], FlaskClient]
) -> None:
    dana = make_user(session, "dana@acme.test")
    session.commit()
    assert alice.submit(PAGE, name="Dana", email="DANA@acme.test").status_code == 303
    assert Visitor(sign_in(dana)).get(PAGE).status_code == 200


def test_an_unverified_person_is_not_promoted_while_mail_is_pending(
    alice: Visitor, session: Session
) -> None:
    make_user(session, "dana@acme.test", verified=False)
    session.commit()
    assert alice.submit(PAGE, name="Dana", email="dana@acme.test").status_code == 503
    found = person(session, "dana@acme.test")
    assert found is not None
    assert not found.is_install_admin


def test_an_unverified_person_works_after_opening_the_link(
    alice: Visitor, session: Session, mailbox: Mailbox, sign_in: Callable[[User], FlaskClient]
) -> None:
    dana = make_user(session, "dana@acme.test", verified=False)
    session.commit()
    assert alice.submit(PAGE, name="Dana", email="dana@acme.test").status_code == 303
    theirs = Visitor(sign_in(dana))
    assert theirs.get(PAGE).status_code == 403
    link = link_in(mailbox.only("dana@acme.test"))
    assert theirs.submit(link).status_code == 303
    assert theirs.get(PAGE).status_code == 200


def test_somebody_who_is_an_administrator_already_is_not_added_twice(alice: Visitor) -> None:
    answer = alice.submit(PAGE, name="Alice", email="ALICE@acme.test")
    assert answer.status_code == 422
    assert "administrator already" in answer.text


@pytest.mark.parametrize("email", ["", "no address", "a@b@c.test", "x@acme.test\nBcc: y@z.test"])
def test_what_is_no_address_is_refused_beside_the_field(alice: Visitor, email: str) -> None:
    answer = alice.submit(PAGE, name="Nina", email=email)
    assert answer.status_code == 422
    assert "email-error-1" in answer.text


def test_the_last_administrator_can_neither_be_demoted_nor_removed(
    alice: Visitor, admin: User, session: Session
) -> None:
    for action in ("demote", "remove"):
        answer = alice.submit(PAGE, to=f"{PAGE}/{admin.id}/{action}")
        assert answer.status_code == 409
        assert "The last administrator has to stay" in answer.text
    assert person(session, "alice@acme.test") is not None
    assert alice.get(PAGE).status_code == 200


def test_one_who_has_not_verified_does_not_count_as_another(
    alice: Visitor, admin: User, session: Session
) -> None:
    make_user(session, "new@acme.test", install_admin=True, verified=False)
    session.commit()
    assert alice.submit(PAGE, to=f"{PAGE}/{admin.id}/demote").status_code == 409


def test_demoted_is_still_a_person_and_removed_is_not(
    alice: Visitor, session: Session, sign_in: Callable[[User], FlaskClient]
) -> None:
    bob = make_user(session, "bob@acme.test", install_admin=True)
    session.commit()
    theirs = Visitor(sign_in(bob))
    assert alice.submit(PAGE, to=f"{PAGE}/{bob.id}/demote").status_code == 303
    assert theirs.get("/account").status_code == 303, "what began with the role ends with it"
    theirs.sign_in("bob@acme.test")
    assert theirs.get(PAGE).status_code == 403
    assert theirs.get("/account").status_code == 200
    alice.submit(PAGE, name="Bob", email="bob@acme.test")
    assert alice.submit(PAGE, to=f"{PAGE}/{bob.id}/remove").status_code == 303
    assert theirs.get("/account").status_code == 303
    assert person(session, "bob@acme.test") is None


def test_a_member_cannot_reach_any_of_it(
    session: Session, admin: User, sign_in: Callable[[User], FlaskClient]
) -> None:
    dana = make_user(session, "dana@acme.test")
    session.commit()
    theirs = Visitor(sign_in(dana))
    assert theirs.get(PAGE).status_code == 403
    assert "Administrators" not in theirs.get("/account").text
    for path in ("", f"/{admin.id}/demote", f"/{admin.id}/remove", f"/{admin.id}/unlock"):
        answer = theirs.submit("/account", to=PAGE + path, name="Dana", email="dana@acme.test")
        assert answer.status_code == 403


def test_a_link_can_be_sent_again_and_the_older_one_dies(
    alice: Visitor, visitor: Visitor, mailbox: Mailbox, session: Session
) -> None:
    alice.submit(PAGE, name="Nina", email="nina@acme.test")
    older = link_in(mailbox.only("nina@acme.test"))
    nina = person(session, "nina@acme.test")
    assert nina is not None
    assert alice.submit(PAGE, to=f"{PAGE}/{nina.id}/send-link").status_code == 303
    newer = link_in(mailbox.only("nina@acme.test"))
    assert visitor.get(older).status_code == 410
    assert visitor.get(newer).status_code == 200
    alice.submit(PAGE, to=f"{PAGE}/{nina.id}/send-link")
    fourth = alice.submit(PAGE, to=f"{PAGE}/{nina.id}/send-link")
    assert fourth.status_code == 429
    assert int(fourth.headers["Retry-After"]) > 0


def test_saving_a_mail_configuration_does_not_lock_out_the_only_administrator(
    alice: Visitor, admin: User, session: Session
) -> None:
    admin.email_verified_at, admin.verification_waived = None, True
    session.commit()
    assert alice.get(PAGE).status_code == 200
    with Relay() as relay:
        configure_mail(session, relay)
        session.commit()
        page = alice.get(PAGE)
    assert page.status_code == 200
    assert "Verify your address" in page.text


def test_everything_is_audited_with_who_did_it(
    alice: Visitor, mailbox: Mailbox, session: Session
) -> None:
    alice.submit(PAGE, name="Nina", email="nina@acme.test")
    nina = person(session, "nina@acme.test")
    assert nina is not None
    alice.submit(PAGE, to=f"{PAGE}/{nina.id}/demote")
    alice.submit(PAGE, to=f"{PAGE}/{nina.id}/remove")
    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(e.tag, e.target, e.actor) for e in events][:2] == [
        ("administrator:created", "nina@acme.test", "alice@acme.test"),
        ("administrator:demoted", "nina@acme.test", "alice@acme.test"),
    ]


def test_two_who_demote_each_other_at_once_do_not_both_succeed(
    runtime: Runtime, session: Session, admin: User
) -> None:
    bob = make_user(session, "bob@acme.test", install_admin=True)
    session.commit()
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def demote(user_id: int) -> None:
        start.wait()
        try:
            with runtime.database.transaction() as own:
                administrators.demote(own, user_id=user_id, now=runtime.now(), actor=SHELL)
            outcomes.append("demoted")
        except LastAdministrator:
            outcomes.append("refused")

    threads = [threading.Thread(target=demote, args=(who,)) for who in (admin.id, bob.id)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["demoted", "refused"]
    assert session.scalar(select(func.count()).where(User.is_install_admin)) == 1
