"""Read by ``gunicorn wsgi:app`` started in this folder: mail goes out before the first request."""

from __future__ import annotations

from typing import Any


def post_worker_init(worker: Any) -> None:
    """After the fork, in the process that serves."""
    from app.outbox.threads import process_is_ready

    process_is_ready(worker.wsgi)
