"""Makes a backup while the install runs."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from app.backup import archive, postgres, tables
from app.backup.manifest import KEYS, POSTGRES, SQLITE, Manifest, digest, digest_of
from app.backup.manifest import SETTINGS as SETTINGS_FILE
from app.cannot import Cannot
from app.crypto.keys import format_keys
from app.database import Database
from app.install.service import access_url
from app.mailer.settings import FIELDS
from app.mailer.variables import FILE_NAMES, NAMES
from app.resealing import examine
from app.runtime import Runtime
from app.schema import current_revision
from app.version import VERSION
from app.workshop import clear_away, workshop

_OF_THE_INSTALL = frozenset(
    f"NOVANTRA_{name}"
    for name in (
        *("EDITION", "KEY_PROVIDER", "WORKER", "BIND", "LOG_FORMAT", "LOG_LEVEL", "ACCESS_URL"),
        *("TRUSTED_PROXIES", "ACTIVITY_DAYS", "INVITATIONS_PER_DAY", "RATELIMIT", "DATA_DIR"),
        *("MANAGED_MAIL_SENDER", "ALERT_PRIVATE_TARGETS", "RELAY_CONNECTIONS", "RELAY_PER_MINUTE"),
    )
)
SETTINGS = _OF_THE_INSTALL | {NAMES[field] for field in FIELDS} | set(FILE_NAMES.values())
"""Variables that go into a backup: those that can never hold a secret."""


@dataclass(frozen=True)
class Made:
    """``warnings`` are sentences about what the backup will not be able to do, ``removed`` what
    an earlier one had left that was killed."""

    manifest: Manifest
    size: int
    warnings: tuple[str, ...]
    removed: tuple[Path, ...]


def make(runtime: Runtime, file: Path, environ: Mapping[str, str]) -> Made:
    """Write a backup of the install to ``file``, which must not exist; mode 0600, all or nothing.

    Raises :class:`~app.cannot.Cannot`, ``OSError`` and what the database raises.
    """
    file = file.absolute()
    if os.path.lexists(file):
        raise Cannot(f"{file} is there already. Choose another name, or move it away.")
    if not file.parent.is_dir():
        raise Cannot(f"There is no folder {file.parent}. Make it, or correct the path.")
    removed = tuple(clear_away(file.parent))
    with workshop(file.parent, "backup") as folder, archive.full_disk(file.parent):
        settings = {
            # What has several lines, such as certificates, has no place in a file of lines.
            name: value
            for name, value in environ.items()
            if name in SETTINGS and value and value.isprintable()
        }
        small = _small(runtime, settings)
        manifest = _collect(runtime, folder, small, settings)
        archive.pack(folder, small, manifest, file)
    return Made(manifest, file.stat().st_size, tuple(_warnings(manifest, runtime)), removed)


def _small(runtime: Runtime, settings: Mapping[str, str]) -> dict[str, bytes]:
    """What goes into the file and is never a file before: the settings and the keys."""
    ring = runtime.box.ring
    lines = "".join(f"{name}={value}\n" for name, value in sorted(settings.items()))
    small = {SETTINGS_FILE: lines.encode()}
    if runtime.config.key_provider == "file" and ring.usable:
        small[KEYS] = format_keys(ring.keys).encode()
    return small


def _collect(
    runtime: Runtime, folder: Path, small: Mapping[str, bytes], settings: dict[str, str]
) -> Manifest:
    """The database in ``folder``, and what there is to say about it and what goes with it."""
    live, ring, config = runtime.database, runtime.box.ring, runtime.config
    stored = SQLITE if live.is_sqlite else POSTGRES
    if live.is_sqlite:
        copy_sqlite(live, folder / SQLITE)
        copied = Database(f"sqlite:///{folder / SQLITE}")
        try:
            with copied.session(reading=True) as session:
                facts = _facts(session, runtime)
        finally:
            copied.close()
        rest(folder / SQLITE)
        space = None
    else:
        with live.session(reading=True) as session:
            snapshot = postgres.begin_snapshot(session)
            facts, space = _facts(session, runtime), postgres.namespace(session)
            postgres.dump(live, session, snapshot, folder / POSTGRES)
    total, broken, revision, counted, head, url = facts
    manifest = Manifest(
        version=VERSION,
        revision=revision,
        edition=config.edition,
        engine="sqlite" if live.is_sqlite else "postgresql",
        made_at=runtime.now().isoformat(timespec="seconds"),
        access_url=url,
        digests={
            stored: digest_of(folder / stored),
            **{name: digest(content) for name, content in small.items()},
        },
        counts=counted,
        sealed=total,
        unopened=broken,
        audit_head=head,
        key_ids=[key.id for key in ring.keys],
        keys_inside=KEYS in small,
        namespace=space,
        settings=settings,
    )
    return manifest.proven_by(ring.newest) if ring.usable else manifest


def _facts(
    session: Session, runtime: Runtime
) -> tuple[int, int, str, dict[str, int], str, str | None]:
    total, broken = examine(session, runtime.box)
    return (
        total,
        len(broken),
        str(current_revision(session.connection())),
        tables.counts(session),
        tables.audit_head(session),
        access_url(session, runtime.config),
    )


def copy_sqlite(live: Database, target: Path) -> None:
    """A consistent copy while others write: SQLite's own online backup, in one step."""
    assert live.file is not None
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with (
            closing(sqlite3.connect(f"file:{_escaped(live.file)}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorname", "") != "SQLITE_FULL":
            raise
        raise Cannot(
            f"the disk that holds {target.parent.parent} is full. Free some space there, or choose"
            " another."
        ) from None
    found = "ok"
    with closing(sqlite3.connect(target)) as copy:
        found = str(copy.execute("PRAGMA quick_check(1)").fetchone()[0])
    if found != "ok":
        raise Cannot(
            "the database is damaged. Stop Novantra, keep a copy of what is there, and restore the"
            " latest backup."
        )


def rest(file: Path) -> None:
    """Everything into the one file, with no log beside it."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def _escaped(file: Path) -> str:
    return str(file).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _warnings(manifest: Manifest, runtime: Runtime) -> list[str]:
    found = []
    if runtime.box.ring.problem:
        found.append(
            f"{runtime.box.ring.problem} So no key is in the backup, and nothing proves which one"
            " belongs to it: it cannot be restored by itself."
        )
    elif manifest.unopened:
        found.append(
            f"{manifest.unopened} of {manifest.sealed} sealed values do not open with the keys of"
            " this install; keys doctor names them. They are in the backup as they are."
        )
    return found
