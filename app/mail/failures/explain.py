"""Turns a code and what is known about the situation into an explanation for people."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.mail.failures import certificates, logging_in, reaching, sending, signing_in
from app.mail.failures.advice import BY_PROVIDER, BY_TOKEN
from app.mail.failures.codes import Disposition, Failure, FailureCode, disposition_of
from app.mail.failures.entries import Advice, Consequence, Entry, Step, StepName
from app.mail.failures.logging_in import cures, every_cure, listed
from app.mail.failures.providers import family_of
from app.mail.phases import Phase

ENTRIES: dict[FailureCode, Entry] = {
    **reaching.ENTRIES,
    **certificates.ENTRIES,
    **logging_in.ENTRIES,
    **sending.ENTRIES,
}

_LONGEST_VALUE = 255


@dataclass(frozen=True)
class FailureContext:
    """What the sentences may name. Nothing in it is secret, and server text does not belong here.

    ``provider`` is the provider setting or any name of the service; ``port`` a TCP port;
    ``tls`` the TLS mode's word, ``timeout`` seconds for a step; ``phase`` where it failed.
    ``logins`` are the names of login mechanisms that the relay offered: none, or not known.
    ``refused_target`` says that we did not connect, because no relay has such an address.

    ``service`` is the host of the sign-in service, where the login shows a token, and ``chip``
    what it called its refusal.

    ``elsewhere`` says of fields that no page changes how each is changed, in sentences: the
    environment decides about them.
    """

    provider: str | None = None
    host: str | None = None
    port: int | None = None
    region: str | None = None
    username: str | None = None
    sender: str | None = None
    recipient_domain: str | None = None
    ehlo_name: str | None = None
    tls: str | None = None
    timeout: float | None = None
    phase: str | None = None
    logins: tuple[str, ...] | None = None
    refused_target: bool = False
    service: str | None = None
    chip: str | None = None
    elsewhere: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Explanation:
    """What an administrator reads, in parts. ``field`` names the mailer form's field to change.

    ``particular`` says that something is known of the provider: its advice is in here. ``owned``:
    the field is not changed on a page, and a step says how it is.
    """

    code: FailureCode
    title: str
    cause: str
    consequence: Consequence | None
    steps: tuple[Step, ...]
    disposition: Disposition
    field: str | None
    particular: bool
    owned: bool = False

    @property
    def text(self) -> str:
        """The cause and what becomes of mail, as one paragraph."""
        return f"{self.cause} {self.consequence}" if self.consequence else self.cause

    @property
    def fix(self) -> tuple[str, ...]:
        """The steps in words."""
        return tuple(step.text for step in self.steps)

    def text_without(self, consequence: Consequence) -> str:
        """The paragraph where the page itself says already that ``consequence`` is what follows."""
        return self.cause if self.consequence is consequence else self.text

    def with_step(self, name: StepName, text: str) -> Explanation:
        """The same with another text for the step ``name``, if it has one."""
        steps = (replace(step, text=text) if step.name is name else step for step in self.steps)
        return replace(self, steps=tuple(steps))


_UNKNOWN = FailureContext()
_PHASES = frozenset(phase.value for phase in Phase)


def explain(code: FailureCode, context: FailureContext = _UNKNOWN) -> Explanation:
    """Cause and next steps for a code, with host, port, region and user filled in."""
    here = _entry_of_here(code, context)
    entry = here or ENTRIES[code]
    # What a provider's advice says of a code is meant for where it usually shows itself.
    advice = Advice() if here else _advice_for(code, context)
    if code is FailureCode.AUTH_NOT_OFFERED:
        advice = _about_logins(context)
    if context.chip is not None:
        advice = _of_the_service(context) or advice
    gaps = _gaps(context)
    steps = advice.fix if advice.replaces and advice.fix else advice.fix + entry.fix
    source = advice if advice.cause else entry
    found = Explanation(
        code=code,
        title=entry.title,
        cause=(advice.cause or entry.cause).format_map(gaps),
        consequence=source.consequence,
        steps=tuple(_filled(step, gaps) for step in steps),
        disposition=disposition_of(code),
        field=advice.field or entry.field,
        particular=advice != Advice(),
    )
    elsewhere = dict(context.elsewhere).get(found.field or "")
    return _changed_elsewhere(found, elsewhere) if elsewhere else found


def _changed_elsewhere(found: Explanation, how: str) -> Explanation:
    """With ``how`` in place of the step that has the field typed, or at the end of what to do
    first: pages that have room for one step show that."""
    named = [step.name for step in found.steps]
    if StepName.TYPE in named:
        return replace(found.with_step(StepName.TYPE, how), owned=True)
    first, rest = found.steps[:1], found.steps[1:]
    begun = replace(first[0], text=f"{first[0].text} {how}") if first else Step(how)
    return replace(found, steps=(begun, *rest), owned=True)


def explain_failure(failure: Failure, context: FailureContext) -> Explanation:
    """The same for a failure, of which more is known than its code."""
    here = replace(
        context,
        phase=failure.phase,
        logins=failure.offered,
        refused_target=failure.refused_target,
        chip=failure.chip or (context.chip if failure.phase is Phase.TOKEN else None),
    )
    return explain(failure.code, here)


def _entry_of_here(code: FailureCode, context: FailureContext) -> Entry | None:
    """The entry for how far the conversation got, where that changes the cause."""
    if code is FailureCode.NETWORK_UNREACHABLE and context.refused_target:
        return reaching.REFUSED_TARGET
    if context.phase not in _PHASES:
        return None
    if context.phase == Phase.TOKEN:
        return signing_in.ENTRIES.get(code)
    return reaching.BY_PHASE.get((code, Phase(context.phase)))


def _of_the_service(context: FailureContext) -> Advice | None:
    """What the sign-in service's own word for its refusal says, if it says more than the code."""
    found = signing_in.advice_on(context.chip, family_of(context.provider))
    return found if found.cause else None


