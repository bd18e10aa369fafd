"""An install of the first release, as its operator would carry it over."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from app.config import Config
from tests.conftest import Clock
from tests.databases import SEARCH_PATH

RELEASED = Path(__file__).parent / "released"


@dataclass
class Released:
    """``facts``: what its users knew. ``rows``: how many a table had.
    ``left_at``: the last moment that it wrote."""

    config: Config
    facts: dict[str, Any]
    rows: dict[str, int]
    left_at: datetime


@pytest.fixture
def released(config: Config) -> Released:
    """The first release's database and key file in this test's places, not upgraded yet."""
    config.data_dir.mkdir(mode=0o700)
    kind = "postgresql" if config.database_url.startswith("postgresql") else "sqlite"
    dump = (RELEASED / f"{kind}.sql").read_text()
    facts = json.loads((RELEASED / f"{kind}.json").read_text())
    if kind == "sqlite":
        connection = sqlite3.connect(config.database_url.removeprefix("sqlite:///"))
        connection.executescript(dump)
        connection.close()
    else:
        _load(config.database_url, dump)
    keys = config.data_dir / "keys"
    keys.write_text(facts["key"] + "\n")
    keys.chmod(0o600)
    rows = {
        table: len(re.findall(rf"^INSERT INTO [\"\w.]*\b{table}\b", dump, re.MULTILINE))
        for table in ("users", "memberships", "invitations", "outbox_messages", "audit_events")
    }
    return Released(config, facts, rows, datetime.fromisoformat("2026-11-25T17:10:00+00:00"))


def _load(url: str, dump: str) -> None:
    base, _, schema = url.partition(SEARCH_PATH)
    statements = dump.replace("CREATE SCHEMA released;", "").replace("released.", f"{schema}.")
    engine = create_engine(base)
    with engine.begin() as connection:
        connection.execute(text("SELECT 1"))
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.execute(statements)  # type: ignore[attr-defined]  # psycopg runs a whole script
    engine.dispose()


@pytest.fixture
def carried_over(released: Released, make_app: Callable[..., Flask], clock: Clock) -> Flask:
    """The new version, started on it a moment after the old one stopped."""
    clock.time = released.left_at
    return make_app()
