"""What machines ask: is it ready, and the numbers behind it. (Alive: app/web/liveness.py.)"""

from __future__ import annotations

import ipaddress
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from app.crypto.secret import Secret
from app.database_faults import fault_of
from app.database_waits import PROBE, waiting
from app.mailer.mail_facts import Keys
from app.mailer.summary import Summary, summarise
from app.runtime import runtime
from app.system import metrics
from app.system.readiness import Readiness, word_for
from app.web.context import db
from app.web.errors import Refusal
from app.web.proxies import forwarding_headers, peer

blueprint = Blueprint("health", __name__)
READINESS = "novantra.readiness"


@blueprint.get("/readyz")
def ready() -> tuple[dict[str, Any], int]:
    """200 while the database can be written and the keys open what is stored. Failing mail is told
    only."""
    keys = "not checked" if runtime().box.ring.usable else Keys.UNUSABLE.value
    fault = _readiness().fault(runtime().database)
    report: dict[str, Any] = {}
    try:
        with waiting(PROBE):
            summary = summarise(db(), runtime())
        report["mail"] = _mail(summary)
        keys = summary.mail.keys.value
    except SQLAlchemyError as error:
        fault = fault or fault_of(error)
    # A password that must be typed again is typed on a page of this very process.
    fine = fault is None and keys in {Keys.OK, Keys.FORGOTTEN}
    report |= {
        "status": "ok" if fine else "unavailable",
        "database": word_for(fault),
        "keys": keys,
    }
    return report, 200 if fine else 503


def _readiness() -> Readiness:
    found = current_app.extensions[READINESS]
    assert isinstance(found, Readiness)
    return found


def _mail(summary: Summary) -> dict[str, Any]:
    """``queued`` is everything that was promised; ``promised`` of it is not made into mails yet."""
    record, queue, now = summary.health, summary.queue, runtime().now()
    age = now - queue.due_since if queue.due_since else None
    return {
        "state": summary.state,
        "health": summary.mail.health.value,
        "held": summary.mail.held,
        "queued": queue.waiting,
        "promised": queue.promised,
        "due": queue.due,
        "oldest_due_seconds": max(0, round(age.total_seconds())) if age else 0,
        "consecutive_failures": record.consecutive_failures or 0,
        "last_success_at": _iso(record.last_success_at),
        "workers": len(queue.workers),
        "set_aside": sum(queue.set_aside.values()),
        "token": summary.token.state.value,
        "token_ends_at": _iso(summary.token.ends),
        "token_warnings": [ending.words for ending in summary.token.warnings],
        "endings": [ending.words for ending in summary.endings],
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


@blueprint.get("/metrics")
def prometheus() -> Response:
    """Prometheus text, for this machine itself or with ``NOVANTRA_METRICS_TOKEN``."""
    if not _may_scrape():
        raise Refusal(
            403,
            "Metrics are not public",
            "They are read from this machine itself, or with the metrics token.",
            "Set NOVANTRA_METRICS_TOKEN and send it as a bearer token.",
        )
    return Response(metrics.render(db()), content_type=metrics.CONTENT_TYPE)


def _may_scrape() -> bool:
    expected = runtime().config.metrics_token
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if expected and scheme.lower() == "bearer" and Secret(given.strip()) == expected:
        return True
    # A proxy on this machine makes everybody look local: what it forwards is not.
    if forwarding_headers():
        return False
    try:
        return ipaddress.ip_address(peer()).is_loopback
    except ValueError:
        return False
