"""Alembic's entry: runs migrations on the connection that app.schema hands over."""

from __future__ import annotations

from importlib import import_module

from alembic import context

from app.database import Base

for package in ("install", "audit", "mailer", "outbox", "accounts", "organizations"):
    import_module(f"app.{package}.models")
import_module("app.throttle")

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
    user_module_prefix=None,
)
context.run_migrations()
