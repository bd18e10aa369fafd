"""Mails a second over one connection that is kept, to a relay 50 ms away and back.

Nothing but round trips counts there. Postfix's ``smtp-sink`` offers PIPELINING, a whole Postfix
CHUNKING as well. Everybody sends the same bytes over one connection, one mail after the other.
"""

from __future__ import annotations

import os
import shutil
import smtplib
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app.mail.smtp.transport import SmtpTransport
from app.mail.tls import TlsMode
from app.mail.transport import Envelope, RelaySettings
from bench import others
from bench.delay import far_away
from bench.figures import Figure, faster
from bench.rows.draining import HERE
from bench.setting import Bench, printed, sink
from tests.certificates import server_file
from tests.relays import postfix

ROUND_TRIP, MAILS = 0.050, 40
MESSAGE = b"Subject: far\r\n\r\n" + b"0123456789" * 7 + b"\r\n" * 90
FROM = "novantra@acme.test"


def run(bench: Bench) -> Iterable[Figure]:
    number, message = bench.so_many(MAILS), bench.folder / "message.eml"
    message.write_bytes(MESSAGE)
    with sink() as port, far_away(port, ROUND_TRIP) as far:
        yield from _figures("PIPELINING", 1.9, far, number, message)
    if os.geteuid() == 0 and not postfix.MISSING:
        with _whole_postfix(number) as port, far_away(port, ROUND_TRIP) as far:
            yield from _figures("PIPELINING and CHUNKING", 3.5, far, number, message)


def _figures(offered: str, goal: float, port: int, number: int, message: Path) -> Iterator[Figure]:
    what = f"one connection, 50 ms there and back, {offered}"
    ours = number / _ours(port, number)
    pool = [str(port), message, str(number), "1", FROM]
    environment = others.node_environment()
    theirs = number / printed(["node", HERE / "nodemailer.js", *pool], environment)[0]
    plain = number / _smtplib(port, number)
    yield faster(what, ours, "smtplib, connection kept", plain, at_least=goal)
    why = "it uses PIPELINING as well, and knows no CHUNKING"
    yield faster(what, ours, "nodemailer, pool of 1", theirs, why=why)


def _ours(port: int, number: int) -> float:
    settings = RelaySettings("smtp", "127.0.0.1", port, TlsMode.NONE, None, None, "app.acme.test")
    with closing(SmtpTransport(settings)) as transport:
        began = time.perf_counter()
        for each in range(number):
            transport.send(Envelope(FROM, f"p{each}@acme.test"), MESSAGE)
        return time.perf_counter() - began


def _smtplib(port: int, number: int) -> float:
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as relay:
        for each in range(number):
            relay.sendmail(FROM, f"p{each}@acme.test", MESSAGE)
        return time.perf_counter() - began


@contextmanager
def _whole_postfix(number: int) -> Iterator[int]:
    folder = Path(tempfile.mkdtemp(prefix="bench-postfix-"))
    folder.chmod(0o755)
    known = ", ".join(f"{{ p{each}@acme.test = p/ }}" for each in range(number))
    try:
        with postfix.Postfix(folder, server_file(), mailboxes=known) as relay:
            yield relay.port
    finally:
        shutil.rmtree(folder)
