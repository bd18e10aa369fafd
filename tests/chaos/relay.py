"""A relay whose mood changes, and which remembers exactly what it took and what it answered."""

from __future__ import annotations

import random
import re
import socket
import threading
import time
from dataclasses import dataclass
from typing import Self

MOODS = (
    "healthy",
    "healthy",
    "slow",
    "busy",
    "greylisting",
    "temporary after the dot",
    "hangs up in the body",
    "hangs up after the dot",
    "silent after the dot",
    "hangs up at once",
)


@dataclass
class Taken:
    """A message whose final dot arrived. ``answered``: 250 left for the client; ``lost``: the
    relay kept the message and said nothing, so the client cannot know."""

    at: float
    recipient: str
    message_id: str
    content: bytes
    lost: bool


class _Over(Exception):
    """The conversation has ended."""


class MoodyRelay:
    """Listens on a free port of 127.0.0.1. Every other conversation keeps the mood it began in;
    the others are like Postfix with PIPELINING, and have with each message the mood of then."""

    def __init__(self, seed: int) -> None:
        self.taken: list[Taken] = []
        self.conversations: dict[str, int] = {}
        self.mood = "healthy"
        self._random = random.Random(seed)  # noqa: S311 - a seed makes a run repeatable
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def change_mood(self) -> None:
        self.mood = self._random.choice(MOODS)

    def heal(self) -> None:
        self.mood = "healthy"

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection, self.mood), daemon=True).start()

    def _serve(self, connection: socket.socket, mood: str) -> None:
        self.conversations[mood] = self.conversations.get(mood, 0) + 1
        with connection:
            connection.settimeout(30)
            # Or the second of several replies waits for the acknowledgement of the first: 40 ms.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                _Conversation(self, connection, mood).run()
            except (_Over, OSError):
                return


class _Conversation:
    def __init__(self, relay: MoodyRelay, connection: socket.socket, mood: str) -> None:
        self.relay, self.connection, self.mood = relay, connection, mood
        self.buffer = b""
        self.recipient = ""
        self.pipelines = sum(relay.conversations.values()) % 2 == 0

    def run(self) -> None:
        if self.mood == "hangs up at once":
            return
        name = "moody.test ESMTP Postfix" if self.pipelines else "moody.test ESMTP"
        self.say("421 4.3.2 too busy" if self.mood == "busy" else f"220 {name}")
        if self.mood == "busy":
            return
        while True:
            line = self.line()
            word = line[:4].upper()
            if word == "EHLO":
                offers = "250-PIPELINING\r\n" if self.pipelines else ""
                self.say(f"250-moody.test\r\n{offers}250-8BITMIME\r\n250 SIZE 10000000")
            elif word == "RCPT":
                self.recipient = line.partition("<")[2].partition(">")[0]
                grey = self.mood == "greylisting"
                self.say("450 4.7.1 greylisted" if grey else "250 2.1.5 OK")
            elif word == "DATA":
                if self.pipelines:
                    self.mood = self.relay.mood
                self.say("354 go on")
                self.body()
            elif word == "QUIT":
                self.say("221 2.0.0 bye")
                return
            else:
                self.say("250 2.0.0 OK")

    def body(self) -> None:
        if self.mood == "hangs up in the body":
            self.receive()
            raise _Over
        while b"\r\n.\r\n" not in (begun := b"\r\n" + self.buffer):
            self.receive()
        content, _, self.buffer = begun.partition(b"\r\n.\r\n")
        content = content[2:] + b"\r\n"
        if self.mood == "temporary after the dot":
            self.say("451 4.3.0 try again")
            return
        lost = self.mood in ("hangs up after the dot", "silent after the dot")
        found = re.search(rb"^Message-ID:\s*(\S+)", content, re.MULTILINE | re.IGNORECASE)
        assert found, "a mail without a Message-ID"
        self.relay.taken.append(
            Taken(time.time(), self.recipient, found.group(1).decode(), content, lost)
        )
        if self.mood == "hangs up after the dot":
            raise _Over
        if self.mood == "silent after the dot":
            while True:
                self.receive()
        self.say("250 2.0.0 taken")

    def say(self, reply: str) -> None:
        if self.mood == "slow":
            time.sleep(0.15)
        self.connection.sendall(f"{reply}\r\n".encode())

    def line(self) -> str:
        while b"\r\n" not in self.buffer:
            self.receive()
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line.decode("ascii", "replace")

    def receive(self) -> None:
        octets = self.connection.recv(65536)
        if not octets:
            raise _Over
        self.buffer += octets
