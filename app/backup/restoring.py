"""Puts a backup in place of what is there, all of it or nothing.

What is in the file is unpacked, checked and proven beside the install first. Then the keys of both
are put into the key file, so that from here on either database can be read; the database is
exchanged in one step; and at last the keys become those of the backup. A crash anywhere leaves the
old install or the new one. What was there is kept.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, count
from pathlib import Path

from sqlalchemy import delete, update
from sqlalchemy.exc import SQLAlchemyError

from app.audit.log import record
from app.audit.note import NAME as NOTE
from app.audit.note import HeadNote
from app.backup import archive, postgres, tables
from app.backup.making import rest
from app.backup.manifest import KEYS, POSTGRES, SQLITE, Damaged, Manifest
from app.cannot import Cannot, whereabouts
from app.config import Config
from app.crypto.box import SealedBox
from app.crypto.keys import KeyRing, read_key_file, read_keys, write_key_file
from app.database import Database
from app.database_faults import Word, fault_of
from app.install.service import access_url
from app.mailer import health
from app.mailer.models import MailHealth
from app.outbox.heartbeats import live_workers
from app.outbox.models import MailWorker
from app.resealing import examine
from app.runtime import Runtime
from app.schema import newest_revision, revisions, upgrade
from app.upgrading import attach_audit_log, carry_over
from app.web.context import Actor
from app.workshop import clear_away, workshop

SHELL = Actor(None, "shell", None)
ASIDE = ".before-restore-"
LOGS = ("-wal", "-shm", "-journal")
WHY = "Restored from a backup; look at Mail activity before mail goes out again"


@dataclass
class Restore:
    """A backup that was read and proven, ready to be put in place.

    ``ring`` are the keys that belong to its data, ``present`` what is there now, in words, or
    nothing; ``removed`` is what an earlier one had left that was killed.
    """

    manifest: Manifest
    ring: KeyRing
    present: str
    runtime: Runtime
    folder: Path
    removed: tuple[Path, ...]
    aside: list[Path] = field(default_factory=list)

    def carry_out(self) -> list[Path]:
        """Replace what is there. Returns where it is kept now."""
        if self.runtime.database.is_sqlite:
            self._exchange_sqlite()
        else:
            self._exchange_postgres()
        return self.aside

    def _exchange_sqlite(self) -> None:
        live = self.runtime.database
        assert live.file is not None
        staged = self.folder / SQLITE
        live.close()
        _let_go(live.file)  # before anything is logged as done
        # Beside the install, with a folder of its own for its note.
        beside = replace(
            self.runtime.config, data_dir=self.folder, database_url=f"sqlite:///{staged}"
        )
        copy = Database(beside.database_url)
        try:
            _make_ready(copy, beside, self.ring, self.manifest, self.runtime.now())
        finally:
            copy.close()
        rest(staged)
        _give_to_the_owner(staged, live.file.parent)
        head = HeadNote(self.folder).read()
        _let_go(live.file)  # once more: making ready may have taken a while
        self._take_both_keys()
        self._put_note_aside()
        self._put_database_aside(live.file)
        staged.replace(live.file)
        _sync(live.file.parent)
        self._take_the_backups_keys()
        if head is not None:
            HeadNote(self.runtime.config.data_dir).write(head)

    def _exchange_postgres(self) -> None:
        live, now = self.runtime.database, self.runtime.now()
        self._take_both_keys()
        self._put_note_aside()
        schema = self.manifest.namespace or "public"
        postgres.load(live, self.folder / POSTGRES, schema, _paused_at_once(schema, now))
        self._take_the_backups_keys()
        _make_ready(live, self.runtime.config, self.runtime.box.ring, self.manifest, now)

    def _take_both_keys(self) -> None:
        """From here on either database can be read. The key file of before is kept."""
        config = self.runtime.config
        if config.key_provider != "file":
            return
        before = read_key_file(config.key_file)
        if config.key_file.exists():
            self._keep(config.key_file)
        others = [key for key in before.keys if self.ring.find(key.id) is None]
        write_key_file(config.key_file, [*self.ring.keys, *others])
        _give_to_the_owner(config.key_file, config.data_dir)

    def _take_the_backups_keys(self) -> None:
        config = self.runtime.config
        if config.key_provider == "file":
            write_key_file(config.key_file, self.ring.keys)

    def _put_note_aside(self) -> None:
        """It knows of events that the backup may not have, and would contradict for good."""
        note = self.runtime.config.data_dir / NOTE
        if note.exists():
            self._keep(note)
            note.unlink()

    def _put_database_aside(self, file: Path) -> None:
        """What could not be emptied of SQLite's logs, because it is damaged, goes with its logs; so
        do those of a database that is gone: SQLite would play them into whatever has its name."""
        kept = self._keep(file) if file.exists() else self._name_aside(file)
        for suffix in LOGS:
            log = file.with_name(file.name + suffix)
            if log.exists():
                log.rename(kept.with_name(kept.name + suffix))

    def _keep(self, file: Path) -> Path:
        """Another name for it, under which it stays."""
        kept = self._name_aside(file)
        try:
            os.link(file, kept)
        except OSError:  # a file system that knows no second name for a file
            shutil.copy2(file, kept)
        self.aside.append(kept)
        return kept

    def _name_aside(self, file: Path) -> Path:
        """One that nothing has: two restores can begin in one second, and half-way is too late to
        refuse the second."""
        first = f"{file.name}{ASIDE}{self.runtime.now():%Y%m%d-%H%M%S}"
        names = chain([first], (f"{first}-{number}" for number in count(2)))
        return next(
            file.with_name(name)
            for name in names
            if not any(file.with_name(name + log).exists() for log in ("", *LOGS))
        )


def _make_ready(
    database: Database, config: Config, ring: KeyRing, manifest: Manifest, now: datetime
) -> None:
    """This version's schema, mail paused, and an event in the log that says what happened."""
    upgrade(database, then=carry_over(lambda: ring, config.data_dir))
    attach_audit_log(database, SealedBox(ring), config)
    with database.transaction() as session:
        # Signs of life of processes that worked with the original.
        session.execute(delete(MailWorker))
        # Whatever paused it before, from now on somebody's own word is needed.
        session.execute(update(MailHealth).values(paused_at=None))
        health.pause_by_hand(session, now=now, actor=SHELL, why=WHY)
        record(
            session,
            now=now,
            actor=SHELL,
            tag="install:restored",
            target="install",
            changes={
                "backup_of": {"old": None, "new": manifest.made_at},
                "audit_head": {"old": None, "new": manifest.audit_head},
            },
        )


