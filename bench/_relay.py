"""A relay in a process of its own, so that it takes no time from what is measured.

``python -m bench._relay PORT DELAY`` offers STARTTLS and AUTH, as a provider's submission service
does, throws away what it takes, and lies DELAY seconds away in each direction.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.certificates import ca_file
from tests.relays.ports import free_port
from tests.smtpd import Relay

USER, PASSWORD = "bench", "bench"
ROOT = Path(__file__).parent.parent


@contextmanager
def relay_process(delay: float) -> Iterator[tuple[int, str]]:
    """The port on which it listens, and the file of the authority that vouches for it."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench._relay", str(port), str(delay)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert process.stdout
    authority = process.stdout.readline().decode().strip()
    try:
        yield port, authority
    finally:
        process.kill()
        process.communicate()


class Distance:
    """Passes octets on to the relay and back, each way ``delay`` seconds later."""

    def __init__(self, relay_port: int, delay: float) -> None:
        self._relay_port, self._delay = relay_port, delay
        # asyncio itself only refers to its tasks weakly.
        self._conversations: set[asyncio.Task[None] | None] = set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = asyncio.current_task()
        self._conversations.add(conversation)
        back, onward = await asyncio.open_connection("127.0.0.1", self._relay_port)
        await asyncio.gather(self._carry(reader, onward), self._carry(back, writer))
        self._conversations.discard(conversation)

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        with suppress(ConnectionResetError):  # the client hung up with an answer on its way
            while octets := await source.read(65536):
                loop.call_later(self._delay, target.write, octets)
        loop.call_later(self._delay, target.close)


async def _serve(port: int, delay: float, relay_port: int) -> None:
    server = await asyncio.start_server(Distance(relay_port, delay).accept, "127.0.0.1", port)
    print(ca_file(), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with Relay(tls="starttls", users={USER: PASSWORD}, require_auth=True) as relay:
        asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2]), relay.port))
