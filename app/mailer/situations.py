"""Explains failures of this install: the sentences name its relay, user and sender."""

from __future__ import annotations

from dataclasses import replace

from app.mail.failures import Explanation, FailureCode, FailureContext, explain
from app.mail.transport import RelaySettings
from app.mailer.active import ActiveMailer
from app.mailer.providers.ses_regions import OTHER, region_in

_KNOWN = frozenset(code.value for code in FailureCode)


def context_of(active: ActiveMailer | None, *, recipient: str | None = None) -> FailureContext:
    """What sentences about the active configuration may name."""
    if active is None:
        return FailureContext()
    return relay_context(
        active.relay,
        provider=active.provider,
        sender=active.sender_address,
        recipient=recipient,
        region=active.region,
    )


def relay_context(
    relay: RelaySettings | None,
    *,
    provider: str,
    sender: str,
    recipient: str | None = None,
    region: str | None = None,
) -> FailureContext:
    """The same for a configuration that is only typed. A host that names a region is believed
    over the ``region`` that was chosen."""
    domain = recipient.rpartition("@")[2] if recipient else None
    if relay is None:
        return FailureContext(provider=provider, sender=sender, recipient_domain=domain)
    return FailureContext(
        provider=provider,
        host=relay.host,
        port=relay.port,
        region=region_in(relay.host) or (region if region != OTHER else None),
        username=relay.username,
        sender=sender,
        recipient_domain=domain,
        ehlo_name=relay.ehlo_name,
        tls=relay.tls.value,
        timeout=relay.timeout,
    )


def explain_stored(
    code: str | None, context: FailureContext, *, phase: str | None = None
) -> Explanation | None:
    """The explanation of a code from the database; ``None`` for none, or one of another version.

    ``phase`` is where it showed itself, as stored beside it.
    """
    if code is None or code not in _KNOWN:
        return None
    return explain(FailureCode(code), replace(context, phase=phase))
