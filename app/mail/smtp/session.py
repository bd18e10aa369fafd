"""One strict SMTP session (RFC 5321): from relay settings over its messages to the end."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from contextlib import ExitStack
from typing import NoReturn

from app.mail.failures import Disposition, FailureCode, disposition_of
from app.mail.phases import Phase
from app.mail.replies import Reply
from app.mail.smtp.auth import credential_problem, known_offers, log_in, mechanisms_for
from app.mail.smtp.bearer import TokenNotTaken, mechanism_for, show_token
from app.mail.smtp.connect import ascii_host, dial, resolve
from app.mail.smtp.errors import failures_after_the_dot, failures_of
from app.mail.smtp.silence import what_is_silent
from app.mail.smtp.talk import SHUTTING_DOWN, Talk, lines_of
from app.mail.smtp.transaction import Told, dot_stuffed, mail_command, rcpt_command
from app.mail.smtp.transcript import Transcript
from app.mail.smtp.wire import Deadline, NotTls, Wire, is_handshake_failure
from app.mail.tls import TlsMode
from app.mail.transport import Envelope, RelaySettings, TokenSource, TransportError


def open_session(settings: RelaySettings, deadline: Deadline) -> Session:
    """Resolves, connects, encrypts as configured and introduces us.

    :raises TransportError: any of it failed. Whatever is raised, nothing is left open.
    """
    with ExitStack() as unless_done:
        session = connected(settings, deadline)
        unless_done.callback(session.close)
        introduce(session)
        unless_done.pop_all()
    return session


def connected(settings: RelaySettings, deadline: Deadline) -> Session:
    """The same, with nothing said yet."""
    with failures_of(Phase.DNS, settings.provider):
        targets = resolve(settings.host, settings.port, deadline.step(settings.timeout))
    with failures_of(Phase.CONNECT, settings.provider):
        connection, target = dial(targets, deadline.step(settings.timeout))
    return Session(Wire(connection, deadline, settings.timeout, target.ip), settings)


def introduce(session: Session) -> None:
    """Encrypts as configured, and tells who we are."""
    if session.settings.tls is TlsMode.IMPLICIT:
        session.encrypt()
    session.greet()
    session.hello()
    if session.settings.tls is TlsMode.STARTTLS:
        session.starttls()
        session.hello()


EARLY_REPLY_GRACE = 0.0001
"""Seconds before the final dot in which a relay that answers too early gives itself away: in the
first message of a connection, and in long ones."""

AT_ONCE = 64 * 1024
"""Octets up to which a message leaves in one piece with what stands before or behind it."""

MAX_MESSAGES = 50
"""Messages per connection: front ends of large relays get replaced while one holds on to them."""

QUIT_TIMEOUT = 1.0
"""Seconds that a goodbye may take. Nothing depends on its answer."""

_UNKNOWN_COMMAND = frozenset({500, 502})

_KEEPS_COUNT = re.compile(r"\bESMTP (?:Postfix|Exim)\b")
"""Greetings of the relays with which the tests say commands behind a dot. RFC 2920 section 3.1
allows that to everybody; Dovecot 2.3 crashes over it when it has already passed the message on, so
that it would go out twice."""

_EHLO_NAME = re.compile(r"[!-~]{1,255}")


class Session(Talk):
    """Greeting, EHLO, STARTTLS, login, messages, RSET and QUIT over a wire that is connected.

    ``messages`` counts what was sent or tried over it. ``unfinished`` says that a transaction
    was begun and not completed, so that RSET is needed before the next (RFC 5321 section 4.1.1.4).

    Of the message at hand: ``sender_taken`` (MAIL was answered with yes), ``message_left`` (octets
    of it are on their way), ``grouped`` (commands were said before the last was answered) and
    ``chunk_refused`` (BDAT was not taken, so a chunk of it may lie about).

    ``proven``: the relay has waited for a final dot on this connection, and answered it then.
    ``keeps_count``: it says that it is one of those that may have commands behind a dot.
    ``told`` is the message whose envelope was said behind the dot of the one before.
    """

    def __init__(
        self, wire: Wire, settings: RelaySettings, transcript: Transcript | None = None
    ) -> None:
        super().__init__(wire, settings, transcript)
        self.offers: Mapping[str, str] = {}
        self.banner = ""
        self.messages = 0
        self.unfinished = self.proven = self.keeps_count = False
        self.told: Told | None = None
        self.sender_taken = self.message_left = self.grouped = self.chunk_refused = False

    def greet(self) -> None:
        """Waits for the relay's greeting, and finds out who is there if none comes."""
        with failures_of(Phase.GREETING, self.settings.provider):
            try:
                reply = self.read()
            except TimeoutError:
                code = what_is_silent(self.wire)
                raise TransportError(code, Phase.GREETING) from None
        if reply.code != 220:
            self.refused(Phase.GREETING, reply)
        self.banner = reply.lines[0].partition(" ")[0]
        self.keeps_count = _KEEPS_COUNT.search(reply.lines[0]) is not None

    def hello(self) -> None:
        """Introduces us and learns what is offered; what was offered before no longer counts."""
        self.offers = {}
        if not _EHLO_NAME.fullmatch(self.settings.ehlo_name):
            raise TransportError(FailureCode.EHLO_REJECTED, Phase.GREETING)
        reply = self.say(Phase.GREETING, f"EHLO {self.settings.ehlo_name}")
        if reply.code == 250:
            self.offers = _offers(reply)
        elif reply.code in _UNKNOWN_COMMAND:
            self._hello_without_extensions()
        else:
            self.refused(Phase.GREETING, reply)

    def _hello_without_extensions(self) -> None:
        """HELO, which can neither encrypt nor log in, so only where neither is asked for."""
        if self.settings.tls is TlsMode.STARTTLS and self.wire.tls is None:
            raise TransportError(FailureCode.STARTTLS_NOT_OFFERED, Phase.TLS)
        if self.settings.username:
            raise TransportError(FailureCode.AUTH_NOT_OFFERED, Phase.AUTH)
        self.expect(250, Phase.GREETING, f"HELO {self.settings.ehlo_name}")

    def starttls(self) -> None:
        """Encrypts a connection that began in the clear, or fails: there is no way back."""
        if "STARTTLS" not in self.offers:
            raise TransportError(FailureCode.STARTTLS_NOT_OFFERED, Phase.TLS)
        reply = self.say(Phase.TLS, "STARTTLS")
        if reply.code != 220:
            self._starttls_refused(reply)
        with failures_of(Phase.TLS, self.settings.provider):
            self.wire.expect_silence()
        self.encrypt()

    def _starttls_refused(self, reply: Reply) -> NoReturn:
        """A permanent no concerns every message, whatever its text is about."""
        try:
            self.refused(Phase.TLS, reply)
        except TransportError as error:
            if reply.code < 500 or disposition_of(error.code) is Disposition.PAUSE:
                raise
        code = FailureCode.STARTTLS_NOT_OFFERED
        raise TransportError(code, Phase.TLS, reply.code, reply.enhanced)

    def encrypt(self) -> None:
        """The TLS handshake: first thing on a port for implicit TLS, or after STARTTLS."""
        self.offers = {}
        with failures_of(Phase.TLS, self.settings.provider):
            try:
                self.wire.start_tls(self.settings.trust, ascii_host(self.settings.host))
            except NotTls as error:
                raise TransportError(self._without_tls(error), Phase.TLS) from None
            except TimeoutError:
                raise TransportError(self._without_answer(), Phase.TLS) from None
            except ssl.SSLError as error:
                # In TLS 1.2 the word for a certificate that is not wanted, and for much else.
                if self.settings.trust.client_certificate and is_handshake_failure(error):
                    code = FailureCode.CLIENT_CERT_REFUSED
                    raise TransportError(code, Phase.TLS) from None
                raise
        self.note("encrypted from here on")

    def _without_tls(self, error: NotTls) -> FailureCode:
        if self.settings.tls is TlsMode.STARTTLS:
            return FailureCode.TLS_FAILED  # it had agreed to encrypt, so another time it may
        return FailureCode.TLS_MODE_MISMATCH if error.smtp else FailureCode.PROTOCOL_ERROR

    def _without_answer(self) -> FailureCode:
        if self.settings.tls is TlsMode.STARTTLS:
            return FailureCode.TLS_FAILED
        return FailureCode.CONNECT_TIMEOUT  # it has not said a word yet, as without TLS

    def login(self) -> str | None:
        """Logs in if a user name is set, with one password guess at most.

        Returns the mechanism that worked.
        """
        username, secret = self.settings.username, self.settings.password
        if not username:
            return None
        if self.settings.tokens is not None:
            return self._login_with_token(username, self.settings.tokens)
        password = secret.reveal() if secret is not None else ""
        if credential_problem(username) or credential_problem(password):
            raise TransportError(FailureCode.AUTH_BAD_CREDENTIALS, Phase.AUTH)
        self._insist_on_tls()
        mechanisms = mechanisms_for(self.offers)
        if not mechanisms:
            offered = known_offers(self.offers)
            raise TransportError(FailureCode.AUTH_NOT_OFFERED, Phase.AUTH, offered=offered)
        return log_in(self, username, password, mechanisms)

    def _insist_on_tls(self) -> None:
        if self.settings.tls is not TlsMode.NONE and self.wire.tls is None:
            raise TransportError(FailureCode.TLS_REQUIRED, Phase.AUTH)

    def _login_with_token(self, username: str, tokens: TokenSource) -> str:
        """One token, and a newer one if it is refused: it may have been withdrawn before its end.

        A relay that hangs up on the second has said with the first that there is no login.
        """
        if credential_problem(username):
            raise TransportError(FailureCode.OAUTH_REJECTED, Phase.AUTH)
        self._insist_on_tls()
        mechanism = mechanism_for(self.offers)
        if mechanism is None:
            offered = known_offers(self.offers)
            raise TransportError(FailureCode.AUTH_NOT_OFFERED, Phase.AUTH, offered=offered)
        token = tokens.current(self._patience(Phase.TOKEN))
        try:
            show_token(self, username, token.reveal(), mechanism)
        except TokenNotTaken as refused:
            if not self.in_step:
                raise
            newer = tokens.instead_of(token, self._patience(Phase.TOKEN))
            self.note("the token was refused; once more with a new one")
            try:
                show_token(self, username, newer.reveal(), mechanism)
            except TransportError:
                if self.in_step:
                    raise
                raise refused from None
        return mechanism

    def _patience(self, phase: Phase) -> float:
        with failures_of(phase, self.settings.provider):
            return self.wire.deadline.left()

    @property
    def has_room(self) -> bool:
        """Whether the connection may carry another message after the one at hand."""
        return self.messages + 1 < MAX_MESSAGES

    def begin_message(self) -> None:
        """Another message: nothing of it has been said yet."""
        self.sender_taken = self.message_left = self.grouped = self.chunk_refused = False

    def announce(self, envelope: Envelope, size: int = 0, *, eight_bit: bool = False) -> None:
        """MAIL: the sender, and how many octets are to come."""
        self.sender = envelope.mail_from
        self.unfinished = True
        command = mail_command(envelope, size, self.offers, eight_bit=eight_bit)
        self.expect(250, Phase.MAIL_FROM, command)
        self.sender_taken = True

    def address(self, envelope: Envelope) -> None:
        """RCPT: the recipient. 251, "will forward", is a yes (RFC 5321 section 3.4)."""
        reply = self.say(Phase.RCPT_TO, rcpt_command(envelope, self.offers))
        if reply.code not in (250, 251):
            self.refused(Phase.RCPT_TO, reply)

    def say_together(
        self,
        envelope: Envelope,
        commands: tuple[str, str, str],
        octets: bytes = b"",
        *,
        whole: bool = False,
    ) -> list[Reply]:
        """MAIL, RCPT and a third command in one go (RFC 2920), and ``octets`` right behind it.

        Returns their replies, see :meth:`hear_together`.
        """
        self.say_all(Phase.MAIL_FROM, commands, octets)
        return self.hear_together(envelope, whole=whole)

    def hear_together(self, envelope: Envelope, *, whole: bool = False) -> list[Reply]:
        """The replies to MAIL, RCPT and a third command that were said in one go: all three, or
        those up to the refusal after which nothing came.

        A relay that says nothing more once the ``whole`` message is with it may have taken it.
        """
        self.sender, self.unfinished, self.grouped = envelope.mail_from, True, True
        self.message_left, self.in_step = whole, False
        replies: list[Reply] = []
        for phase in (Phase.MAIL_FROM, Phase.RCPT_TO, Phase.DATA):
            patience = self._patience(phase) if whole and phase is Phase.DATA else None
            try:
                with failures_of(phase, self.settings.provider):
                    replies.append(self.read(patience))
            except TransportError as error:
                self.lose_step()
                if any(reply.code >= 400 for reply in replies):
                    return replies
                if whole:
                    raise TransportError(error.code, Phase.DATA, after_dot=True) from None
                raise
            if phase is Phase.MAIL_FROM and replies[0].code == 250:
                self.sender_taken = True
            if replies[-1].code == SHUTTING_DOWN:
                return replies
        return replies

    def send_last_chunk(self, octets: bytes) -> Reply:
        """BDAT with the rest of the message (RFC 3030). Returns the positive reply to it."""
        self.say_all(Phase.DATA, (f"BDAT {len(octets)} LAST",), octets)
        self.message_left = True
        return self._taken()

    def hand_over(self, message: bytes) -> Reply:
        """DATA, the message with CRLF line ends, the final dot. Returns the reply to it."""
        self.expect(354, Phase.DATA, "DATA")
        return self.send_body(message)

    def send_body(self, message: bytes, told: Told | None = None) -> Reply:
        """The message and the final dot, after a 354. Returns the positive reply to it.

        Nothing may come from the relay between its 354 and the dot: what does is either a reply
        meant to be taken for that to the dot, or a relay out of its mind. One that has waited for
        a dot on this connection gets the next ones in one piece with their messages.

        ``told``: another message, whose envelope is said right behind the dot (RFC 2920 section
        3.1 allows it); the replies to that are left for whoever sends it.
        """
        self.in_step = False
        behind = b"" if told is None else lines_of(told.commands)
        end = b".\r\n" + behind
        with failures_of(Phase.DATA, self.settings.provider):
            if self.proven:
                self.wire.expect_silence_since_read()
            else:
                self.wire.expect_silence()
            self.message_left = True
            if self.proven and len(message) <= AT_ONCE:
                end = dot_stuffed(message) + end
            else:
                self.wire.write(dot_stuffed(message))
                self.wire.expect_silence(EARLY_REPLY_GRACE)
        self.note(f"{len(message)} octets of message and the final dot")
        self._write_the_end(end, len(behind))
        self.told = told
        reply = self._taken()
        self.proven = True
        return reply

    def _write_the_end(self, end: bytes, behind: int) -> None:
        """What holds the final dot, and so many octets behind it. How much of it has left is only
        known where it is not encrypted."""
        try:
            with failures_of(Phase.DATA, self.settings.provider):
                self.wire.write(end)
        except TransportError as error:
            with_dot = self.wire.tls is not None or self.wire.unsent <= behind
            raise TransportError(error.code, error.phase, after_dot=with_dot) from None

    def _taken(self) -> Reply:
        """The reply to the end of the message. For it the relay may take what the whole session
        has left, as scanning takes time."""
        with failures_after_the_dot(self.settings.provider):
            reply = self.read(self.wire.deadline.left())
        if not 200 <= reply.code < 300:
            self.refused(Phase.DATA, reply)
        self.unfinished = False
        return reply

    def reset(self) -> None:
        """Forgets a transaction, and shows whether the relay is still there."""
        self.expect(250, Phase.MAIL_FROM, "RSET")
        self.unfinished = False

    def quit(self) -> None:
        """Says goodbye and hangs up. Nothing that happens here matters."""
        try:
            self.wire.renew(QUIT_TIMEOUT)
            self.say(Phase.DATA, "QUIT")
        except TransportError:
            return
        finally:
            self.close()


def _offers(reply: Reply) -> dict[str, str]:
    """EHLO keywords in capitals with their parameters (RFC 5321 section 4.1.1.1)."""
    offers: dict[str, str] = {}
    for line in reply.lines[1:]:
        keyword, _, parameters = line.strip().partition(" ")
        if keyword:
            offers.setdefault(keyword.upper(), parameters.strip())
    return offers
