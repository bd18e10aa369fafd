"""A number in a form means the row it meant when the page was opened, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, inspect, select, text
from sqlalchemy.orm import Session

from app.accounts.models import KnownDevice, User, UserSession
from app.database import Base
from app.mailer.models import MailerConfiguration, MailerVersion
from app.organizations.models import Invitation, Membership
from app.runtime import Runtime
from tests.factories import make_user
from tests.mailer.pages import PATH, MailerPage
from tests.security.test_permissions import ways
from tests.security.world import build, without_form_tokens

# What the number in a route names.
NAMED = {
    "user_id": User,
    "membership_id": Membership,
    "invitation_id": Invitation,
    "session_id": UserSession,
}
# What a number counts on from what is in force, whatever of the past is still kept.
COUNTED_ON = {"version": MailerConfiguration}


def test_every_route_with_a_number_names_something_whose_numbers_never_come_back(
    app, runtime: Runtime
) -> None:
    numbers = {
        name
        for rule, _ in ways(app)
        for name, converter in rule._converters.items()
        if type(converter).__name__ != "UnicodeConverter" and name not in {"filename"}
    }
    assert numbers == {*NAMED, *COUNTED_ON}
    with runtime.database.engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            return  # a sequence never goes back
        for model in (*NAMED.values(), KnownDevice):
            made = connection.execute(
                text("SELECT sql FROM sqlite_master WHERE name = :name"),
                {"name": model.__tablename__},
            ).scalar_one()
            assert "AUTOINCREMENT" in made, model.__tablename__


@pytest.mark.parametrize("table", [User, Membership, Invitation, UserSession, KnownDevice])
def test_the_model_says_so_too(table: type[Base]) -> None:
    options = inspect(table).local_table.dialect_options["sqlite"]  # type: ignore[attr-defined]
    assert options["autoincrement"] is True


def test_a_configuration_has_the_number_of_none_that_was_let_go(
    admin_client: FlaskClient, runtime: Runtime
) -> None:
    """The next is counted from the one in force, never from those that are kept."""
    page, relay = MailerPage(admin_client), {"provider": "smtp", "host": "relay.acme.test"}
    relay |= {"port": "587", "sender_address": "novantra@acme.test"}
    for name in ("One", "Two", "Three"):
        assert page.save(**relay, sender_name=name).status == 303
    with runtime.database.transaction() as session:
        assert newest(session, MailerVersion) == 3
        session.execute(delete(MailerVersion))
    assert page.client.get(f"{PATH}/earlier/2").status_code == 404
    assert page.save(**relay, sender_name="Four").status == 303
    with runtime.database.session(reading=True) as session:
        assert sorted(session.scalars(select(MailerVersion.version))) == [3, 4]
    assert page.client.get(f"{PATH}/earlier/2").status_code == 404


def newest(session: Session, model: type[Base]) -> int:
    (key,) = inspect(model).primary_key
    found = session.query(key).order_by(key.desc()).first()
    assert found is not None
    return int(found[0])


def test_a_form_opened_before_acts_on_nobody_else(make_app: Callable) -> None:  # type: ignore[type-arg]
    """The newest row goes, another one comes, and every button of the page before finds nothing."""
    world = build(make_app())
    runtime = world.runtime
    client: FlaskClient = world.client("install_admin")
    tried = set()
    with without_form_tokens(world.app):
        for rule, method in ways(world.app):
            (name,) = rule.arguments & NAMED.keys() or {""}
            if not name or method != "POST":
                continue
            with runtime.database.transaction() as session:
                if name == "session_id":
                    world.sessions.clear()
                    number = int(world_session(session, world.people["install_admin"], runtime))
                elif name == "invitation_id":
                    number = invitation(session, world, f"old{len(tried)}@acme.test")
                else:
                    person = make_user(session, f"old{len(tried)}@acme.test", install_admin=True)
                    number = person.id if name == "user_id" else newest(session, Membership)
            with runtime.database.transaction() as session:
                (key,) = inspect(NAMED[name]).primary_key
                session.execute(delete(NAMED[name]).where(key == number))
            with runtime.database.transaction() as session:
                if name == "session_id":
                    world_session(session, world.people["install_admin"], runtime)
                elif name == "invitation_id":
                    invitation(session, world, f"new{len(tried)}@acme.test")
                else:
                    make_user(session, f"new{len(tried)}@acme.test", install_admin=True)
                assert newest(session, NAMED[name]) > number
            built = rule.build({"slug": "acme", name: number}, append_unknown=False)
            assert built is not None
            before = world.snapshot()
            assert client.post(built[1]).status_code == 404, rule.rule
            assert world.snapshot() == before
            tried.add(rule.endpoint)
    assert len(tried) >= 10, tried
    assert not [e for e in tried if re.search("batch", e)]


def world_session(session: Session, user: User, runtime: Runtime) -> int:
    session.add(
        UserSession(
            secret_hash=f"{newest_or_zero(session, UserSession) + 1:064d}",
            user_id=user.id,
            way="password",
            device="Firefox on Linux",
            created_at=runtime.now(),
            last_seen_at=runtime.now(),
        )
    )
    session.flush()
    return newest(session, UserSession)


def newest_or_zero(session: Session, model: type[Base]) -> int:
    (key,) = inspect(model).primary_key
    found = session.query(key).order_by(key.desc()).first()
    return int(found[0]) if found else 0


def invitation(session: Session, world, email: str) -> int:  # type: ignore[no-untyped-def]
    from app.organizations.service import organization_by_slug

    acme = organization_by_slug(session, "acme")
    now = world.runtime.now()
    session.add(
        Invitation(
            organization_id=acme.id,
            email=email,
            email_key=email,
            role="member",
            token_hash=email.rjust(64, "0"),
            created_at=now,
            expires_at=now,
        )
    )
    session.flush()
    return newest(session, Invitation)
