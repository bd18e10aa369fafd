"""The order in which rules are asked: from the particular to the general."""

from __future__ import annotations

from app.mail.diagnosis import (
    accounts,
    certificates,
    conversation,
    delivery,
    encryption,
    limits,
    login,
    microsoft,
    origin,
    reaching,
    standing,
)
from app.mail.diagnosis.clues import Clues
from app.mail.diagnosis.identities import unverified_identity
from app.mail.diagnosis.last_resort import by_numbers, of_us
from app.mail.diagnosis.rules import Rule, first_match
from app.mail.diagnosis.tokens import token_failure
from app.mail.failures.codes import Disposition, FailureCode, disposition_of
from app.mail.phases import Phase

REPLY_RULES: tuple[Rule, ...] = (
    *microsoft.REPLIES,
    *origin.GREETING_FIRST,
    *encryption.REPLIES,
    *origin.DOMAIN,
    *limits.REPLIES,
    *standing.DIRECT,
    *origin.RELAY,
    *origin.GREETING,
    *standing.SANDBOX,
    *login.APP_PASSWORD,
    *login.BASIC_OFF,
    *login.NOT_OFFERED,
    *standing.CLIENT,
    *accounts.ACCOUNT,
    *accounts.POLICY,
    *login.TEMPORARY,
    *login.REQUIRED,
    *login.WRONG,
    *login.NOT_OFFERED_BY_NUMBER,
    *login.WRONG_BY_NUMBER,
    *delivery.ADDRESS_WORDS,
    *standing.SENDER,
    *delivery.ADDRESS,
    *delivery.RECIPIENT,
    *delivery.CONTENT,
    *conversation.ENDING,
    *conversation.PROTOCOL,
)

LIBRARY_RULES: tuple[Rule, ...] = (
    *certificates.CERTIFICATES,
    *certificates.VERSIONS,
    *certificates.OFFERS,
    *reaching.LIBRARY_LOGIN,
    *reaching.NAMES,
    *reaching.SOCKETS,
    *certificates.TLS_FAILURES,
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
    found = unverified_identity(clues) or token_failure(clues)
    if found is None and not clues.has_reply:
        found = first_match(LIBRARY_RULES, clues)
    if found is None:
        found = first_match(REPLY_RULES, clues)
    if found is None and not clues.has_reply:
        found = first_match(reaching.NOT_SMTP, clues)
    return found
