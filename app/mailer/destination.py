"""Where a password goes and how well it is guarded on the way."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Self

from app.mailer.providers import provider_of
from app.mailer.settings import Settings


def _called(words: str) -> dict[str, str]:
    return {"words": words}


@dataclass(frozen=True)
class Destination:
    """A stored password is only ever used while all of this is as it was when it was typed."""

    provider: str = field(metadata=_called("the provider"))
    host: str | None = field(metadata=_called("the host"))
    port: int | None = field(metadata=_called("the port"))
    secure: bool = field(metadata=_called("Secure"))
    encryption: str = field(metadata=_called("the encryption"))
    ignore_tls_errors: bool = field(metadata=_called("Ignore TLS errors"))
    username: str | None = field(metadata=_called("the user name"))
    region: str | None = field(metadata=_called("the region"))

    @classmethod
    def of(cls, settings: Settings) -> Self:
        named = {part.name: getattr(settings, part.name) for part in fields(cls)}
        named["host"] = provider_of(settings).host(settings)
        values: dict[str, Any] = {
            name: None if value == "" else value for name, value in named.items()
        }
        return cls(**values)

    def differences(self, other: Self) -> list[str]:
        """What is another there, in words. Another provider has everything else of its own."""
        if self.provider != other.provider:
            return ["the provider"]
        return [
            part.metadata["words"]
            for part in fields(self)
            if getattr(self, part.name) != getattr(other, part.name)
        ]
