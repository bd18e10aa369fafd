"""``mailer worker`` and ``mailer drain``."""

from __future__ import annotations

import logging
import os
import signal
from functools import partial
from types import FrameType
from typing import cast

import click
from flask import Flask
from flask.cli import with_appcontext

from app.cannot import Cannot
from app.mailer.current_health import Health
from app.mailer.in_force import elsewhere
from app.mailer.noting import note
from app.mailer.summary import current_health
from app.mailer.variables import forget_secrets
from app.outbox.processes import Processes
from app.outbox.settle import SettleResult
from app.outbox.threads import Drain, WorkerThreads
from app.runtime import Runtime, runtime

log = logging.getLogger("novantra.outbox")

connections = click.option(
    "--connections",
    type=click.IntRange(1, 50),
    default=2,
    show_default=True,
    help="Conversations with the relay at the same time.",
)


@click.command("worker")
@connections
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that deliver, each with so many connections: one for each core that is free.",
)
@with_appcontext
def worker(connections: int, processes: int) -> None:
    """Deliver mail until SIGTERM; the message under way is finished first."""
    live = runtime()
    note(live, starting=True)
    forget_secrets(os.environ)
    if processes == 1:
        _deliver(live, connections)
        return
    live.database.engine.dispose()  # no connection may be shared with a fork
    Processes(processes, partial(_deliver, live, connections, os.getpid())).run()


def _deliver(live: Runtime, connections: int, parent: int | None = None) -> None:
    workers = WorkerThreads(live, connections)

    def stop(_number: int, _frame: FrameType | None) -> None:
        workers.ask_to_stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    workers.start()
    log.info("delivering", extra={"connections": connections})
    workers.wait(parent)
    workers.stop()
    log.info("stopped")


@click.command("drain")
@connections
@with_appcontext
def drain(connections: int) -> None:
    """Deliver what is due, then exit."""
    with runtime().database.session(reading=True) as session:
        outside = elsewhere(session, runtime())
    if outside:
        raise Cannot(outside)
    note(runtime(), starting=True)
    counted = Drain(runtime()).run(connections)
    said = [
        f"sent {counted[SettleResult.SENT]}",
        f"retried {counted[SettleResult.RETRIED]}",
        f"failed {counted[SettleResult.FAILED]}",
    ]
    click.echo(", ".join(said))
    with runtime().database.session(reading=True) as session:
        found = current_health(session, runtime())
    if found.held or found.health is Health.PENDING:
        click.echo(f"Mail waits ({found.health}). {found.cause} See: mailer status", err=True)


def init_app(app: Flask) -> None:
    """Add both to the ``mailer`` group."""
    group = cast(click.Group, app.cli.commands["mailer"])
    group.add_command(worker)
    group.add_command(drain)
