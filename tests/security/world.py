"""An install with one of everything, so that every route has something to act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from app.accounts import sessions, tokens
from app.accounts.models import User
from app.accounts.tokens import Purpose, hash_secret, new_secret
from app.alerts.kinds import Kind, checked
from app.alerts.targets import add as add_target
from app.database import Base
from app.mailer.models import MailerConfiguration
from app.organizations.models import (
    Invitation,
    InvitationBatch,
    InvitationBatchLine,
    Membership,
    Organization,
)
from app.outbox.queue import enqueue
from app.runtime import EXTENSION, Runtime
from app.web.context import Actor
from tests.factories import begin_session, browser_with, install_novantra, make_user

PEOPLE = ("visitor", "outsider", "member", "org_admin", "unverified_admin", "install_admin")


@dataclass
class World:
    """``values`` are parameters of routes that name something which exists."""

    app: Flask
    people: dict[str, User] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)

    @property
    def runtime(self) -> Runtime:
        found = self.app.extensions[EXTENSION]
        assert isinstance(found, Runtime)
        return found

    def client(self, person: str) -> FlaskClient:
        """A browser in which that person is signed in; the visitor is nobody."""
        if person == "visitor":
            return self.app.test_client()
        with self.runtime.database.session(reading=True) as session:
            secret = self.secrets.get(person, "")
            lasts = sessions.find(session, secret=secret, now=self.runtime.now())
        if lasts is None:
            self.secrets[person] = begin_session(self.app, self.people[person])
        return browser_with(self.app, self.secrets[person])

    def path(self, rule: Rule, person: str = "") -> str:
        """The route's address for what exists, and of that person's own where that counts."""
        values = dict(self.values)
        if "session_id" in rule.arguments:
            values["session_id"] = self.own_session(person or "victim")
        for prefix, token in self.links.items():
            if rule.rule.startswith(prefix):
                values["token"] = token
        if rule.rule.endswith("/demote"):  # the others act on who still is an administrator
            values["user_id"] = str(self.people["demoted"].id)
        if rule.endpoint == "organizations.remove":
            values["membership_id"] = values["leaving_id"]
        if rule.rule.startswith("/organizations/"):
            values["public_id"] = values["batch_id"]
        built = rule.build({name: values[name] for name in rule.arguments}, append_unknown=False)
        assert built is not None
        return str(built[1])

    def own_session(self, person: str) -> str:
        """The number of one more session of that person."""
        if person not in self.sessions:
            secret = begin_session(self.app, self.people[person])
            with self.runtime.database.session(reading=True) as session:
                found = sessions.find(session, secret=secret, now=self.runtime.now())
                assert found is not None
                self.sessions[person] = str(found[0].id)
        return self.sessions[person]

    def snapshot(self) -> dict[str, list[str]]:
        """Everything that is stored, as text."""
        with self.runtime.database.session(reading=True) as session:
            return {
                table.name: sorted(str(tuple(row)) for row in session.execute(select(table)))
                for table in Base.metadata.sorted_tables
            }


def build(app: Flask) -> World:
    """Put one of everything into an application's database."""
    world = World(app)
    runtime = world.runtime
    with runtime.database.transaction() as session:
        acme = install_novantra(session)
        session.add(Organization(name="Globex", slug="globex", created_at=runtime.now()))
        session.flush()
        _people(session, world)
        if not runtime.config.is_cloud:
            session.add(
                MailerConfiguration(
                    provider="console",
                    sender_address="novantra@acme.test",
                    sender_name="Acme",
                    updated_at=runtime.now(),
                    updated_by="alice@acme.test",
                )
            )
            session.flush()
        _things(session, world, acme)
    for person in PEOPLE:  # so that looking later adds no row
        world.client(person)
    world.values["session_id"] = world.own_session("victim")
    return world


def _people(session: Session, world: World) -> None:
    world.people = {
        "install_admin": make_user(session, "alice@acme.test", install_admin=True),
        "unverified_admin": make_user(
            session,
            "new@acme.test",
            install_admin=True,
            verified=False,
            organization_role=None,
        ),
        "org_admin": make_user(session, "olga@acme.test", organization_role="admin"),
        "member": make_user(session, "mina@acme.test"),
        "outsider": make_user(session, "otto@globex.test", organization_role=None),
        "victim": make_user(session, "vera@acme.test", install_admin=True),
        "demoted": make_user(session, "dora@acme.test", install_admin=True),
    }
    globex = session.scalars(select(Organization).where(Organization.slug == "globex")).one()
    session.add(
        Membership(
            organization_id=globex.id,
            user_id=world.people["outsider"].id,
            role="admin",
            created_at=world.runtime.now(),
        )
    )


def _things(session: Session, world: World, acme: Organization) -> None:
    runtime, victim = world.runtime, world.people["victim"]
    now = runtime.now()
    secret = new_secret()
    invitation = Invitation(
        organization_id=acme.id,
        email="ida@acme.test",
        email_key="ida@acme.test",
        role="member",
        token_hash=hash_secret(secret),
        created_at=now,
        expires_at=now + timedelta(days=7),
    )
    batch = InvitationBatch(
        public_id="b" * 32, organization_id=acme.id, role="member", created_at=now
    )
    session.add_all([invitation, batch])
    session.flush()
    session.add(InvitationBatchLine(batch_id=batch.id, number=1, typed="ina@acme.test"))
    hour = timedelta(hours=1)
    reset = tokens.issue(
        session, purpose=Purpose.PASSWORD_RESET, user=victim, now=now, lifetime=hour
    )
    verify = tokens.issue(
        session,
        purpose=Purpose.VERIFY_EMAIL,
        user=victim,
        now=now,
        lifetime=hour,
        bound={"email": victim.email},
    )
    context = {"email": victim.email, "link": "https://hr.acme.test/x", "expires_at": now + hour}
    mail = enqueue(session, runtime, kind="password-reset", to=victim.address, context=context)
    target = add_target(
        session,
        runtime,
        kind=Kind.SLACK,
        name="Ops",
        address=checked(Kind.SLACK, "https://192.0.2.1/services/T0/B0/x", runtime.config),
        secret=None,
        now=now,
        actor=Actor(victim.id, victim.email, None),
    )
    memberships = {
        row.user_id: str(row.id)
        for row in session.scalars(select(Membership).where(Membership.organization_id == acme.id))
    }
    world.links = {
        "/invitations": secret,
        "/reset-password": reset,
        "/verify-email": verify,
    }
    world.values = {
        "mail": "password-reset",
        "slug": "acme",
        "target_id": target.id,
        "user_id": str(victim.id),
        "membership_id": memberships[victim.id],
        "leaving_id": memberships[world.people["demoted"].id],
        "invitation_id": str(invitation.id),
        "public_id": mail,
        "batch_id": batch.public_id,
        "kind": "csv",
        "filename": "novantra.css",
        "token": reset,
        "version": "1",
    }


@contextmanager
def without_form_tokens(app: Flask) -> Iterator[None]:
    """Forms are taken without their token: what is asked here is who may, not from where."""
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        yield
    finally:
        app.config["WTF_CSRF_ENABLED"] = True
