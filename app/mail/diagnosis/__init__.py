"""From what a relay answered, or a library raised, to exactly one failure code.

Nothing here raises for any input, keeps server text or takes more than linear time.
"""

from __future__ import annotations

from app.mail.diagnosis import login
from app.mail.diagnosis.clues import read
from app.mail.diagnosis.exceptions import known_exception
from app.mail.diagnosis.order import diagnose, matched
from app.mail.failures.codes import FailureCode
from app.mail.phases import Phase
from app.mail.replies import Reply

__all__ = [
    "diagnose_exception",
    "diagnose_reply",
    "diagnose_text",
    "is_about_credentials",
    "provider_named_in",
    "says_something",
]


def diagnose_reply(
    phase: Phase, reply: Reply, provider: str | None = None, *, sender: str | None = None
) -> FailureCode:
    """Why the relay refused, for a 4yz or 5yz reply in the given phase.

    ``provider`` is the provider setting or any other name of the service. ``sender`` is the
    envelope sender's address, which tells sender from recipient where a reply names neither.
    """
    return diagnose(
        read(
            reply.text,
            code=reply.code,
            enhanced=reply.enhanced,
            phase=phase,
            provider=provider,
            sender=sender,
        )
    )


def diagnose_exception(
    phase: Phase, error: BaseException, provider: str | None = None
) -> FailureCode:
    """Why a step failed without a reply. Unknown exceptions are read like pasted text."""
    known = known_exception(phase, error)
    if known is not None:
        return known
    return diagnose(read(_text_of(error), phase=phase, provider=provider))


def diagnose_text(
    text: str,
    phase: Phase | None = None,
    provider: str | None = None,
    *,
    sender: str | None = None,
) -> FailureCode:
    """Why mail failed, for a text pasted from anywhere: a reply, a log line, a stack trace."""
    return diagnose(read(text, phase=phase, provider=provider, sender=sender))


def says_something(text: str) -> bool:
    """Whether a pasted text tells what went wrong: by its words, or by a reply's number.

    For any other text :func:`diagnose_text` still gives a code, but it is no more than a guess.
    """
    clues = read(text)
    return clues.has_reply or matched(clues) is not None


def is_about_credentials(reply: Reply) -> bool:
    """Whether a refused login's reply speaks of the user name, the password or the account.

    By its words and its enhanced code: the reply code alone is for the caller to judge.
    """
    clues = read(reply.text, code=reply.code, enhanced=reply.enhanced, phase=Phase.AUTH)
    return login.speaks_of_credentials(clues)


def provider_named_in(text: str) -> str | None:
    """The service that a pasted text gives away, fit for a context's ``provider``, if any."""
    return read(text).family


def _text_of(error: BaseException) -> str:
    """Type and arguments of an exception. Its own ``__str__`` may raise, so it is not called."""
    parts = [type(error).__name__]
    for argument in error.args:
        if isinstance(argument, bytes):
            parts.append(argument.decode("utf-8", "replace"))
        elif isinstance(argument, str | int):
            parts.append(str(argument))
    return " ".join(parts)
