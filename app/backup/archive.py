"""The file itself: a compressed tar with the manifest first, readable without Novantra."""

from __future__ import annotations

import errno
import gzip
import io
import os
import shutil
import tarfile
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.backup.manifest import KEYS, NAME, Damaged, Manifest, NotABackup, digest, digest_of
from app.cannot import Cannot

_MANIFEST_AT_MOST = 1_000_000
_PIECE = 1 << 20
"""Octets that are read at a time."""
_ROOM_BESIDE = 10_000_000


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """Says which disk is full: an error of writing names no file."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise
        raise Cannot(
            f"the disk that holds {folder} is full, or a quota on it. Free some space there, or"
            " choose another. Nothing was changed."
        ) from None


def pack(folder: Path, small: Mapping[str, bytes], manifest: Manifest, target: Path) -> None:
    """Write what the manifest names to ``target``, which must not exist; mode 0600.

    It comes from ``small`` or lies in ``folder``. The keys come from ``small``, so that they are
    in no file but the backup itself.
    """
    contents = {NAME: manifest.to_json().encode(), **small}
    draft = folder / "archive"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with (
        os.fdopen(descriptor, "wb") as file,
        tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as archive,
    ):
        for name in (NAME, *manifest.digests):
            if name in contents:
                member = tarfile.TarInfo(name)
                member.size, member.mtime = len(contents[name]), int(time.time())
                archive.addfile(_plain(member), io.BytesIO(contents[name]))
            else:
                archive.add(folder / name, name, filter=_plain)
    _sync(draft)
    try:
        os.link(draft, target)
    except FileExistsError:
        raise
    except OSError as error:
        # Some network and USB file systems know no second name for a file.
        if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}:
            raise
        draft.rename(target)
    _sync(target.parent)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_manifest(file: Path) -> Manifest:
    """What the backup says of itself. Raises :class:`NotABackup` and :class:`Damaged`."""
    with _reading(file) as archive:
        first = archive.next()
        if first is None or first.name != NAME or not first.isfile():
            raise NotABackup(file)
        stream = archive.extractfile(first)
        text = stream.read(_MANIFEST_AT_MOST) if stream else b""
        return Manifest.from_json(text, file)


def unpack(file: Path, manifest: Manifest, folder: Path) -> bytes:
    """Put the files that the manifest names into ``folder`` and check every octet of them.

    The keys are given back instead (nothing, where there are none in the file): what a process
    that is killed leaves in the folder opens nothing.
    """
    _check_room(manifest, folder)
    keys = b""
    awaited = [NAME, *manifest.digests]
    with _reading(file) as archive:
        for member in archive:
            if member.name not in awaited or not member.isreg() or member.issparse():
                raise NotABackup(file)
            awaited.remove(member.name)
            if member.name == NAME:
                continue
            if member.size != manifest.digests[member.name][1]:
                raise Damaged(file, f"{member.name} in it has another size than was put there")
            stream = archive.extractfile(member)
            assert stream is not None
            with stream:
                if member.name == KEYS:
                    keys = stream.read()
                    continue
                with (folder / member.name).open("xb") as copy:
                    shutil.copyfileobj(stream, copy, _PIECE)
    for name, expected in manifest.digests.items():
        if _found(folder, name, keys) != expected:
            raise Damaged(file, f"{name} in it is not what was put there")
    return keys


def _found(folder: Path, name: str, keys: bytes) -> tuple[str, int] | None:
    if name == KEYS:
        return digest(keys)
    return digest_of(folder / name) if (folder / name).exists() else None


def _check_room(manifest: Manifest, folder: Path) -> None:
    needed = sum(size for _, size in manifest.digests.values()) + _ROOM_BESIDE
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Cannot(
            f"what is in it needs {needed / 1e6:.0f} MB, and the disk that holds {folder} has"
            f" {free / 1e6:.0f} MB free. Free some space there. Nothing was changed."
        )


class _Pieces(gzip.GzipFile):
    """Reads no more than a piece at a time. What describes a file in a tar is read whole, however
    long the tar says that it is, and a kilobyte of gzip can hold a megabyte of it."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= _PIECE:
            raise tarfile.ReadError
        return super().read(size)


@contextmanager
def _reading(file: Path) -> Iterator[tarfile.TarFile]:
    with file.open("rb") as raw:
        if raw.read(2) != b"\x1f\x8b":
            raise NotABackup(file)
        raw.seek(0)
        opened = False
        try:
            with _Pieces(fileobj=raw) as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
                opened = True
                yield archive
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Damaged(file, "it ends too early or was altered") from error
        except tarfile.TarError:
            if opened:
                raise Damaged(file, "it ends too early or was altered") from None
            raise NotABackup(file) from None
