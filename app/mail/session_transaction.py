"""One message on its way: MAIL, RCPT, DATA and the reply to the final dot."""

from __future__ import annotations

from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mail.replies import Reply
from app.mail.session import Session
from app.mail.session_body import UnsendableBody, dot_stuffed, with_crlf
from app.mail.session_envelope import mail_command, rcpt_command
from app.mail.session_errors import failures_of
from app.mail.transports.base import Envelope, TransportError

EARLY_REPLY_GRACE = 0.0001
"""Seconds before the final dot in which a relay that answers too early gives itself away."""


def sendable(message: bytes) -> bytes:
    """The message with CRLF line ends.

    :raises TransportError: no relay has to take it.
    """
    try:
        return with_crlf(message)
    except UnsendableBody:
        raise TransportError(FailureCode.CONTENT_REJECTED, Phase.DATA) from None


def announce(
    session: Session, envelope: Envelope, size: int = 0, *, eight_bit: bool = False
) -> None:
    """MAIL: the sender, and how many octets are to come."""
    session.sender = envelope.mail_from
    session.unfinished = True
    command = mail_command(envelope, size, session.offers, eight_bit=eight_bit)
    session.expect(250, Phase.MAIL_FROM, command)


def address(session: Session, envelope: Envelope) -> None:
    """RCPT: the recipient. 251, "will forward", is a yes (RFC 5321 section 3.4)."""
    reply = session.say(Phase.RCPT_TO, rcpt_command(envelope, session.offers))
    if reply.code not in (250, 251):
        session.refused(Phase.RCPT_TO, reply)


def hand_over(session: Session, message: bytes) -> Reply:
    """DATA, the message with CRLF line ends, the final dot. Returns the positive reply to it.

    Nothing may come from the relay between its 354 and the dot: what does is either a reply
    meant to be taken for that to the dot, or a relay out of its mind. For the last reply the
    relay may take what the whole session has left, as scanning takes time.
    """
    session.expect(354, Phase.DATA, "DATA")
    session.in_step = False
    provider = session.settings.provider
    with failures_of(Phase.DATA, provider):
        session.wire.expect_silence()
        session.wire.write(dot_stuffed(message))
        session.wire.expect_silence(EARLY_REPLY_GRACE)
    session.note(f"{len(message)} octets of message and the final dot")
    try:
        with failures_of(Phase.DATA, provider):
            session.wire.write(b".\r\n")
            reply = session.read(session.wire.deadline.left())
    except TransportError as error:
        raise TransportError(error.code, Phase.DATA, after_dot=True) from None
    if not 200 <= reply.code < 300:
        session.refused(Phase.DATA, reply)
    session.unfinished = False
    return reply
