"""5,000 queued mails of about 7 kB over 4 connections to Postfix's sink on loopback.

Ours runs as it is operated, ``mailer worker --connections 4``: from the commit that queues them to
the last outcome that is committed, every mail claimed, opened, sent and written down on a database
that syncs to the disk. django-post_office is durable as well, and composes each mail while it
sends; nodemailer's pool keeps nothing; ``smtp-source`` is C and has no queue.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench import others
from bench.figures import Figure, faster
from bench.setting import Bench, installed, peer_database, printed, sink

MAILS, CONNECTIONS = 5_000, "4"
POST_OFFICE = "it writes outcomes once for a hundred mails: killed, it repeats up to so many"
NODEMAILER = "it keeps nothing: nothing to claim, open, write down or sync"
SOURCE = (
    "C, and one text from memory: nothing to read, open, write down or sync; ours is Python, which"
    " runs one thread at a time, so more than one core needs `--processes`"
)
HERE = Path(others.__file__).parent


def run(bench: Bench) -> Iterable[Figure]:
    number = bench.so_many(MAILS)
    with sink() as port, bench.databases() as names:
        ours, message = {}, bench.folder / "message.eml"
        for name in names:
            with installed(bench.folder_for(name), port, name) as install:
                with install.workers("--connections", CONNECTIONS):
                    ours[name] = number / install.drained(number)
                install.queue(1)
                install.message(message)
        pool = number / nodemailer(port, message, number)
        source = number / smtp_source(port, message, number)
        for name in names:
            folder = bench.folder_for(f"post_office {name}")
            theirs = number / post_office(folder, name, port, message, number)
            yield from _figures(name, ours[name], theirs, pool, source)


def _figures(
    name: str, ours: float, post_office: float, pool: float, source: float
) -> Iterator[Figure]:
    what = f"draining 5,000, {CONNECTIONS} connections, {name}"
    for beside, theirs, at_least, why in (
        (f"django-post_office, {name}", post_office, 4, POST_OFFICE),
        ("nodemailer, pool of 4, no queue", pool, 1.5, NODEMAILER),
        ("smtp-source -s 4, C, no queue", source, 0.5, SOURCE),
    ):
        yield faster(what, ours, beside, theirs, at_least=at_least, why=why)


def nodemailer(port: int, message: Path, number: int) -> float:
    """Seconds."""
    command = ["node", HERE / "nodemailer.js", str(port), message, str(number), CONNECTIONS]
    return printed([*command, "novantra@acme.test"], others.node_environment())[0]


def post_office(folder: Path, name: str, port: int, message: Path, number: int) -> float:
    """Seconds."""
    command = [others.python(), HERE / "django_queue.py"]
    with peer_database(folder, name) as where:
        return printed([*command, where, str(port), message, str(number), CONNECTIONS])[0]


def smtp_source(port: int, message: Path, number: int) -> float:
    """Seconds, of which it needs a few milliseconds to start. Bodies of the same length."""
    size = str(message.stat().st_size)
    program = [others.postfix("smtp-source"), "-s", CONNECTIONS, "-m", str(number), "-l", size]
    began = time.perf_counter()
    subprocess.run(
        # -d: a connection carries many messages, as ours and nodemailer's do
        [*program, "-d", "-f", "a@acme.test", "-t", "b@acme.test", f"127.0.0.1:{port}"],
        check=True,
    )
    return time.perf_counter() - began
