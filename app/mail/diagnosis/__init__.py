"""From what a relay answered, or a library raised, to exactly one failure code."""

from app.mail.diagnosis.engine import (
    context_of_text,
    diagnose_exception,
    diagnose_reply,
    diagnose_text,
    is_about_credentials,
    provider_named_in,
    says_something,
)

__all__ = [
    "context_of_text",
    "diagnose_exception",
    "diagnose_reply",
    "diagnose_text",
    "is_about_credentials",
    "provider_named_in",
    "says_something",
]
