"""A relay that takes the connection and greets late, or never: the words fit how far one got."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.runtime import Runtime
from tests.conftest import Clock
from tests.desk import Desk
from tests.mailer.pages import MailerPage


@contextmanager
def greeting_after(seconds: float) -> Iterator[int]:
    """The port of a server that accepts at once and says 220 later."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connections: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connections.append(connection)
                threading.Thread(target=greet, args=(connection,), daemon=True).start()

        def greet(connection: socket.socket) -> None:
            if not over.wait(seconds):
                try:
                    connection.sendall(b"220 late.example.test ESMTP\r\n")
                except OSError:
                    return  # the client has given up

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        for connection in connections:
            connection.close()


@pytest.fixture
def desk(page: MailerPage, runtime: Runtime, clock: Clock) -> Iterator[Desk]:
    desk = Desk(page, runtime, clock)
    yield desk
    desk.close()


def typed(port: int, **changes: object) -> dict[str, object]:
    return {
        "provider": "smtp",
        "sender_address": "novantra@acme.test",
        "host": "127.0.0.1",
        "port": str(port),
        "secure": None,
        "username": "",
        "password": "",
        "connection_timeout": "1",
        **changes,
    }


@pytest.mark.parametrize("seconds", [1.6, 60.0])
def test_raising_the_timeout_comes_first_and_no_firewall_is_blamed(
    desk: Desk, seconds: float
) -> None:
    with greeting_after(seconds) as port:
        told = desk.check(**typed(port))
        assert told.diagnoses == ["connect_timeout"]
        assert told.steps()["connect"] == "passed"
        assert told.steps()["greeting"] == "failed"
        desk.save(**typed(port))
        assert desk.test() == "connect_timeout"
        tested = desk.page.open()
        desk.queue("bob@example.test")
        desk.work()
        failing = desk.page.open()
    for page in (told, tested, failing):
        assert "takes the connection but does not greet us in time" in page.words
        assert "within 1 seconds" not in page.words
        assert "firewall" not in page.words
        assert page.words.index("Raise the connection timeout") < page.words.index(
            "a port for TLS from the start"
        )
    assert 'href="#connection_timeout"' in told.text


def test_a_higher_timeout_is_the_cure_for_a_late_greeting(desk: Desk) -> None:
    with greeting_after(1.6) as port:
        told = desk.check(**typed(port, connection_timeout="4"))
        assert told.steps()["greeting"] == "passed"
