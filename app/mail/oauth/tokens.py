"""Asks for tokens: the four grants, the two steps of a device sign-in, and what came of them.

``patience`` is in seconds, for callers that have less than the usual.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.crypto.secret import Secret
from app.mail.oauth.call import WAIT, Answer, post
from app.mail.oauth.refused import TokenRefused, Trouble, refusal
from app.mail.oauth.services import Service

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"

LONGEST = 9_000
"""Octets of an access token that still fit an AUTH response line of 12,288 (RFC 4954 section 4)."""
LONGEST_REFRESH = 16_384
SHORTEST_LIFE, LONGEST_LIFE = timedelta(seconds=30), timedelta(days=1)
USUAL_LIFE = 3_600
"""Seconds, for an answer that leaves them out (RFC 6749 section 5.1 only recommends them)."""

# The alphabet of bearer tokens (RFC 6750 section 2.1), and what vendors use besides in others.
_BEARER = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_USER_CODE = re.compile(r"[A-Za-z0-9\- ]{4,32}")


@dataclass(frozen=True)
class Client:
    """Who asks: an app registration. At most one of ``secret`` and ``assertion`` is set."""

    id: str
    secret: Secret | None = None
    assertion: Secret | None = None

    def fields(self) -> dict[str, str]:
        """What identifies the client in a request (RFC 6749 2.3.1, RFC 7523 2.2)."""
        found = {"client_id": self.id}
        if self.assertion is not None:
            found |= {
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": self.assertion.reveal(),
            }
        elif self.secret is not None:
            found["client_secret"] = self.secret.reveal()
        return found


@dataclass(frozen=True)
class Tokens:
    """``refresh`` is ``None`` when the answer brought none: an older one stays good then.

    ``person`` is the address that signed in, when the service told it, and ``addresses`` all that
    it called that person by: a sign-in name is not always the mailbox's address.
    """

    access: Secret
    expires_at: datetime
    refresh: Secret | None = None
    addresses: tuple[str, ...] = ()

    @property
    def person(self) -> str | None:
        return self.addresses[0] if self.addresses else None


@dataclass(frozen=True)
class DeviceSignIn:
    """A sign-in that goes on in another browser. ``interval`` is in seconds between questions."""

    device_code: Secret
    user_code: str
    address: str
    expires_at: datetime
    interval: int


def for_app(service: Service, client: Client, *, now: datetime, patience: float = WAIT) -> Tokens:
    """A token in the application's own name (RFC 6749 section 4.4). No refresh token comes."""
    fields = {"grant_type": "client_credentials", "scope": service.app_scope}
    return _ask(service, {**fields, **client.fields()}, now, patience)


def for_code(
    service: Service,
    client: Client,
    *,
    code: Secret,
    verifier: Secret,
    redirect: str,
    now: datetime,
) -> Tokens:
    """Exchanges the code that a person's browser brought back (RFC 6749 4.1.3, RFC 7636 4.5)."""
    fields = {
        "grant_type": "authorization_code",
        "code": code.reveal(),
        "code_verifier": verifier.reveal(),
        "redirect_uri": redirect,
    }
    return _ask(service, {**fields, **client.fields()}, now)


def renewed(
    service: Service, client: Client, *, refresh: Secret, now: datetime, patience: float = WAIT
) -> Tokens:
    """A new access token for a refresh token (RFC 6749 section 6)."""
    fields = {"grant_type": "refresh_token", "refresh_token": refresh.reveal()}
    return _ask(service, {**fields, **client.fields()}, now, patience)


def for_service_account(
    service: Service, *, assertion: Secret, now: datetime, patience: float = WAIT
) -> Tokens:
    """A token for the mailbox that a signed assertion names (RFC 7523 section 2.1)."""
    return _ask(service, {"grant_type": JWT_GRANT, "assertion": assertion.reveal()}, now, patience)


