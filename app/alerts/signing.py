"""Signatures of Standard Webhooks, version 1.0.0 (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

from app.alerts.kinds import SECRET_PREFIX, signing_key
from app.crypto.secret import Secret


def new_secret() -> str:
    """A secret that nobody has yet: 32 random octets."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signature_headers(
    secret: Secret, *, message_id: str, at: datetime, body: bytes
) -> dict[str, str]:
    """``webhook-id``, ``webhook-timestamp`` (whole Unix seconds of this try) and
    ``webhook-signature``: ``v1,`` and the base64 HMAC-SHA256 of ``id.timestamp.body``."""
    stamp = str(int(at.timestamp()))
    signed = b".".join((message_id.encode(), stamp.encode(), body))
    digest = hmac.new(signing_key(secret.reveal()), signed, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
