"""Novantra's mail subsystem: the composition root, the only place that knows every package."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.config import Config


def create_app(config: Config | None = None, *, serving: bool = True) -> Flask:
    """Build the application. ``serving``: make the install ready first, see :mod:`app.start`.

    ``config`` is what the environment says, unless it is given.

    Commands pass ``serving=False``: then nothing is made, opened or asked, and each command opens
    what it needs. Raises :class:`~app.cannot.Cannot` for what stands in the way, such as
    :class:`~app.config.ConfigError` for an environment that cannot be used.
    """
    from flask import Flask
    from werkzeug.middleware.proxy_fix import ProxyFix

    import wizard
    from app import (
        accounts,
        alerts,
        audit,
        cli,
        install,
        mailer,
        organizations,
        outbox,
        system,
        web,
    )
    from app.config import Config
    from app.crypto.box import SealedBox
    from app.database import Database
    from app.database_checkpoints import Checkpoints
    from app.extensions import csrf, limiter, limiter_options, login_manager
    from app.install.service import environment_access_url
    from app.keyring import load_keyring, session_secrets
    from app.logs import configure
    from app.mailer.managed import managed_mailer
    from app.mailer.noting import note
    from app.runtime import EXTENSION, Runtime
    from app.start import check_counters, prepare
    from app.upgrading import attach_audit_log
    from app.web import limits

    config = config or Config.from_env()
    configure(config.log_format, config.log_level)
    # A mistake in the environment ends the start before anything is opened.
    environment_access_url(config)
    if config.is_cloud:
        managed_mailer(config)
    database = Database(config.database_url)
    ring = load_keyring(config)
    box = SealedBox(ring)
    attach_audit_log(database, box, config)
    if serving:
        check_counters(config)
        prepare(config, database)
    signing = session_secrets(ring())
    counters = config.ratelimit_storage if serving else "memory://"

    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=signing[0],
        SECRET_KEY_FALLBACKS=signing[1:],
        SESSION_COOKIE_NAME="novantra",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # How long a session lasts stands in its row; no answer renews its cookie.
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=1_000_000,
        MAX_FORM_MEMORY_SIZE=1_000_000,
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,
        WTF_CSRF_TIME_LIMIT=None,
        RATELIMIT_STORAGE_URI=counters,
        RATELIMIT_STORAGE_OPTIONS=limiter_options(counters),
        RATELIMIT_ENABLED=config.ratelimit_enabled,
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=counters != "memory://",
    )
    runtime = app.extensions[EXTENSION] = Runtime(config, database, box)
    if database.is_sqlite:
        runtime.companions.append(lambda live: Checkpoints(live.database))
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    limits.init_app(app)
    csrf.init_app(app)
    login_manager.init_app(app)
    limiter.init_app(app)
    # Each leaves out what this edition does not have.
    web.init_app(app)
    audit.init_app(app)
    install.init_app(app)
    mailer.init_app(app)
    outbox.init_app(app)
    accounts.init_app(app)
    organizations.init_app(app)
    alerts.init_app(app)
    system.init_app(app)
    wizard.init_app(app)
    cli.init_app(app)
    if serving:
        note(runtime, starting=True)
    return app
