"""What to say and do about a failure of this install.

The sentences name its relay, user and sender; on the mailer page the steps name what to type and
press.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup, escape

from app.mail.failures import (
    CERTIFICATES,
    Consequence,
    Explanation,
    Failure,
    FailureCode,
    FailureContext,
    StepName,
    explain_failure,
)
from app.mail.transport import RelaySettings
from app.mailer.active import ActiveMailer
from app.mailer.providers import region_of

_AUTH = frozenset(
    {
        FailureCode.AUTH_BAD_CREDENTIALS,
        FailureCode.AUTH_APP_PASSWORD,
        FailureCode.AUTH_BASIC_DISABLED,
        FailureCode.AUTH_POLICY,
    }
)
_REPUTATION = frozenset(
    {
        FailureCode.ACCOUNT_BLOCKED,
        FailureCode.CLIENT_BLOCKED,
        FailureCode.RELAY_DENIED,
        FailureCode.SENDER_REJECTED,
        FailureCode.SENDER_UNAUTHENTICATED,
    }
)
_CHECK = Markup("Press <b>Check connection</b>. ")
_SAVE = _CHECK + "When it passes, save: sending resumes by itself."
_RESUME = _CHECK + Markup("When it passes, press <b>Resume sending</b>.")
_AT_ONCE = _CHECK + "When it passes, save: what waits goes out at once."
_TEST = _CHECK + Markup("When it passes, save and press <b>Send test email</b> again.")


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
        elsewhere=active.elsewhere,
    )


def relay_context(
    relay: RelaySettings | None,
    *,
    provider: str,
    sender: str,
    recipient: str | None = None,
    region: str | None = None,
    elsewhere: tuple[tuple[str, str], ...] = (),
) -> FailureContext:
    """The same for a configuration that is only typed. A host that names a region is believed
    over the ``region`` that was chosen; ``elsewhere`` is how fields are changed that no page
    changes."""
    domain = recipient.rpartition("@")[2] if recipient else None
    if relay is None:
        return FailureContext(
            provider=provider, sender=sender, recipient_domain=domain, elsewhere=elsewhere
        )
    return FailureContext(
        provider=provider,
        host=relay.host,
        port=relay.port,
        region=region_of(provider, relay.host, region),
        username=relay.username,
        sender=sender,
        recipient_domain=domain,
        ehlo_name=relay.ehlo_name,
        tls=relay.tls.value,
        timeout=relay.timeout,
        service=relay.tokens.service if relay.tokens is not None else None,
        elsewhere=elsewhere,
    )


def explained(failure: Failure | None, context: FailureContext) -> Explanation | None:
    """The explanation of a failure from the database, if there is one."""
    return explain_failure(failure, context) if failure else None


@dataclass(frozen=True)
class Remedy:
    """An explanation for the page, in which the names of this install stand out.

    ``steps`` are what to do first, ``more`` what to look at when that was not it. ``reason`` ends
    the sentence "Sending stopped …". ``before_field`` are the steps that remain where the field to
    change stands right below them, with a button that checks, saves and goes on.
    """

    cause: Markup
    steps: tuple[Markup, ...]
    more: tuple[Markup, ...]
    reason: str
    before_field: tuple[Markup, ...] = ()


def for_pause(explanation: Explanation, context: FailureContext) -> Remedy:
    """The queue is held until somebody acts."""
    return _remedy(explanation, context, _SAVE if explanation.field else _RESUME)


def for_retries(explanation: Explanation, context: FailureContext) -> Remedy:
    """Mail is tried again by itself; a change here makes it go out at once."""
    return _remedy(explanation, context, _AT_ONCE if explanation.field else None)


def for_test(explanation: Explanation, context: FailureContext) -> Remedy:
    """A test email failed."""
    return _remedy(explanation, context, _TEST if explanation.field else None)


def in_bold(text: str, context: FailureContext) -> Markup:
    """``text`` with host, user name and sender of the context in bold."""
    names = {context.host, context.username, context.sender, context.service} - {None, ""}
    if not names:
        return escape(text)
    longest_first = sorted((str(name) for name in names), key=len, reverse=True)
    alternatives = "|".join(re.escape(name) for name in longest_first)
    pieces = re.split(rf"(?<![\w@.-])({alternatives})(?![\w@-]|\.\w)", text)
    marked = (Markup("<b>{}</b>").format(p) if i % 2 else escape(p) for i, p in enumerate(pieces))
    return Markup("").join(marked)


def steps_of(explanation: Explanation, context: FailureContext) -> tuple[str, ...]:
    """The steps of an explanation, made particular where more is known than the relay's name."""
    user, domain = context.username or "", (context.sender or "").rpartition("@")[2]
    if not _in_general(explanation) or not user or "@" in user or not domain:
        return explanation.fix
    full = f"Some relays want the full address as user name: try {user}@{domain}."
    return explanation.with_step(StepName.USER_NAME, full).fix


def _remedy(explanation: Explanation, context: FailureContext, last: Markup | None) -> Remedy:
    steps = steps_of(explanation, context)
    cause, first, more = explanation.text_without(Consequence.TRIED_AGAIN), steps[:1], steps[1:]
    before_field = first
    if explanation.owned:
        last = None  # nothing is saved here, and mail goes on by itself
    elif _in_general(explanation) and context.username and context.host:
        # The title has said it all; what is left to say is what to type, and where.
        cause, before_field = "", ()
        first = (f"Type the current password of {context.username} on {context.host} below.",)
    elif last is None:
        first, more = steps, ()
    return Remedy(
        cause=in_bold(cause, context),
        steps=(*(in_bold(step, context) for step in first), *((last,) if last else ())),
        more=tuple(in_bold(step, context) for step in more),
        reason=_reason(explanation.code),
        before_field=tuple(in_bold(step, context) for step in before_field),
    )


def _in_general(explanation: Explanation) -> bool:
    """A refused password at a relay about which nothing particular is known."""
    return explanation.code is FailureCode.AUTH_BAD_CREDENTIALS and not explanation.particular


def _reason(code: FailureCode) -> str:
    if code in _AUTH:
        return "so that the account is not locked"
    if code in CERTIFICATES:
        return "so that neither mail nor password reaches a stranger"
    if code in _REPUTATION:
        return "so that the relay does not block this server"
    return "because trying again would not help"
