"""Break-glass: an operator without working mail is never locked out."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.audit.models import AuditEvent
from tests.factories import PASSWORD
from tests.visitor import Visitor

NEW = "four unrelated words here"


def test_an_administrator_made_from_the_shell_can_work_at_once(
    app: Flask, visitor: Visitor, session: Session
) -> None:
    done = app.test_cli_runner().invoke(
        args=[
            "users",
            "create-admin",
            "--email",
            "Op@acme.test",
            "--name",
            "Op",
            "--password-stdin",
        ],
        input=f"{PASSWORD}\n",
    )
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
    visitor.sign_in("op@acme.test")
    assert visitor.get("/admin/system/administrators").status_code == 200
    event = session.scalars(select(AuditEvent)).one()
    assert (event.actor, event.tag, event.target) == (
        "shell",
        "administrator:created",
        "Op@acme.test",
    )


def test_an_existing_person_gets_the_role_and_the_typed_password(
    app: Flask, visitor: Visitor, admin: User
) -> None:
    done = app.test_cli_runner().invoke(
        args=["users", "create-admin", "--email", "alice@acme.test", "--name", "Alice"],
        input=f"{NEW}\n{NEW}\n",
    )
    assert done.exit_code == 0, done.output
    assert NEW not in done.output
    assert visitor.sign_in("alice@acme.test").status_code == 422
    assert visitor.sign_in("alice@acme.test", NEW).status_code == 303


@pytest.mark.parametrize(
    ("email", "name", "password"),
    [
        ("no address", "Op", PASSWORD),
        ("op@acme.test", "", PASSWORD),
        ("op@acme.test", "x" * 65, PASSWORD),
        ("op@acme.test", "Op", "short"),
    ],
)
def test_what_cannot_be_used_is_refused_and_changes_nothing(
    app: Flask, session: Session, email: str, name: str, password: str
) -> None:
    done = app.test_cli_runner().invoke(
        args=["users", "create-admin", "--email", email, "--name", name, "--password-stdin"],
        input=f"{password}\n",
    )
    assert done.exit_code == 2
    assert "Nothing was changed" in done.output
    assert session.scalars(select(User)).all() == []


def test_unlock_lifts_a_lock_and_says_so(
    app: Flask, visitor: Visitor, admin: User, session: Session
) -> None:
    for _ in range(5):
        visitor.sign_in("alice@acme.test", "wrong")
    done = app.test_cli_runner().invoke(args=["users", "unlock", "ALICE@acme.test"])
    assert (done.exit_code, done.output) == (0, "The lock of alice@acme.test is lifted.\n")
    assert visitor.sign_in("alice@acme.test").status_code == 303
    tags = [(e.actor, e.tag) for e in session.scalars(select(AuditEvent).order_by(AuditEvent.id))]
    assert tags[-1] == ("shell", "login:unlocked")


def test_a_printed_reset_link_works_while_mail_is_pending(
    app: Flask, visitor: Visitor, admin: User, session: Session
) -> None:
    done = app.test_cli_runner().invoke(args=["users", "reset-link", "alice@acme.test"])
    assert done.exit_code == 0
    link = urlsplit(done.stdout.strip())
    assert f"{link.scheme}://{link.netloc}" == "https://hr.acme.test"
    answer = visitor.submit(link.path, password=NEW, password_confirm=NEW)
    assert answer.status_code == 303
    assert visitor.sign_in("alice@acme.test", NEW).status_code == 303
    event = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).first()
    assert event is not None
    assert (event.actor, event.tag) == ("shell", "password:reset-link-made")
    assert link.path.rpartition("/")[2] not in str(event.changes)


@pytest.mark.parametrize("command", ["unlock", "reset-link"])
def test_an_unknown_address_exits_with_the_reason(app: Flask, admin: User, command: str) -> None:
    done = app.test_cli_runner().invoke(args=["users", command, "nobody@acme.test"])
    assert done.exit_code == 2
    assert "nobody has the address" in done.output