def open_backup(runtime: Runtime, file: Path, stack: ExitStack) -> Restore:
    """Read a backup, prove it, and look at what it would replace. Changes nothing of that.

    What is unpacked goes when ``stack`` ends. Raises :class:`~app.cannot.Cannot`.
    """
    manifest = archive.read_manifest(file)
    config = runtime.config
    _fits(manifest, runtime, file)
    home = config.data_dir if runtime.database.file is None else runtime.database.file.parent
    removed: list[Path] = []
    for folder in (config.data_dir, home):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        removed += clear_away(folder)
    folder = stack.enter_context(workshop(home, "restore"))
    stack.enter_context(archive.full_disk(home))
    inside = read_keys(archive.unpack(file, manifest, folder), source=f"{KEYS} in {file}")
    ring = _keys_for(manifest, runtime, inside, file)
    if not manifest.belongs_to(ring):
        raise Cannot(_no_proof(manifest, file))
    if manifest.engine == "sqlite":
        _opens(manifest, folder / SQLITE, ring, file)
    else:
        for name in ("pg_restore", "psql"):
            postgres.tool(name)
    return Restore(manifest, ring, _present(runtime), runtime, folder, tuple(removed))


def _fits(manifest: Manifest, runtime: Runtime, file: Path) -> None:
    """Whether this program, edition and database can take it."""
    if manifest.revision not in revisions():
        raise Cannot(
            f"{file} was made by a newer version of Novantra ({manifest.version}). Restore it with"
            " that version."
        )
    if manifest.edition != runtime.config.edition:
        raise Cannot(
            f"{file} is of the {manifest.edition.capitalize()} edition, and NOVANTRA_EDITION is"
            f" {runtime.config.edition}."
        )
    here = "sqlite" if runtime.database.is_sqlite else "postgresql"
    if manifest.engine != here:
        names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise Cannot(
            f"{file} holds a database of {names.get(manifest.engine, manifest.engine)}, and"
            f" NOVANTRA_DATABASE_URL names one of {names[here]}."
        )
    if not runtime.database.is_sqlite:
        with runtime.database.session(reading=True) as session:
            schema = postgres.namespace(session)
        if schema != manifest.namespace:
            raise Cannot(
                f"{file} holds tables of the schema {manifest.namespace}, and this database is"
                f" used with the schema {schema}. Name a database with that search path."
            )


