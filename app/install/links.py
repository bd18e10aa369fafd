"""Links in mails, built from the access URL and from nothing a request carries."""

from __future__ import annotations

from urllib.parse import quote, urlsplit


class Links:
    """``base`` is a validated access URL without a trailing slash."""

    def __init__(self, base: str) -> None:
        self.base = base.rstrip("/")

    @property
    def host(self) -> str:
        """The host name alone, for mail footers and for EHLO."""
        return urlsplit(self.base).hostname or "localhost"

    def to(self, *segments: str) -> str:
        """``to("reset-password", token)`` → ``https://host/reset-password/<token>``."""
        return "/".join([self.base, *(quote(segment, safe="") for segment in segments)])
