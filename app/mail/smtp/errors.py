"""Turns whatever happens on a socket into a :class:`TransportError` that holds codes alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.mail.diagnosis import diagnose_exception, diagnose_reply
from app.mail.failures import CLIENT_CERTIFICATES, FailureCode
from app.mail.phases import Phase
from app.mail.replies import MalformedReply, Reply
from app.mail.transport import TransportError


class Dropped(ConnectionError):
    """The relay closed the connection where it should have answered."""


@contextmanager
def failures_of(phase: Phase, provider: str) -> Iterator[None]:
    """Everything that fails inside is told as a failure of ``phase``, without its server text."""
    try:
        yield
    except MalformedReply:
        raise TransportError(FailureCode.PROTOCOL_ERROR, phase) from None
    except Dropped:
        raise TransportError(FailureCode.CONNECTION_DROPPED, phase) from None
    except OSError as error:  # includes time-outs, resolver errors and every TLS error
        code = diagnose_exception(phase, error, provider)
        # In TLS 1.3 a relay says what it thinks of our certificate when it is asked for more.
        where = Phase.TLS if code in CLIENT_CERTIFICATES else phase
        raise TransportError(code, where) from None


@contextmanager
def failures_after_the_dot(provider: str) -> Iterator[None]:
    """The same where the whole message is with the relay, or nearly: it may have taken it."""
    try:
        with failures_of(Phase.DATA, provider):
            yield
    except TransportError as error:
        raise TransportError(error.code, Phase.DATA, after_dot=True) from None


def refusal(phase: Phase, reply: Reply, provider: str, sender: str | None = None) -> TransportError:
    """The failure that an unwelcome reply means.

    A positive reply in the wrong place (a 354 to MAIL, a 250 to DATA) is not a refusal but a
    server that has lost the thread. ``sender`` is the envelope's, if it was named already.
    """
    if reply.code >= 400:
        code = diagnose_reply(phase, reply, provider, sender=sender)
    else:
        code = FailureCode.PROTOCOL_ERROR
    return TransportError(code, phase, reply.code, reply.enhanced)
