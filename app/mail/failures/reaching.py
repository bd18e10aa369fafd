"""Explanations: the relay cannot be reached, or not safely.

The cause of some codes is another one, depending on how far the conversation got.
"""

from __future__ import annotations

from app.mail.failures.codes import FailureCode as Code
from app.mail.failures.entries import Consequence, Entry
from app.mail.phases import Phase

ENTRIES = {
    Code.DNS_NOT_FOUND: Entry(
        "The relay’s host name does not exist",
        "The name system answered that there is no address for {host}. No mail can leave until "
        "the name is right.",
        (
            "Compare {host} letter by letter with what the provider’s instructions say.",
            "If it is a name of your own network, check that this server uses the name server "
            "that knows it.",
        ),
        "host",
    ),
    Code.DNS_TEMPORARY: Entry(
        "The relay’s name could not be looked up just now",
        "The name server that this machine uses did not answer the question for {host}.",
        (
            "Wait a few minutes and check again.",
            "If it stays like this, test name resolution on this server. In a container, look at "
            "the container’s own name server setting and the firewall before it.",
        ),
        consequence=Consequence.TRIED_AGAIN,
    ),
    Code.CONNECT_REFUSED: Entry(
        "The relay refuses the connection",
        "A machine answered, but nothing accepts mail at {relay}.",
        (
            "Check the port: 587 for STARTTLS, 465 for TLS from the start, 25 or 2525 where "
            "the relay’s operator says so.",
            "If the host is “localhost” and this program runs in a container, enter the name of "
            "the relay’s machine: inside the container, localhost is the container.",
            "Ask the relay’s operator whether the service runs and lets this server in.",
        ),
        "port",
        consequence=Consequence.TRIED_AGAIN,
    ),
    Code.CONNECT_TIMEOUT: Entry(
        "The relay does not answer",
        "No answer came from {relay} in time. Usually a firewall or the hosting company drops "
        "connections to this port without a word.",
        (
            "Try another port on which the provider listens: 587, 465 or 2525.",
            "Allow outgoing connections to {relay} in this server’s firewall.",
            "Many hosting companies block ports 25, 465 and 587; ask for them to be opened.",
            "With port 465 the relay waits for TLS, and with 587 for plain text: a port of the "
            "other kind looks like silence too.",
        ),
        "port",
        consequence=Consequence.TRIED_AGAIN,
    ),
    Code.NETWORK_UNREACHABLE: Entry(
        "There is no network route to the relay",
        "This server has no way to reach {relay}.",
        (
            "Check this server’s network connection, gateway and VPN.",
            "If the name resolves to an IPv6 address only, give this server IPv6 or use a relay "
            "with an IPv4 address.",
        ),
        "host",
        consequence=Consequence.TRIED_AGAIN,
    ),
    Code.CONNECTION_DROPPED: Entry(
        "The relay closed the connection",
        "{Relay} hung up, or fell silent, in the middle of the conversation.",
        (
            "Nothing to do if it happens now and then: relays restart and close idle connections.",
            "If it happens every time, check that port and TLS belong together and that no "
            "firewall or virus scanner interrupts mail connections.",
        ),
        consequence=Consequence.TRIED_AGAIN,
    ),
    Code.TLS_MODE_MISMATCH: Entry(
        "TLS is started in a way this port does not expect",
        "One side began with TLS while the other side expected plain text first. As it is, "
        "no connection to {relay} can succeed.",
        (
            "If the port is right, choose the other encryption under Advanced: TLS from the start, "
            "or STARTTLS, where TLS begins after the greeting.",
            "Or use the usual ports: 465 for TLS from the start, 587 (or 25, 2525) for STARTTLS.",
        ),
        "port",
    ),
    Code.TLS_VERSION: Entry(
        "The relay and we have no TLS version in common",
        "{Relay} only offers TLS versions or ciphers that are no longer safe, or none that we "
        "know. We speak TLS 1.2 and newer and do not go below it.",
        (
            "Ask the relay’s operator to enable TLS 1.2 or 1.3 with current ciphers.",
            "Check whether a proxy or an inspecting firewall between here and {host} speaks an "
            "older version.",
            "If the relay wants to be shown a client certificate, this is how an older one says "
            "so: paste it under Certificates on the mailer page.",
        ),
        "host",
    ),
    Code.TLS_FAILED: Entry(
        "The encrypted connection could not be set up",
        "{Relay} refused to encrypt just now, or broke the TLS handshake off. No certificate was "
        "refused, and nothing was sent in the clear.",
        (
            "Check again in a few minutes: the relay may be restarting.",
            "If it stays, ask the relay’s operator to look at the TLS set-up: an unreadable "
            "certificate or key on their side looks like this.",
            "Check that {port} and the encryption belong together: on 465 it usually begins at "
            "once, on 587 with STARTTLS.",
        ),
        "port",
        consequence=Consequence.TRIED_AGAIN,
    ),
    Code.STARTTLS_NOT_OFFERED: Entry(
        "The relay offers no encryption",
        "TLS is switched on here, and {relay} does not offer STARTTLS. We do not fall back to "
        "clear text, so nothing was sent.",
        (
            "Use the relay’s submission port, 587 or 465, where encryption is usual.",
            "Ask the relay’s operator to enable TLS.",
            "Only for a relay on the same machine or in a trusted network: switch “secure” off.",
        ),
        "secure",
    ),
    Code.TLS_REQUIRED: Entry(
        "The relay insists on encryption",
        "{Relay} goes no further without TLS, and TLS is switched off here or had not begun.",
        ("Switch “secure” on and use port 587 (STARTTLS) or 465 (TLS from the start).",),
        "secure",
    ),
    Code.PROTOCOL_ERROR: Entry(
        "What answered does not speak SMTP as expected",
        "The answer from {relay} is not proper SMTP, or it says that ours was not. Another "
        "service may listen on this port, or a device in between alters the conversation. Mail is "
        "tried a few times and then held.",
        (
            "Check host and port: is it really the mail relay that listens there?",
            "Look for a firewall or virus scanner with a “mail protection” or “SMTP fix-up” "
            "feature on the way, and switch that feature off for this server.",
        ),
        "host",
    ),
}


