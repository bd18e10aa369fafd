"""No organization loses its last admin, and one that has none can be given one."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.organizations.appointing import LISTED
from app.organizations.models import Membership, Organization
from app.runtime import Runtime
from tests.factories import make_user
from tests.organizations.people import post, said

PAGE = "/admin/system/organizations"
ADMINISTRATORS = "/admin/system/administrators"


def roles(session: Session) -> dict[str, str]:
    session.rollback()
    rows = session.execute(
        select(User.email, Membership.role).join(Membership, Membership.user_id == User.id)
    )
    return {row.email: row.role for row in rows}


def test_the_only_admin_of_an_organization_is_not_removed_until_another_is_appointed(
    runtime: Runtime, session: Session, sign_in: Callable[[User], FlaskClient]
) -> None:
    with runtime.database.transaction() as own:
        founder = make_user(own, "fay@acme.test", install_admin=True)
        other = make_user(own, "olaf@acme.test", install_admin=True, organization_role=None)
        make_user(own, "mia@acme.test")
    console = sign_in(other)
    remove = f"{ADMINISTRATORS}/{founder.id}/remove"
    refused = post(console, remove, "/account")
    assert refused.status_code == 409
    assert "the only admin of Acme" in said(refused)
    assert PAGE in refused.text
    assert "fay@acme.test" in said(console.get(PAGE))
    appoint = f"{PAGE}/acme/appoint"
    for wrong in ("nobody@acme.test", "no address", ""):
        assert post(console, appoint, PAGE, email=wrong).status_code == 422
    assert post(console, appoint, PAGE, email="Mia@acme.test").status_code == 303
    assert roles(session) == {"fay@acme.test": "admin", "mia@acme.test": "admin"}
    assert post(console, remove, "/account").status_code == 303
    assert roles(session) == {"mia@acme.test": "admin"}
    assert "Every organization manages itself" in said(console.get(PAGE))
    again = post(console, appoint, "/account", email="olaf@acme.test")
    assert again.status_code == 409, "an organization that manages itself is not entered"


def test_an_organization_without_an_admin_is_given_one(
    runtime: Runtime, session: Session, sign_in: Callable[[User], FlaskClient]
) -> None:
    with runtime.database.transaction() as own:
        admin = make_user(own, "olaf@acme.test", install_admin=True)
        make_user(own, "sam@else.test", organization_role=None)
        own.execute(delete(Membership))
    console = sign_in(admin)
    assert "No admin" in said(console.get(PAGE))
    assert post(console, f"{PAGE}/acme/appoint", PAGE, email="sam@else.test").status_code == 303
    assert roles(session) == {"sam@else.test": "admin"}
    assert post(console, f"{PAGE}/gone/appoint", PAGE, email="sam@else.test").status_code == 404


def test_of_many_the_first_are_shown_and_the_rest_is_told(
    runtime: Runtime, sign_in: Callable[[User], FlaskClient]
) -> None:
    with runtime.database.transaction() as own:
        admin = make_user(own, "olaf@acme.test", install_admin=True)
        now = runtime.now()
        own.add_all(
            Organization(name=f"Number {n:03}", slug=f"number-{n}", created_at=now)
            for n in range(LISTED + 6)
        )
    page = said(sign_in(admin).get(PAGE))
    assert f"Number {LISTED - 2:03}" in page
    assert f"Number {LISTED + 1:03}" not in page
    assert "7 more stand here when somebody is appointed in these" in page
