"""Inviting one address: what is written, what is mailed, what is refused and how."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.audit.models import AuditEvent
from app.database import utcnow
from app.mail.addresses import Address
from app.mail.failures import Failure, FailureCode
from app.mail.phases import Phase
from app.mailer import health
from app.mailer.summary import Prospect
from app.mailer.whom_to_ask import WAITING
from app.organizations import inviting as rules
from app.organizations.invitations import invite as invite_address
from app.organizations.inviting import InviteResult, Inviting
from app.organizations.models import Invitation
from app.organizations.open_invitations import delivery_of
from app.organizations.service import membership_of
from app.outbox.models import OutboxMessage
from app.runtime import Runtime
from app.web.context import Actor
from tests.conftest import Clock
from tests.organizations.people import (
    INVITATIONS,
    MEMBERS,
    acme,
    invite,
    post,
    said,
    waiting_mail,
)


def stored(session: Session) -> list[Invitation]:
    session.rollback()
    return list(session.scalars(select(Invitation).order_by(Invitation.id)))


def count(session: Session, model: type[Invitation] | type[OutboxMessage]) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_new_address_gets_an_invitation_and_its_mail(
    boss_client: FlaskClient, session: Session, runtime: Runtime, boss: User, mail: None
) -> None:
    answer = invite(boss_client, email=" Kim@Else.TEST ", role="admin")
    assert answer.status_code == 303
    assert answer.headers["Location"] == MEMBERS
    (invitation,) = stored(session)
    assert (invitation.email, invitation.email_key, invitation.role) == (
        "Kim@else.test",
        "kim@else.test",
        "admin",
    )
    assert invitation.expires_at == runtime.now() + timedelta(days=7)
    assert invitation.invited_by_id == boss.id
    (mail_,) = waiting_mail(session, runtime)
    assert (mail_.kind, mail_.to) == ("invitation", "Kim@else.test")
    assert mail_.subject == "Bo Boss invites you to join Acme"
    for part in (mail_.text, mail_.html):
        assert "Bo Boss" in part
        assert "Acme" in part
        assert "an admin" in part
        assert "UTC on" in part
        assert mail_.link in part
    page = said(boss_client.get(MEMBERS))
    assert "Kim@else.test was invited" in page
    assert "On its way" in page
    assert mail_.link not in boss_client.get(MEMBERS).text


def test_an_invitation_is_audited_without_its_link(
    boss_client: FlaskClient, session: Session, runtime: Runtime, mail: None
) -> None:
    invite(boss_client, email="kim@else.test")
    event = session.scalars(select(AuditEvent).where(AuditEvent.tag == "invitation:created")).one()
    assert event.target == "acme: kim@else.test"
    assert waiting_mail(session, runtime)[0].link.rpartition("/")[2] not in str(event.changes)


def test_somebody_with_an_account_is_added_at_once_and_told(
    boss_client: FlaskClient, session: Session, runtime: Runtime, stranger: User, mail: None
) -> None:
    assert invite(boss_client, email="SAM@else.test").status_code == 303
    membership = membership_of(session, organization=acme(session), user=stranger)
    assert membership is not None
    assert membership.role == "member"
    assert stored(session) == []
    (told,) = waiting_mail(session, runtime)
    assert (told.kind, told.to) == ("membership-added", "sam@else.test")
    assert told.subject == "You are now a member of Acme"
    assert "https://hr.acme.test/organizations/acme/members" in told.text
    assert "is now a member" in said(boss_client.get(MEMBERS))


def test_a_member_is_not_invited_again(
    boss_client: FlaskClient, session: Session, member: User, mail: None
) -> None:
    answer = invite(boss_client, email="mia@acme.test", role="admin")
    assert answer.status_code == 422
    assert "mia@acme.test is a member already" in said(answer)
    assert 'value="mia@acme.test"' in answer.text
    assert count(session, OutboxMessage) == 0


def test_an_invited_address_is_not_invited_twice(
    boss_client: FlaskClient, session: Session, mail: None
) -> None:
    invite(boss_client, email="kim@else.test")
    answer = invite(boss_client, email="KIM@else.test", role="admin")
    assert answer.status_code == 422
    assert "was invited already" in said(answer)
    assert [i.role for i in stored(session)] == ["member"]
    assert count(session, OutboxMessage) == 1


def test_an_address_whose_invitation_ran_out_is_invited_anew(
    sign_in: Callable[[User], FlaskClient], boss: User, session: Session, clock: Clock, mail: None
) -> None:
    invite(sign_in(boss), email="kim@else.test")
    clock.advance(days=7, seconds=1)
    boss_client = sign_in(boss)
    assert "Ran out" in said(boss_client.get(MEMBERS))
    assert invite(boss_client, email="kim@else.test", role="admin").status_code == 303
    first, second = stored(session)
    assert first.revoked_at is not None
    assert (second.role, second.revoked_at) == ("admin", None)


@pytest.mark.parametrize(
    ("email", "message"),
    [
        ("", "Type an email address."),
        ("kim", "@"),
        ("kim@else.test, lee@else.test", "These are 2 addresses."),
        ('"kim"@else.test', "Quoting"),
        ("kim@else.test\r\nBcc: x@y.test", "line breaks"),
        ("\uff4bim@else.test", "only looks like"),
    ],
)
def test_what_is_no_address_is_refused_beside_the_field(
    boss_client: FlaskClient, session: Session, mail: None, email: str, message: str
) -> None:
    answer = invite(boss_client, email=email, role="admin")
    assert answer.status_code == 422
    assert message in said(answer)
    assert 'aria-invalid="true"' in answer.text
    assert '<option selected value="admin">' in answer.text
    assert stored(session) == []


def test_a_tampered_role_is_refused(boss_client: FlaskClient, session: Session, mail: None) -> None:
    answer = invite(boss_client, email="kim@else.test", role="owner")
    assert answer.status_code == 422
    assert "Choose Member or Admin." in said(answer)
    assert 'value="kim@else.test"' in answer.text
    assert stored(session) == []


def test_while_mail_is_pending_a_new_person_cannot_be_invited(
    boss_client: FlaskClient, session: Session
) -> None:
    answer = invite(boss_client, email="kim@else.test", role="admin")
    assert answer.status_code == 503
    assert "mail is not set up" in said(answer)
    assert "install administrator" in said(answer)
    assert 'value="kim@else.test"' in answer.text
    assert '<option selected value="admin">' in answer.text
    assert stored(session) == []
    assert count(session, OutboxMessage) == 0
    assert session.scalars(select(AuditEvent)).all() == []


def test_while_mail_is_pending_an_existing_person_is_added(
    boss_client: FlaskClient, session: Session, stranger: User
) -> None:
    assert invite(boss_client, email="sam@else.test").status_code == 303
    assert membership_of(session, organization=acme(session), user=stranger) is not None
    assert count(session, OutboxMessage) == 0


def test_the_page_says_beforehand_that_mail_is_pending(boss_client: FlaskClient) -> None:
    assert "Mail is not set up" in said(boss_client.get(MEMBERS))


def test_while_mail_is_paused_the_invitation_waits_and_says_so(
    boss_client: FlaskClient, session: Session, runtime: Runtime, mail: None
) -> None:
    health.pause(
        session, now=runtime.now(), failure=Failure(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH)
    )
    session.commit()
    assert invite(boss_client, email="kim@else.test").status_code == 303
    page = boss_client.get(MEMBERS)
    assert 'data-value="held"' in page.text
    assert "kim@else.test is invited as soon as the mail goes out." in said(page)
    assert said(page).count(WAITING) == 3, "the flash, the notice and the invitation's own state"


def test_without_a_key_nothing_is_invited_and_the_page_says_why(
    boss_client: FlaskClient, session: Session, runtime: Runtime, mail: None
) -> None:
    runtime.box = type(runtime.box)(type(runtime.box.ring)([], problem="gone"))
    answer = invite(boss_client, email="kim@else.test")
    assert answer.status_code == 503
    assert "key" in said(answer)
    assert stored(session) == []


def test_sending_again_makes_a_new_link_and_ends_the_old_one(
    sign_in: Callable[[User], FlaskClient],
    boss: User,
    client: FlaskClient,
    session: Session,
    runtime: Runtime,
    clock: Clock,
    mail: None,
) -> None:
    invite(sign_in(boss), email="kim@else.test")
    (old,) = waiting_mail(session, runtime)
    clock.advance(days=6)
    boss_client = sign_in(boss)
    (invitation,) = stored(session)
    answer = post(boss_client, f"{INVITATIONS}/{invitation.id}/resend", MEMBERS)
    assert answer.status_code == 303
    (new,) = waiting_mail(session, runtime)
    assert new.link != old.link
    assert client.get(old.link).status_code == 404
    assert client.get(new.link).status_code == 200
    (renewed,) = stored(session)
    assert renewed.expires_at == runtime.now() + timedelta(days=7)


def test_a_revoked_invitation_is_neither_mailed_nor_accepted(
    boss_client: FlaskClient, client: FlaskClient, session: Session, runtime: Runtime, mail: None
) -> None:
    invite(boss_client, email="kim@else.test")
    (mail_,) = waiting_mail(session, runtime)
    (invitation,) = stored(session)
    path = f"{INVITATIONS}/{invitation.id}/revoke"
    assert post(boss_client, path, MEMBERS).status_code == 303
    assert waiting_mail(session, runtime) == []
    assert client.get(mail_.link).status_code == 410
    assert (
        "kim@else.test"
        not in boss_client.get(MEMBERS)
        .text.partition('id="members"')[0]
        .partition("Open invitations")[2]
    )
    assert post(boss_client, path, MEMBERS).status_code == 409
    again = post(boss_client, f"{INVITATIONS}/{invitation.id}/resend", MEMBERS)
    assert again.status_code == 409


def test_sending_again_while_mail_is_pending_keeps_the_old_link(
    boss_client: FlaskClient, session: Session, runtime: Runtime, mail: None
) -> None:
    invite(boss_client, email="kim@else.test")
    (before,) = stored(session)
    token_hash = before.token_hash
    session.execute(health.MailHealth.__table__.delete())
    from app.mailer.models import MailerConfiguration

    session.query(MailerConfiguration).delete()
    session.commit()
    answer = post(boss_client, f"{INVITATIONS}/{before.id}/resend", MEMBERS)
    assert answer.status_code == 503
    assert stored(session)[0].token_hash == token_hash


def test_an_invitation_of_another_organization_cannot_be_touched(
    boss_client: FlaskClient, session: Session, runtime: Runtime, stranger: User, mail: None
) -> None:
    from app.organizations.service import add_member, create_organization

    other = create_organization(session, name="Else", now=runtime.now())
    add_member(session, organization=other, user=stranger, role="admin", now=runtime.now())
    inviting = Inviting(
        runtime, other, "member", stranger, Actor(stranger.id, "x", None), runtime.now()
    )
    invite_address(session, inviting, Address.parse("kim@else.test"))
    session.commit()
    (theirs,) = stored(session)
    for action in ("resend", "revoke"):
        answer = post(boss_client, f"{INVITATIONS}/{theirs.id}/{action}", MEMBERS)
        assert answer.status_code == 404
    assert stored(session)[0].revoked_at is None


def test_invitations_of_one_address_at_the_same_moment_make_one(
    runtime: Runtime, session: Session, boss: User, mail: None
) -> None:
    def ask(_: int) -> InviteResult:
        with runtime.database.transaction() as mine:
            person = mine.get_one(User, boss.id)
            actor = Actor(boss.id, boss.email, None)
            inviting = Inviting(runtime, acme(mine), "member", person, actor, runtime.now())
            return invite_address(mine, inviting, Address.parse("kim@else.test"))

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(ask, range(6)))
    assert outcomes.count(InviteResult.INVITED) == 1
    assert outcomes.count(InviteResult.ALREADY_INVITED) == 5
    assert count(session, Invitation) == 1
    assert count(session, OutboxMessage) == 1


def test_an_invitation_that_is_rolled_back_leaves_no_mail(
    runtime: Runtime, session: Session, boss: User, mail: None
) -> None:
    inviting = Inviting(
        runtime, acme(session), "member", boss, Actor(None, "x", None), runtime.now()
    )
    assert invite_address(session, inviting, Address.parse("kim@else.test")) is InviteResult.INVITED
    session.rollback()
    assert count(session, Invitation) == count(session, OutboxMessage) == 0


def test_one_mailbox_is_mailed_at_most_five_times_a_day(
    sign_in: Callable[[User], FlaskClient], boss: User, session: Session, clock: Clock, mail: None
) -> None:
    boss_client = sign_in(boss)
    invite(boss_client, email="kim@else.test")
    (invitation,) = stored(session)
    path = f"{INVITATIONS}/{invitation.id}/resend"
    for _ in range(rules.TO_ADDRESS.most - 1):
        assert post(boss_client, path, MEMBERS).status_code == 303
    refused = post(boss_client, path, MEMBERS)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "five invitations" in said(refused)
    clock.advance(days=1, seconds=1)
    assert post(sign_in(boss), path, MEMBERS).status_code == 303


def test_an_organization_sends_a_limited_number_of_invitations_a_day(
    runtime: Runtime,
    boss_client: FlaskClient,
    session: Session,
    stranger: User,
    mail: None,
) -> None:
    runtime.config = replace(runtime.config, invitations_per_day=2)
    for name in ("a", "b"):
        assert invite(boss_client, email=f"{name}@else.test").status_code == 303
    answer = invite(boss_client, email="c@else.test")
    assert answer.status_code == 429
    assert 'value="c@else.test"' in answer.text
    assert len(stored(session)) == 2
    # Adding a person needs no mail, so it still works; the notice is what is left out.
    assert invite(boss_client, email="sam@else.test").status_code == 303
    assert count(session, OutboxMessage) == 2


def test_reloading_the_page_of_a_refused_form_leads_back(boss_client: FlaskClient) -> None:
    answer = boss_client.get(INVITATIONS)
    assert answer.status_code == 303
    assert answer.headers["Location"] == MEMBERS


@pytest.mark.parametrize(
    ("state", "code", "ended", "level", "words", "cause"),
    [
        ("queued", None, None, "quiet", "On its way", None),
        ("queued", "connect_timeout", None, "warn", "Tried again", "Novantra"),
        ("sending", None, None, "quiet", "Being sent", None),
        ("held", "auth_bad_credentials", None, "warn", "Waits", "at the moment"),
        ("sent", None, None, "good", "Sent", None),
        ("failed", "recipient_rejected", "rejected", "bad", "Not sent", ""),
        ("failed", "from_a_newer_version", "rejected", "bad", "Not sent", "from_a_newer"),
        ("cancelled", None, "expired", "bad", "Not sent", "ran out"),
        ("cancelled", None, "by_hand", "warn", "Not sent", "cancelled"),
    ],
)
def test_the_delivery_state_is_told_in_words(
    state: str, code: str | None, ended: str | None, level: str, words: str, cause: str | None
) -> None:
    message = OutboxMessage(state=state, last_code=code, ended_because=ended)
    told = delivery_of(message, Prospect.GOES, utcnow())
    assert (told.level, told.text, told.state) == (level, words, state)
    if cause is None:
        assert told.cause is None
    else:
        assert told.cause


def test_what_is_queued_while_nothing_goes_out_waits_like_what_is_held() -> None:
    told = [
        delivery_of(OutboxMessage(state=state), Prospect.WAITS, utcnow())
        for state in ("queued", "held")
    ]
    assert [(each.level, each.text, each.cause) for each in told] == [
        ("warn", "Waits", WAITING)
    ] * 2


def test_a_mail_that_was_cleared_away_is_no_error(
    boss_client: FlaskClient, session: Session, mail: None
) -> None:
    invite(boss_client, email="kim@else.test")
    session.query(OutboxMessage).delete()
    session.commit()
    assert "No longer recorded" in said(boss_client.get(MEMBERS))


def test_members_see_invitations_and_cannot_act_on_them(
    boss_client: FlaskClient,
    sign_in: Callable[[User], FlaskClient],
    member: User,
    mail: None,
) -> None:
    invite(boss_client, email="kim@else.test")
    page = sign_in(member).get(MEMBERS)
    assert "kim@else.test" in page.text
    assert "Revoke" not in page.text
