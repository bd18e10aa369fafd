"""Finds out which other port of a relay would have worked, by trying."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

from app.mail.check.report import Suggestion
from app.mail.failures import FailureCode
from app.mail.smtp.session import open_session
from app.mail.smtp.wire import Deadline
from app.mail.tls import TlsMode
from app.mail.transport import RelaySettings, TransportError

WELL_KNOWN = (
    Suggestion(587, TlsMode.STARTTLS),
    Suggestion(465, TlsMode.IMPLICIT),
    Suggestion(2525, TlsMode.STARTTLS),
)

PATIENCE = 4.0
"""Seconds that each try may take; they run at the same time."""

WORTH_TRYING = frozenset(
    {
        FailureCode.TLS_MODE_MISMATCH,
        FailureCode.CONNECT_REFUSED,
        FailureCode.CONNECT_TIMEOUT,
        FailureCode.STARTTLS_NOT_OFFERED,
    }
)
"""Failures that another port or mode may heal."""


def working_alternative(
    settings: RelaySettings,
    deadline: Deadline,
    candidates: Sequence[Suggestion] = WELL_KNOWN,
) -> Suggestion | None:
    """The first of ``candidates`` that greets and encrypts, else the same port in the other mode.

    No login is tried and no user name sent.
    """
    tries = [
        candidate
        for candidate in (*candidates, *_other_mode(settings))
        if (candidate.port, candidate.tls) != (settings.port, settings.tls)
    ]
    works = [False] * len(tries)
    step = deadline.step(PATIENCE)

    def attempt(index: int, candidate: Suggestion) -> None:
        works[index] = _works(settings, candidate, step)

    threads = [
        threading.Thread(target=attempt, args=(index, candidate), daemon=True)
        for index, candidate in enumerate(tries)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_left(step))
    return next((candidate for candidate, good in zip(tries, works, strict=True) if good), None)


def _other_mode(settings: RelaySettings) -> list[Suggestion]:
    match settings.tls:
        case TlsMode.STARTTLS:
            return [Suggestion(settings.port, TlsMode.IMPLICIT)]
        case TlsMode.IMPLICIT:
            return [Suggestion(settings.port, TlsMode.STARTTLS)]
    return []


def _works(settings: RelaySettings, candidate: Suggestion, step: Deadline) -> bool:
    tried = replace(
        settings, port=candidate.port, tls=candidate.tls, username=None, password=None, tokens=None
    )
    try:
        session = open_session(tried, step)
    except TransportError:
        return False
    session.quit()
    return True


def _left(step: Deadline) -> float:
    try:
        return step.left()
    except TimeoutError:
        return 0.0
