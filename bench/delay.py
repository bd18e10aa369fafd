"""A line to a port of loopback that takes its time: ``python -m bench.delay PORT SECONDS``.

Prints the port it listens on. Every octet arrives so many seconds later, in either direction,
however much is on its way: a long line, not a slow one.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def far_away(port: int, round_trip: float) -> Iterator[int]:
    """The port that leads to ``port``, ``round_trip`` seconds away there and back."""
    command = [sys.executable, "-m", "bench.delay", str(port), str(round_trip / 2)]
    line = subprocess.Popen(command, cwd=Path(__file__).parent.parent, stdout=subprocess.PIPE)
    try:
        assert line.stdout is not None
        yield int(line.stdout.readline())
    finally:
        line.kill()
        line.communicate()


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    on_its_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def arrive() -> None:
        while True:
            due, octets = await on_its_way.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not octets:
                break
            sink.write(octets)
        sink.close()

    arriving = asyncio.create_task(arrive())
    while octets := await source.read(1 << 16):
        on_its_way.put_nowait((loop.time() + seconds, octets))
    on_its_way.put_nowait((loop.time() + seconds, b""))
    await arriving


async def _serve(port: int, seconds: float) -> None:
    async def taken(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, there = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_carry(near, there, seconds), _carry(far, back, seconds))

    server = await asyncio.start_server(taken, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
