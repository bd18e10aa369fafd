"""What each bad server does, by id. Variants of one fault share its number: ``F08-454``.

A scenario names only the steps in which it misbehaves. Steps are ``banner``, the verbs
(``EHLO``, ``STARTTLS``, ``AUTH``, ``MAIL``, ``RCPT``, ``DATA``, ``RSET``, ``QUIT``), ``TLS`` for
the handshake and ``.`` for the reply to the final dot. A step is what to send, or a function
that gets the connection, or a list: one for the first time, one for the second, and then as any
server would; so it does for ``None`` in the list.
"""

from __future__ import annotations

import base64
import binascii
import ssl
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.certificates import server_file

if TYPE_CHECKING:
    from tests.faults.server import Peer

Action = bytes | Callable[["Peer"], None]
Step = Action | Sequence[Action | None]

OFFERS = (b"SIZE 10000000", b"8BITMIME", b"SMTPUTF8", b"AUTH PLAIN LOGIN")


@dataclass(frozen=True)
class Scenario:
    """``does`` is for people; ``tls`` is the mode in which a client should be configured."""

    does: str
    steps: Mapping[str, Step] = field(default_factory=dict)
    tls: str = "none"
    certificate: str = "good"
    offers: tuple[bytes, ...] = OFFERS
    offers_starttls: bool = True


def _silent(peer: Peer) -> None:
    peer.listen_only()


def _drip_for_ever(peer: Peer) -> None:
    peer.drip(b"220-" + b"drip" * 500, interval=1.0)


def _drip_ehlo(peer: Peer) -> None:
    peer.drip(b"250-" + b"drip" * 500, interval=1.0)


def _slow(reply: bytes) -> Callable[[Peer], None]:
    def speak(peer: Peer) -> None:
        peer.drip(reply, interval=0.3 / len(reply))

    return speak


def _flood(line: bytes) -> Callable[[Peer], None]:
    def flood(peer: Peer) -> None:
        while True:
            peer.say(line * 500)

    return flood


def _then_drop(octets: bytes) -> Callable[[Peer], None]:
    def speak(peer: Peer) -> None:
        peer.say(octets)
        peer.drop()

    return speak


def _then_reset(octets: bytes) -> Callable[[Peer], None]:
    def speak(peer: Peer) -> None:
        peer.say(octets)
        peer.reset()

    return speak


def _drop(peer: Peer) -> None:
    peer.drop()


def _reset(peer: Peer) -> None:
    peer.reset()


def _first_mail_then(action: Callable[[Peer], None]) -> Callable[[Peer], None]:
    """One message per connection."""

    def answer(peer: Peer) -> None:
        if sum(command.startswith("MAIL") for command in peer.commands) > 1:
            action(peer)
        peer.say(b"250 2.1.0 OK\r\n")

    return answer


def _garbage(peer: Peer) -> None:
    peer.hear()  # the ClientHello
    peer.say(b"this is no TLS at all\r\n" * 3)
    peer.listen_only()


def _old_tls(peer: Peer) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is old is the point
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    context.load_cert_chain(server_file("good"))
    peer.encrypt(context)


def _echo(peer: Peer) -> None:
    said = peer.server.commands[-1].encode()
    blob = said.rpartition(b" ")[2]
    peer.say(
        b"535-5.7.8 you sent <script>alert('" + said + b"')</script>\r\n"
        b"535-5.7.8 that is " + _decoded(blob) + b"\r\n"
        b"535 5.7.8 \x1b[31mno\x1b[0m\r\n"
    )


def _decoded(blob: bytes) -> bytes:
    try:
        return base64.b64decode(blob, validate=True).replace(b"\0", b" ")
    except binascii.Error:
        return b"nothing"


