"""The worker inside the web process: what most installs run."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

from app.outbox.fleet import Fleet
from app.runtime import EXTENSION, Runtime

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CONNECTIONS = 2
"""So that one slow conversation does not hold up all other mail."""

SERVING = "novantra.serving"


def start(app: Flask) -> Fleet:
    """Deliver from now on in threads of this process. They stop cleanly at exit, or when told."""
    fleet = Fleet(app.extensions[EXTENSION], CONNECTIONS, "embedded")
    fleet.start()
    atexit.register(fleet.stop)
    return fleet


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
