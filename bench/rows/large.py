"""Every page of the console on a large install, beside the same pages of an empty one.

10,000 people in 1,000 organizations and a million mails of a month. Medians of the answers as the
application gives them, without a network.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable
from typing import Any

from sqlalchemy import text

from app import create_app
from app.config import Config
from app.outbox.ended import Counting
from app.runtime import EXTENSION, Runtime
from bench.figures import Figure, slower
from bench.rows.million import FILL
from bench.setting import Bench
from tests.console import CONSOLE
from tests.factories import install_novantra, make_user, signed_in

PEOPLE, ORGANIZATIONS, MAILS = 10_000, 1_000, 1_000_000
REQUESTS = 15
LIMIT = 2.0
FULL_LISTS = (
    "a full list has a page of rows to show, an empty one none; `million` compares full ones"
)

_ORGANIZATIONS = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :organizations)
INSERT INTO organizations (name, slug, created_at)
SELECT 'Organization ' || i, 'organization-' || i, :now FROM n
"""
_PEOPLE = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :people)
INSERT INTO users (email, email_key, name, password_hash, email_verified_at, is_install_admin,
  verification_waived, created_at)
SELECT 'u' || i || '@acme.test', 'u' || i || '@acme.test', 'Person ' || i, 'x', :now, 0, 0, :now
FROM n
"""
_MEMBERSHIPS = """
INSERT INTO memberships (organization_id, user_id, role, created_at)
SELECT 2 + u.id % :organizations, u.id, 'member', :now FROM users u WHERE u.password_hash = 'x'
"""


def run(bench: Bench) -> Iterable[Figure]:
    empty = _measure(bench, "empty", 0)
    large = _measure(bench, "large", bench.so_many(MAILS))
    worst = max(large, key=lambda page: large[page] / empty[page])
    slowest = max(large, key=lambda page: large[page])
    for what, page in (("the most slowed down", worst), ("the slowest", slowest)):
        yield slower(
            f"{what} of {len(large)} pages, large install: {page}",
            large[page],
            "an empty install",
            empty[page],
            at_most=LIMIT,
            why=FULL_LISTS,
        )


def _measure(bench: Bench, name: str, mails: int) -> dict[str, float]:
    """Median milliseconds of each page."""
    folder = bench.folder_for(name)
    app = create_app(
        Config(
            data_dir=folder,
            database_url=f"sqlite:///{folder / 'n.db'}",
            worker="external",
            ratelimit_enabled=False,
        )
    )
    runtime: Runtime = app.extensions[EXTENSION]
    with runtime.database.transaction() as session:
        install_novantra(session)
        alice = make_user(session, "alice@acme.test", install_admin=True)
        if mails:
            now = f"{runtime.now():%Y-%m-%d %H:%M:%S}.000000"
            session.execute(text(_ORGANIZATIONS), {"organizations": ORGANIZATIONS, "now": now})
            session.execute(text(_PEOPLE), {"people": PEOPLE, "now": now})
            session.execute(text(_MEMBERSHIPS), {"organizations": ORGANIZATIONS, "now": now})
            session.execute(text(FILL), {"rows": mails, "end": now[:19]})
    counting = Counting()
    while counting(runtime):  # as a worker does all the while
        pass
    client = signed_in(app, alice)
    found = {page: _median(client, page) for page in CONSOLE}
    runtime.database.close()
    return found


def _median(client: Any, page: str) -> float:
    times = []
    for _ in range(REQUESTS + 2):
        began = time.perf_counter()
        answer = client.get(page)
        times.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (page, answer.status_code)
    return statistics.median(times[2:])
