"""Explains failures of this install: the sentences name its relay, user and sender."""

from __future__ import annotations

from app.mail.failures import Explanation, FailureCode, FailureContext, explain
from app.mail.transports.base import RelaySettings
from app.mailer.active import ActiveMailer

_KNOWN = frozenset(code.value for code in FailureCode)


def context_of(
    active: ActiveMailer | None, *, recipient: str | None = None, region: str | None = None
) -> FailureContext:
    """What sentences about the active configuration may name."""
    if active is None:
        return FailureContext()
    return relay_context(
        active.relay,
        provider=active.provider,
        sender=active.sender_address,
        recipient=recipient,
        region=region,
    )


def relay_context(
    relay: RelaySettings | None,
    *,
    provider: str,
    sender: str,
    recipient: str | None = None,
    region: str | None = None,
) -> FailureContext:
    """The same for a configuration that is only typed."""
    domain = recipient.rpartition("@")[2] if recipient else None
    if relay is None:
        return FailureContext(provider=provider, sender=sender, recipient_domain=domain)
    return FailureContext(
        provider=provider,
        host=relay.host,
        port=relay.port,
        region=region,
        username=relay.username,
        sender=sender,
        recipient_domain=domain,
        ehlo_name=relay.ehlo_name,
        tls=relay.tls.value,
    )


def explain_stored(code: str | None, context: FailureContext) -> Explanation | None:
    """The explanation of a code from the database; ``None`` for none, or one of another version."""
    if code is None or code not in _KNOWN:
        return None
    return explain(FailureCode(code), context)
