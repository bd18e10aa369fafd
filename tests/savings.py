"""What every test would otherwise pay for again: it is made once, or made cheap.

Nothing here changes what is tested. Servers and commands in processes of their own know none of it.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

import pytest
from argon2 import PasswordHasher
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from app import database_engines
from app.accounts import passwords


class Templates(BytecodeCache):
    """Compiled templates: every test makes an application, and all of them read the same pages."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._compiled[bucket.key, bucket.checksum] = bucket.code


TEMPLATES = Templates()


def keep_what_was_imported() -> None:
    """The collector need not look again and again through modules, which stay to the end."""
    gc.collect()
    gc.freeze()


@contextmanager
def no_power_cuts() -> Iterator[None]:
    """No test pulls the plug, so none waits for the disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database_engines, "SYNCHRONOUS", "OFF")
        patch.setattr(os, "fsync", lambda _file: None)
        yield


@contextmanager
def routes_compiled_once() -> Iterator[None]:
    """Werkzeug compiles a function for every route of every application: half of its making."""
    compiled: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}
    compile_one = Rule._compile_builder

    def cached(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        made_of = (rule.rule, rule.host, rule.subdomain, repr(rule.defaults), append_unknown)
        if made_of not in compiled:
            compiled[made_of] = compile_one(rule, append_unknown)
        return compiled[made_of]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", cached)
        yield


@contextmanager
def statements_compiled_once() -> Iterator[None]:
    """SQLAlchemy keeps the text of each statement with its engine, and every test has a new one.

    Here all engines keep it together. What a text was made for is part of its key, and there a
    dialect stands for itself: now any two of the same kind, made in the same way, are the same.
    """
    kept = LRUCache(5000)
    create_engine = database_engines.create_engine

    def sharing(url: str, **options: Any) -> Engine:
        engine = create_engine(url, **options)
        engine.update_execution_options(compiled_cache=kept)
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database_engines, "create_engine", sharing)
        for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
            patch.setattr(dialect, "__eq__", lambda one, other: type(one) is type(other))
            patch.setattr(dialect, "__hash__", lambda one: hash(type(one)))
        yield


CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@contextmanager
def cheap_hashing() -> Iterator[None]:
    """Hashing a password is slow on purpose."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", CHEAP)
        patch.setattr(passwords, "_DECOY", CHEAP.hash("no account has this password"))
        yield
