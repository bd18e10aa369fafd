"""A wire waits for what is allowed and no longer, whoever keeps it waiting."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from app.mail.smtp.wire import Deadline, Wire

STEP = 0.2
BUSY = 5.0
"""Seconds that a busy machine may take beyond a step."""


@pytest.fixture
def ends() -> Iterator[tuple[Wire, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Wire(ours, Deadline(60), STEP), theirs


def test_octets_that_drip_in_put_no_end_off(ends: tuple[Wire, socket.socket]) -> None:
    wire, theirs = ends
    enough = threading.Event()

    def drip() -> None:
        while not enough.wait(STEP / 10):
            theirs.sendall(b"2")

    theirs.sendall(b"250-")
    dripping = threading.Thread(target=drip)
    dripping.start()
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        wire.read_reply()
    enough.set()
    dripping.join()
    assert STEP <= time.monotonic() - began < STEP + BUSY


def test_a_relay_that_takes_nothing_is_given_up(ends: tuple[Wire, socket.socket]) -> None:
    wire, _theirs = ends
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        wire.write(b"x" * 10_000_000)
    assert STEP <= time.monotonic() - began < STEP * 3 + BUSY


def test_nothing_is_said_or_heard_after_the_end(ends: tuple[Wire, socket.socket]) -> None:
    wire, theirs = ends
    theirs.sendall(b"250 too late\r\n")
    wire.deadline = Deadline(0)
    with pytest.raises(TimeoutError):
        wire.write(b"NOOP\r\n")
    with pytest.raises(TimeoutError):
        wire.read_reply()
