"""What every transport takes, returns and raises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, cast

from app.crypto.secret import Secret
from app.mail.failures import Failure, FailureCode
from app.mail.phases import Phase
from app.mail.tls import TlsMode
from app.mail.trust import USUAL, Trust

DEADLINE_MARGIN = 20.0
"""Seconds that a whole session may take beyond the timeout of a single step."""


class TokenSource(Protocol):
    """Where a login gets its access token. Both methods take seconds that they may use up, and
    raise :class:`TransportError` in the phase ``token``."""

    @property
    def ready(self) -> bool:
        """Whether there is anything to ask with: before a person has signed in there is not."""

    @property
    def service(self) -> str:
        """The host of the sign-in service."""

    def current(self, patience: float) -> Secret:
        """A token that is good for a while yet, renewed if need be."""

    def instead_of(self, refused: Secret, patience: float) -> Secret:
        """A newer one than ``refused``, which a relay did not take."""


@dataclass(frozen=True)
class RelaySettings:
    """Everything needed to talk to a relay. ``timeout`` is in seconds and holds for each step.

    ``trust`` says what must be right about the relay where the connection is encrypted.

    With ``tokens`` the login shows a token from there, and never a password.
    """

    provider: str
    host: str
    port: int
    tls: TlsMode
    username: str | None
    password: Secret | None
    ehlo_name: str
    trust: Trust = USUAL
    timeout: float = 10.0
    tokens: TokenSource | None = field(default=None, repr=False, compare=False)

    @property
    def total(self) -> float:
        """Seconds that a whole session may take, however the relay spreads its slowness."""
        return self.timeout + DEADLINE_MARGIN


@dataclass(frozen=True)
class Envelope:
    """Where a message comes from and goes to, as MAIL and RCPT carry it: one recipient."""

    mail_from: str
    rcpt_to: str


@dataclass(frozen=True)
class Following:
    """A message that is to be sent right after another, and that its relay may be told of before.
    ``message_id`` is what it is known by."""

    envelope: Envelope
    content: bytes = field(repr=False)
    message_id: str


Ahead = Callable[[], Following | None]
"""What is to be sent next, if anything is; asked once at most, when the last octets of a message
are about to leave. Whether it will really be sent is decided later."""


@dataclass(frozen=True)
class Receipt:
    """The relay took responsibility. ``server`` is the address that was spoken to."""

    reply_code: int
    enhanced: str | None
    duration_ms: int
    server: str | None


class TransportError(Exception):
    """A message was not sent. Made from codes alone, so it is safe to log, store and show.

    ``after_dot`` says that the message had been handed over whole when the relay fell silent: it
    may have been sent, and a retry may deliver it twice.
    Raise it ``from None``: the cause may hold what the server said.
    """

    def __init__(
        self,
        code: FailureCode,
        phase: Phase | None,
        reply_code: int | None = None,
        enhanced: str | None = None,
        *,
        after_dot: bool = False,
        refused_target: bool = False,
        offered: tuple[str, ...] | None = None,
        chip: str | None = None,
    ) -> None:
        self.failure = Failure(code, phase, reply_code, enhanced, offered, refused_target, chip)
        super().__init__(str(self.failure))
        self.after_dot = after_dot

    @classmethod
    def of(cls, failure: Failure) -> TransportError:
        """The error that tells a failure again."""
        return cls(
            failure.code,
            failure.phase,
            failure.reply_code,
            failure.enhanced,
            offered=failure.offered,
            refused_target=failure.refused_target,
            chip=failure.chip,
        )

    @property
    def code(self) -> FailureCode:
        """The failure's code."""
        return self.failure.code

    @property
    def phase(self) -> Phase | None:
        """Where it showed itself."""
        return self.failure.phase

    @property
    def reply_code(self) -> int | None:
        """The relay's reply code, if it answered."""
        return self.failure.reply_code

    @property
    def enhanced(self) -> str | None:
        """The relay's enhanced code (RFC 3463), if it gave one."""
        return self.failure.enhanced


class Transport(Protocol):
    """A way for bytes to leave."""

    def send(
        self,
        envelope: Envelope,
        message: bytes,
        *,
        kind: str = "",
        subject: str = "",
        message_id: str = "",
    ) -> Receipt:
        """Hands one message over.

        ``kind``, ``subject`` and ``message_id`` describe it to transports that deliver nothing.

        :raises TransportError: it was not sent, or nobody can know (``after_dot``).
        """

    def close(self) -> None:
        """Gives up idle connections. The transport may be used again."""


class AheadTransport(Transport, Protocol):
    """One that tells the relay of the next message while it hands over this one.

    Of a message that was told of, only the envelope was said. Its content leaves when it is sent
    itself; until then, or until it is let go, a connection waits for it alone.
    """

    def send(
        self,
        envelope: Envelope,
        message: bytes,
        *,
        kind: str = "",
        subject: str = "",
        message_id: str = "",
        ahead: Ahead | None = None,
    ) -> Receipt:
        """As any transport does; ``ahead`` is asked for what comes next."""

    def let_go(self, message_id: str) -> None:
        """That message is not sent now: hangs up where a connection waits for it."""


def that_tells_ahead(transport: Transport) -> AheadTransport | None:
    """The transport, if it is one of those."""
    return cast(AheadTransport, transport) if hasattr(transport, "let_go") else None
