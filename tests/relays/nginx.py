"""A real nginx with TLS in front of an install, set up with the lines of the guide's chapter."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

from tests.certificates import server_file
from tests.relays.ports import free_port

GUIDE = Path(__file__).parents[2] / "docs" / "self-hosting" / "proxy.md"
DOCUMENTED_HOST = "proxy_set_header Host $http_host;"


def documented_logs(folder: Path) -> str:
    """The lines of the ``http`` block and of the server that keep links out of the logs."""
    lines = re.findall(r"```nginx\n((?:map|access_log) .*?)```", GUIDE.read_text(), re.DOTALL)
    assert len(lines) == 2, "the guide has no lines for the logs"
    return (
        "".join(lines)
        .replace("/var/log/nginx/novantra.log", str(folder / "access.log"))
        .replace("/var/log/nginx/error.log", str(folder / "error.log"))
    )


def documented_server() -> str:
    """The ``server`` block that the guide tells people to use."""
    found = re.search(r"```nginx\n(server \{.*?\n\})\n```", GUIDE.read_text(), re.DOTALL)
    assert found, "the guide has no nginx block"
    return found.group(1)


class Nginx:
    """``with Nginx(binary, folder, install_port) as proxy``: ``proxy.url`` on another port.

    ``host_line`` stands in place of the guide's line for ``Host``; ``leave_out`` names a header
    that is not passed on.
    """

    def __init__(
        self,
        binary: str,
        folder: Path,
        upstream: int,
        host_line: str = DOCUMENTED_HOST,
        leave_out: str | None = None,
    ) -> None:
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        server = documented_server()
        for old, new in {
            "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "/etc/ssl/hr.example.com.pem": str(server_file()),
            "/etc/ssl/hr.example.com.key": str(server_file()),
            "http://127.0.0.1:8000;": f"http://127.0.0.1:{upstream};",
            DOCUMENTED_HOST: host_line,
        }.items():
            assert old in server, f"the guide's block lacks {old}"
            server = server.replace(old, new)
        if leave_out:
            kept_lines = [line for line in server.splitlines() if leave_out not in line]
            assert len(kept_lines) < len(server.splitlines())
            server = "\n".join(kept_lines)
        kept = [f"{kind}_temp_path {folder}/{kind};" for kind in _TEMPORARY]
        (folder / "nginx.conf").write_text(
            f"pid {folder}/nginx.pid; daemon off; worker_processes 1;\n"
            "events {}\n"
            f"http {{\n{documented_logs(folder)}{' '.join(kept)}\n{server}\n}}\n"
        )
        self._command = [binary, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 15
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=2).close()
            except OSError:
                time.sleep(0.05)
            else:
                return self
        raise TimeoutError((self._folder / "error.log").read_text())

    def __exit__(self, *_: object) -> None:
        assert self._process
        self._process.terminate()
        self._process.wait(15)


_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
