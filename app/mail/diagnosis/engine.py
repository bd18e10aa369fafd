"""From what a relay answered, or a library raised, to exactly one failure code.

The rules are asked from the particular to the general. Nothing here raises for any input, keeps
server text or takes more than linear time.
"""

from __future__ import annotations

from app.mail.diagnosis import (
    delivery,
    encryption,
    limits,
    login,
    origin,
    reaching,
    reputation,
    services,
)
from app.mail.diagnosis.clues import Clues, read
from app.mail.diagnosis.exceptions import known_exception
from app.mail.diagnosis.last_resort import by_numbers, of_us
from app.mail.diagnosis.rules import Rule, first_match
from app.mail.failures import FailureContext
from app.mail.failures.codes import Disposition, FailureCode, disposition_of
from app.mail.phases import Phase
from app.mail.replies import Reply


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


def context_of_text(text: str, phase: Phase | None, provider: str | None) -> FailureContext:
    """What a pasted text lets an explanation name: the service that it gives away, and Microsoft's
    number for a refused sign-in. Such a number is the sign-in's, unless somebody says otherwise."""
    number = services.sign_in_number(read(text))
    if phase is None and number is not None:
        phase = Phase.TOKEN
    family = provider or provider_named_in(text)
    return FailureContext(provider=family, phase=phase, chip=number)


def _text_of(error: BaseException) -> str:
    """Type and arguments of an exception. Its own ``__str__`` may raise, so it is not called."""
    parts = [type(error).__name__]
    for argument in error.args:
        if isinstance(argument, bytes):
            parts.append(argument.decode("utf-8", "replace"))
        elif isinstance(argument, str | int):
            parts.append(str(argument))
    return " ".join(parts)


REPLY_RULES: tuple[Rule, ...] = (
    *services.MICROSOFT,
    *origin.GREETING_FIRST,
    *encryption.REPLIES,
    *origin.DOMAIN,
    *limits.REPLIES,
    *reputation.DIRECT,
    *origin.RELAY,
    *origin.GREETING,
    *reputation.SANDBOX,
    *login.APP_PASSWORD,
    *login.BASIC_OFF,
    *login.NOT_OFFERED,
    *reputation.CLIENT,
    *login.ACCOUNT,
    *login.POLICY,
    *login.TEMPORARY,
    *login.REQUIRED,
    *login.WRONG,
    *login.NOT_OFFERED_BY_NUMBER,
    *login.WRONG_BY_NUMBER,
    *delivery.ADDRESS_WORDS,
    *reputation.SENDER,
    *delivery.ADDRESS,
    *delivery.RECIPIENT,
    *delivery.CONTENT,
    *delivery.ENDING,
    *delivery.PROTOCOL,
)

LIBRARY_RULES: tuple[Rule, ...] = (
    *encryption.CERTIFICATES,
    *encryption.VERSIONS,
    *encryption.OFFERS,
    *reaching.LIBRARY_LOGIN,
    *reaching.NAMES,
    *reaching.SOCKETS,
    *encryption.TLS_FAILURES,
    *reaching.SILENCE,
    *reaching.LIBRARY_ADDRESS,
)


_BEFORE_ANY_MESSAGE = frozenset({Phase.CONNECT, Phase.GREETING, Phase.TLS, Phase.AUTH})


def diagnose(clues: Clues) -> FailureCode:
    """Exactly one code for any clues."""
    code = matched(clues) or by_numbers(clues)
    if (
        clues.has_reply
        and clues.phase in _BEFORE_ANY_MESSAGE
        and disposition_of(code) is Disposition.REJECT
    ):
        code = by_numbers(clues) if clues.temporary else of_us(clues.phase)
    if code is FailureCode.AUTH_BAD_CREDENTIALS and clues.by_token:
        return FailureCode.OAUTH_REJECTED
    return code


def matched(clues: Clues) -> FailureCode | None:
    """The code of the first rule that the clues meet, or ``None`` when their words say nothing."""
    found = services.unverified_identity(clues) or services.token_failure(clues)
    if found is None and not clues.has_reply:
        found = first_match(LIBRARY_RULES, clues)
    if found is None:
        found = first_match(REPLY_RULES, clues)
    if found is None and not clues.has_reply:
        found = first_match(reaching.NOT_SMTP, clues)
    return found
