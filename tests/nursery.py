"""The program in a process of its own, forked from an interpreter that has loaded it already.

A start of the program is mostly imports: three quarters of a second of a core, some hundred times.
Each process of tests has a nursery: an interpreter that has loaded the program's modules and made
nothing with them. Asked for a start it forks, and the child takes the words, environment, folder
and files of that start: from there on it is what ``python -m …`` would have become.

The one thing that cannot be seen this way is a missing import. ``tests/cli/test_cannot.py`` and
``tests/cli/test_program.py`` therefore start commands and each way of serving from nothing.
"""

from __future__ import annotations

import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests import sent

ROOT = Path(__file__).parents[1]
LARGEST = 1 << 17
"""Octets of a request: words and environment."""

_NUMBER = struct.Struct("i")
# The first two run as ``__main__``, which must not have been imported before.
_NOT_BEFORE = ("app.program", "app.server", "app.migrations")
_BY_AND_BY = ("flask.cli", "alembic.command", "sqlalchemy.dialects.sqlite")


class Popen(subprocess.Popen[Any]):
    """As :class:`subprocess.Popen`; ``python -m`` of the program, or ``python -c``, is forked.

    What is overridden is where the standard library forks and where it waits.
    """

    _ends: socket.socket | None = None

    def _execute_child(self, *how: Any) -> None:
        words, cwd, env = list(how[0]), how[5], how[6]
        if sys.platform != "linux" or not _can_be_forked(words):
            super()._execute_child(*how)  # type: ignore[misc]
            return
        p2cread, _, _, c2pwrite, _, errwrite = pipes = how[10:16]
        request = {
            "words": words[1:],
            "cwd": os.fspath(cwd or os.getcwd()),
            "env": dict(os.environ if env is None else env),
            "umask": _umask(),
            "listen": sent.folder_for_children(),
        }
        self._ends, theirs = socket.socketpair()
        with theirs:
            given = enumerate((p2cread, c2pwrite, errwrite))
            files = [own if file == -1 else file for own, file in given]
            socket.send_fds(_nursery(), [json.dumps(request).encode()], [*files, theirs.fileno()])
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]
        (self.pid,) = _NUMBER.unpack(self._ends.recv(_NUMBER.size))
        self._child_created = True

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        if self._ends is None:
            return super()._try_wait(wait_flags)  # type: ignore[misc,no-any-return]
        if wait_flags and not select.select([self._ends], [], [], 0)[0]:
            return 0, 0
        (status,) = _NUMBER.unpack(self._ends.recv(_NUMBER.size))
        self._ends.close()
        return self.pid, status

    def _internal_poll(self, *how: Any, **more: Any) -> int | None:
        if self._ends is None:
            return super()._internal_poll(*how, **more)  # type: ignore[misc,no-any-return]
        if self.returncode is None and self._waitpid_lock.acquire(False):
            try:
                pid, status = self._try_wait(os.WNOHANG)
                if pid:
                    self._handle_exitstatus(status)
            finally:
                self._waitpid_lock.release()
        return self.returncode


def run(
    words: list[str], *, cwd: Path, env: dict[str, str], timeout: float, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """A whole run, with what it wrote as text."""
    ends = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with Popen(words, cwd=cwd, env=env, text=True, **ends) as process:
        try:
            out, err = process.communicate(stdin, timeout)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def _can_be_forked(words: list[str]) -> bool:
    if words[0] != sys.executable:
        return False
    return words[1] == "-c" or (words[1] == "-m" and words[2].split(".")[0] in {"app", "flask"})


def _umask() -> int:
    now = os.umask(0o022)
    os.umask(now)
    return now


_NURSERIES: list[tuple[socket.socket, subprocess.Popen[bytes]]] = []
"""This process's, once it was asked for."""


def _nursery() -> socket.socket:
    if not _NURSERIES:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * LARGEST)
        with its:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.nursery", str(its.fileno())],
                cwd=ROOT,
                env={k: v for k, v in os.environ.items() if not k.startswith("NOVANTRA_")},
                pass_fds=[its.fileno()],
                stdin=subprocess.DEVNULL,
            )
        _NURSERIES.append((ours, process))
    return _NURSERIES[0][0]


def close() -> None:
    """No more is asked of it."""
    while _NURSERIES:
        channel, process = _NURSERIES.pop()
        channel.close()
        process.wait(30)


# What follows runs in the nursery.


def load() -> None:
    """Import the program, and what it would import by and by.

    It waits for no disk: who is killed leaves what was written, and no test pulls the plug.
    """
    for name in _BY_AND_BY:
        importlib.import_module(name)
    for package in ("app", "wizard"):
        for module in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
            if not module.name.startswith(_NOT_BEFORE):
                importlib.import_module(module.name)
    sys.modules["app.database_engines"].SYNCHRONOUS = "OFF"  # type: ignore[attr-defined]
    os.fsync = lambda _file: None  # type: ignore[assignment]
    gc.collect()
    gc.freeze()


def keep(channel: socket.socket) -> dict[str, Any]:
    """Fork for each request until nobody is there to ask. Returns in the children alone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who keeps a child ends with it
    while True:
        said, files, _flags, _address = socket.recv_fds(channel, LARGEST, 4)
        if not said:
            os._exit(0)
        if not os.fork():
            channel.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _bear(files)
            request: dict[str, Any] = json.loads(said)
            return request
        for file in files:
            os.close(file)


def _bear(files: list[int]) -> None:
    """Fork the program, and stay to say how it ended. Returns in the program."""
    child = os.fork()
    if not child:
        os.close(files[3])
        for number, file in enumerate(files[:3]):
            os.dup2(file, number)
            os.close(file)
        return
    for file in (0, 1, 2, *files[:3]):
        os.close(file)
    os.write(files[3], _NUMBER.pack(child))
    os.write(files[3], _NUMBER.pack(os.waitpid(child, 0)[1]))
    os._exit(0)


def become(request: dict[str, Any]) -> None:
    """Take what the interpreter would have taken at its start, and run."""
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.umask(request["umask"])
    os.chdir(request["cwd"])
    sys.path[0] = request["cwd"]
    sys.path[1:1] = filter(None, request["env"].get("PYTHONPATH", "").split(os.pathsep))
    unbuffered = bool(request["env"].get("PYTHONUNBUFFERED"))
    for number, name, errors in ((1, "stdout", "strict"), (2, "stderr", "backslashreplace")):
        raw = open(number, "wb", buffering=0 if unbuffered else -1, closefd=False)  # noqa: SIM115
        text = _text(raw, errors, unbuffered=unbuffered, by_line=number == 2)
        setattr(sys, name, text)
        setattr(sys, f"__{name}__", text)
    if request["listen"]:
        sent.listen_in_a_child(request["listen"])
    kind, what, *words = request["words"]
    sys.argv = [kind if kind == "-c" else what, *words]
    if kind == "-c":
        exec(what, {"__name__": "__main__"})  # noqa: S102 - as the interpreter would
    else:
        runpy.run_module(what, run_name="__main__", alter_sys=True)


def _text(raw: Any, errors: str, *, unbuffered: bool, by_line: bool) -> Any:
    return io.TextIOWrapper(
        raw, encoding="utf-8", errors=errors, write_through=unbuffered, line_buffering=by_line
    )


if __name__ == "__main__":
    load()
    become(keep(socket.socket(fileno=int(sys.argv[1]))))
