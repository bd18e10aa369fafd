"""What a connection check found, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.mail.failures import Failure
from app.mail.phases import Phase
from app.mail.tls import TlsMode

State = Literal["passed", "failed", "skipped", "not_reached"]


_BEYOND_PHASES = {"ehlo": "features", "rset": "end"}


def noun_of(step: str) -> str:
    """What a step is about, in a word: a phase's own, and words for the two that are none."""
    return _BEYOND_PHASES.get(step) or Phase(step).noun


@dataclass(frozen=True)
class StepResult:
    """One step of the check.

    ``name`` is ``dns``, ``connect``, ``tls``, ``greeting``, ``ehlo``, ``token``, ``auth``,
    ``mail-from``, ``rcpt-to`` or ``rset``. ``facts`` are short and safe to show: what comes from
    the server is in them only where it has the form of a host name, a known keyword or a
    certificate's field.

    ========= ====================================================================================
    dns       ``addresses``
    connect   ``address``, ``port``
    tls       ``version``, ``cipher``, ``verified`` (yes or no); of the certificate ``subject``,
              ``names``, ``issuer``, ``begins`` and ``expires`` (dates), ``days_left``,
              ``self_signed`` (yes or no), ``fingerprint``, ``pin``; also of one that was refused
    greeting  ``banner_host``
    ehlo      ``offers``, ``size_limit`` (octets), ``mechanisms``
    token     ``service``, the host of the sign-in service
    auth      ``username``, ``mechanism``
    mail-from ``address``
    rcpt-to   ``address``
    ========= ====================================================================================

    Only a failed one has a ``failure``.
    """

    name: str
    state: State
    facts: Mapping[str, str] = field(default_factory=dict)
    ms: int = 0
    failure: Failure | None = None


@dataclass(frozen=True)
class Suggestion:
    """A port and a mode that were tried on the same host, and work."""

    port: int
    tls: TlsMode


@dataclass(frozen=True)
class CheckReport:
    """The whole check. ``transcript`` has no secrets in it; ``warnings`` are sentences.

    ``certificate`` is the one that the relay showed (DER), whether it was taken or not.
    """

    steps: tuple[StepResult, ...]
    total_ms: int
    warnings: tuple[str, ...]
    suggestion: Suggestion | None
    transcript: str
    certificate: bytes | None = None

    @property
    def failed(self) -> StepResult | None:
        """The step that failed; there is one at most."""
        return next((result for result in self.steps if result.state == "failed"), None)

    @property
    def failure(self) -> Failure | None:
        """What went wrong in it."""
        return self.failed.failure if self.failed else None

    @property
    def ok(self) -> bool:
        """Whether a message would be taken, as far as one can know without sending it."""
        return self.failed is None
