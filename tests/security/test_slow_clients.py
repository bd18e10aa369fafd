"""Clients that send a byte and wait hold connections, and nobody else up (real server)."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.functional.install import RunningInstall

pytestmark = pytest.mark.process

CONNECTIONS = 200


def test_two_hundred_half_requests_do_not_keep_others_out(tmp_path: Path) -> None:
    with RunningInstall(tmp_path / "data") as install, ExitStack() as held:
        for _ in range(CONNECTIONS):
            slow = held.enter_context(socket.create_connection(("127.0.0.1", install.port)))
            slow.sendall(b"POST /setup HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\na")
        began = time.monotonic()
        answer = httpx.get(f"{install.url}/setup", timeout=10, trust_env=False)
        assert answer.status_code == 200
        assert time.monotonic() - began < 5
