"""What remains when no word told anything: the numbers and the phase."""

from __future__ import annotations

from app.mail.diagnosis.clues import Clues
from app.mail.failures.codes import FailureCode as Code
from app.mail.phases import Phase

_BY_PHASE_WITHOUT_REPLY = {
    Phase.DNS: Code.DNS_TEMPORARY,
    Phase.CONNECT: Code.CONNECT_TIMEOUT,
    Phase.TLS: Code.TLS_FAILED,
    Phase.GREETING: Code.PROTOCOL_ERROR,
    Phase.AUTH: Code.AUTH_BAD_CREDENTIALS,
    Phase.MAIL_FROM: Code.PROTOCOL_ERROR,
    Phase.RCPT_TO: Code.PROTOCOL_ERROR,
    Phase.DATA: Code.PROTOCOL_ERROR,
}

_TEMPORARY_BY_PHASE = {
    Phase.TLS: Code.TLS_FAILED,
    Phase.AUTH: Code.AUTH_TEMPORARY,
}

# RFC 3463 subjects of an enhanced code, for 5yz replies whose words told nothing.
_PERMANENT_BY_STATUS = {
    "1.0": Code.REJECTED_OTHER,
    "1.7": Code.SENDER_REJECTED,
    "1.8": Code.SENDER_REJECTED,
    "3.3": Code.PROTOCOL_ERROR,
    "5.1": Code.PROTOCOL_ERROR,
    "5.2": Code.PROTOCOL_ERROR,
    "5.4": Code.PROTOCOL_ERROR,
    "7.8": Code.AUTH_BAD_CREDENTIALS,
}

_PERMANENT_BY_PHASE = {
    Phase.CONNECT: Code.CLIENT_BLOCKED,
    Phase.GREETING: Code.CLIENT_BLOCKED,
    Phase.TLS: Code.STARTTLS_NOT_OFFERED,
    Phase.AUTH: Code.AUTH_BAD_CREDENTIALS,
    Phase.MAIL_FROM: Code.SENDER_REJECTED,
    Phase.RCPT_TO: Code.RECIPIENT_REJECTED,
}

# RFC 4954 section 6: these say more than the enhanced code beside them.
_ABOUT_LOGINS = frozenset({530, 534, 535, 538})

_PERMANENT_BY_REPLY = {
    501: Code.ADDRESS_INVALID,
    504: Code.PROTOCOL_ERROR,
    521: Code.CLIENT_BLOCKED,
    530: Code.AUTH_REQUIRED,
    534: Code.AUTH_POLICY,
    535: Code.AUTH_BAD_CREDENTIALS,
    538: Code.TLS_REQUIRED,
    552: Code.MESSAGE_TOO_LARGE,
    555: Code.ADDRESS_INVALID,
}


def of_us(phase: Phase) -> Code:
    """What a final refusal of one message means where no message has been named yet: it is us
    who were refused, with everything that we have to send."""
    return _PERMANENT_BY_PHASE[phase]


def by_numbers(clues: Clues) -> Code:
    """A code for anything at all."""
    if not clues.has_reply:
        if clues.phase is None:
            return Code.PROTOCOL_ERROR
        return _BY_PHASE_WITHOUT_REPLY[clues.phase]
    return _temporary(clues) if clues.temporary else _permanent(clues)


def _temporary(clues: Clues) -> Code:
    if clues.phase in _TEMPORARY_BY_PHASE:
        return _TEMPORARY_BY_PHASE[clues.phase]
    subject = (clues.status or "").partition(".")[0]
    if subject in {"3", "4"} or clues.code == 421:
        return Code.SERVER_BUSY
    if clues.code == 454 and subject == "7":
        return Code.AUTH_TEMPORARY
    if clues.phase is Phase.RCPT_TO and (subject in {"1", "2", "7"} or clues.code == 450):
        return Code.RECIPIENT_TEMPORARY
    if clues.code == 452 and clues.phase is not Phase.RCPT_TO and not clues.says("temporar"):
        return Code.SERVER_STORAGE
    if clues.code == 450 and clues.phase is None and clues.says("mailbox", "recipient"):
        return Code.RECIPIENT_TEMPORARY
    return Code.SERVER_BUSY


def _permanent(clues: Clues) -> Code:
    if clues.phase is Phase.DATA and clues.code == 552:
        return Code.MESSAGE_TOO_LARGE
    by_policy = (clues.status or "").startswith("7.") and clues.code not in _ABOUT_LOGINS
    if clues.phase in _PERMANENT_BY_PHASE and by_policy:
        return _PERMANENT_BY_PHASE[clues.phase]  # a policy refusal of what was just said
    for table, key in ((_PERMANENT_BY_STATUS, clues.status), (_PERMANENT_BY_REPLY, clues.code)):
        if key in table:
            return table[key]  # type: ignore[index]  # each table is asked with its own kind of key
    if clues.phase in _PERMANENT_BY_PHASE:
        return _PERMANENT_BY_PHASE[clues.phase]
    return Code.REJECTED_OTHER
