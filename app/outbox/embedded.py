"""The worker inside the web process: what most installs run."""

from __future__ import annotations

import atexit

from flask import Flask

from app.outbox.fleet import Fleet
from app.runtime import EXTENSION

CONNECTIONS = 2
"""So that one slow conversation does not hold up all other mail."""


def start(app: Flask) -> Fleet:
    """Deliver from now on in threads of this process. They stop cleanly at exit, or when told."""
    fleet = Fleet(app.extensions[EXTENSION], CONNECTIONS, "embedded")
    fleet.start()
    atexit.register(fleet.stop)
    return fleet
