"""Connects, logs in and says goodbye: whether the relay would let us in now. Nothing is sent."""

from __future__ import annotations

from app.mail.smtp.session import open_session
from app.mail.smtp.wire import Deadline
from app.mail.transport import RelaySettings


def log_in_only(settings: RelaySettings) -> None:
    """Within the settings' ``total`` seconds, with one login.

    :raises TransportError: it would not
    """
    session = open_session(settings, Deadline(settings.total))
    try:
        session.login()
    finally:
        if session.in_step:
            session.quit()
        else:
            session.close()
