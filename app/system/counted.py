"""Counters for ``/metrics``: what was counted in the database, over restarts and all processes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.orm import Session

from app.counters import counted
from app.outbox.settle import ATTEMPTS_MADE

SENT = "sent"
"""The phase of an attempt that met no trouble in any."""


class Counted(Collector):
    """Everything that only grows, as it was when this was made."""

    def __init__(self, session: Session) -> None:
        self._found = [
            *_attempts(session),
            _family(session, "expired", "mail_expired", "Mails that ran out before they were sent"),
            _family(
                session,
                "token_renewals",
                "token_renewals",
                "Tokens asked for, by what became of it: renewed, or a failure code",
                "outcome",
            ),
            _family(
                session,
                "alerts",
                "alert_requests",
                "Requests to alert targets, by their kind and what became of it",
                "kind",
                "outcome",
            ),
            _family(
                session,
                "canaries",
                "canary_looks",
                "Looks at the relay, by what became of them: passed, or a failure code",
                "outcome",
            ),
        ]

    def collect(self) -> Iterable[Metric]:
        return iter(self._found)


def _family(
    session: Session, counter: str, name: str, text: str, *labels: str
) -> CounterMetricFamily:
    family = CounterMetricFamily(f"novantra_{name}", text, labels=labels)
    for found, number, _ in counted(session, counter):
        family.add_metric([found.get(label, "") for label in labels], number)
    return family


def _attempts(session: Session) -> Iterator[Metric]:
    """One counter told three ways."""
    by_outcome: defaultdict[tuple[str, str], int] = defaultdict(int)
    by_code: defaultdict[tuple[str, str], int] = defaultdict(int)
    by_phase: defaultdict[str, list[float]] = defaultdict(lambda: [0, 0.0])
    for labels, number, took in counted(session, ATTEMPTS_MADE):
        by_outcome[labels["kind"], labels["outcome"]] += number
        if labels["code"]:
            by_code[labels["code"], labels["phase"]] += number
        timed = by_phase[labels["phase"] or (SENT if not labels["code"] else "none")]
        timed[0] += number
        timed[1] += took
    outcomes = CounterMetricFamily(
        "novantra_mail_attempts",
        "Attempts to send, by the kind of mail and what became of it: sent, retried, held, failed",
        labels=("kind", "outcome"),
    )
    for key, number in sorted(by_outcome.items()):
        outcomes.add_metric(key, number)
    failures = CounterMetricFamily(
        "novantra_mail_failures",
        "Failed attempts, by failure code and the phase it showed itself in",
        labels=("code", "phase"),
    )
    for key, number in sorted(by_code.items()):
        failures.add_metric(key, number)
    seconds = SummaryMetricFamily(
        "novantra_mail_attempt_seconds",
        "How long attempts took, by the phase they ended in; sent: none failed",
        labels=("phase",),
    )
    for phase, (many, total) in sorted(by_phase.items()):
        seconds.add_metric([phase], count_value=int(many), sum_value=total)
    yield from (outcomes, failures, seconds)
