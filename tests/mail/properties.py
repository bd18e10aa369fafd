"""What must hold for any octets and any text: checked by the tests and by ``make fuzz``."""

from __future__ import annotations

import base64
import re
import socket
import threading
import time
import traceback
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import pairwise

from hypothesis import strategies as st

from app.crypto.secret import Secret
from app.mail.message import HeaderInjection, MessageParts, build
from app.mail.replies import MAX_LINE, MAX_LINES, MalformedReply, Reply, ReplyParser
from app.mail.smtp.session import Session
from app.mail.smtp.transaction import (
    UnsendableBody,
    dot_stuffed,
    sendable,
    with_crlf,
)
from app.mail.smtp.transcript import Transcript
from app.mail.smtp.wire import Deadline, Wire
from app.mail.tls import TlsMode
from app.mail.transport import RelaySettings, TransportError
from tests.mail.relays import ENVELOPE, MESSAGE

PASSWORD = "hunter2-söme"
_FORMS = (PASSWORD, base64.b64encode(PASSWORD.encode()).decode().rstrip("="), "hunter2")

_codes = st.integers(200, 599).map(str) | st.sampled_from(["220", "250", "334", "235", "354"])
_said = st.binary(max_size=60) | st.sampled_from(
    [PASSWORD.encode(), b"5.7.8 no", b"AUTH PLAIN LOGIN", b"SIZE 100", b"STARTTLS", b"\x1b[31m"]
)
_lines = st.tuples(_codes, st.sampled_from([b" ", b"-", b"", b"\t"]), _said).map(
    lambda parts: parts[0].encode() + parts[1] + parts[2] + b"\r\n"
)
octets = st.lists(_lines | st.binary(max_size=100), max_size=6).map(b"".join)
"""Octets that a server may send: replies, near misses and noise."""

conversations = st.lists(
    octets | st.sampled_from([b"220 hi\r\n", b"250-hi\r\n250 AUTH PLAIN LOGIN\r\n", b"235 in\r\n",
                              b"250 ok\r\n", b"354 go\r\n"]),
    max_size=9,
)  # fmt: skip
"""What a server says, one part at once and then one after each line from the client."""

texts = st.text(max_size=300) | st.sampled_from(
    ["=?utf-8?q?x=0d=0aBcc:_evil@example.test?=", "a\r\nBcc: b@c.test", "=?", "?=", "a b", "é" * 90]
)
bodies = st.text(max_size=2000) | st.lists(
    st.sampled_from([".", "..", "\n", "\r", "\r\n", ".\r\n", "x" * 1000, "é", "=", " ", "\t", "a"]),
    max_size=40,
).map("".join)


def a_parser_gives_replies_or_gives_up(sent: bytes, cuts: Sequence[int]) -> None:
    """However the octets are cut, the same replies come out, within the limits."""
    whole = _parse([sent])
    edges = [0, *sorted(cut % (len(sent) + 1) for cut in cuts), len(sent)]
    pieces = [sent[a:b] for a, b in pairwise(edges)]
    assert _parse(pieces) == whole
    for reply in whole:
        if isinstance(reply, Reply):
            assert 200 <= reply.code <= 599
            assert 1 <= len(reply.lines) <= MAX_LINES
            assert all(len(line) < MAX_LINE for line in reply.lines)
            assert reply.enhanced is None or re.fullmatch(r"[245]\.\d+\.\d+", reply.enhanced)


def _parse(pieces: Sequence[bytes]) -> list[Reply | str]:
    parser, found = ReplyParser(), []
    for piece in pieces:
        parser.feed(piece)
        try:
            while (reply := parser.take()) is not None:
                found.append(reply)
        except MalformedReply:
            return [*found, "malformed"]
    return found


def a_session_ends_in_time_and_keeps_its_secret(parts: Sequence[bytes]) -> None:
    """Any server: a sent message or a failure with a code, soon, and nothing repeated."""
    ours, theirs = socket.socketpair()
    server = threading.Thread(target=_play, args=(theirs, parts))
    server.start()
    settings = RelaySettings(
        "smtp", "relay.test", 25, TlsMode.NONE, "alice", Secret(PASSWORD), "app.test", timeout=0.03
    )
    transcript = Transcript(settings.username, settings.password)
    wire = Wire(ours, Deadline(0.1), 0.03)
    session = Session(wire, settings, transcript)
    began = time.monotonic()
    told = ""
    try:
        session.greet()
        session.hello()
        session.login()
        session.announce(ENVELOPE, len(MESSAGE))
        session.address(ENVELOPE)
        assert 200 <= session.hand_over(sendable(MESSAGE)).code < 300
    except TransportError as error:
        told = "".join(traceback.format_exception(error)) + repr(vars(error))
    finally:
        session.quit()
        server.join()
    assert time.monotonic() - began < 1
    told += str(transcript)
    assert not any(form in told for form in _FORMS)
    assert all(line.isprintable() for line in str(transcript).splitlines())


def _play(connection: socket.socket, parts: Sequence[bytes]) -> None:
    with connection:
        for part in parts:
            try:
                connection.sendall(part)
                if not connection.recv(65536):
                    return
            except OSError:
                return


def a_body_arrives_as_it_was(body: str) -> None:
    """Dot-stuffing and CRLF, undone by a server, give back the same lines."""
    try:
        message = with_crlf(body.encode("utf-8", "replace"))
    except UnsendableBody:
        return
    wire = dot_stuffed(message) + b".\r\n"
    assert wire.count(b"\n") == wire.count(b"\r") == wire.count(b"\r\n")
    assert b"\r\n.\r\n" not in b"\r\n" + wire[:-3]
    assert max(map(len, wire.split(b"\r\n"))) <= 999  # 998 and a stuffed dot
    lines = wire.split(b"\r\n")
    received = (
        b"\r\n".join(line.removeprefix(b".") for line in lines[: lines.index(b".")]) + b"\r\n"
    )
    assert received == message


_PARTS = MessageParts(
    "novantra@acme.test", "", "bob@example.test", "", "<1@acme.test>",
    datetime(2026, 11, 22, tzinfo=UTC),
)  # fmt: skip


def a_message_parses_back(subject: str, name: str, body: str) -> None:
    """Whatever is typed, it is refused or means itself."""
    parts = replace(_PARTS, subject=subject, sender_name=name, text=body, html=body)
    try:
        written = build(parts)
    except HeaderInjection:
        typed = subject + name
        assert any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in typed)
        return
    assert written.isascii()
    assert max(map(len, written.split(b"\r\n"))) <= 998
    assert written.count(b"\n") == written.count(b"\r") == written.count(b"\r\n")
    message = message_from_bytes(written, policy=default)
    assert isinstance(message, EmailMessage)
    assert len(message.keys()) == 9
    assert message["Subject"] == " ".join(subject.split())
    (sender,) = message["From"].addresses
    assert sender.addr_spec == "novantra@acme.test"
    assert "".join(sender.display_name.split()) == "".join(name.split())
    for part in message.iter_parts():
        assert _lined(part.get_content()) == _lined(body)


def _lined(text: str) -> str:
    text = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    return text if text.endswith("\n") else text + "\n"
