"""Why there is no token: from the service's ``error`` and its number to a failure code of ours.

Microsoft's advice is to act on ``error``; the numbers beside it say more and are safe to keep,
while its prose names people and tenants and is dropped. A number that is not in the table falls
back to the meaning of its ``error`` (RFC 6749 section 5.2, RFC 8628 section 3.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from app.mail.failures import FailureCode as Code
from app.mail.failures.sign_in_numbers import ENTRA


class Trouble(StrEnum):
    """What kept us from an answer, or made it useless."""

    NO_NAME = "no_name"
    NAME_LATER = "name_later"
    UNREACHABLE = "unreachable"
    SILENT = "silent"
    NO_TLS = "no_tls"
    TOO_MUCH = "too_much"
    NO_JSON = "no_json"
    BUSY = "busy"
    LIED = "lied"


_CODE_OF_TROUBLE = {
    Trouble.NO_NAME: Code.DNS_NOT_FOUND,
    Trouble.NAME_LATER: Code.DNS_TEMPORARY,
    Trouble.UNREACHABLE: Code.NETWORK_UNREACHABLE,
    Trouble.SILENT: Code.CONNECT_TIMEOUT,
    Trouble.NO_TLS: Code.TLS_FAILED,
    Trouble.TOO_MUCH: Code.PROTOCOL_ERROR,
    Trouble.NO_JSON: Code.PROTOCOL_ERROR,
    Trouble.BUSY: Code.AUTH_TEMPORARY,
    Trouble.LIED: Code.PROTOCOL_ERROR,
}

_WORDS = {
    "invalid_request": Code.OAUTH_REJECTED,
    "invalid_client": Code.OAUTH_REJECTED,
    "invalid_grant": Code.OAUTH_REJECTED,
    "unauthorized_client": Code.OAUTH_REJECTED,
    "unsupported_grant_type": Code.OAUTH_REJECTED,
    "unsupported_response_type": Code.OAUTH_REJECTED,
    "invalid_scope": Code.OAUTH_REJECTED,
    "invalid_resource": Code.OAUTH_REJECTED,
    "redirect_uri_mismatch": Code.OAUTH_REJECTED,
    "access_denied": Code.OAUTH_REJECTED,
    "authorization_declined": Code.OAUTH_REJECTED,
    "bad_verification_code": Code.OAUTH_REJECTED,
    "expired_token": Code.OAUTH_REJECTED,
    "deleted_client": Code.OAUTH_REJECTED,
    "org_internal": Code.OAUTH_REJECTED,
    "consent_required": Code.OAUTH_REJECTED,
    "admin_policy_enforced": Code.AUTH_POLICY,
    "interaction_required": Code.AUTH_POLICY,
    "login_required": Code.AUTH_POLICY,
    "temporarily_unavailable": Code.AUTH_TEMPORARY,
    "server_error": Code.AUTH_TEMPORARY,
    "slow_down": Code.RATE_LIMITED,
}
HIGHEST_NUMBER = 99_999_999_999


class TokenRefused(Exception):
    """There is no token. Made of words and numbers of our own tables: safe to log, store and show.

    ``word`` is the service's ``error`` if it is one that the standards or vendors define;
    ``number`` is Microsoft's (the digits of "AADSTS…"); ``retry_after`` is in seconds.
    """

    def __init__(
        self,
        trouble: Trouble | None = None,
        *,
        word: str | None = None,
        number: int | None = None,
        status: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        self.trouble, self.status, self.retry_after = trouble, status, retry_after
        self.word = word if word in _WORDS else None
        self.number = number
        self.code = self._code()
        super().__init__(
            f"{self.code} at the sign-in service ({self.chip or trouble or 'refused'})"
        )

    @property
    def chip(self) -> str | None:
        """What identifies the refusal in a vendor's own documentation."""
        return f"AADSTS{self.number}" if self.number is not None else self.word

    def _code(self) -> Code:
        if self.trouble is not None:
            return _CODE_OF_TROUBLE[self.trouble]
        if self.number is not None and self.number in ENTRA:
            return ENTRA[self.number]
        if self.word is not None:
            return _WORDS[self.word]
        if self.status is not None and (self.status == 429 or self.status >= 500):
            return Code.AUTH_TEMPORARY
        return Code.OAUTH_REJECTED


def refusal(status: int, values: Mapping[str, Any], retry_after: int | None = None) -> TokenRefused:
    """The refusal that an answer other than 200 stands for."""
    word = values.get("error")
    return TokenRefused(
        word=word if isinstance(word, str) else None,
        number=_number(values.get("error_codes")),
        status=status,
        retry_after=retry_after,
    )


def _number(listed: Any) -> int | None:
    """The first number we know, else the first one; ``None`` for anything that is no such list."""
    if not isinstance(listed, list):
        return None
    numbers = [n for n in listed if type(n) is int and 0 < n <= HIGHEST_NUMBER]
    return next((n for n in numbers if n in ENTRA), numbers[0] if numbers else None)