BY_PHASE = {
    (Code.CONNECT_TIMEOUT, Phase.GREETING): Entry(
        "The relay takes the connection but does not greet us in time",
        "{Relay} accepted the connection, so the way there is open, but the exchange of greetings "
        "was not done within {patience}.",
        (
            "Raise the connection timeout, to 60 for instance: some relays look up who calls, or "
            "make strangers wait, before they greet.",
            "Check that {port} and the encryption belong together: a port for TLS from the start "
            "waits in silence too.",
            "Ask the relay’s operator whether the mail service is well: a proxy or load balancer "
            "in front of it accepts connections even when nothing is behind it.",
        ),
        "connection_timeout",
        consequence=Consequence.TRIED_AGAIN,
    ),
    (Code.CONNECT_TIMEOUT, Phase.TLS): Entry(
        "The relay takes the connection and does not begin TLS",
        "{Relay} accepted the connection, so the way there is open, but did not answer our TLS "
        "greeting within {patience}.",
        (
            "Check that {port} and the encryption belong together: a port for STARTTLS waits for "
            "plain text and is silent too.",
            "Raise the connection timeout, to 60 for instance, if the relay is known to be slow.",
            "Ask the relay’s operator whether the mail service is well: a proxy or load balancer "
            "in front of it accepts connections even when nothing is behind it.",
        ),
        "port",
        consequence=Consequence.TRIED_AGAIN,
    ),
    (Code.CONNECTION_DROPPED, Phase.GREETING): Entry(
        "The relay hangs up before it talks with us",
        "{Relay} accepted the connection and closed it without a word, or right after we "
        "introduced ourselves.",
        (
            "Nothing to do if it happens now and then: relays restart, and turn callers away when "
            "they are busy.",
            "If it happens every time, ask the relay’s operator whether this server’s address is "
            "allowed in.",
            "Check that {port} and the encryption belong together.",
        ),
        consequence=Consequence.TRIED_AGAIN,
    ),
}

REFUSED_TARGET = Entry(
    "No mail relay has this address",
    "{Host} leads to an address that is link-local, multicast or unspecified. Cloud metadata "
    "services live there, relays do not, so Novantra did not connect.",
    ("Type the relay’s own host name or address.",),
    "host",
)
"""For the code of an unreachable network, where it was we who refused to go there."""
