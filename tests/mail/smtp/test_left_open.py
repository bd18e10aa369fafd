"""No connection is left open, whatever fails on it: not what we expect of a relay alone."""

from __future__ import annotations

import gc
import socket
import ssl
import struct
import warnings
from collections.abc import Callable

import pytest

from app.mail.smtp import wire
from app.mail.smtp.connect import dial, resolve
from app.mail.smtp.errors import Dropped
from app.mail.smtp.session import Session
from app.mail.smtp.transport import SmtpTransport
from app.mail.smtp.wire import Deadline, handshake
from app.mail.transport import TransportError
from app.mail.trust import Trust
from tests.certificates import pin_of
from tests.mail.relays import ENVELOPE, MESSAGE, settings_for
from tests.smtpd import Relay

MODES = pytest.mark.parametrize("mode", ["starttls", "implicit"])


class Stumble(Exception):
    """What nobody has foreseen, as a database that fails where a token is looked up."""


def stumble(*_: object, **__: object) -> None:
    raise Stumble


def not_yet(*_: object) -> None:
    raise ssl.SSLWantReadError


def left_open(act: Callable[[], object], error: type[BaseException], port: int) -> list[str]:
    """What leads to ``port`` and is found unclosed once ``act`` has failed with ``error``."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", ResourceWarning)
        with pytest.raises(error):
            act()
        gc.collect()
    return [
        told
        for one in found
        if (told := str(one.message)).endswith(f"raddr=('127.0.0.1', {port})>")
    ]


def sending(relay: Relay, trust: Trust) -> Callable[[], object]:
    settings = settings_for(relay, "ann", "pw", trust=trust, host="localhost")
    return lambda: SmtpTransport(settings, total=3).send(ENVELOPE, MESSAGE)


@MODES
@pytest.mark.parametrize("certificate", ["expired", "other_name", "self_signed", "good"])
def test_a_handshake_that_is_refused_leaves_nothing(mode: str, certificate: str) -> None:
    trust = Trust(pins=(pin_of("client"),)) if certificate == "good" else Trust()
    with Relay(tls=mode, certificate=certificate) as relay:
        assert left_open(sending(relay, trust), TransportError, relay.port) == []


@MODES
@pytest.mark.parametrize("place", ["client_context", "confirm", "_require_tls"])
def test_a_handshake_that_stumbles_leaves_nothing(
    mode: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, place, stumble)
    if place == "_require_tls":  # asked while the relay's answer is on its way, never afterwards
        monkeypatch.setattr(ssl.SSLSocket, "do_handshake", not_yet)
    with Relay(tls=mode) as relay:
        assert left_open(sending(relay, Trust()), Stumble, relay.port) == []


@pytest.mark.parametrize("mode", ["none", "starttls", "implicit"])
@pytest.mark.parametrize("place", ["greet", "hello", "login"])
def test_a_conversation_that_stumbles_leaves_nothing(
    mode: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Session, place, stumble)
    with Relay(tls=mode, users={"ann": "pw"}) as relay:
        assert left_open(sending(relay, Trust()), Stumble, relay.port) == []


@pytest.mark.parametrize("said", [b"", b"220 "])
def test_a_connection_that_was_reset_before_the_handshake_is_closed(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
    with theirs:
        theirs.sendall(said)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", ResourceWarning)
        with pytest.raises(Dropped):
            handshake(ours, Trust(), "localhost", Deadline(5))
        assert ours.fileno() == -1
        del ours
        gc.collect()
    assert [one for one in found if "SSLSocket" in str(one.message)] == []


def test_a_connection_that_cannot_be_set_up_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        targets = resolve("127.0.0.1", port, Deadline(5))
        monkeypatch.setattr(socket.socket, "setsockopt", stumble)
        assert left_open(lambda: dial(targets, Deadline(5)), Stumble, port) == []
