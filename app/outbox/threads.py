"""Processes that deliver: until they are told to stop, or until the queue is empty; and the web
process that delivers itself, as most installs run it.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

from app.outbox.crew import Crew
from app.outbox.heartbeats import BEAT, Heartbeat
from app.outbox.settle import SettleResult
from app.outbox.wakeup import Stop, watch
from app.outbox.worker import Deliverer
from app.runtime import EXTENSION, Runtime

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATIENCE = 5.0
"""Seconds that the message under way gets to finish once somebody asked to stop. Less than whoever
stops us waits before they kill: ten with Docker. A relay may take longer; then the message's lease
covers the rest, and another worker goes on when it is over."""

LEAST_PATIENCE = 0.5
"""Seconds that each thread gets at least, whenever stopping began."""

LOOK_AFTER = 5.0
"""Seconds between looks at the threads, and between signs of life."""

STUCK_AFTER = 300.0
"""Seconds without a finished step, asleep or not, after which this process delivers nothing: more
than the longest session and the longest sleep together."""

log = logging.getLogger("novantra.outbox")


class Companions:
    """What else runs in a process that serves or delivers, in threads that no mail waits for."""

    def __init__(self, runtime: Runtime, *, delivering: bool) -> None:
        beside = runtime.delivering_companions if delivering else []
        self._all = [make(runtime) for make in (*runtime.companions, *beside)]

    def start(self) -> None:
        for each in self._all:
            each.start()

    def stop(self) -> None:
        """Safe to call twice."""
        for each in self._all:
            each.stop()


class WorkerThreads:
    """A process that delivers: its crew, its sign of life, and what wakes it.

    :param process: what the process is, for those who ask who delivers: ``embedded`` or ``worker``
    """

    def __init__(self, runtime: Runtime, connections: int = 1, process: str = "worker") -> None:
        self._heartbeat = Heartbeat(runtime, process)
        self._deliverer = Deliverer(runtime, connections=connections, heartbeat=self._heartbeat)
        self._crew = Crew(self._deliverer, connections)
        # Set from signal handlers, where no lock may be taken: a plain value.
        self._asked_at: float | None = None
        self._stopping = Stop()
        self._companions = Companions(runtime, delivering=True)
        self._keeper = threading.Thread(target=self._keep, name="mail-keeper", daemon=True)
        self._watcher = threading.Thread(
            target=watch,
            args=(runtime.database, self._deliverer.bell, self._stopping),
            name="mail-watcher",
            daemon=True,
        )

    def start(self) -> None:
        self._crew.start()
        self._watcher.start()
        self._keeper.start()
        self._companions.start()

    def ask_to_stop(self) -> None:
        """From a signal handler or anywhere: no further message is begun."""
        if self._asked_at is None:
            self._asked_at = time.monotonic()

    def stop(self) -> None:
        """Let the messages under way finish if they do so soon, then hang up. Safe to call twice.

        What is claimed and not begun goes back to the queue at once.
        """
        self.ask_to_stop()
        self._stopping.set()
        self._crew.stop()
        assert self._asked_at is not None
        end = self._asked_at + PATIENCE
        ended = self._crew.join(end, LEAST_PATIENCE)
        for thread in (self._keeper, self._watcher):
            if thread.is_alive():
                thread.join(max(end - time.monotonic(), LEAST_PATIENCE))
        if not self._watcher.is_alive():
            self._stopping.close()
        self._companions.stop()
        self._heartbeat.stop()
        if not ended:
            log.warning("stopped while a relay was slow: the message goes on after its lease")
            return  # its thread ends with the process, and hanging up would wait for it
        self._deliverer.close()

    def wait(self, parent: int | None = None) -> None:
        """Until somebody asks to stop, or the process that this one must not outlive is gone."""
        while self._asked_at is None and parent in {None, os.getppid()}:
            time.sleep(0.2)

    def _keep(self) -> None:
        while True:
            self._crew.look_after()
            if time.monotonic() - self._crew.seen_at < STUCK_AFTER:
                self._heartbeat.beat()
            if self._stopping.wait(LOOK_AFTER):
                return


class Drain:
    """Empties the queue once, and counts what became of the messages."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def run(self, connections: int) -> Counter[SettleResult]:
        """Until nothing is due. An error of a thread is raised here once the others are done."""
        heartbeat = Heartbeat(self._runtime, "drain")
        deliverer = Deliverer(self._runtime, connections=connections, heartbeat=heartbeat)
        crew = Crew(deliverer, connections, until_empty=True)
        heartbeat.beat()
        crew.start()
        while not crew.join(time.monotonic() + BEAT, 0):
            heartbeat.beat()
        heartbeat.stop()
        deliverer.close()
        if crew.error is not None:
            raise crew.error
        return deliverer.counted


CONNECTIONS = 2
"""So that one slow conversation does not hold up all other mail."""

SERVING = "novantra.serving"


def start(app: Flask) -> WorkerThreads:
    """Deliver from now on in threads of this process. They stop cleanly at exit, or when told."""
    workers = WorkerThreads(app.extensions[EXTENSION], CONNECTIONS, "embedded")
    workers.start()
    atexit.register(workers.stop)
    return workers


def accompany(app: Flask) -> Companions:
    """For a web process that leaves delivering to others: it watches all the same, because it is
    there to tell that no worker is."""
    companions = Companions(app.extensions[EXTENSION], delivering=False)
    companions.start()
    atexit.register(companions.stop)
    return companions


class Serving:
    """The application under a server of its own, such as gunicorn: it delivers where it serves.

    Whoever loads the application need not serve it: a command does not, and neither does the
    parent of forked processes, whose threads and database connections would not survive the fork.
    So nothing is started while loading. The first request of each process starts its worker, or
    the server itself by :meth:`begin` once the process is ready.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._answer = app.wsgi_app
        self._loaded_in = os.getpid()
        self._begun_in: int | None = None
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self._begun_in != os.getpid():
            self.begin()
        return self._answer(environ, start_response)

    def begin(self) -> None:
        """This process serves: it needs connections of its own, and delivers if it is meant to."""
        with self._lock:
            if self._begun_in == os.getpid():
                return
            runtime: Runtime = self._app.extensions[EXTENSION]
            if os.getpid() != self._loaded_in:
                runtime.database.engine.dispose(close=False)
            if runtime.config.worker == "embedded":
                start(self._app)
            else:
                accompany(self._app)
            self._begun_in = os.getpid()


def deliver_where_served(app: Flask) -> None:
    """Equip an application that another program serves."""
    serving = Serving(app)
    app.extensions[SERVING] = serving
    app.wsgi_app = serving  # type: ignore[method-assign]


def process_is_ready(app: Any) -> None:
    """For a server's hook: ``app`` is what it serves, if that is ours."""
    serving = getattr(app, "extensions", {}).get(SERVING)
    if isinstance(serving, Serving):
        serving.begin()
