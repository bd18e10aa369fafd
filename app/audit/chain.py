"""The chain's arithmetic: what a digest and the anchor's signature are made of."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

GENESIS = "0" * 64
PURPOSE = "novantra audit chain"
"""Separates the signing key from everything else that is derived from the install's key."""


@dataclass(frozen=True)
class Head:
    """A place in the chain: an event's id and digest. Id 0 is before the first event."""

    id: int = 0
    digest: str = GENESIS

    def __str__(self) -> str:
        return f"{self.id}:{self.digest}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Read ``ID:DIGEST``. Raises :class:`ValueError`."""
        number, _, digest = text.strip().partition(":")
        digest = digest.lower()
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise ValueError("a head begins with the number of an event")
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise ValueError("a head ends in 64 hexadecimal digits")
        return cls(int(number), digest)


@dataclass(frozen=True, repr=False)
class SigningKey:
    """A key derived from the install's key ``id``, for nothing but this chain."""

    id: str
    material: bytes


class Event(Protocol):
    """The columns of an event, as a model or as a row of a query."""

    @property
    def id(self) -> Any: ...
    @property
    def at(self) -> Any: ...
    @property
    def actor_id(self) -> Any: ...
    @property
    def actor(self) -> Any: ...
    @property
    def ip(self) -> Any: ...
    @property
    def tag(self) -> Any: ...
    @property
    def target(self) -> Any: ...
    @property
    def changes(self) -> Any: ...
    @property
    def previous_digest(self) -> Any: ...


def digest_of(event: Event, key: SigningKey | None) -> str:
    """Every column and the digest before, in one canonical JSON form.

    Under a key this is HMAC-SHA256 (RFC 2104), and the form names the key; without one it is
    SHA-256, which anybody can compute.
    """
    at: datetime = event.at
    content = [
        event.id,
        at.astimezone(UTC).isoformat(timespec="milliseconds"),
        event.actor_id,
        event.actor,
        event.ip,
        event.tag,
        event.target,
        event.changes,
        event.previous_digest,
    ]
    if key is None:
        return hashlib.sha256(_canonical(content)).hexdigest()
    return _mac(key, ["event", key.id, *content])


def anchor_mac(head: Head, key: SigningKey) -> str:
    """The signature of the anchor that says: the chain goes up to here."""
    return _mac(key, ["anchor", key.id, head.id, head.digest])


def same(one: str, other: str) -> bool:
    """Whether two digests are equal, in a time that says nothing about where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def _mac(key: SigningKey, content: Sequence[object]) -> str:
    return hmac.digest(key.material, _canonical(content), "sha256").hex()


def _canonical(content: Sequence[object]) -> bytes:
    return _AS_JSON(content).encode()


_AS_JSON = json.JSONEncoder(sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode
