"""The keys that sign the audit log: derived from the install's, and kept after it is rotated."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.audit.chain import PURPOSE, SigningKey
from app.audit.models import AuditKey
from app.crypto.box import SealBroken, SealedBox
from app.crypto.keys import Key
from app.sealing import AUDIT_KEY


class AuditKeys:
    """Finds signing keys by the id of the install's key that they were derived from."""

    def __init__(self, box: SealedBox) -> None:
        self._box = box

    def newest(self) -> SigningKey | None:
        """What signs from now on, or ``None`` while the install has no key."""
        ring = self._box.ring
        return _derived(ring.newest) if ring.usable else None

    def find(self, session: Session, key_id: str) -> SigningKey | None:
        """The signing key of that id, also one whose install key is long gone."""
        key = self._box.ring.find(key_id)
        if key is not None:
            return _derived(key)
        kept = session.get(AuditKey, key_id)
        if kept is None:
            return None
        try:
            return SigningKey(key_id, self._box.open(kept.sealed, AUDIT_KEY.place(key_id)))
        except SealBroken:
            return None

    def keep(self, session: Session, followed: SigningKey) -> None:
        """Keep a key that another one follows. Sealed like everything, so rotation renews it."""
        if session.get(AuditKey, followed.id) is None:
            sealed = self._box.seal(followed.material, AUDIT_KEY.place(followed.id))
            session.add(AuditKey(key_id=followed.id, sealed=sealed))
            session.flush()


def _derived(key: Key) -> SigningKey:
    return SigningKey(key.id, key.derive(PURPOSE))
