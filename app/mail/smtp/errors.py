"""Turns whatever happens on a socket into a :class:`TransportError` that holds codes alone."""

from __future__ import annotations

from app.mail.diagnosis import diagnose_exception, diagnose_reply
from app.mail.failures import CLIENT_CERTIFICATES, FailureCode
from app.mail.phases import Phase
from app.mail.replies import MalformedReply, Reply
from app.mail.transport import TransportError


class Dropped(ConnectionError):
    """The relay closed the connection where it should have answered."""


class failures_of:  # noqa: N801 - read as a verb; a class, since every mail passes through ten
    """Everything that fails inside is told as a failure of ``phase``, without its server text."""

    __slots__ = ("_phase", "_provider")

    def __init__(self, phase: Phase, provider: str) -> None:
        self._phase = phase
        self._provider = provider

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: object
    ) -> None:
        if error is None or isinstance(error, TransportError):
            return
        if (code := self._code_of(error)) is not None:
            # In TLS 1.3 a relay says what it thinks of our certificate when it is asked for more.
            where = Phase.TLS if code in CLIENT_CERTIFICATES else self._phase
            raise TransportError(code, where) from None

    def _code_of(self, error: BaseException) -> FailureCode | None:
        if isinstance(error, MalformedReply):
            return FailureCode.PROTOCOL_ERROR
        if isinstance(error, Dropped):
            return FailureCode.CONNECTION_DROPPED
        if isinstance(error, OSError):  # includes time-outs, resolver errors and every TLS error
            return diagnose_exception(self._phase, error, self._provider)
        return None


class failures_after_the_dot(failures_of):  # noqa: N801 - as above
    """The same where the whole message is with the relay, or nearly: it may have taken it."""

    __slots__ = ()

    def __init__(self, provider: str) -> None:
        super().__init__(Phase.DATA, provider)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: object
    ) -> None:
        if error is None:
            return
        code = error.code if isinstance(error, TransportError) else self._code_of(error)
        if code is not None:
            raise TransportError(code, Phase.DATA, after_dot=True) from None


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