def _filled(step: str | Step, gaps: dict[str, str]) -> Step:
    if isinstance(step, str):
        return Step(step.format_map(gaps))
    return replace(step, text=step.text.format_map(gaps))


def _advice_for(code: FailureCode, context: FailureContext) -> Advice:
    family = family_of(context.provider) or family_of(context.host)
    if family is None:
        return Advice()
    if context.service is not None and context.phase != Phase.TOKEN:
        special = BY_TOKEN.get(family, {}).get(code)
        if special is not None:
            return special
    return BY_PROVIDER.get(family, {}).get(code, Advice())


def _about_logins(context: FailureContext) -> Advice:
    """Names the kinds of login that there are, each with its cure, or all that there may be."""
    if context.service is not None:
        return logging_in.NO_TOKENS_TAKEN
    remove, port = ENTRIES[FailureCode.AUTH_NOT_OFFERED].fix
    if context.logins is None:
        return Advice(fix=(remove, port, *every_cure()), replaces=True)
    if not context.logins:
        return Advice(cause="A user name is configured, but {relay} offers no login at all here.")
    cause = (
        f"A user name is configured, and the only logins that {{relay}} offers are of kinds that "
        f"we do not speak: {listed(context.logins)}. We speak PLAIN, LOGIN and CRAM-MD5."
    )
    in_clear = (port,) if context.tls == "none" else ()
    return Advice(cause, (*cures(context.logins), *in_clear, remove), replaces=True)


def _gaps(context: FailureContext) -> dict[str, str]:
    host = _clean(context.host)
    relay = host or "the relay"
    if host and context.port:
        relay = f"{host} on port {context.port}"
    domain = _clean(context.recipient_domain)
    user, sender = _clean(context.username), _clean(context.sender)
    gaps = {
        "relay": relay,
        "host": host or "the relay’s host name",
        "port": f"port {context.port}" if context.port else "the port",
        "user": user or "the configured user",
        "patience": _seconds(context.timeout),
        "region": _clean(context.region) or "the chosen region",
        "service": _clean(context.service) or "the sign-in service",
        "sender": sender or "the sender address",
        "greeting": _clean(context.ehlo_name) or "its greeting name",
        "recipients": f" at {domain}" if domain else "",
        "mailbox_argument": user or "<mailbox>",
        "sender_argument": sender or "<sender>",
    }
    # A value keeps its letters; only our own stand-in begins a sentence with a capital.
    capital = {name.capitalize(): _begin(value) for name, value in gaps.items()}
    return gaps | capital


def _seconds(timeout: float | None) -> str:
    if not timeout:
        return "the time allowed"
    return "1 second" if timeout == 1 else f"{timeout:g} seconds"


def _begin(value: str) -> str:
    return "The " + value[4:] if value.startswith("the ") else value


def _clean(value: str | None) -> str:
    """A value fit for one line of text: printable, not endless."""
    return "".join(c for c in (value or "")[:_LONGEST_VALUE] if c.isprintable()).strip()
