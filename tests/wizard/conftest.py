"""A fresh install in front of its wizard."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.runtime import EXTENSION
from tests.wizard.walk import Walk


@pytest.fixture
def fresh(make_app: Callable[..., Flask]) -> Flask:
    """An application that nobody has set up."""
    return make_app()


@pytest.fixture
def walk(fresh: Flask) -> Walk:
    return Walk(fresh)


@pytest.fixture
def rows(fresh: Flask) -> Iterator[Session]:
    """Looks at what the fresh install has stored."""
    with fresh.extensions[EXTENSION].database.session() as session:
        yield session
