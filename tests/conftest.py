"""Fixtures that every test may use: an installed application, people, signed-in clients."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import create_app
from app.accounts.models import User
from app.config import Config
from app.runtime import EXTENSION, Runtime
from tests import certificates, databases, nursery, repeating, savings
from tests.databases import EmptySchema, new_database
from tests.factories import install_novantra, make_user, signed_in
from tests.marks import longest_first, starting_is_marked
from tests.smtpd import Relay
from tests.visitor import Mailbox, Visitor, configure_mail


class Clock:
    """A clock that tests move by hand; it starts at the real time and stands still."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **parts: float) -> datetime:
        self.time += timedelta(**parts)
        return self.time


def pytest_addoption(parser: pytest.Parser) -> None:
    repeating.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    repeating.take_options(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    longest_first(items)


def pytest_collection_finish() -> None:
    savings.keep_what_was_imported()


@pytest.fixture(scope="session", autouse=True)
def _savings() -> Iterator[None]:
    with ExitStack() as stack:
        stack.callback(databases.hang_up)
        stack.callback(nursery.close)
        stack.enter_context(savings.no_power_cuts())
        stack.enter_context(savings.routes_compiled_once())
        stack.enter_context(savings.statements_compiled_once())
        yield


@pytest.fixture(autouse=True)
def _cheap_hashing(request: pytest.FixtureRequest) -> Iterator[None]:
    """Passwords cost next to nothing, save where seconds are measured or ``slow_hashing`` asks."""
    if request.node.get_closest_marker("timing") or "slow_hashing" in request.fixturenames:
        yield
    else:
        with savings.cheap_hashing():
            yield


@pytest.fixture(autouse=True)
def _starting_the_program_is_marked(request: pytest.FixtureRequest) -> Iterator[None]:
    with starting_is_marked(request.node):
        yield


@pytest.fixture
def slow_hashing() -> None:
    """Passwords cost in this test what they cost in an install."""


@pytest.fixture(autouse=True)
def _whatever_umask_the_program_takes() -> Iterator[None]:
    """Its entry points make files private to their user; relays of later tests need theirs open."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


@pytest.fixture(autouse=True)
def _no_application_stays_current() -> Iterator[None]:
    """A command takes the application that is current, before the one that it is called on."""
    yield
    assert not has_app_context(), "this test left an application's context open"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database_url(tmp_path: Path, empty_schema: EmptySchema) -> Iterator[str]:
    """A database of this test's own."""
    with new_database(tmp_path, empty_schema) as url:
        yield url


@pytest.fixture
def config(tmp_path: Path, database_url: str) -> Config:
    """Sovereign, no embedded worker: tests deliver by calling the worker's step."""
    return Config(
        data_dir=tmp_path / "data",
        database_url=database_url,
        worker="external",
        ratelimit_enabled=False,
    )


@pytest.fixture(scope="session", autouse=True)
def _certificates(tmp_path_factory: pytest.TempPathFactory) -> None:
    certificates.keep_in(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def empty_schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmptySchema]:
    """This version's schema with nothing in it, made once for all tests."""
    schemas = EmptySchema(tmp_path_factory.mktemp("schema"))
    yield schemas
    schemas.close()


@pytest.fixture
def make_app(
    config: Config, clock: Clock, empty_schema: EmptySchema
) -> Iterator[Callable[..., Flask]]:
    """Builds applications on this test's data folder and closes their databases afterwards.

    A start on an empty database is what :mod:`tests.test_schema` and every running server in
    the tests go through; these begin with its outcome.
    """
    from dataclasses import replace

    made: list[Flask] = []

    def build(**changes: object) -> Flask:
        start = replace(config, **changes)  # type: ignore[arg-type]
        empty_schema.put_into(start.database_url)
        app = create_app(start)
        app.jinja_env.bytecode_cache = savings.TEMPLATES
        app.testing = True
        app.extensions[EXTENSION].clock = clock
        made.append(app)
        return app

    yield build
    for app in made:
        app.extensions[EXTENSION].database.close()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """An application whose setup has finished, with mail pending: organization Acme."""
    app = make_app()
    with app.extensions[EXTENSION].database.transaction() as session:
        install_novantra(session)
    return app


@pytest.fixture
def runtime(app: Flask) -> Runtime:
    found = app.extensions[EXTENSION]
    assert isinstance(found, Runtime)
    return found


@pytest.fixture
def session(runtime: Runtime) -> Iterator[Session]:
    """A session for arranging and looking; commit what a request should see."""
    with runtime.database.session() as session:
        yield session


@pytest.fixture
def admin(session: Session) -> User:
    """The first install administrator, alice@acme.test, admin of organization Acme."""
    user = make_user(session, "alice@acme.test", name="Alice Admin", install_admin=True)
    session.commit()
    return user


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[[User], FlaskClient]:
    """A client signed in as that person."""

    def signed(user: User) -> FlaskClient:
        return signed_in(app, user)

    return signed


@pytest.fixture
def admin_client(sign_in: Callable[[User], FlaskClient], admin: User) -> FlaskClient:
    return sign_in(admin)


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody with a browser who is not signed in."""
    return Visitor(app.test_client())


@pytest.fixture
def mailbox(runtime: Runtime, session: Session) -> Iterator[Mailbox]:
    """Mail is set up with a real relay on this machine; ``mailbox.deliver()`` is the worker."""
    with Relay() as relay:
        configure_mail(session, relay)
        session.commit()
        yield Mailbox(runtime, relay)
