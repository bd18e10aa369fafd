"""``python -m app.server``: the install in one process, web and deliveries."""

from __future__ import annotations

import logging
import os
import signal
import sys
from types import FrameType

from waitress.server import create_server

from app import create_app
from app.config import Config, ConfigError
from app.install.service import access_url
from app.install.service import current as current_install
from app.outbox import embedded
from app.runtime import EXTENSION, Runtime
from app.schema import SchemaTooNew

THREADS = 8
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
    """Serve until SIGINT or SIGTERM. Configuration errors are one sentence, not a traceback."""
    try:
        app = create_app(Config.from_env())
    except (ConfigError, SchemaTooNew) as error:
        print(f"Novantra cannot start: {error}", file=sys.stderr)  # noqa: T201
        return 2
    runtime = app.extensions[EXTENSION]
    try:
        server = create_server(
            app,
            listen=runtime.config.bind,
            threads=THREADS,
            ident=None,
            clear_untrusted_proxy_headers=False,  # ProxyFix decides, by NOVANTRA_TRUSTED_PROXIES
            max_request_body_size=1_000_000,
            # Slow and idle connections cost a descriptor each and no thread; a hundred, which is
            # the default, would be too easy to fill.
            connection_limit=500,
            channel_timeout=60,
            asyncore_use_poll=True,
        )
    except OSError as error:
        print(  # noqa: T201
            f"Novantra cannot listen on {runtime.config.bind}: {error.strerror or error}."
            " Another program may use the port; NOVANTRA_BIND chooses another.",
            file=sys.stderr,
        )
        return 2
    worker = embedded.start(app) if runtime.config.worker == "embedded" else None

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    print(f"\n{welcome(runtime)}\n", flush=True)  # noqa: T201
    log.info("listening", extra={"bind": runtime.config.bind, "pid": os.getpid()})
    try:
        server.run()
    finally:
        server.close()
        if worker is not None:
            worker.stop()
        runtime.database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
