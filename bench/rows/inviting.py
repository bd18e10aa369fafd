"""2,000 people invited from a pasted text to the last 250 of the relay, Postfix's sink on loopback.

Ours is two lists, since a form takes 1,000: read, kept, and worked off as the page does it, while
``mailer worker --connections 4`` works on them as well and delivers. Every invitation has a mail of
its own, sealed, a line that says what became of it, and a signed event in the audit log; limits and
the right to invite are asked in each step. Django's is a loop over the same steps with
``bulk_create``, and django-post_office's command, with 4 threads, delivers.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from app.organizations import batches, pasted
from app.organizations.inviting import Inviting
from app.organizations.models import Organization
from app.web.context import Actor
from bench import others
from bench.figures import Figure, faster, slower
from bench.rows.draining import CONNECTIONS, HERE
from bench.setting import Bench, Installed, installed, peer_database, printed, sink
from tests.factories import make_user

PEOPLE = 2_000
ALSO = (
    "ours also keeps each line, counts two limits, seals each mail, signs an event for each person"
    " and asks before each mail whether it still stands"
)


def run(bench: Bench) -> Iterable[Figure]:
    number = bench.so_many(PEOPLE)
    with sink() as port, bench.databases() as names:
        for name in names:
            with (
                installed(bench.folder_for(name), port, name) as install,
                install.workers("--connections", CONNECTIONS) as processes,
            ):
                written, sent, cpu = _ours(install, number, processes[0])
            with peer_database(bench.folder_for(f"post_office {name}"), name) as where:
                command = [others.python(), HERE / "django_mails.py", "invite", where]
                theirs = printed([*command, str(port), str(number), CONNECTIONS])
            beside = f"Django, bulk_create and post_office, {name}"
            yield faster(
                f"inviting {PEOPLE:,}, paste to the last 250, {name}",
                number / sent,
                beside,
                number / theirs[1],
                at_least=2,
                why=ALSO,
            )
            yield faster(
                f"inviting {PEOPLE:,}, paste to the last one written, {name}",
                number / written,
                beside,
                number / theirs[0],
                why=f"{ALSO}; it delivers meanwhile, and Django begins afterwards",
            )
            yield slower(
                f"inviting {PEOPLE:,}, CPU for each, paste to 250, {name}",
                cpu / number * 1000,
                beside,
                theirs[2] / number * 1000,
                why=f"{ALSO}; PostgreSQL's own is not counted on either side",
            )


def _ours(install: Installed, number: int, worker: int) -> tuple[float, float, float]:
    """Seconds until all are written and until all are sent, and of CPU."""
    runtime = install.runtime
    runtime.config = replace(runtime.config, invitations_per_day=10 * number)
    with runtime.database.transaction() as session:
        boss = make_user(session, "bo@acme.test", name="Bo Boss", organization_role="admin")
        acme = session.scalars(select(Organization)).one()
    text = [f"p{each}@else.test" for each in range(number)]
    before, cpu = install.sent(), time.process_time() + _cpu_of(worker)
    began = time.perf_counter()
    lists = []
    for start in range(0, number, batches.MAXIMUM):
        lines = pasted.read_lines("\n".join(text[start : start + batches.MAXIMUM]))
        with runtime.database.transaction() as session:
            actor = Actor(boss.id, boss.email, "127.0.0.1")
            inviting = Inviting(runtime, acme, "member", boss, actor, runtime.now())
            lists.append(batches.store(session, inviting, lines))
        runtime.wake_worker()
        batches.work_for_a_moment(runtime, lists[-1])
    asking = time.process_time()  # how far they are is for us to know, and no part of the work
    while _waiting(install):
        time.sleep(0.02)
    written = time.perf_counter() - began
    install.wait_for(before + number)
    sent = time.perf_counter() - began
    return written, sent, asking + _cpu_of(worker) - cpu


def _waiting(install: Installed) -> int:
    with install.runtime.database.session(reading=True) as session:
        return batches.promised(session, install.runtime.now()).count


def _cpu_of(process: int) -> float:
    """Seconds of a process so far, user and system (proc(5))."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
