"""The connection check: walks from the name to RCPT, one step at a time, and sends nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from app.mail.check.alternatives import WELL_KNOWN, WORTH_TRYING, working_alternative
from app.mail.check.facts import banner_warning, expiry_warning
from app.mail.check.report import CheckReport, StepResult, Suggestion
from app.mail.check.steps import Steps
from app.mail.failures import CERTIFICATES
from app.mail.smtp.transcript import Transcript
from app.mail.smtp.wire import Deadline
from app.mail.transport import Envelope, RelaySettings, TransportError

_SAID_BY_RELAY = frozenset({"greeting", "ehlo", "tls"})
"""The steps whose facts come from the other side."""


def _nobody_watches(_result: StepResult) -> None:
    """The report at the end is enough."""


def check_connection(
    settings: RelaySettings,
    *,
    mail_from: str,
    rcpt_to: str,
    candidates: Sequence[Suggestion] = WELL_KNOWN,
    on_step: Callable[[StepResult], None] = _nobody_watches,
) -> CheckReport:
    """Checks ``settings`` within their ``total`` seconds, with at most one login.

    ``rcpt_to`` is asked for and then forgotten (RSET). ``candidates`` are the ports and modes to
    try when what is configured does not answer. Never raises for anything that a relay does.
    ``on_step`` is told of each step as it ends; what it raises ends the check.
    """
    began = time.monotonic()
    deadline = Deadline(settings.total)
    transcript = Transcript(settings.username, settings.password)
    steps = Steps(settings, Envelope(mail_from, rcpt_to), deadline, transcript)
    results = _walk(steps, transcript, on_step)
    suggestion = None
    failure = results[-1].failure
    if failure and failure.code in WORTH_TRYING:
        suggestion = working_alternative(settings, deadline, candidates)
    reached = {result.name for result in results}
    return CheckReport(
        steps=(
            *results,
            *(
                StepResult(name, "not_reached")
                for name, _ in steps.in_order()
                if name not in reached
            ),
        ),
        total_ms=_since(began),
        warnings=_warnings(settings, results),
        suggestion=suggestion,
        transcript=str(transcript),
        certificate=steps.certificate,
    )


def _walk(
    steps: Steps, transcript: Transcript, on_step: Callable[[StepResult], None]
) -> list[StepResult]:
    """The steps that were reached; only the last of them can have failed."""
    results: list[StepResult] = []
    try:
        for name, step in steps.in_order():
            began = time.monotonic()
            try:
                facts = step()
            except TransportError as error:
                transcript.note(f"stopped: {error}")
                results.append(_failed(name, error, _since(began), steps, transcript))
                return results
            if facts is None:
                results.append(StepResult(name, "skipped"))
            else:
                shown = transcript.without_secret(facts) if name in _SAID_BY_RELAY else facts
                results.append(StepResult(name, "passed", shown, _since(began)))
            on_step(results[-1])
    finally:
        steps.hang_up()
    return results


def _failed(
    name: str, error: TransportError, ms: int, steps: Steps, transcript: Transcript
) -> StepResult:
    if name == "tls" and error.code in CERTIFICATES:
        steps.fetch_refused_certificate()
    shown = steps.encryption if name == "tls" else {}
    return StepResult(
        name,
        "failed",
        facts=transcript.without_secret(shown),
        ms=ms,
        failure=error.failure,
    )


def _warnings(settings: RelaySettings, results: Sequence[StepResult]) -> tuple[str, ...]:
    facts = {result.name: result.facts for result in results}
    encrypted = facts.get("tls", {})
    warnings = [expiry_warning(encrypted)]
    if encrypted.get("verified") != "yes":  # a verified certificate has said who it is
        banner = facts.get("greeting", {}).get("banner_host", "")
        warnings.append(banner_warning(settings.host, banner))
    return tuple(filter(None, warnings))


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
