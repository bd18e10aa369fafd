"""A wire waits for what is allowed and no longer, whoever keeps it waiting."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from app.mail.replies import MalformedReply
from app.mail.smtp.errors import Dropped
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


def test_what_came_behind_a_reply_is_no_silence(ends: tuple[Wire, socket.socket]) -> None:
    wire, theirs = ends
    theirs.sendall(b"354 go ahead\r\n250 queued\r\n")
    assert wire.read_reply().code == 354
    with pytest.raises(MalformedReply):
        wire.expect_silence_since_read()


def test_what_came_a_moment_after_a_reply_is_no_silence(ends: tuple[Wire, socket.socket]) -> None:
    wire, theirs = ends
    theirs.sendall(b"354 go ahead\r\n")
    assert wire.read_reply().code == 354
    theirs.sendall(b"250 queued\r\n")
    time.sleep(0.01)
    with pytest.raises(MalformedReply):
        wire.expect_silence_since_read()


def test_a_read_that_took_all_it_may_shows_no_silence(ends: tuple[Wire, socket.socket]) -> None:
    """There may be more with the system."""
    wire, theirs = ends
    line = b"250-%s\r\n" % (b"x" * 1000)
    theirs.sendall(line * 4 + b"250 " + b"x" * (4096 - 4 * len(line) - 6) + b"\r\n250 more\r\n")
    assert wire.read_reply().code == 250
    with pytest.raises(MalformedReply):
        wire.expect_silence_since_read()


def test_a_relay_that_hung_up_is_noticed_before_more_is_said(
    ends: tuple[Wire, socket.socket],
) -> None:
    wire, theirs = ends
    theirs.sendall(b"354 go ahead\r\n")
    assert wire.read_reply().code == 354
    wire.expect_silence_since_read()
    theirs.close()
    time.sleep(0.01)
    with pytest.raises(Dropped):
        wire.expect_silence_since_read()
