"""Worker threads: those that deliver until they are told to stop, those that empty the queue once,
and the web process that has its own, as most installs run it.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Flask

from app.outbox.aside import Trouble, never_raising
from app.outbox.heartbeats import BEAT, Heartbeat
from app.outbox.sweep import next_moment
from app.outbox.wakeup import waker_of, watch
from app.outbox.worker import Deliverer, StepResult
from app.runtime import EXTENSION, Runtime

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LONGEST_SLEEP = 30.0
"""Seconds after which a worker looks even if nobody woke it."""

SHORT_SLEEP = 5.0
"""Seconds of sleep while something is due that cannot be taken: it is in other hands, or held."""

PROBE_SLEEP = 1.0
"""Seconds between looks while another process tries the relay out; one's own rings the bell."""

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

BACK_OFF = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between tries while nothing can be delivered, because the database is away."""

log = logging.getLogger("novantra.outbox")


class Companions:
    """What else runs in a process that serves or delivers, in threads that no mail waits for."""

    def __init__(self, runtime: Runtime) -> None:
        self._all = [make(runtime) for make in runtime.companions]

    def start(self) -> None:
        for each in self._all:
            each.start()

    def stop(self) -> None:
        """Safe to call twice."""
        for each in self._all:
            each.stop()


class WorkerThreads:
    """A number of delivering threads over one :class:`Deliverer`.

    A thread survives a database that restarts and mistakes of our own: it says so once, and
    tries again after a pause that grows.

    :param process: what the process is, for those who ask who delivers: ``embedded`` or ``worker``
    """

    def __init__(self, runtime: Runtime, connections: int = 1, process: str = "worker") -> None:
        self._runtime = runtime
        self._bell = waker_of(runtime.wake_worker).bell
        self._deliverer = Deliverer(runtime)
        # Set from signal handlers, where no lock may be taken: a plain value.
        self._asked_at: float | None = None
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._connections = connections
        self._heartbeat = Heartbeat(runtime, process)
        self._companions = Companions(runtime)
        self._stepped = time.monotonic()
        self._keeper = threading.Thread(target=self._keep, name="mail-keeper", daemon=True)
        self._watcher = threading.Thread(
            target=watch,
            args=(runtime.database, self._bell, self._stopping),
            name="mail-watcher",
            daemon=True,
        )

    def start(self) -> None:
        self._threads = [self._begin(number) for number in range(self._connections)]
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
        self._deliverer.stop()
        self._bell.ring()
        assert self._asked_at is not None
        end = self._asked_at + PATIENCE
        for thread in (*self._threads, self._keeper, self._watcher):
            if thread.is_alive():
                thread.join(max(end - time.monotonic(), LEAST_PATIENCE))
        self._companions.stop()
        self._heartbeat.stop()
        if any(thread.is_alive() for thread in self._threads):
            log.warning("stopped while a relay was slow: the message goes on after its lease")
            return  # its thread ends with the process, and hanging up would wait for it
        self._deliverer.close()

    def wait(self) -> None:
        """Until somebody asks to stop."""
        while self._asked_at is None:
            time.sleep(0.2)

    def _begin(self, number: int) -> threading.Thread:
        thread = threading.Thread(target=self._run, name=f"mail-{number}", daemon=True)
        thread.start()
        return thread

    def _keep(self) -> None:
        while True:
            for number, thread in enumerate(self._threads):
                if not thread.is_alive() and self._asked_at is None:
                    log.error("a delivering thread ended; another takes its place")
                    self._threads[number] = self._begin(number)
            if time.monotonic() - self._stepped < STUCK_AFTER:
                self._heartbeat.beat()
            if self._stopping.wait(LOOK_AFTER):
                return

    def _run(self) -> None:
        failures, told = 0, ""
        while self._asked_at is None:
            done = never_raising(self._once)
            if not isinstance(done, Trouble):
                failures, told = 0, ""
                continue
            if done.reason != told:
                log.error("no mail can be delivered: %s", done.reason)
                told = done.reason
            self._stopping.wait(BACK_OFF[min(failures, len(BACK_OFF) - 1)])
            failures += 1

    def _once(self) -> None:
        seen = self._bell.rung
        step = self._deliverer.step()
        self._stepped = time.monotonic()
        if step in {StepResult.PROBING, StepResult.UNSETTLED}:
            self._bell.wait(seen, PROBE_SLEEP)
        elif step.idle:
            self._bell.wait(seen, self._time_to_sleep())

    def _time_to_sleep(self) -> float:
        with self._runtime.database.session(reading=True) as session:
            now = self._runtime.now()
            moment = next_moment(session, now)
        if moment is None:
            return LONGEST_SLEEP
        left = (moment - now) / timedelta(seconds=1)
        return min(max(left, 0.05), LONGEST_SLEEP) if left > 0 else SHORT_SLEEP


LOOK_AGAIN = 1.0
"""Seconds between looks while somebody else tries the relay out."""


class Drain:
    """Counts steps while several threads empty the queue together."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._deliverer = Deliverer(runtime)
        self._bell = waker_of(runtime.wake_worker).bell
        self._lock = threading.Lock()
        self.counted: Counter[StepResult] = Counter()

    def run(self, connections: int) -> Counter[StepResult]:
        """Until nothing is due. An error of a thread is raised here once the others are done."""
        errors: list[BaseException] = []
        threads = [
            threading.Thread(target=self._until_empty, args=(errors,), daemon=True)
            for _ in range(connections)
        ]
        for thread in threads:
            thread.start()
        heartbeat = Heartbeat(self._runtime, "drain")
        for thread in threads:
            while thread.is_alive():
                heartbeat.beat()
                thread.join(BEAT)
        heartbeat.stop()
        self._deliverer.close()
        if errors:
            raise errors[0]
        return self.counted

    def _until_empty(self, errors: list[BaseException]) -> None:
        try:
            while not errors:
                seen = self._bell.rung
                step = self._deliverer.step()
                if step in {StepResult.EMPTY, StepResult.STOPPED}:
                    return
                if step in {StepResult.PROBING, StepResult.UNSETTLED}:
                    self._bell.wait(seen, LOOK_AGAIN)
                    continue
                with self._lock:
                    self.counted[step] += 1
        except BaseException as error:  # noqa: BLE001 - carried to the thread that waits, raised there
            errors.append(error)
            self._bell.ring()


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
    companions = Companions(app.extensions[EXTENSION])
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
