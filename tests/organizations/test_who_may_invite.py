"""Who may invite is asked when an invitation is made and when it is sent, not only before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.organizations import batches, members
from app.organizations.models import (
    Invitation,
    InvitationBatch,
    InvitationBatchLine,
    Membership,
)
from app.outbox.models import OutboxMessage
from app.runtime import Runtime
from tests.factories import make_user
from tests.organizations.people import INVITATIONS, MEMBERS, acme, invite, post, said
from tests.visitor import Mailbox

SignIn = Callable[[User], FlaskClient]


@pytest.fixture
def mallory(session: Session, admin: User) -> User:
    """An admin of the organization who will not be one for long."""
    person = make_user(session, "mallory@acme.test", name="Mallory", organization_role="admin")
    session.commit()
    return person


def removed(session: Session, person: User) -> None:
    session.execute(delete(Membership).where(Membership.user_id == person.id))


def demoted(session: Session, person: User) -> None:
    session.execute(update(Membership).where(Membership.user_id == person.id).values(role="member"))


def deleted(session: Session, person: User) -> None:
    session.delete(session.get_one(User, person.id))


LOST = pytest.mark.parametrize(
    ("lose", "because"),
    [(removed, "removed"), (demoted, "no longer an admin"), (deleted, "no longer exists")],
)


def paste(client: FlaskClient, count: int, role: str = "admin") -> str:
    """A list is pasted; the address of its page."""
    emails = "\n".join(f"p{n}@acme.test" for n in range(count))
    return str(post(client, INVITATIONS, MEMBERS, emails=emails, role=role).headers["Location"])


def outcomes(session: Session) -> Counter[str | None]:
    session.rollback()
    found = Counter(session.scalars(select(InvitationBatchLine.outcome)))
    session.rollback()
    return found


@LOST
def test_the_rest_of_a_list_ends_when_whoever_pasted_it_loses_the_right(
    lose: Callable[[Session, User], None],
    because: str,
    runtime: Runtime,
    session: Session,
    mallory: User,
    sign_in: SignIn,
    admin_client: FlaskClient,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "MOMENT", 0.0)
    monkeypatch.setattr(batches, "STEP", 10)
    page = paste(sign_in(mallory), 60)
    done = outcomes(session)["invited"]
    assert 0 < done < 60
    lose(session, mallory)
    session.commit()
    mails = mailbox.deliver()
    assert outcomes(session) == {"invited": done, "not-allowed": 60 - done}
    assert mails == [], "what was made before and not sent yet does not go out either"
    shown = said(admin_client.get(page))
    assert because in shown
    assert "The rest of this list was not invited" in shown
    assert session.scalars(select(InvitationBatch.ended_because)).one() is not None
    session.rollback()
    assert len(session.scalars(select(Invitation)).all()) == done


def test_a_list_goes_on_while_the_right_is_there(
    runtime: Runtime,
    session: Session,
    mallory: User,
    sign_in: SignIn,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "MOMENT", 0.0)
    monkeypatch.setattr(batches, "STEP", 10)
    paste(sign_in(mallory), 30)
    assert len(mailbox.deliver()) == 30
    assert outcomes(session) == {"invited": 30}


@LOST
def test_an_invitation_that_waits_is_not_sent_in_the_name_of_somebody_who_may_not_invite(
    lose: Callable[[Session, User], None],
    because: str,
    session: Session,
    mallory: User,
    sign_in: SignIn,
    admin_client: FlaskClient,
    mailbox: Mailbox,
) -> None:
    invite(sign_in(mallory), email="kim@acme.test")
    lose(session, mallory)
    session.commit()
    assert mailbox.deliver() == []
    row = session.scalars(select(OutboxMessage)).one()
    assert (row.state, row.ended_because, row.sealed_bytes) == ("cancelled", "withdrawn", None)
    number = session.scalars(select(Invitation.id)).one()
    session.rollback()
    assert "Send it again to invite in your own name." in said(admin_client.get(MEMBERS))
    post(admin_client, f"{INVITATIONS}/{number}/resend", MEMBERS)
    assert "Alice Admin" in mailbox.only("kim@acme.test").text


def test_a_held_invitation_that_was_revoked_is_not_sent(
    session: Session, admin_client: FlaskClient, mailbox: Mailbox, runtime: Runtime
) -> None:
    """Also where the mail could not be cancelled at the time, because it was being sent."""
    invite(admin_client, email="kim@acme.test")
    session.execute(update(Invitation).values(revoked_at=runtime.now()))
    session.commit()
    assert mailbox.deliver() == []


def test_a_link_that_was_replaced_is_not_sent(
    session: Session, admin_client: FlaskClient, mailbox: Mailbox
) -> None:
    invite(admin_client, email="kim@acme.test")
    session.execute(update(Invitation).values(token_hash="0" * 64))
    session.commit()
    assert mailbox.deliver() == []


def test_nobody_is_told_of_a_membership_that_has_ended(
    session: Session, admin: User, admin_client: FlaskClient, mailbox: Mailbox
) -> None:
    kim = make_user(session, "kim@acme.test", organization_role=None)
    session.commit()
    invite(admin_client, email="kim@acme.test")
    removed(session, kim)
    session.commit()
    assert mailbox.deliver() == []


def test_a_line_that_cannot_be_worked_on_is_set_aside(
    runtime: Runtime,
    session: Session,
    admin_client: FlaskClient,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "MOMENT", 0.0)
    monkeypatch.setattr(batches, "STEP", 10)
    page = paste(admin_client, 30)
    number = session.scalars(
        select(InvitationBatchLine.id).where(InvitationBatchLine.outcome.is_(None)).limit(1)
    ).one()
    session.execute(
        update(InvitationBatchLine)
        .where(InvitationBatchLine.id == number)
        .values(typed="no address at all")
    )
    session.commit()
    assert len(mailbox.deliver()) == 29
    assert outcomes(session) == {"invited": 29, "set-aside": 1}
    assert runtime.set_aside["lines"](session) == 1
    session.rollback()
    assert "Set aside" in said(admin_client.get(page))


def test_a_removal_waits_for_a_decision_that_was_made_before_it(
    runtime: Runtime, session: Session, mallory: User
) -> None:
    """And the next decision comes after it."""
    organization = acme(session)
    asked = {"organization_id": organization.id, "user_id": mallory.id}
    assert members.lost_right(session, **asked) is None
    removed(session, mallory)
    session.commit()
    assert members.lost_right(session, **asked) == "removed"
    assert members.lost_right(session, organization_id=organization.id, user_id=None) == (
        "account-gone"
    )


def test_removing_somebody_shows_what_they_had_invited_and_offers_to_revoke_it(
    session: Session, mallory: User, sign_in: SignIn, admin_client: FlaskClient, mailbox: Mailbox
) -> None:
    invite(sign_in(mallory), email="kim@acme.test", role="admin")
    invite(admin_client, email="lee@acme.test")
    mailbox.deliver()
    number = session.scalars(select(Membership.id).where(Membership.user_id == mallory.id)).one()
    session.rollback()
    answer = post(admin_client, f"{MEMBERS}/{number}/remove", MEMBERS)
    assert answer.headers["Location"] == f"{INVITATIONS}/left-behind"
    shown = said(admin_client.get(f"{INVITATIONS}/left-behind"))
    assert "1 invitation is still open" in shown
    assert "kim@acme.test" in shown
    assert "lee@acme.test" not in shown
    assert "Invitations were left behind" in said(admin_client.get(MEMBERS))
    answer = post(admin_client, f"{INVITATIONS}/left-behind/revoke", f"{INVITATIONS}/left-behind")
    assert answer.headers["Location"] == MEMBERS
    open_ones = select(Invitation.email).where(Invitation.revoked_at.is_(None))
    assert session.scalars(open_ones).all() == ["lee@acme.test"]
    session.rollback()
    assert "left behind" not in said(admin_client.get(MEMBERS))
    assert admin_client.get(f"{INVITATIONS}/left-behind").status_code == 303


def test_only_admins_see_and_revoke_what_was_left_behind(
    session: Session, admin: User, sign_in: SignIn
) -> None:
    mia = make_user(session, "mia@acme.test")
    session.commit()
    client = sign_in(mia)
    assert client.get(f"{INVITATIONS}/left-behind").status_code == 403
    assert post(client, f"{INVITATIONS}/left-behind/revoke", MEMBERS).status_code == 403


def test_of_invitations_that_are_taken_together_each_is_asked_about(
    runtime: Runtime,
    session: Session,
    mallory: User,
    sign_in: SignIn,
    admin_client: FlaskClient,
    mailbox: Mailbox,
) -> None:
    """A link that works of somebody who may invite; of somebody who may not; one revoked; and one
    that is unknown."""
    invite(admin_client, email="kim@acme.test")
    invite(sign_in(mallory), email="lee@acme.test")
    invite(admin_client, email="max@acme.test")
    demoted(session, mallory)
    session.execute(
        update(Invitation)
        .where(Invitation.email == "max@acme.test")
        .values(revoked_at=runtime.now())
    )
    session.commit()
    hashes = list(session.scalars(select(Invitation.token_hash).order_by(Invitation.id)))
    asked = [*hashes, "0" * 64]
    assert runtime.still_stand["invitation"](session, asked, runtime.now()) == {hashes[0]}
    assert runtime.still_stand["invitation"](session, [], runtime.now()) == set()
    alone = [runtime.still_stands["invitation"](session, one, runtime.now()) for one in asked]
    assert alone == [True, False, False, False]
