"""Signing in, signing out and where one lands."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.passwords import needs_rehash
from tests.factories import PASSWORD, make_user
from tests.visitor import Visitor


def test_the_right_password_signs_in_and_an_administrator_lands_in_the_console(
    visitor: Visitor, admin: User
) -> None:
    answer = visitor.sign_in("alice@acme.test")
    assert (answer.status_code, answer.location) == (303, "/")
    assert visitor.get("/").location == "/admin/system"


def test_a_member_lands_where_their_navigation_begins(visitor: Visitor, session: Session) -> None:
    make_user(session, "dana@acme.test", organization_role=None)
    session.commit()
    visitor.sign_in("dana@acme.test")
    assert visitor.get("/").location == "/account"


def test_an_unverified_administrator_lands_on_the_account_page_that_can_help(
    visitor: Visitor, session: Session, admin: User
) -> None:
    make_user(session, "new@acme.test", install_admin=True, verified=False, organization_role=None)
    session.commit()
    visitor.sign_in("new@acme.test")
    assert visitor.get("/").location == "/account"
    closed = visitor.get("/admin/system/administrators")
    assert closed.status_code == 403
    assert "Verify your address first" in closed.text


def test_a_visitor_is_asked_to_sign_in_and_comes_back(visitor: Visitor, admin: User) -> None:
    asked = visitor.get("/account?from=mail")
    assert asked.status_code == 303
    answer = visitor.submit(asked.location, email="alice@acme.test", password=PASSWORD)
    assert answer.location == "/account?from=mail"


def test_capitals_in_the_address_do_not_matter(visitor: Visitor, admin: User) -> None:
    assert visitor.sign_in("ALICE@Acme.Test").status_code == 303


def test_a_wrong_password_and_an_unknown_address_answer_alike(
    visitor: Visitor, admin: User
) -> None:
    known = visitor.submit("/login", email="alice@acme.test", password="wrong")
    unknown = visitor.submit("/login", email="alyce@acme.test", password="wrong")
    assert known.status_code == unknown.status_code == 422
    # The form's token carries the second it was made in.
    strip = re.compile(r'name="csrf_token"[^>]*>')
    assert strip.sub("", known.text).replace("alice", "alyce") == strip.sub("", unknown.text)


def test_an_account_without_a_password_cannot_be_entered(
    visitor: Visitor, session: Session, admin: User
) -> None:
    person = make_user(session, "new@acme.test")
    person.password_hash = None
    session.commit()
    for guess in (PASSWORD, "no account has this password", "None", ""):
        assert visitor.sign_in("new@acme.test", guess).status_code == 422


def test_an_empty_form_costs_nothing(visitor: Visitor, admin: User) -> None:
    for _ in range(6):
        assert visitor.sign_in("alice@acme.test", "").status_code == 422
    assert visitor.sign_in("alice@acme.test").status_code == 303


def test_an_address_that_is_none_is_merely_unknown(visitor: Visitor, admin: User) -> None:
    for text in ("not an address", "@", "a" * 320, "ümlaut@", "x@y z"):
        assert visitor.submit("/login", email=text, password="wrong").status_code == 422


def test_signing_out_ends_the_session(admin_client: FlaskClient) -> None:
    visitor = Visitor(admin_client)
    assert visitor.get("/account").status_code == 200
    assert visitor.submit("/account", to="/logout").status_code == 303
    assert visitor.get("/account").status_code == 303


def test_a_password_hashed_under_older_settings_is_hashed_anew(
    slow_hashing: None, visitor: Visitor, session: Session, admin: User
) -> None:
    from argon2 import PasswordHasher

    admin.password_hash = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(
        PASSWORD
    )
    session.commit()
    old = admin.password_hash
    visitor.sign_in("alice@acme.test")
    session.expire_all()
    stored = session.scalar(select(User.password_hash).where(User.id == admin.id))
    session.rollback()
    assert stored is not None
    assert stored != old
    assert not needs_rehash(stored)
    visitor.submit("/account", to="/logout")
    assert visitor.sign_in("alice@acme.test").status_code == 303


def test_a_fresh_install_leads_to_setup(
    make_app: Callable[..., Flask],
) -> None:
    fresh = make_app()
    assert fresh.test_client().get("/").location == "/setup"


def test_no_transaction_is_open_while_a_password_is_checked(
    app: Flask, visitor: Visitor, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite has one writer: a slow hash inside a transaction would stop everybody else."""
    from app.accounts import login
    from app.runtime import EXTENSION

    database = app.extensions[EXTENSION].database
    genuine, seen = login.verify_password, []

    def spying(stored: str | None, password: str) -> bool:
        seen.append(database.engine.pool.checkedout())
        return genuine(stored, password)

    monkeypatch.setattr(login, "verify_password", spying)
    visitor.sign_in("alice@acme.test")
    assert seen == [0]