def _keys_for(manifest: Manifest, runtime: Runtime, inside: KeyRing, file: Path) -> KeyRing:
    """The keys of the backup, or, where they are not inside, those that are configured here."""
    if manifest.keys_inside:
        if runtime.config.key_provider == "file":
            return inside
        ring = runtime.box.ring
        if ring.find(manifest.proof_key or "") is None:
            raise Cannot(
                f"{file} needs the key {manifest.proof_key}, and NOVANTRA_KEYS lacks it. Put the"
                f" keys in the file ({KEYS}) into NOVANTRA_KEYS. Nothing was changed."
            )
        return ring
    return runtime.box.ring


def _no_proof(manifest: Manifest, file: Path) -> str:
    if manifest.proof is None:
        return (
            f"{file} was made while the install had no usable key, so nothing proves which key"
            " belongs to its data. Nothing was changed."
        )
    if not manifest.keys_inside:
        return (
            f"the keys are not in {file}, and those that are configured here do not belong to its"
            f" data: it needs key {manifest.proof_key}. Put that into NOVANTRA_KEYS, or the key"
            " file of the data folder. Nothing was changed."
        )
    return (
        f"the key in {file} does not belong to its data: one of the two was exchanged or altered."
        " Nothing was changed. Take another backup."
    )


def _opens(manifest: Manifest, copy: Path, ring: KeyRing, file: Path) -> None:
    """Open every sealed value of the copy, and let SQLite check it."""
    try:
        with closing(sqlite3.connect(copy)) as connection:
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
            revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error:
        raise Damaged(file, "the database in it cannot be read") from None
    if found != "ok" or revision is None or revision[0] != manifest.revision:
        raise Damaged(file, "the database in it does not hold together")
    if manifest.revision != newest_revision():
        return  # its columns are those of another version; the proof covers every octet of it
    database = Database(f"sqlite:///{copy}")
    try:
        with database.session(reading=True) as session:
            _, broken = examine(session, SealedBox(ring))
    finally:
        database.close()
    rest(copy)
    if len(broken) > manifest.unopened:
        raise Cannot(
            f"{len(broken)} of {manifest.sealed} sealed values in {file} do not open with its key."
            " Nothing was changed."
        )


def _present(runtime: Runtime) -> str:
    """What is there now, and that nobody works with it. Raises :class:`~app.cannot.Cannot`."""
    live = runtime.database
    if live.file is not None and not live.file.exists():
        return ""
    try:
        with live.session(reading=True) as session:
            if not tables.ours(session.connection()):
                return ""
            alive = live_workers(session, runtime.now())
            url = access_url(session, runtime.config)
            counted = tables.counts(session)
    except SQLAlchemyError as error:
        if fault_of(error).word not in {Word.NOT_A_DATABASE, Word.DAMAGED, Word.WRONG_SCHEMA}:
            raise
        # Reason enough to restore one that is whole.
        return f"the database {whereabouts(live.url)}, which this version cannot read"
    finally:
        live.close()
    if alive:
        one = alive[0]
        raise Cannot(
            f"a process still works with the install that would be replaced ({one.process} on"
            f" {one.host}, process {one.pid}). Stop every server and worker first."
        )
    return f"the install {url or whereabouts(live.url)} ({tables.in_words(counted)})"


def differences(manifest: Manifest, environ: Mapping[str, str]) -> list[str]:
    """Settings that the backup's install ran with and that are others here, in words."""
    return [
        f"{name} was {value}; here it is {environ.get(name) or 'not set'}"
        for name, value in sorted(manifest.settings.items())
        if environ.get(name) != value and name != "NOVANTRA_DATA_DIR"
    ]


def _let_go(file: Path) -> None:
    """SQLite empties its log into the file, which it only can while nobody else has it open."""
    if not file.exists():
        return
    try:
        with closing(sqlite3.connect(file, timeout=1)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        word = fault_of(error).word
        if word is Word.BUSY:
            raise Cannot(
                f"a process still has {file} open. Stop every server and worker first. Nothing was"
                " changed."
            ) from None
        if word not in {Word.NOT_A_DATABASE, Word.DAMAGED}:
            raise


def _paused_at_once(schema: str, now: datetime) -> list[str]:
    """Statements that pause mail in whatever version's table, with the exchange itself."""
    table = f'"{schema}"."mail_health"'
    moment = f"'{now.isoformat()}'"
    return [
        f"INSERT INTO {table} (id, consecutive_failures) VALUES (1, 0) ON CONFLICT DO NOTHING;",  # noqa: S608
        f"UPDATE {table} SET paused_at = coalesce(paused_at, {moment});",  # noqa: S608
    ]


def _give_to_the_owner(file: Path, folder: Path) -> None:
    """What root puts there belongs to whoever owns the folder."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(file, owner.st_uid, owner.st_gid)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
