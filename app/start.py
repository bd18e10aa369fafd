"""Makes an install ready to serve: its folder, schema, first key, install row and setup token.

Commands do none of this. A command that is run in the wrong folder would otherwise make a new
install there and report on it.
"""

from __future__ import annotations

import logging
import time

from limits.errors import ConfigurationError
from limits.storage import storage_from_string
from sqlalchemy.exc import SQLAlchemyError

from app.cannot import Cannot, whereabouts
from app.config import Config
from app.database import Database, utcnow
from app.database_faults import fault_of
from app.extensions import limiter_options
from app.files import folders, tighten, warnings
from app.install.service import current, ensure_cloud_install
from app.install.setup_token import ensure_token, remove_token
from app.keyring import ensure_key, load_keyring
from app.schema import upgrade
from app.upgrading import anchor_audit_log, carry_over
from app.workshop import clear_away

PATIENCE = 15.0
"""Seconds for a database server or Redis that is started together with us to come up."""
PAUSE = 0.5
log = logging.getLogger("novantra.start")


def prepare(config: Config, database: Database) -> None:
    """Everything a server needs before its first request. Safe in processes that start together."""
    config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    if database.file is not None:
        database.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    wait_for(database)
    upgrade(database, then=carry_over(load_keyring(config), config.data_dir))
    ensure_key(config, database)
    anchor_audit_log(database)
    if config.is_cloud:
        ensure_cloud_install(database, config, utcnow())
    else:
        _ensure_setup_token(config, database)
    for folder in folders(config, database.file):
        for left in clear_away(folder):
            log.warning("files: removed what a process that was killed had left: %s", left)
    tighten(config, database.file)
    for warning in warnings(config, database.file):
        log.warning("files: %s", warning)


def wait_for(database: Database) -> None:
    """Wait some seconds for a database server that is starting, and say so in a line.

    Raises what the last try raised. SQLite has no server: whoever holds its lock has as long as
    the driver waits.
    """
    if database.is_sqlite:
        return
    until, logged = time.monotonic() + PATIENCE, False
    while True:
        try:
            with database.engine.connect():
                return
        except SQLAlchemyError as error:
            fault = fault_of(error)
            if not fault.passes or time.monotonic() + PAUSE > until:
                raise
        if not logged:
            log.warning(
                "waiting up to %.0f s for the database (%s): %s",
                PATIENCE,
                whereabouts(database.url),
                fault.cause,
            )
            logged = True
        time.sleep(PAUSE)


def check_counters(config: Config) -> None:
    """Whether the request limits can be counted where ``NOVANTRA_RATELIMIT_STORAGE`` says.

    Raises :class:`~app.cannot.Cannot`: without it every process would count by itself, and each
    of them would let through what all of them together should. A Redis that goes away later is
    another matter: then a server that answers is worth more than an exact count.
    """
    name = "NOVANTRA_RATELIMIT_STORAGE"
    if config.ratelimit_storage == "memory://":
        return
    options = limiter_options(config.ratelimit_storage)
    try:
        storage = storage_from_string(config.ratelimit_storage, **options)
    except (ConfigurationError, ValueError, TypeError):
        raise Cannot(
            f"{name} cannot be used. It must be memory://, or look like redis://host:6379/0."
        ) from None
    until, logged = time.monotonic() + PATIENCE, False
    while not storage.check():
        if time.monotonic() + PAUSE > until:
            raise Cannot(
                f"the Redis that {name} names does not answer or refuses the login. Start it, or"
                " correct the address; with a single web process, unset the variable."
            )
        if not logged:
            log.warning("waiting up to %.0f s for the Redis that %s names", PATIENCE, name)
            logged = True
        time.sleep(PAUSE)


def _ensure_setup_token(config: Config, database: Database) -> None:
    with database.session(reading=True) as session:
        finished = current(session) is not None
    if finished:
        remove_token(config.setup_token_file)
    else:
        ensure_token(config.setup_token_file)