def _web_server(peer: Peer) -> None:
    peer.line()  # a web server waits for its client, too
    peer.say(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    peer.drop()


def _eager_web_server(peer: Peer) -> None:
    peer.say(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    peer.drop()


def _tls_server(peer: Peer) -> None:
    peer.encrypt()
    peer.say(b"220 encrypted.example.test ESMTP\r\n")


def _one_command_only(peer: Peer) -> None:
    """Offers PIPELINING and forgets what came behind a command."""
    peer.forget()
    peer.say(b"250 2.1.0 OK\r\n")


def _no_more_than_one(action: Action) -> Callable[[Peer], None]:
    """Like any server, but not where something came behind the command."""

    def answer(peer: Peer) -> None:
        if not peer.has_more:
            peer.say(b"250 2.1.0 OK\r\n")
        elif isinstance(action, bytes):
            peer.say(action)
        else:
            action(peer)

    return answer


_BYE = b"421 4.3.2 shutting down\r\n"

SCENARIOS: dict[str, Scenario] = {
    "good": Scenario("behaves"),
    "F01": Scenario("accepts and never speaks", {"banner": _silent}),
    "F01-tls": Scenario("the same on a port for implicit TLS", {"TLS": _silent}, tls="implicit"),
    "F02": Scenario("drips its greeting, a byte a second", {"banner": _drip_for_ever}),
    "F02-ehlo": Scenario("drips its reply to EHLO, a byte a second", {"EHLO": _drip_ehlo}),
    "F02-steps": Scenario(
        "takes 0.3 s for every reply: each in time, all together too long",
        {
            "banner": _slow(b"220 slow\r\n"),
            "EHLO": _slow(b"250 slow\r\n"),
            "MAIL": _slow(b"250 slow\r\n"),
            "RCPT": _slow(b"250 slow\r\n"),
            "DATA": _slow(b"250 slow\r\n"),
        },
    ),
    "F03-mail": Scenario("421 to MAIL", {"MAIL": _then_drop(_BYE)}),
    "F03-rcpt": Scenario("421 to RCPT", {"RCPT": _then_drop(_BYE)}),
    "F03-data": Scenario("421 to DATA", {"DATA": _then_drop(_BYE)}),
    "F03-dot": Scenario("421 to the final dot", {".": _then_drop(_BYE)}),
    "F03-silence": Scenario("never answers MAIL", {"MAIL": _silent}),
    "F04": Scenario("drops after the dot, before its reply", {".": _drop}),
    "F04-reset": Scenario("resets after the dot, before its reply", {".": _reset}),
    "F05": Scenario(
        "250 along with 354, then 550",
        {"DATA": b"354 go ahead\r\n250 2.0.0 queued\r\n", ".": b"550 5.7.1 not at all\r\n"},
    ),
    "F05-reset": Scenario(
        "250 along with 354, then a reset",
        {"DATA": b"354 go ahead\r\n250 2.0.0 queued\r\n", ".": _reset},
    ),
    "F06": Scenario(
        "421 at QUIT, and at a second MAIL",
        {"QUIT": _then_drop(_BYE), "MAIL": _first_mail_then(_then_drop(_BYE))},
    ),
    "F06-reset": Scenario(
        "a reset at QUIT, and at a second MAIL",
        {"QUIT": _reset, "MAIL": _first_mail_then(_reset)},
    ),
    "F06-together": Scenario(
        "250 after the dot and 421 in the same breath",
        {".": _then_drop(b"250 2.0.0 queued\r\n" + _BYE)},
    ),
    "F07": Scenario("a greeting of endless lines", {"banner": _flood(b"220-more\r\n")}),
    "F07-line": Scenario("a greeting of one endless line", {"banner": _flood(b"220 more ")}),
    "F07-ehlo": Scenario("an endless reply to EHLO", {"EHLO": _flood(b"250-X-MORE\r\n")}),
    "F08": Scenario("offers no STARTTLS", tls="starttls", offers_starttls=False),
    "F08-454": Scenario(
        "454 to STARTTLS", {"STARTTLS": b"454 4.7.0 TLS not available\r\n"}, tls="starttls"
    ),
    "F08-501": Scenario(
        "501 to STARTTLS", {"STARTTLS": b"501 5.5.4 Syntax error\r\n"}, tls="starttls"
    ),
    "F09": Scenario("220 to STARTTLS, then garbage", {"TLS": _garbage}, tls="starttls"),
    "F09-early": Scenario(
        "garbage along with the 220 to STARTTLS",
        {"STARTTLS": b"220 go ahead\r\n\x00\xff\xfe"},
        tls="starttls",
    ),
    "F09-reset": Scenario("220 to STARTTLS, then a reset", {"TLS": _reset}, tls="starttls"),
    "F10-self-signed": Scenario(
        "a self-signed certificate", tls="starttls", certificate="self_signed"
    ),
    "F10-unknown-issuer": Scenario(
        "a certificate of an unknown CA", tls="starttls", certificate="unknown_issuer"
    ),
    "F10-expired": Scenario("an expired certificate", tls="starttls", certificate="expired"),
    "F10-not-yet-valid": Scenario(
        "a certificate from the future", tls="starttls", certificate="not_yet_valid"
    ),
    "F10-other-name": Scenario(
        "a certificate for another name", tls="starttls", certificate="other_name"
    ),
    "F10-old-tls": Scenario("speaks TLS 1.0 only", {"TLS": _old_tls}, tls="starttls"),
    "F11": Scenario(
        "injects a clear-text reply after the 220 to STARTTLS",
        {"STARTTLS": b"220 go ahead\r\n250-injected\r\n250 AUTH PLAIN LOGIN\r\n"},
        tls="starttls",
    ),
    "F12": Scenario("offers no AUTH", offers=(b"SIZE 10000000", b"8BITMIME")),
    "F12-unknown": Scenario(
        "offers only mechanisms nobody speaks",
        offers=(b"8BITMIME", b"AUTH DIGEST-MD5 XOAUTH2 GSSAPI"),
    ),
    "F13": Scenario("535 5.7.8 to AUTH", {"AUTH": b"535 5.7.8 bad credentials\r\n"}),
    "F13-139": Scenario(
        "535 5.7.139 to AUTH",
        {
            "AUTH": b"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled"
            b" for the Mailbox\r\n"
        },
    ),
    "F13-30": Scenario(
        "550 5.7.30 to AUTH",
        {
            "AUTH": b"550 5.7.30 Basic authentication is not supported for Client Submission.\r\n",
        },
    ),
    "F14": Scenario(
        "454 4.7.0 to AUTH", {"AUTH": b"454 4.7.0 Temporary authentication failure\r\n"}
    ),
    "F14-ses": Scenario(
        "454 throttling to AUTH, as Amazon SES does",
        {"AUTH": b"454 Throttling failure: Maximum sending rate exceeded.\r\n"},
    ),
    "F15": Scenario("552 after the dot", {".": b"552 5.3.4 Message too big for system\r\n"}),
    "F15-sender": Scenario(
        "554 after the dot: sender not verified",
        {
            ".": b"554 Message rejected: Email address is not verified. The following identities"
            b" failed the check in region EU-WEST-1: novantra@acme.test\r\n"
        },
    ),
    "F16": Scenario(
        "550, 450 and 250 to the first three RCPT",
        {
            "RCPT": [
                b"550 5.1.1 no such user\r\n",
                b"450 4.2.0 greylisted, try again\r\n",
                b"250 2.1.5 OK\r\n",
            ]
        },
    ),
    "F17": Scenario("echoes the AUTH line, HTML and escape sequences", {"AUTH": _echo}),
    "F18": Scenario("8-bit garbage to EHLO", {"EHLO": b"\xff\xfe\x80\x81\x00\xc3\x28\xf0\x9f\r\n"}),
    "F18-no-digits": Scenario("words where a code belongs", {"EHLO": b"hello yourself\r\n"}),
    "F18-mixed": Scenario("two codes in one reply", {"EHLO": b"250-one\r\n550 two\r\n"}),
    "F18-banner": Scenario("8-bit garbage for a greeting", {"banner": b"\x00\xff\xfe\x90\r\n"}),
    "F19": Scenario(
        "502 to EHLO, but knows HELO", {"EHLO": b"502 5.5.1 command not implemented\r\n"}
    ),
    "F19-plain": Scenario("offers neither SMTPUTF8 nor 8BITMIME", offers=(b"PIPELINING",)),
    "F21": Scenario("forgets what came behind MAIL", {"MAIL": _one_command_only}),
    "F21-drop": Scenario("drops whoever says two things", {"MAIL": _no_more_than_one(_drop)}),
    "F21-503": Scenario(
        "calls two things at once out of order",
        {"MAIL": _no_more_than_one(b"503 5.5.0 improper use of pipelining\r\n")},
    ),
    "F22": Scenario("offers BDAT and does not know it", {"BDAT": b"500 5.5.1 unknown command\r\n"}),
    "F22-silent": Scenario("offers BDAT and never answers it", {"BDAT": _silent}),
    "F22-drop": Scenario("offers BDAT and drops whoever says it", {"BDAT": _drop}),
    "F20-http": Scenario("a web server, waiting for a request", {"banner": _web_server}),
    "F20-http-eager": Scenario("a web server that complains", {"banner": _eager_web_server}),
    "F20-tls": Scenario(
        "a port for implicit TLS, met by a client that wants STARTTLS",
        {"banner": _tls_server},
        tls="starttls",
    ),
}
