"""Where a secret and what is got for it go, and how well they are guarded on the way."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from app.mail.trust import Authorities
from app.mailer.providers import provider_of
from app.mailer.settings import Settings
from app.sealing import TOKEN_FIELDS


def _called(words: str) -> dict[str, str]:
    return {"words": words}


@dataclass(frozen=True)
class Destination:
    """A stored secret is only ever used while all of this is as it was when it was typed, and a
    token while it is as it was when it was handed out.

    What only logins with a token need is ``None`` where a password is used, and so is ``trust`` in
    the usual authorities, which destinations had before there was any choice.
    """

    provider: str = field(metadata=_called("the provider"))
    host: str | None = field(metadata=_called("the host"))
    port: int | None = field(metadata=_called("the port"))
    secure: bool = field(metadata=_called("Secure"))
    encryption: str = field(metadata=_called("the encryption"))
    ignore_tls_errors: bool = field(metadata=_called("Ignore TLS errors"))
    username: str | None = field(metadata=_called("the user name"))
    region: str | None = field(metadata=_called("the region"))
    login_method: str | None = field(metadata=_called("the login method"))
    cloud: str | None = field(metadata=_called("the cloud"))
    tenant_id: str | None = field(metadata=_called("the tenant ID"))
    client_id: str | None = field(metadata=_called("the client ID"))
    client_credential: str | None = field(metadata=_called("the client credential"))
    trust: str | None = field(metadata=_called("whom to trust"))
    ca_certificates: str | None = field(metadata=_called("your authority’s certificates"))
    certificate_pin: str | None = field(metadata=_called("the pinned key"))
    client_certificate: str | None = field(metadata=_called("the client certificate"))

    @classmethod
    def of(cls, settings: Settings) -> Self:
        named = {part.name: getattr(settings, part.name) for part in fields(cls)}
        named["host"] = provider_of(settings).host(settings)
        if not settings.uses_token:
            named |= dict.fromkeys(TOKEN_FIELDS)
        if named["trust"] == Authorities.SYSTEM:
            named["trust"] = None
        values: dict[str, Any] = {
            name: None if value == "" else value for name, value in named.items()
        }
        return cls(**values)

    def __str__(self) -> str:
        """One text for one destination, to bind tokens to."""
        known = {name: value for name, value in asdict(self).items() if value is not None}
        return json.dumps(known, sort_keys=True)

    def differences(self, other: Self) -> list[str]:
        """What is another there, in words. Another provider has everything else of its own, another
        login method what it needs."""
        if self.provider != other.provider:
            return ["the provider"]
        own = TOKEN_FIELDS[1:] if self.login_method != other.login_method else ()
        return [
            part.metadata["words"]
            for part in fields(self)
            if getattr(self, part.name) != getattr(other, part.name) and part.name not in own
        ]
