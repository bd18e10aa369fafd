"""An organization with an admin who is no install administrator, a member, and mail."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.runtime import Runtime
from tests.factories import make_user
from tests.organizations.people import configure_mail


@pytest.fixture
def session(runtime: Runtime) -> Iterator[Session]:
    """As everywhere, but looking with it never keeps requests from writing."""
    with runtime.database.session(reading=True) as session:
        yield session


@pytest.fixture
def boss(session: Session) -> User:
    """An admin of Acme, no install administrator."""
    user = make_user(session, "bo@acme.test", name="Bo Boss", organization_role="admin")
    session.commit()
    return user


@pytest.fixture
def member(session: Session) -> User:
    user = make_user(session, "mia@acme.test", name="Mia Member")
    session.commit()
    return user


@pytest.fixture
def stranger(session: Session) -> User:
    """Somebody with an account and no organization."""
    user = make_user(session, "sam@else.test", name="Sam Stranger", organization_role=None)
    session.commit()
    return user


@pytest.fixture
def boss_client(sign_in: Callable[[User], FlaskClient], boss: User) -> FlaskClient:
    return sign_in(boss)


@pytest.fixture
def member_client(sign_in: Callable[[User], FlaskClient], member: User) -> FlaskClient:
    return sign_in(member)


@pytest.fixture
def mail(session: Session, runtime: Runtime) -> None:
    """Mail is configured; it waits, because no worker runs."""
    configure_mail(session, runtime)
