"""What a connection check found, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mail.tls import TlsMode

State = Literal["passed", "failed", "skipped", "not_reached"]


_BEYOND_PHASES = {"ehlo": "abilities", "rset": "ending"}


def noun_of(step: str) -> str:
    """What a step is about, in a word: a phase's own, and words for the two that are none."""
    return _BEYOND_PHASES.get(step) or Phase(step).noun


@dataclass(frozen=True)
class StepResult:
    """One step of the check.

    ``name`` is ``dns``, ``connect``, ``tls``, ``greeting``, ``ehlo``, ``auth``, ``mail-from``,
    ``rcpt-to`` or ``rset``. ``facts`` are short and safe to show: what comes from the server is
    in them only where it has the form of a host name, a known keyword or a certificate's field.

    ========= ====================================================================================
    dns       ``addresses``
    connect   ``address``, ``port``
    tls       ``version``, ``cipher``, ``issuer``, ``names``, ``expires`` (a date), ``days_left``,
              ``verified`` (yes or no); also for a certificate that was refused
    greeting  ``banner_host``
    ehlo      ``offers``, ``size_limit`` (octets), ``mechanisms``
    auth      ``username``, ``mechanism``
    mail-from ``address``
    rcpt-to   ``address``
    ========= ====================================================================================

    A failed one has ``code`` and ``phase``, and the relay's codes if it answered at all.
    ``refused_target``: we did not connect, since no relay has such an address. ``offered``: the
    known mechanisms of a relay that has no login of ours.
    """

    name: str
    state: State
    facts: Mapping[str, str] = field(default_factory=dict)
    ms: int = 0
    code: FailureCode | None = None
    phase: Phase | None = None
    reply_code: int | None = None
    enhanced: str | None = None
    refused_target: bool = False
    offered: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Suggestion:
    """A port and a mode that were tried on the same host, and work."""

    port: int
    tls: TlsMode


@dataclass(frozen=True)
class CheckReport:
    """The whole check. ``transcript`` has no secrets in it; ``warnings`` are sentences."""

    steps: tuple[StepResult, ...]
    total_ms: int
    warnings: tuple[str, ...]
    suggestion: Suggestion | None
    transcript: str

    @property
    def failure(self) -> StepResult | None:
        """The step that failed; there is one at most."""
        return next((result for result in self.steps if result.state == "failed"), None)

    @property
    def ok(self) -> bool:
        """Whether a message would be taken, as far as one can know without sending it."""
        return self.failure is None
