"""Commands and replies: the part of a session that takes turns."""

from __future__ import annotations

from typing import NoReturn

from app.mail.failures import FailureCode
from app.mail.phases import Phase
from app.mail.replies import Reply
from app.mail.smtp.errors import failures_of, refusal
from app.mail.smtp.transcript import Transcript
from app.mail.smtp.wire import Wire
from app.mail.transport import RelaySettings, TransportError

SHUTTING_DOWN = 421
"""The one refusal after which a relay hangs up (RFC 5321 section 3.8)."""


class Talk:
    """Says one thing at a time, and only to a relay that is quiet.

    Methods raise :class:`TransportError`. ``in_step`` tells afterwards whether the relay merely
    said no, so that the conversation may go on, or whether nobody knows any more whose turn it is.
    """

    def __init__(
        self, wire: Wire, settings: RelaySettings, transcript: Transcript | None = None
    ) -> None:
        self.wire = wire
        self.settings = settings
        self.sender: str | None = None
        self.in_step = False
        self._transcript = transcript

    def expect(self, code: int, phase: Phase, command: str, shown: str | None = None) -> Reply:
        """Says ``command`` and takes no other answer than ``code``."""
        reply = self.say(phase, command, shown)
        if reply.code != code:
            self.refused(phase, reply)
        return reply

    def say(self, phase: Phase, command: str, shown: str | None = None) -> Reply:
        """Says ``command`` and returns the answer. ``shown`` stands for it in the transcript."""
        self.say_all(phase, (command,), shown=shown)
        with failures_of(phase, self.settings.provider):
            return self.read()

    def say_all(
        self,
        phase: Phase,
        commands: tuple[str, ...],
        octets: bytes = b"",
        *,
        shown: str | None = None,
    ) -> None:
        """Says ``commands`` in one go, ``octets`` right behind them; their answers are still to be
        read, one for each."""
        lines = lines_of(commands)
        self.in_step = False
        with failures_of(phase, self.settings.provider):
            self.wire.expect_silence()
            if self._transcript is not None:
                for command in commands:
                    self._transcript.client(command if shown is None else shown)
            self.wire.write(lines + octets)

    def read(self, timeout: float | None = None) -> Reply:
        """The next reply; ``timeout`` in seconds if the step's own does not suit."""
        reply = self.wire.read_reply(timeout)
        self.in_step = reply.code != SHUTTING_DOWN
        if self._transcript is not None:
            self._transcript.server(reply)
        return reply

    def refused(self, phase: Phase, reply: Reply) -> NoReturn:
        """Raises what ``reply`` means."""
        raise self.refusal(phase, reply)

    def refusal(self, phase: Phase, reply: Reply) -> TransportError:
        """What ``reply`` means. A positive reply out of place means being out of step."""
        self.in_step = self.in_step and reply.code >= 400
        found = refusal(phase, reply, self.settings.provider, self.sender)
        missed = found.code is FailureCode.CLIENT_CERT_REQUIRED
        if missed and self.settings.trust.client_certificate:
            # It has the same words for none and for one that it does not admit; one was shown.
            return TransportError(
                FailureCode.CLIENT_CERT_REFUSED, phase, reply.code, reply.enhanced
            )
        return found

    def lose_step(self) -> None:
        """Nobody knows any more whose turn it is: nothing but hanging up is left."""
        self.in_step = False

    def hide(self, *secrets: str) -> None:
        """What the transcript must not hold, whoever says it."""
        if self._transcript is not None:
            self._transcript.hide(*secrets)

    def note(self, text: str) -> None:
        """Adds a remark of our own to the transcript."""
        if self._transcript is not None:
            self._transcript.note(text)

    def close(self) -> None:
        """Hangs up without a word."""
        self.wire.close()


def lines_of(commands: tuple[str, ...]) -> bytes:
    """Commands as they are sent.

    :raises ValueError: one of them is no printable line.
    """
    if not all(map(str.isprintable, commands)):
        raise ValueError("a command is one printable line")
    return ("\r\n".join(commands) + "\r\n").encode()
