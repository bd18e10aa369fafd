"""A backup from anywhere, before anything is proven: refused in words, with little of it read."""

from __future__ import annotations

import gzip
import json
import resource
import tarfile
from pathlib import Path
from typing import Any

import pytest

from app.backup.archive import read_manifest, unpack
from app.backup.manifest import Damaged, Manifest, NotABackup

MEGABYTE = 1 << 20


def manifest(**changes: Any) -> bytes:
    said = Manifest(
        version="1",
        revision="0015",
        edition="sovereign",
        engine="sqlite",
        made_at="2026-01-01T00:00:00+00:00",
        access_url=None,
        digests={"novantra.db": ("0" * 64, 5), "settings.env": ("0" * 64, 0)},
        counts={},
        sealed=0,
        unopened=0,
        audit_head="0:0",
        key_ids=[],
        keys_inside=False,
    )
    return json.dumps(json.loads(said.to_json()) | changes).encode()


def member(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    header = tarfile.TarInfo(name)
    header.size, header.type, header.linkname = len(content), kind, link
    return header.tobuf() + content + bytes(-len(content) % 512)


def opened(folder: Path, content: bytes) -> None:
    """As ``novantra restore`` reads it, up to the proof."""
    file, inside = folder / "backup", folder / "inside"
    file.write_bytes(gzip.compress(content + bytes(1024)))
    inside.mkdir()
    unpack(file, read_manifest(file), inside)


FIRST = member("manifest.json", manifest())
DATABASE = member("novantra.db", b"12345")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(FIRST + DATABASE + DATABASE, id="a file twice"),
        pytest.param(FIRST + FIRST, id="the manifest twice"),
        pytest.param(FIRST + member("../novantra.db", b"12345"), id="another folder"),
        pytest.param(
            FIRST + member("novantra.db", kind=tarfile.SYMTYPE, link="/etc/passwd"), id="a link"
        ),
        pytest.param(
            FIRST + member("novantra.db", kind=tarfile.LNKTYPE, link="/etc/passwd"), id="hard link"
        ),
        pytest.param(
            FIRST + member("novantra.db", b"12345", tarfile.GNUTYPE_SPARSE), id="a file of holes"
        ),
        pytest.param(gzip.compress(FIRST + DATABASE), id="compressed twice"),
    ],
)
def test_what_no_backup_holds(tmp_path: Path, content: bytes) -> None:
    with pytest.raises((NotABackup, Damaged)):
        opened(tmp_path, content)
    assert [file.name for file in (tmp_path / "inside").glob("*") if file.is_symlink()] == []


@pytest.mark.parametrize(
    "said",
    [
        manifest(digests={"novantra.db": ["0", 10**400], "settings.env": ["0", 0]}),
        manifest(digests={"novantra.db": ["0", 5], "settings.env": ["0", -(10**15)]}),
        manifest(digests={"novantra.db": ["0", 5], "settings.env": ["0", 10**9]}),
        manifest(digests={"novantra.db": ["0", float("inf")], "settings.env": ["0", 0]}),
        manifest(edition="\x1b[2Jcloud"),
        manifest(proof=5),
        manifest(proof="ü"),
        b"[" * 900_000,
    ],
)
def test_a_manifest_that_says_what_cannot_be(tmp_path: Path, said: bytes) -> None:
    with pytest.raises(NotABackup):
        opened(tmp_path, member("manifest.json", said))


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
@pytest.mark.parametrize("before", [b"", FIRST], ids=["first", "after the manifest"])
def test_a_bomb_is_not_read_into_memory(tmp_path: Path, before: bytes, kind: bytes) -> None:
    header = tarfile.TarInfo("x")
    header.size, header.type = 2_000 * MEGABYTE, kind
    bomb = tmp_path / "bomb"
    with gzip.open(bomb, "wb", compresslevel=1) as stream:
        stream.write(before + header.tobuf())
        for _ in range(200):
            stream.write(bytes(MEGABYTE))
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises((NotABackup, Damaged)):
        unpack(bomb, read_manifest(bomb), tmp_path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used < 50_000  # kilobytes
