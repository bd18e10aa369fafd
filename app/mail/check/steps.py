"""The steps of the connection check: each does one thing and tells what it found."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from app.mail.check.facts import banner_host, offer_facts, tls_facts
from app.mail.phases import Phase
from app.mail.smtp.connect import Target, dial, resolve
from app.mail.smtp.errors import failures_of
from app.mail.smtp.session import Session, connected, introduce
from app.mail.smtp.transcript import Transcript
from app.mail.smtp.wire import Deadline, Wire
from app.mail.tls import TlsMode
from app.mail.transport import Envelope, RelaySettings, TransportError
from app.mail.trust import Trust

Facts = dict[str, str]
Run = Callable[[], Facts | None]
"""Returns what it found, or None if there was nothing to do; raises TransportError."""

_USUAL_SIZE = 8192
"""Octets announced at MAIL: about what a mail of ours has."""


class Steps:
    """One walk. The session stays open from ``connect`` until :meth:`hang_up`."""

    def __init__(
        self,
        settings: RelaySettings,
        envelope: Envelope,
        deadline: Deadline,
        transcript: Transcript,
    ) -> None:
        self._settings = settings
        self._envelope = envelope
        self._deadline = deadline
        self._transcript = transcript
        self._targets: list[Target] = []
        self._opened: Session | None = None
        self.certificate: bytes | None = None
        self.encryption: Facts = {}

    def in_order(self) -> list[tuple[str, Run]]:
        """The steps as this kind of connection meets them."""
        encryption: tuple[str, Run] = ("tls", self._tls)
        talk: list[tuple[str, Run]] = [("greeting", self._greeting), ("ehlo", self._ehlo)]
        implicit = self._settings.tls is TlsMode.IMPLICIT
        return [
            ("dns", self._dns),
            ("connect", self._connect),
            *([encryption, *talk] if implicit else [*talk, encryption]),
            *([("token", self._token)] if self._settings.tokens is not None else []),
            ("auth", self._auth),
            ("mail-from", self._mail_from),
            ("rcpt-to", self._rcpt_to),
            ("rset", self._rset),
        ]

    def hang_up(self) -> None:
        """Ends the session, politely if the relay is still with us."""
        if self._opened is None:
            return
        if self._opened.in_step:
            self._opened.quit()
        else:
            self._opened.close()

    def fetch_refused_certificate(self) -> None:
        """Gets the certificate that was refused: a second connection, without a login, on which
        nothing is checked and nothing of ours is shown."""
        unchecked = Trust(verify=False)
        tried = replace(self._settings, trust=unchecked, username=None, password=None, tokens=None)
        with suppress(TransportError):
            session = connected(tried, self._deadline)
            try:
                with suppress(TransportError):  # it may want to be shown one, too
                    introduce(session)
                self._look_at(session, verified=False)
            finally:
                session.close()

    def _look_at(self, session: Session, *, verified: bool) -> None:
        secured = session.wire.tls
        if secured is not None:
            self.certificate = secured.getpeercert(binary_form=True)
            self.encryption = tls_facts(secured, verified=verified)

    @property
    def _session(self) -> Session:
        assert self._opened is not None
        return self._opened

    def _dns(self) -> Facts:
        with failures_of(Phase.DNS, self._settings.provider):
            step = self._deadline.step(self._settings.timeout)
            self._targets = resolve(self._settings.host, self._settings.port, step)
        return {"addresses": ", ".join(target.ip for target in self._targets)}

    def _connect(self) -> Facts:
        with failures_of(Phase.CONNECT, self._settings.provider):
            step = self._deadline.step(self._settings.timeout)
            connection, target = dial(self._targets, step)
        wire = Wire(connection, self._deadline, self._settings.timeout, target.ip)
        self._opened = Session(wire, self._settings, self._transcript)
        self._transcript.note(f"connected to {target.ip} port {self._settings.port}")
        return {"address": target.ip, "port": str(self._settings.port)}

    def _greeting(self) -> Facts:
        self._session.greet()
        return {"banner_host": banner_host(self._session.banner)}

    def _ehlo(self) -> Facts:
        self._session.hello()
        return offer_facts(self._session.offers)

    def _tls(self) -> Facts | None:
        match self._settings.tls:
            case TlsMode.NONE:
                return None
            case TlsMode.STARTTLS:
                self._session.starttls()
                self._session.hello()
            case TlsMode.IMPLICIT:
                self._session.encrypt()
        self._look_at(self._session, verified=self._settings.trust.verify)
        return self.encryption

    def _token(self) -> Facts | None:
        tokens = self._settings.tokens
        assert tokens is not None
        if not tokens.ready:
            return None
        with failures_of(Phase.TOKEN, self._settings.provider):
            patience = self._deadline.left()
        tokens.current(patience)
        return {"service": tokens.service}

    @property
    def _ends_here(self) -> bool:
        """Whether nobody can log in yet, so that nothing after it can be asked."""
        tokens = self._settings.tokens
        return tokens is not None and not tokens.ready

    def _auth(self) -> Facts | None:
        if self._ends_here:
            return None
        mechanism = self._session.login()
        if mechanism is None:
            return None
        return {"username": self._settings.username or "", "mechanism": mechanism}

    def _mail_from(self) -> Facts | None:
        if self._ends_here:
            return None
        self._session.announce(self._envelope, _USUAL_SIZE)
        return {"address": self._envelope.mail_from}

    def _rcpt_to(self) -> Facts | None:
        if self._ends_here:
            return None
        self._session.address(self._envelope)
        return {"address": self._envelope.rcpt_to}

    def _rset(self) -> Facts | None:
        if self._ends_here:
            return None
        self._session.reset()
        return {}