def begin_device(service: Service, client: Client, *, now: datetime) -> DeviceSignIn:
    """The first step of a device sign-in (RFC 8628 section 3.1)."""
    assert service.device is not None, "this service has no device sign-in"
    fields = {"scope": service.delegated_scope, "client_id": client.id}
    answer = _checked(post(service.device, fields))
    values = answer.values
    user_code, address = values.get("user_code"), values.get("verification_uri")
    if (
        not isinstance(user_code, str)
        or not _USER_CODE.fullmatch(user_code)
        or not isinstance(address, str)
        or not address.startswith(("https://", "http://127.0.0.1", "http://localhost"))
        or len(address) > 200
        or not _PRINTABLE.fullmatch(address)
    ):
        raise TokenRefused(Trouble.LIED, status=answer.status)
    return DeviceSignIn(
        device_code=_text(answer, "device_code", LONGEST_REFRESH),
        user_code=user_code,
        address=address,
        expires_at=now + timedelta(seconds=_seconds(values.get("expires_in"), 900, 60, 3_600)),
        interval=_seconds(values.get("interval"), 5, 1, 60),
    )


def ask_device(
    service: Service, client: Client, *, device_code: Secret, now: datetime
) -> Tokens | None:
    """Whether the person has finished (RFC 8628 section 3.4); ``None``: not yet.

    :raises TokenRefused: declined, run out, or refused otherwise; ``slow_down`` among them.
    """
    fields = {
        "grant_type": DEVICE_GRANT,
        "device_code": device_code.reveal(),
        "client_id": client.id,
    }
    answer = post(service.token, fields)
    if answer.status != 200 and answer.values.get("error") == "authorization_pending":
        return None
    return _tokens(_checked(answer), now)


def _ask(
    service: Service, fields: Mapping[str, str], now: datetime, patience: float = WAIT
) -> Tokens:
    return _tokens(_checked(post(service.token, fields, patience=patience)), now)


def _checked(answer: Answer) -> Answer:
    if answer.status != 200:
        raise refusal(answer.status, answer.values, answer.retry_after)
    return answer


def _tokens(answer: Answer, now: datetime) -> Tokens:
    values = answer.values
    kind = values.get("token_type", "Bearer")
    access = _text(answer, "access_token", LONGEST)
    if not isinstance(kind, str) or kind.casefold() != "bearer":
        raise TokenRefused(Trouble.LIED, status=answer.status)
    if not _BEARER.fullmatch(access.reveal()):
        raise TokenRefused(Trouble.LIED, status=answer.status)
    refresh = None
    if values.get("refresh_token") not in (None, ""):
        refresh = _text(answer, "refresh_token", LONGEST_REFRESH)
    shortest, longest = int(SHORTEST_LIFE.total_seconds()), int(LONGEST_LIFE.total_seconds())
    life = _seconds(values.get("expires_in"), USUAL_LIFE, shortest, longest)
    return Tokens(
        access=access,
        expires_at=now + timedelta(seconds=life),
        refresh=refresh,
        addresses=_addresses(values.get("id_token")),
    )


def _text(answer: Answer, name: str, longest: int) -> Secret:
    value = answer.values.get(name)
    if not isinstance(value, str) or len(value) > longest or not _PRINTABLE.fullmatch(value):
        raise TokenRefused(Trouble.LIED, status=answer.status)
    return Secret(value)


def _seconds(value: Any, usual: int, shortest: int, longest: int) -> int:
    """A number, or digits in a string as some services send them; nonsense means the usual."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value):
        value = int(value)
    if type(value) is not int:
        return usual
    return max(shortest, min(value, longest))


def _addresses(id_token: Any) -> tuple[str, ...]:
    """Who signed in. The token came straight from the service over TLS, so its signature need not
    be checked (OpenID Connect Core section 3.1.3.7, number 6)."""
    if not isinstance(id_token, str) or id_token.count(".") != 2:
        return ()
    middle = id_token.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (ValueError, RecursionError):
        return ()
    if not isinstance(claims, dict):
        return ()
    values = (claims.get(name) for name in ("email", "preferred_username", "upn"))
    return tuple(
        value
        for value in values
        if isinstance(value, str) and "@" in value and len(value) <= 320 and value.isprintable()
    )
