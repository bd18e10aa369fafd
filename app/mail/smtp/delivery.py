"""One message over an open session, in as few round trips as the relay allows.

====================  ============================================  ===========
the relay offers      what is said before anybody listens           round trips
====================  ============================================  ===========
neither               MAIL; RCPT; DATA; the message                 4
PIPELINING            MAIL RCPT DATA; the message                   2
Postfix or Exim,      the message with the next one's MAIL RCPT     1 (2 the first two times)
messages in a row     DATA behind its dot
and CHUNKING          MAIL RCPT BDAT with the message               1 (2 the first time)
====================  ============================================  ===========

PIPELINING is RFC 2920, CHUNKING (BDAT) RFC 3030. What is said ahead is an envelope, never more:
whoever sends that message decides then whether its content leaves, and hangs up if it must not.
What a relay offers is not yet what it keeps: BDAT is first said with one octet behind it, because
a relay that does not know it would take the lines of a message for commands. Groups that go wrong
are given up by the transport, which then speaks one command at a time and remembers that in
:class:`Habits`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mail.replies import Reply
from app.mail.smtp.session import AT_ONCE, Session
from app.mail.smtp.talk import SHUTTING_DOWN
from app.mail.smtp.transaction import Told, mail_command, rcpt_command, sendable
from app.mail.transport import Ahead, Envelope, TransportError

LOST_AHEAD = 3
"""Connections in a row that were lost with a message told ahead, after which none is."""

_CONFUSED = frozenset({500, 502, 503})
"""Replies about a command that is unknown or out of order: those of a relay that lost count."""


@dataclass
class Habits:
    """What a relay keeps of what it offers, as far as is known. Threads may share one.

    ``in_groups``: whether commands may be said before the last one is answered. ``in_chunks``: the
    same of BDAT, ``None`` before it was tried. ``innocent``: one command at a time went just as
    wrong, so it was not the groups. ``lost_ahead``: how often in a row nothing came of an envelope
    that was said behind a dot.
    """

    in_groups: bool = True
    in_chunks: bool | None = None
    innocent: bool = False
    lost_ahead: int = 0

    @property
    def ahead(self) -> bool:
        """Whether an envelope may be said behind the dot of the message before."""
        return self.lost_ahead < LOST_AHEAD

    def lost(self, error: TransportError, *, silent: bool) -> None:
        """Nothing came of an envelope that was said ahead. Relays hang up between two messages;
        one that does anything else than that does not know what it was told."""
        dropped = error.code is FailureCode.CONNECTION_DROPPED and not silent
        hung_up = dropped or error.reply_code == SHUTTING_DOWN
        self.lost_ahead = self.lost_ahead + 1 if hung_up else LOST_AHEAD

    def may_blame(self, session: Session, error: TransportError) -> bool:
        """Whether what went wrong may come of saying several things at once.

        Never once the message itself has begun to leave.
        """
        if not session.grouped or session.message_left or session.chunk_refused or self.innocent:
            return False
        return error.reply_code in _CONFUSED or (error.reply_code is None and not session.in_step)


class LostAhead(Exception):
    """Nothing came of what the relay was told ahead: that is nobody's failure."""


def deliver(
    session: Session,
    envelope: Envelope,
    message: bytes,
    habits: Habits,
    ahead: Ahead | None = None,
) -> Reply:
    """Hands the message over; returns the positive reply to its end.

    :param message: octets with CRLF line ends.
    :param ahead: what comes next; the session's ``told`` says afterwards whether the relay knows.
    :raises TransportError: it was not taken, or nobody can know (``after_dot``). The session's
        ``sender_taken`` and ``message_left`` tell how far it came.
    """
    session.begin_message()
    if not habits.in_groups or "PIPELINING" not in session.offers:
        session.announce(envelope, len(message), eight_bit=not message.isascii())
        session.address(envelope)
        return session.hand_over(message)
    if habits.in_chunks is False or "CHUNKING" not in session.offers:
        commands = _commands(session, envelope, message, "DATA")
        replies = session.say_together(envelope, commands)
        reply = _once_welcome(session, replies, message, habits, ahead)
    elif habits.in_chunks and len(message) <= AT_ONCE:
        reply = _at_once(session, envelope, message)
    else:
        reply = _in_chunks(session, envelope, message, habits)
    habits.innocent = False
    return reply


