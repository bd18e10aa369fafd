"""What must be right about the other side of an encrypted connection, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from app.crypto.secret import Secret


class Authorities(StrEnum):
    """Whose certificates count."""

    SYSTEM = "system"
    """Those of the authorities that this machine knows."""
    SYSTEM_AND_OWN = "system_and_own"
    """The same, and those of authorities that somebody pasted."""
    OWN = "own"
    """Those of pasted authorities alone."""


@dataclass(frozen=True)
class Trust:
    """``certificates`` are trusted ones in PEM: authorities, or a server's own. ``pins`` are keys
    as :mod:`.pins` writes them, of which the relay must have one besides. ``client_certificate``
    is PEM as well, for relays that want to know us; its key never leaves.

    Without ``verify`` none of it is asked.
    """

    verify: bool = True
    authorities: Authorities = Authorities.SYSTEM
    certificates: str = ""
    pins: tuple[str, ...] = ()
    client_certificate: str = ""
    # Compared, though never hashed: a context made with another key is another context.
    client_key: Secret | None = field(default=None, repr=False, hash=False)

    @property
    def by_pin_alone(self) -> bool:
        """Whether a pinned key stands in place of any authority: only pins were given. That is for
        relays that vouch for themselves; see :func:`app.mail.trust.peer.confirm`."""
        own_only = self.authorities is Authorities.OWN and not self.certificates
        return own_only and bool(self.pins)


USUAL = Trust()
"""The authorities that this machine knows, and nothing else."""
