"""The mail activity page with a million rows on the embedded database.

The peer is the same first page over a table of a thousand rows, in the same run: a page by key
with the right index costs the same in both.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app import create_app
from app.accounts.models import User
from app.config import Config
from app.runtime import EXTENSION, Runtime
from bench.figures import Figure, slower, within
from bench.setting import Bench
from tests.factories import install_novantra, make_user, signed_in

PAGE = "/admin/system/mail-activity"
ROWS, FEW = 1_000_000, 1_000
REQUESTS = 15
LIMIT_MS = 50.0

# A month of mail: mostly sent, some failed and expired, nine kinds, a thousand domains of which
# one receives a third.
FILL = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :rows)
INSERT INTO outbox_messages (
  public_id, kind, lane, state, label, mail_from, rcpt_to, rcpt_key, rcpt_domain, message_id,
  size, created_at, due_at, finished_at, sent_at, attempts, fence, last_code, last_phase,
  last_reply_code, last_enhanced_code, ended_because
)
SELECT
  printf('%032x', i),
  CASE i % 9 WHEN 0 THEN 'password-reset' WHEN 1 THEN 'unlock-code' WHEN 2 THEN 'verify-email'
    WHEN 3 THEN 'password-changed' WHEN 4 THEN 'email-changed' WHEN 5 THEN 'signup-code'
    WHEN 6 THEN 'admin-invitation' ELSE 'invitation' END,
  1,
  CASE WHEN i % 997 = 0 THEN 'failed' WHEN i % 499 = 0 THEN 'cancelled' ELSE 'sent' END,
  'Mail', 'novantra@acme.test', 'p' || i || '@' || d, 'p' || i || '@' || d, d,
  '<' || i || '@acme.test>', 4000, at, at, at,
  CASE WHEN i % 997 = 0 OR i % 499 = 0 THEN NULL ELSE at END, 1, 1,
  CASE WHEN i % 997 = 0 THEN 'recipient_rejected' END,
  CASE WHEN i % 997 = 0 THEN 'rcpt-to' END, CASE WHEN i % 997 = 0 THEN 550 ELSE 250 END, '2.0.0',
  CASE WHEN i % 997 = 0 THEN 'rejected' WHEN i % 499 = 0 THEN 'expired' END
FROM (
  SELECT i,
    CASE WHEN i % 3 = 0 THEN 'big.example' ELSE 'd' || (i % 1000) || '.example' END AS d,
    strftime('%Y-%m-%d %H:%M:%f000', :end, '-' || ((:rows - i) * 2592000.0 / :rows) || ' seconds')
      AS at
  FROM n
)
"""


def run(bench: Bench) -> Iterable[Figure]:
    few = _measure(FEW)
    many = _measure(bench.so_many(ROWS))
    slowest = max(many, key=lambda name: many[name])
    what = "mail activity, a million rows"
    yield slower(
        f"{what}: first page",
        many["first page"],
        f"the same over {FEW:,} rows",
        few["first page"],
        at_most=2,
    )
    yield within(f"{what}: the slowest of {len(many)}, {slowest}", many[slowest], LIMIT_MS, " ms")


def _measure(rows: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        app = create_app(
            Config(data_dir=data, database_url=f"sqlite:///{data / 'n.db'}", worker="external")
        )
        runtime: Runtime = app.extensions[EXTENSION]
        alice = _fill(runtime, rows)
        client = signed_in(app, alice)
        day = (runtime.now() - timedelta(days=15)).date().isoformat()
        middle = f"{rows // 2:032x}"
        pages = {
            "first page": "",
            "a page in the middle": f"?before={middle}",
            "failed": "?state=failed",
            "waiting, of which there is none": "?state=waiting",
            "one address": "?recipient=p42@d42.example",
            "an address that got nothing": "?recipient=nobody@nowhere.example",
            "a large domain": "?recipient=big.example",
            "a large domain, failed, one kind": (
                "?recipient=big.example&state=failed&kind=unlock-code"
            ),
            "expired, one kind": "?state=expired&kind=password-reset",
            "until a day": f"?until={day}",
            "one mail": f"/{middle}",
        }
        medians = {name: _median(client, f"{PAGE}{query}") for name, query in pages.items()}
        runtime.database.close()
        return medians


def _fill(runtime: Runtime, rows: int) -> User:
    with runtime.database.transaction() as session:
        install_novantra(session)
        alice = make_user(session, "alice@acme.test", install_admin=True)
        end = f"{runtime.now():%Y-%m-%d %H:%M:%S}"
        session.execute(text(FILL), {"rows": rows, "end": end})
        return alice


def _median(client: Any, path: str) -> float:
    times = []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        answer = client.get(path)
        times.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (path, answer.status_code)
    return round(statistics.median(times), 1)
