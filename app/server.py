"""``python -m app.server``: the install in one process, web and deliveries."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from types import FrameType

from app import create_app
from app.cannot import CANNOT, one_sentence
from app.config import Config
from app.environment import warn_of_unknown
from app.files import make_private
from app.install.service import access_url
from app.install.service import current as current_install
from app.listener import Listeners
from app.mailer.variables import forget_secrets
from app.outbox import threads
from app.runtime import EXTENSION, Runtime

ANSWER_SECONDS = 3.0
"""For requests under way when the server is asked to stop."""

STOP_SECONDS = 8.0
"""From being asked to the end of the process, whatever a relay or the database does."""

log = logging.getLogger("novantra.server")


def welcome(runtime: Runtime) -> str:
    """What the terminal shows at start: where to click, and the setup token while it is open."""
    host, _, port = runtime.config.bind.rpartition(":")
    shown = "127.0.0.1" if host in {"0.0.0.0", "[::]", "::"} else host  # noqa: S104 - compared only
    local = f"http://{shown}:{port}"
    with runtime.database.session(reading=True) as session:
        if current_install(session):
            opened_at = access_url(session, runtime.config)
            return f"Novantra is running: {local}\nPeople open it at {opened_at}"
    if runtime.config.is_cloud:
        return f"Novantra Cloud is running: {local}"
    token = runtime.config.setup_token_file.read_text(encoding="ascii").strip()
    return (
        f"Novantra is ready to be set up.\n\n"
        f"  Open         {local}/setup?token={token}\n"
        f"  Setup token  {token}\n\n"
        f"The token is also in {runtime.config.setup_token_file}; it works until setup is finished."
    )


def main() -> int:
    """Serve until SIGINT or SIGTERM. What stands in the way is one sentence, not a traceback."""
    make_private()
    with one_sentence("start"):
        config = Config.from_env()
    with one_sentence("start", database_url=config.database_url):
        app = create_app(config)
    warn_of_unknown(os.environ)
    forget_secrets(os.environ)
    runtime = app.extensions[EXTENSION]
    try:
        server = Listeners(app, bind=runtime.config.bind, proxies=runtime.config.trusted_proxies)
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).rstrip(".")
        print(  # noqa: T201
            f"Novantra cannot listen on {runtime.config.bind}: {why}. Another program may use the"
            " port, or this machine lacks the address; NOVANTRA_BIND chooses another.",
            file=sys.stderr,
        )
        return CANNOT
    worker = threads.start(app) if runtime.config.worker == "embedded" else None
    companions = threads.accompany(app) if worker is None else None

    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        if stopping.is_set():
            os._exit(0)  # asked a second time
        stopping.set()
        server.ask_to_stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"\n{welcome(runtime)}\n", flush=True)  # noqa: T201
    log.info("listening", extra={"bind": runtime.config.bind, "pid": os.getpid()})
    server.run()
    # Service managers kill what has not ended ten seconds after they asked. To be cut off is safe:
    # nothing half-saved is committed, and a mail under way is taken up again after its lease.
    last = threading.Timer(STOP_SECONDS, os._exit, (0,))
    last.daemon = True
    last.start()
    if worker is not None:
        worker.ask_to_stop()
    server.finish(ANSWER_SECONDS)
    server.close()
    if worker is not None:
        worker.stop()
    if companions is not None:
        companions.stop()
    runtime.database.close()
    log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
