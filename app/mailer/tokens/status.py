"""How logging in with tokens stands, worked out once for pages, commands and endpoints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum

from sqlalchemy.orm import Session

from app.mail.failures import Disposition, FailureCode, disposition_of
from app.mailer.configuration import settings_of
from app.mailer.destination import Destination
from app.mailer.endings import Ending, ending
from app.mailer.in_force import in_force
from app.mailer.models import MailerConfiguration, MailerTokens
from app.mailer.settings import LoginMethod, Settings
from app.mailer.tokens import store
from app.runtime import Runtime

NOTED = "client secret"
"""What ends on a day that somebody typed."""

PAST_A_NOTE = (  # and the service may know better
    "The {what} was to end on {day}, by the date that was typed here. Type the new one and when it"
    " ends, or correct the date."
)
NO_NEW_TOKEN = "The {what} ended on {day}: no new token can be had with it."  # noqa: S105

_KNOWN = frozenset(code.value for code in FailureCode)


class TokenState(StrEnum):
    """The word for how it stands."""

    NONE = "none"
    """No token is used, none was needed yet, or nobody has signed in."""
    CONNECTED = "connected"
    """The last one that was asked for came."""
    EXPIRING = "expiring"
    """The same, and what it is asked for with ends soon."""
    BROKEN = "broken"
    """None can be had until a person acts."""


@dataclass(frozen=True)
class TokenStatus:
    """``cause`` is a sentence where not all is well. ``needs_person``: somebody has to sign in.

    ``code`` and ``chip`` are of the newest failure, while nothing succeeded after it; ``failed_at``
    is when. ``access_ends`` is the end of the token at hand, ``ends`` the earliest known end of
    what it is asked for with; ``warnings`` has what ends within 30 days, the earliest first.
    """

    state: TokenState
    method: str
    needs_person: bool = False
    connected_as: str | None = None
    connected_at: datetime | None = None
    renewed_at: datetime | None = None
    access_ends: datetime | None = None
    ends: datetime | None = None
    cause: str = ""
    code: FailureCode | None = None
    chip: str | None = None
    failed_at: datetime | None = None
    warnings: tuple[Ending, ...] = ()

    @property
    def in_order(self) -> bool:
        """Whether nothing is left to be done: there is a token, or none is used."""
        by_password = self.method == LoginMethod.PASSWORD
        return by_password or self.state in {TokenState.CONNECTED, TokenState.EXPIRING}


NO_TOKENS = TokenStatus(TokenState.NONE, LoginMethod.PASSWORD.value)


def token_status(session: Session, live: Runtime) -> TokenStatus:
    """How it stands now."""
    if live.config.is_cloud:
        return NO_TOKENS
    row = in_force(session, live)
    if row is None or not settings_of(row).uses_token:
        return NO_TOKENS
    return status_of(row, store.look(session), live.now())


def status_of(row: MailerConfiguration, tokens: MailerTokens | None, now: datetime) -> TokenStatus:
    """The same for rows that are at hand. Tokens of another destination do not count."""
    settings = settings_of(row)
    if tokens is not None and tokens.destination != str(Destination.of(settings)):
        tokens = None
    known = endings(settings, row.certificate_ends_at, now)
    soon = tuple(one for one in known if one.within is not None)
    code = _code(tokens)
    needs_person = settings.waits_for_person and (tokens is None or not tokens.refresh_sealed)
    state, cause = _state(settings, tokens, code, needs_person, soon)
    return TokenStatus(
        state=state,
        method=settings.login_method,
        needs_person=needs_person or (state is TokenState.BROKEN and settings.waits_for_person),
        connected_as=_connected_as(settings, tokens),
        connected_at=tokens.connected_at if tokens else None,
        renewed_at=tokens.renewed_at if tokens else None,
        access_ends=tokens.access_expires_at if tokens else None,
        ends=known[0].at if known else None,
        cause=cause,
        code=code,
        chip=tokens.failed_chip if tokens and code else None,
        failed_at=tokens.failed_at if tokens and code else None,
        warnings=soon,
    )


def endings(settings: Settings, certificate_ends: datetime | None, now: datetime) -> list[Ending]:
    """What is known to end, the earliest first: a client secret whose end somebody typed, or a
    certificate of ours."""
    found = []
    if settings.client_secret_ends and not settings.makes_certificate:
        end = _end_of(settings.client_secret_ends)
        if end is not None:
            found.append(ending(NOTED, end, now, after=PAST_A_NOTE))
    if settings.makes_certificate and certificate_ends is not None:
        found.append(ending("certificate", certificate_ends, now, after=NO_NEW_TOKEN))
    return sorted(found, key=lambda one: one.at)


def _end_of(day: str) -> datetime | None:
    """The end of the day before: which hour a service means is not known."""
    try:
        return datetime.combine(date.fromisoformat(day), time(), UTC)
    except ValueError:
        return None


def _state(
    settings: Settings,
    tokens: MailerTokens | None,
    code: FailureCode | None,
    needs_person: bool,
    soon: tuple[Ending, ...],
) -> tuple[TokenState, str]:
    if code is not None and disposition_of(code) is Disposition.PAUSE:
        return TokenState.BROKEN, "The sign-in service gives no token until somebody acts."
    if needs_person:
        return TokenState.NONE, "Nobody has signed in yet, so there is no token."
    if settings.makes_certificate and any(one.within == 0 for one in soon):
        return TokenState.BROKEN, soon[0].words
    if (
        soon
    ):  # a secret's end is what somebody typed: whether it is over shows when one is asked for
        return TokenState.EXPIRING, soon[0].words
    if not _got(tokens):
        return TokenState.NONE, ""
    if code is not None:
        return TokenState.CONNECTED, "The sign-in service had trouble of its own just now."
    return TokenState.CONNECTED, ""


def _connected_as(settings: Settings, tokens: MailerTokens | None) -> str | None:
    """Who signed in, or the mailbox that an application was given a token for."""
    if tokens is None or not _got(tokens):
        return None
    return tokens.connected_as or settings.username


def _got(tokens: MailerTokens | None) -> bool:
    """Whether a token came with what is stored now, or somebody signed in for one."""
    return tokens is not None and bool(tokens.renewed_at or tokens.refresh_sealed)


def _code(tokens: MailerTokens | None) -> FailureCode | None:
    if tokens is None or tokens.failed_code not in _KNOWN:
        return None
    return FailureCode(tokens.failed_code)
