"""Explanations of codes whose cause is another one, depending on how far the conversation got."""

from __future__ import annotations

from app.mail.failures.codes import FailureCode as Code
from app.mail.failures.entries import Entry
from app.mail.phases import Phase

ENTRIES = {
    (Code.CONNECT_TIMEOUT, Phase.GREETING): Entry(
        "The relay takes the connection but does not greet us in time",
        "{Relay} accepted the connection, so the way there is open, but the exchange of greetings "
        "was not done within {patience}. Mail is kept and tried again.",
        (
            "Raise the connection timeout, to 60 for instance: some relays look up who calls, or "
            "make strangers wait, before they greet.",
            "Check that {port} and the encryption belong together: a port for TLS from the start "
            "waits in silence too.",
            "Ask the relay’s operator whether the mail service is well: a proxy or load balancer "
            "in front of it accepts connections even when nothing is behind it.",
        ),
        "connection_timeout",
    ),
    (Code.CONNECT_TIMEOUT, Phase.TLS): Entry(
        "The relay takes the connection and does not begin TLS",
        "{Relay} accepted the connection, so the way there is open, but did not answer our TLS "
        "greeting within {patience}. Mail is kept and tried again.",
        (
            "Check that {port} and the encryption belong together: a port for STARTTLS waits for "
            "plain text and is silent too.",
            "Raise the connection timeout, to 60 for instance, if the relay is known to be slow.",
            "Ask the relay’s operator whether the mail service is well: a proxy or load balancer "
            "in front of it accepts connections even when nothing is behind it.",
        ),
        "port",
    ),
    (Code.CONNECTION_DROPPED, Phase.GREETING): Entry(
        "The relay hangs up before it talks with us",
        "{Relay} accepted the connection and closed it without a word, or right after we "
        "introduced ourselves. Mail is kept and tried again.",
        (
            "Nothing to do if it happens now and then: relays restart, and turn callers away when "
            "they are busy.",
            "If it happens every time, ask the relay’s operator whether this server’s address is "
            "allowed in.",
            "Check that {port} and the encryption belong together.",
        ),
    ),
}
