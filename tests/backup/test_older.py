"""A backup that an older version made is brought up to date on its way into place."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import text

from app import create_app
from app.audit.chain import Head
from app.backup import Manifest, archive, open_backup, postgres
from app.backup.making import copy_sqlite, rest
from app.backup.manifest import KEYS, POSTGRES, SETTINGS, SQLITE, digest, digest_of
from app.resealing import examine
from app.runtime import EXTENSION, Runtime
from app.schema import current_revision, newest_revision
from tests.upgrade.conftest import Released, released

__all__ = ["released"]


def backed_up(runtime: Runtime, folder: Path) -> Path:
    """The first release has no such command: this is what it would have made."""
    live, inside = runtime.database, folder / "inside"
    inside.mkdir()
    database = SQLITE if live.is_sqlite else POSTGRES
    with live.session(reading=True) as session:
        revision = str(current_revision(session.connection()))
        namespace = None if live.is_sqlite else postgres.namespace(session)
    if live.is_sqlite:
        copy_sqlite(live, inside / database)
        rest(inside / database)
    else:
        with live.session(reading=True) as session:
            snapshot = postgres.begin_snapshot(session)
            postgres.dump(live, session, snapshot, inside / database)
    small = {SETTINGS: b"", KEYS: runtime.config.key_file.read_bytes()}
    manifest = Manifest(
        version="1.0.0",
        revision=revision,
        edition="sovereign",
        engine="sqlite" if live.is_sqlite else "postgresql",
        made_at="2026-11-25T17:10:00+00:00",
        access_url=None,
        digests={
            database: digest_of(inside / database),
            **{name: digest(content) for name, content in small.items()},
        },
        counts={},
        sealed=1,
        unopened=0,
        audit_head=str(Head()),
        key_ids=[key.id for key in runtime.box.ring.keys],
        keys_inside=True,
        namespace=namespace,
    )
    proven = manifest.proven_by(runtime.box.ring.newest)
    archive.pack(inside, small, proven, folder / "old.backup")
    return folder / "old.backup"


def test_it_has_this_versions_schema_opens_and_is_paused(
    released: Released, tmp_path: Path
) -> None:
    runtime = create_app(released.config, serving=False).extensions[EXTENSION]
    file = backed_up(runtime, tmp_path)
    assert newest_revision() != "0001"
    with ExitStack() as stack:
        ready = open_backup(runtime, file, stack)
        assert "which this version cannot read" in ready.present
        ready.carry_out()
    again = create_app(released.config, serving=False).extensions[EXTENSION]
    with again.database.session(reading=True) as session:
        assert current_revision(session.connection()) == newest_revision()
        people = session.scalar(text("SELECT count(*) FROM users"))
        assert people == released.rows["users"]
        total, broken = examine(session, again.box)
        assert total > 0
        assert broken == []
        # It was paused because the relay refused its login; that is not why it is paused now.
        found = session.execute(text("SELECT * FROM mail_health")).mappings().one()
        assert (found["paused_by"], found["pause_code"]) == ("shell", None)
        assert "Restored from a backup" in found["pause_why"]
    for one in (runtime, again):
        one.database.close()
