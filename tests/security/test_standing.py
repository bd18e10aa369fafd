"""Nobody acts on the access of somebody who stands higher: every role on every person."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import lockout
from app.accounts.models import User
from app.organizations.models import Invitation, Membership, Organization
from app.runtime import Runtime
from app.throttle import subject_of_address
from tests.factories import csrf_of, make_user
from tests.organizations.people import configure_mail

ACME = "/organizations/acme"
CONSOLE = "/admin/system/administrators"
# Who acts. The console's administrator belongs to Acme, or does not.
ACTORS = ("outsider", "member", "org_admin", "unverified", "install_admin", "console_only")
# On whom: an admin of Acme and of Globex too, one who runs the install and belongs to Acme.
TARGETS = ("member", "org_admin", "two_admin", "install_admin")

# Deed → actor → on whom it works. Everybody and everything else is turned away.
EVERYBODY = set(TARGETS)
ON_ADMINISTRATORS = {"install_admin": {"install_admin"}, "console_only": {"install_admin"}}
MAY: dict[str, dict[str, set[str]]] = {
    "lift the lock as a member's": {
        "org_admin": {"member", "org_admin"},
        "install_admin": EVERYBODY,
    },
    # Belonging is the organization's: its admins decide about everybody in it.
    "change the role": {"org_admin": EVERYBODY, "install_admin": EVERYBODY},
    "remove from the organization": {"org_admin": EVERYBODY, "install_admin": EVERYBODY},
    "invite": {"org_admin": EVERYBODY, "install_admin": EVERYBODY},
    "send the invitation again": {"org_admin": EVERYBODY, "install_admin": EVERYBODY},
    "revoke the invitation": {"org_admin": EVERYBODY, "install_admin": EVERYBODY},
    # The console acts on those who run the install, and on nobody else by number.
    "lift the lock in the console": ON_ADMINISTRATORS,
    "send the link again": ON_ADMINISTRATORS,
    "demote": ON_ADMINISTRATORS,
    "remove the account": ON_ADMINISTRATORS,
}


@pytest.fixture
def people(session: Session, runtime: Runtime) -> dict[str, User]:
    session.add(Organization(name="Globex", slug="globex", created_at=runtime.now()))
    session.flush()
    made = {
        "outsider": make_user(session, "otto@globex.test", organization_role=None),
        "member": make_user(session, "mina@acme.test"),
        "org_admin": make_user(session, "olga@acme.test", organization_role="admin"),
        "unverified": make_user(session, "una@acme.test", install_admin=True, verified=False),
        "install_admin": make_user(session, "alice@acme.test", install_admin=True),
        "console_only": make_user(
            session, "carl@acme.test", install_admin=True, organization_role=None
        ),
        "target:member": make_user(session, "tom@acme.test"),
        "target:org_admin": make_user(session, "tina@acme.test", organization_role="admin"),
        "target:two_admin": make_user(session, "theo@acme.test", organization_role="admin"),
        "target:install_admin": make_user(session, "thea@acme.test", install_admin=True),
    }
    # An unverified administrator whose role in Acme is that of a member.
    own = session.scalars(select(Membership).where(Membership.user_id == made["unverified"].id))
    own.one().role = "member"
    globex = session.scalars(select(Organization).where(Organization.slug == "globex")).one()
    session.add(
        Membership(
            organization_id=globex.id,
            user_id=made["target:two_admin"].id,
            role="admin",
            created_at=runtime.now(),
        )
    )
    session.commit()
    configure_mail(session, runtime)
    return made


def act(client: FlaskClient, deed: str, person: User, runtime: Runtime) -> int:
    with runtime.database.transaction() as session:
        membership = session.scalars(
            select(Membership)
            .join(Organization, Organization.id == Membership.organization_id)
            .where(Organization.slug == "acme", Membership.user_id == person.id)
        ).one_or_none()
        number = membership.id if membership else 0
        if "invit" in deed and membership is not None:
            session.delete(membership)
        if "the invitation" in deed:
            acme = session.scalars(select(Organization).where(Organization.slug == "acme")).one()
            invitation = Invitation(
                organization_id=acme.id,
                email=person.email,
                email_key=person.email_key,
                role="member",
                token_hash=str(person.id) * 8,
                created_at=runtime.now(),
                expires_at=runtime.now() + lockout.WINDOW,
            )
            session.add(invitation)
            session.flush()
            number = invitation.id
        if "lock" in deed:
            subject = subject_of_address(person.address)
            lockout.hold(session, subject=subject, now=runtime.now())
            for _ in range(lockout.FAILURES):
                lockout.record_failure(session, subject=subject, now=runtime.now())
    path, fields = {
        "lift the lock as a member's": (f"{ACME}/members/{number}/unlock", {}),
        "change the role": (f"{ACME}/members/{number}/role", {"role": "member"}),
        "remove from the organization": (f"{ACME}/members/{number}/remove", {}),
        "invite": (f"{ACME}/invitations", {"email": person.email, "role": "member"}),
        "send the invitation again": (f"{ACME}/invitations/{number}/resend", {}),
        "revoke the invitation": (f"{ACME}/invitations/{number}/revoke", {}),
        "lift the lock in the console": (f"{CONSOLE}/{person.id}/unlock", {}),
        "send the link again": (f"{CONSOLE}/{person.id}/send-link", {}),
        "demote": (f"{CONSOLE}/{person.id}/demote", {}),
        "remove the account": (f"{CONSOLE}/{person.id}/remove", {}),
    }[deed]
    token = csrf_of(client.get("/account").data)
    return client.post(path, data={"csrf_token": token, **fields}).status_code


@pytest.mark.parametrize("deed", MAY)
@pytest.mark.parametrize("actor", ACTORS)
def test_every_role_on_every_person(
    deed: str,
    actor: str,
    people: dict[str, User],
    runtime: Runtime,
    sign_in: Callable[[User], FlaskClient],
) -> None:
    client = sign_in(people[actor])
    for target in TARGETS:
        person = people[f"target:{target}"]
        status = act(client, deed, person, runtime)
        if target in MAY[deed].get(actor, set()):
            assert status == 303, (deed, actor, target, status)
        else:
            assert status in {403, 404}, (deed, actor, target, status)
        if "lock" in deed:
            with runtime.database.session(reading=True) as reading:
                locked = bool(lockout.locks(reading, users=[person], now=runtime.now()))
            assert locked == (status != 303), (deed, actor, target)


def test_lifting_gives_one_try_each_and_ends_after_three(
    people: dict[str, User], app: Flask, sign_in: Callable[[User], FlaskClient], runtime: Runtime
) -> None:
    olga, guesser = sign_in(people["org_admin"]), app.test_client()
    person = people["target:member"]
    with runtime.database.session(reading=True) as reading:
        number = reading.scalars(select(Membership.id).where(Membership.user_id == person.id)).one()
    unlock = f"{ACME}/members/{number}/unlock"
    token = csrf_of(olga.get("/account").data)
    guesses = 0

    def guess() -> int:
        form = {"csrf_token": csrf_of(guesser.get("/login").data), "email": person.email}
        return guesser.post("/login", data={**form, "password": "wrong"}).status_code

    while guess() == 422:
        guesses += 1
    lifts = 0
    while olga.post(unlock, data={"csrf_token": token}).status_code == 303:
        lifts += 1
        assert guess() == 429, "the very next wrong password locks again"
    assert (guesses + 1, lifts) == (lockout.FAILURES, lockout.LIFTS)
    refused = olga.post(unlock, data={"csrf_token": token})
    assert refused.status_code == 409
    assert "lifted too often" in refused.text
    page = olga.get(f"{ACME}/members").text
    assert "Locked after failed sign-ins" in page
