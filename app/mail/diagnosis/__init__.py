"""From what a relay answered, or a library raised, to exactly one failure code."""

from app.mail.diagnosis.engine import (
    diagnose_exception,
    diagnose_reply,
    diagnose_text,
    is_about_credentials,
    provider_named_in,
    says_something,
    sign_in_number_in,
)

__all__ = [
    "diagnose_exception",
    "diagnose_reply",
    "diagnose_text",
    "is_about_credentials",
    "provider_named_in",
    "says_something",
    "sign_in_number_in",
]
