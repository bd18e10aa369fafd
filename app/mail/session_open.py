"""From relay settings to a session that is ready to log in."""

from __future__ import annotations

from app.mail.connect import dial
from app.mail.connect_resolve import resolve
from app.mail.phases import Phase
from app.mail.session import Session
from app.mail.session_deadline import Deadline
from app.mail.session_errors import failures_of
from app.mail.session_wire import Wire
from app.mail.tls import TlsMode
from app.mail.transports.base import RelaySettings, TransportError


def open_session(settings: RelaySettings, deadline: Deadline) -> Session:
    """Resolves, connects, encrypts as configured and introduces us.

    :raises TransportError: any of it failed; nothing is left open.
    """
    with failures_of(Phase.DNS, settings.provider):
        targets = resolve(settings.host, settings.port, deadline.step(settings.timeout))
    with failures_of(Phase.CONNECT, settings.provider):
        connection, target = dial(targets, deadline.step(settings.timeout))
    session = Session(Wire(connection, deadline, settings.timeout, target.ip), settings)
    try:
        _introduce(session)
    except TransportError:
        session.close()
        raise
    return session


def _introduce(session: Session) -> None:
    if session.settings.tls is TlsMode.IMPLICIT:
        session.encrypt()
    session.greet()
    session.hello()
    if session.settings.tls is TlsMode.STARTTLS:
        session.starttls()
        session.hello()