def deliver_told(session: Session, told: Told, habits: Habits, ahead: Ahead | None = None) -> Reply:
    """As :func:`deliver`, for the message that the relay was told of.

    :raises LostAhead: the relay hung up over it or lost count. None of the content has left.
    """
    session.begin_message()
    began = time.monotonic()
    try:
        replies = session.hear_together(told.envelope)
        reply = _once_welcome(session, replies, told.message, habits, ahead)
    except TransportError as error:
        if session.message_left or _is_an_answer(error):
            raise
        session.lose_step()
        habits.lost(error, silent=time.monotonic() - began >= session.wire.timeout)
        raise LostAhead from None
    habits.lost_ahead = 0
    return reply


def _is_an_answer(error: TransportError) -> bool:
    """Whether the relay has refused this message, and not just lost it."""
    code = error.reply_code
    return code is not None and code >= 400 and code != SHUTTING_DOWN and code not in _CONFUSED


def _once_welcome(
    session: Session, replies: list[Reply], message: bytes, habits: Habits, ahead: Ahead | None
) -> Reply:
    """The message, if the replies to MAIL, RCPT and DATA say so."""
    _envelope_taken(session, replies, unwanted=range(300, 400))
    if replies[2].code != 354:
        session.refused(Phase.DATA, replies[2])
    told = _told(session, habits, ahead)
    try:
        return session.send_body(message, told)
    except TransportError as error:
        if told is not None and error.after_dot:  # perhaps because of what came behind it
            habits.lost_ahead = LOST_AHEAD
        raise


def _told(session: Session, habits: Habits, ahead: Ahead | None) -> Told | None:
    """What the relay is told of now: the next message, on a connection that has carried one."""
    if ahead is None or not (session.keeps_count and session.proven and session.has_room):
        return None
    if not habits.ahead:
        return None
    following = ahead()
    if following is None:
        return None
    try:
        message = sendable(following.content)
        commands = _commands(session, following.envelope, message, "DATA")
    except TransportError:  # it is what comes of that message, when its turn comes
        return None
    return Told(following.message_id, following.envelope, following.content, message, commands)


def _in_chunks(session: Session, envelope: Envelope, message: bytes, habits: Habits) -> Reply:
    """The envelope and a chunk of one octet, to see whether BDAT is known; then all the rest.

    An octet is no line that could be taken for a command. (Postfix refuses an empty chunk.)
    """
    commands = _commands(session, envelope, message, "BDAT 1")
    replies = session.say_together(envelope, commands, message[:1])
    _envelope_taken(session, replies)
    if replies[2].code != 250:
        habits.in_chunks = False
        session.chunk_refused = True
        session.lose_step()
        session.refused(Phase.DATA, replies[2])
    habits.in_chunks = True
    return session.send_last_chunk(message[1:])


def _at_once(session: Session, envelope: Envelope, message: bytes) -> Reply:
    """Everything in one go. A relay that refuses the envelope reads the message and drops it."""
    commands = _commands(session, envelope, message, f"BDAT {len(message)} LAST")
    replies = session.say_together(envelope, commands, message, whole=True)
    _envelope_taken(session, replies, unwanted=range(200, 400))
    if not 200 <= replies[2].code < 300:
        session.refused(Phase.DATA, replies[2])
    session.unfinished = False
    return replies[2]


def _commands(
    session: Session, envelope: Envelope, message: bytes, third: str
) -> tuple[str, str, str]:
    mail = mail_command(envelope, len(message), session.offers, eight_bit=not message.isascii())
    return mail, rcpt_command(envelope, session.offers), third


def _envelope_taken(session: Session, replies: list[Reply], unwanted: range = range(0)) -> None:
    """Raises what a refused sender or recipient means.

    ``unwanted``: replies to the command after them that make no sense then. Whoever gives one has
    lost count, or waits for a message to nobody, so the connection is not used again.
    """
    for phase, reply, welcome in zip(
        (Phase.MAIL_FROM, Phase.RCPT_TO), replies, ((250,), (250, 251)), strict=False
    ):
        if reply.code not in welcome:
            if len(replies) > 2 and replies[2].code in unwanted:
                session.lose_step()
            session.refused(phase, reply)
