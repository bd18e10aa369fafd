"""The listening side, driven by hand."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from contextlib import closing
from typing import Any

from app.listener import Listeners


def answers(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]


def test_whoever_connected_before_the_end_is_answered() -> None:
    """Three that the kernel took and the loop never saw: no turn was made before the end."""
    with closing(Listeners(answers, bind="127.0.0.1:0", proxies=0)) as serving:
        port = serving._all[0].socket.getsockname()[1]
        asking = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(3)]
        for one in asking:
            one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        serving.finish(5)
        for one in asking:
            with one:
                assert one.recv(100).startswith(b"HTTP/1.1 200 OK")
