"""The real server: clients stall, descriptors run out, the database is stuck, it has to stop."""

from __future__ import annotations

import json
import os
import resource
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from tests.databases import TEST_DATABASE_URL
from tests.frozen import FreezingWay
from tests.functional.install import Person, RunningInstall, walk_wizard

pytestmark = pytest.mark.process

Start = Callable[..., RunningInstall]
Stuck = tuple[RunningInstall, Callable[[], object]]


@dataclass
class Answer:
    """``took`` in seconds, without what a client needs to get ready."""

    status: int
    body: bytes
    took: float


def get(install: RunningInstall, path: str, timeout: float = 20) -> Answer:
    began = time.monotonic()
    connection = HTTPConnection("127.0.0.1", install.port, timeout=timeout)
    with closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(), time.monotonic() - began)


def half_request(port: int, stack: ExitStack, source: str = "127.0.0.1") -> socket.socket:
    """A POST whose body never comes, from a loopback address of one's choice."""
    made = stack.enter_context(
        socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))
    )
    made.sendall(b"POST /setup HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\na")
    return made


def test_six_hundred_half_requests_of_one_address_keep_nobody_out(start: Start) -> None:
    install = start()
    with ExitStack() as stack:
        patient = half_request(install.port, stack, "127.0.0.2")
        for _ in range(600):
            half_request(install.port, stack)
        for path in ("/setup", "/healthz", "/readyz"):
            answer = get(install, path)
            assert answer.status == 200
            assert answer.took < 5
        patient.sendall(b"b" * 999)
        assert patient.recv(100).startswith(b"HTTP/1.1 "), "another address kept its connection"


def test_half_requests_from_everywhere_keep_nobody_out(start: Start) -> None:
    install = start()
    with ExitStack() as stack:
        for number in range(700):
            half_request(install.port, stack, f"127.0.1.{number % 14 + 1}")
        answer = get(install, "/setup")
        assert answer.status == 200
        assert answer.took < 5


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.timing
def test_without_descriptors_it_rests_says_so_once_and_recovers(
    install: RunningInstall,
) -> None:
    # As many as it has open now and eight more: what connections may take is far beyond that.
    held = len(os.listdir(f"/proc/{install.pid}/fd"))
    limit = held + 8
    resource.prlimit(install.pid, resource.RLIMIT_NOFILE, (limit, limit))
    with ExitStack() as stack:
        for number in range(40):
            half_request(install.port, stack, f"127.0.2.{number % 20 + 1}")
        time.sleep(1)
        before, began = cpu_seconds(install.pid), time.monotonic()
        time.sleep(4)
        share = (cpu_seconds(install.pid) - before) / (time.monotonic() - began)
        assert share < 0.15
        lines = [line for line in install.log.splitlines() if "no new connection" in line]
        assert lines
        assert len(lines) <= 3, "once for each time that they run out"
        assert "open files" in json.loads(lines[0])["message"]
    assert get(install, "/healthz").status == 200


@pytest.fixture
def stuck(
    start: Start, tmp_path: Path, database_url: str
) -> Iterator[tuple[RunningInstall, Callable[[], None]]]:
    """A finished install, and what makes its database stop answering."""
    if TEST_DATABASE_URL:
        with FreezingWay(database_url) as way:
            install = start(NOVANTRA_DATABASE_URL=way.url)
            walk_wizard(install, Person(install.url))
            yield install, way.freeze
        return
    install = start()
    walk_wizard(install, Person(install.url))
    holder = sqlite3.connect(database_url.removeprefix("sqlite:///"), timeout=30)
    with closing(holder):
        yield install, lambda: holder.execute("BEGIN EXCLUSIVE")


@pytest.mark.timing
def test_a_stuck_database_keeps_neither_liveness_nor_readiness_waiting(
    stuck: Stuck,
) -> None:
    install, stick = stuck
    person = Person(install.url).open("/login")
    token = person.form_with("password").fields["csrf_token"]
    cookies = dict(person.http.cookies)
    stick()

    def sign_in(_number: int) -> int:
        form = {"csrf_token": token, "email": "alice@acme.test", "password": "wrong"}
        return httpx.post(
            f"{install.url}/login", data=form, cookies=cookies, timeout=90, trust_env=False
        ).status_code

    with ThreadPoolExecutor(16) as crowd:
        answers = [crowd.submit(sign_in, number) for number in range(16)]
        time.sleep(1)
        for _ in range(5):
            alive = get(install, "/healthz")
            assert json.loads(alive.body) == {"status": "ok"}
            assert alive.took < 1
        ready = get(install, "/readyz", timeout=60)
        assert ready.status == 503
        expected = "unreachable" if TEST_DATABASE_URL else "busy"
        assert json.loads(ready.body)["database"] == expected
        assert ready.took < 15
        assert {answer.result() for answer in answers} == {503}


def test_it_stops_within_seconds_while_a_relay_says_nothing(install: RunningInstall) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        person = Person(install.url)
        walk_wizard(install, person)
        form = person.open("/admin/system/mailer?provider=smtp").form_with("host")
        values = dict(form.form_values())
        values |= {
            "sender_address": "novantra@acme.test",
            "host": "127.0.0.1",
            "port": str(silent.getsockname()[1]),
            "connection_timeout": "60",
        }
        with ThreadPoolExecutor(1) as clicking:
            clicking.submit(
                lambda: person.http.post("/admin/system/mailer/check", data=values, timeout=90)
            )
            time.sleep(1.5)
            began = time.monotonic()
            code = install.stop()
            assert time.monotonic() - began < 10
            assert code == 0


def test_what_is_being_answered_is_answered_before_it_stops(start: Start) -> None:
    install = start()
    with ExitStack() as stack:
        asking = half_request(install.port, stack)
        asking.sendall(b"b" * 999)
        install.stop()
        assert asking.recv(100).startswith(b"HTTP/1.1 ")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", install.port), timeout=2)


@pytest.mark.timing
def test_a_request_that_stood_in_line_too_long_is_refused(tmp_path: Path) -> None:
    """Eight pages that take long, and one that nobody waits for any more when its turn comes."""
    program = (
        "import time\n"
        "from app import listener\n"
        "listener.QUEUE_SECONDS, listener.THREADS = 1, 1\n"
        "def slow(environ, start):\n"
        "    time.sleep(2.5)\n"
        "    start('200 OK', [('Content-Length', '2')])\n"
        "    return [b'ok']\n"
        "all = listener.Listeners(slow, bind='127.0.0.1:0', proxies=0)\n"
        "all._lanes._pages.set_thread_count(1)\n"
        "print(all._all[0].effective_port, flush=True)\n"
        "all.run()\n"
    )
    server = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert server.stdout
    with server.stdout:
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        with ThreadPoolExecutor(2) as crowd:
            ask = lambda: httpx.get(f"{url}/", timeout=20, trust_env=False)  # noqa: E731
            first = crowd.submit(ask)
            time.sleep(0.3)
            second = crowd.submit(ask)
            assert first.result().status_code == 200
            late = second.result()
        server.kill()
        server.wait(10)
    assert late.status_code == 503
    assert int(late.headers["Retry-After"]) > 0
