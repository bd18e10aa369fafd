"""The anchor: a signed row beside the log that says how far the chain goes."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.audit.chain import Head, SigningKey, anchor_mac, same
from app.audit.keys import AuditKeys
from app.audit.models import AuditAnchor

MISSING = "the anchor beside the log is missing"
ALTERED = "the anchor beside the log was altered"
NO_KEY = "the anchor beside the log was signed with key {key}, which this install lacks"


class Doubtful(Exception):
    """The anchor cannot be relied on. The message says why, in words that follow "because"."""

    def __init__(self, reason: str, *, unknown_key: str | None = None) -> None:
        super().__init__(reason)
        self.unknown_key = unknown_key


def read(session: Session) -> AuditAnchor | None:
    """The row as it is now, whatever this session saw before."""
    return session.get(AuditAnchor, 1, populate_existing=True)


def trusted(session: Session, keys: AuditKeys, anchor: AuditAnchor | None) -> Head:
    """What the anchor says. Raises :class:`Doubtful`."""
    if anchor is None:
        raise Doubtful(MISSING)
    key = keys.find(session, anchor.key_id)
    if key is None:
        raise Doubtful(NO_KEY.format(key=anchor.key_id), unknown_key=anchor.key_id)
    head = Head(anchor.event_id, anchor.digest)
    if not same(anchor_mac(head, key), anchor.mac):
        raise Doubtful(ALTERED)
    return head


def move(session: Session, keys: AuditKeys, head: Head, key: SigningKey) -> None:
    """Let the anchor say ``head``; the key that signed it before is kept when it is another."""
    values = {
        "event_id": head.id,
        "digest": head.digest,
        "key_id": key.id,
        "mac": anchor_mac(head, key),
    }
    anchor = session.get(AuditAnchor, 1)
    if anchor is None:
        session.add(AuditAnchor(id=1, **values))
    else:
        followed = keys.find(session, anchor.key_id) if anchor.key_id != key.id else None
        if followed is not None:
            keys.keep(session, followed)
        for name, value in values.items():
            setattr(anchor, name, value)
    session.flush()
