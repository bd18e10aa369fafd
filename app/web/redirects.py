"""Going back to where somebody came from, and nowhere else."""

from __future__ import annotations

from urllib.parse import urlsplit

_FORBIDDEN = frozenset("\\\r\n\t\0")


def inside(target: str | None, fallback: str = "/") -> str:
    """``target`` when it is a path on this site, else ``fallback``.

    Browsers read ``//host``, ``/\\host`` and control characters in ways that leave the
    site (WHATWG URL Standard, section 4.4), so anything but a plain path is refused.
    """
    if not target or not target.startswith("/") or target.startswith("//"):
        return fallback
    if any(c in _FORBIDDEN or ord(c) < 0x20 for c in target) or len(target) > 1000:
        return fallback
    try:
        parts = urlsplit(target)
    except ValueError:
        return fallback
    if parts.scheme or parts.netloc:
        return fallback
    return target
