"""The configuration that mail leaves with: the same for real sends, tests, checks and commands.

Whether there is one at all, what it is, what the SMTP session needs of it, and its transport.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.config import Config
from app.crypto.box import SealBroken, SealKeyMissing
from app.crypto.keys import KeyRing
from app.crypto.secret import Secret
from app.install.service import access_url
from app.mail.greeting import derived_greeting
from app.mail.transport import RelaySettings, TokenSource, Transport
from app.mailer.client_key import key_of
from app.mailer.configuration import password_of, settings_of
from app.mailer.in_force import in_force, in_force_by
from app.mailer.limits import UNLIMITED, Limits
from app.mailer.managed import Managed, managed_mailer
from app.mailer.models import MailerConfiguration, MailerTokens, MailHealth
from app.mailer.providers import PROVIDERS, limits_of, provider_of
from app.mailer.settings import Settings, tls_mode
from app.mailer.tokens import store
from app.mailer.tokens.source import is_connected, stored_tokens
from app.mailer.trusting import trust_of
from app.runtime import Runtime

PENDING, CONFIGURED, PAUSED = "pending", "configured", "paused"

KEYS_LOST = (
    "What is stored to log in with cannot be decrypted, because the key it was sealed with is"
    " missing. Mail is held until the key file is restored or it is given again on the mailer page."
)
MUST_BE_TYPED = (
    "The key of what was stored to log in with was lost, and that with it. Type the password again"
    " on the mailer page, or the secret that stands in its place; mail is held until then."
)
KEY_MUST_BE_PASTED = (
    "The key of the client certificate was lost, with the key that it was sealed with. Paste it"
    " again on the mailer page; mail is held until then."
)
NOT_CONNECTED = (
    "Nobody has signed in yet: mail is held until somebody connects the mailbox on the mailer page."
)
CHANGED_OUTSIDE = (
    "The mail configuration was changed outside Novantra: what is stored to log in with was given"
    " for another destination than the one that is stored now, or was itself altered. Nothing is"
    " sent until an administrator checks every field on the mailer page and gives it again."
)


class MailPending(Exception):
    """Mail has never been configured, so what needs it cannot be done."""


def mail_state(session: Session, runtime: Runtime) -> str:
    """``pending``: never configured. ``paused``: configured, but a person must act."""
    if runtime.config.is_cloud:
        configured = managed_mailer(runtime.config) is not None
    else:
        configured = in_force(session, runtime) is not None
    if not configured:
        return PENDING
    paused = session.scalar(select(MailHealth.id).where(MailHealth.paused_at.is_not(None)))
    return PAUSED if paused is not None else CONFIGURED


def require_mail(session: Session, runtime: Runtime) -> None:
    """Raises :class:`MailPending` unless mail has been configured. A pause does not matter here:
    mail is accepted and held."""
    if mail_state(session, runtime) == PENDING:
        raise MailPending


@dataclass(frozen=True)
class ActiveMailer:
    """What to send with. ``relay`` is ``None`` where none is contacted.

    With a ``problem`` nothing may be sent: it says why, for an administrator. ``region`` is the
    chosen one, where the provider has regions. ``elsewhere`` says of fields that the environment
    decides how each is changed.
    """

    version: int
    provider: str
    sender_address: str
    sender_name: str
    relay: RelaySettings | None
    problem: str | None = None
    region: str | None = None
    limits: Limits = UNLIMITED
    elsewhere: tuple[tuple[str, str], ...] = ()

    @property
    def delivers(self) -> bool:
        """Whether mail reaches anybody: some providers only write down that there was one."""
        return PROVIDERS[self.provider].delivers

    @property
    def where(self) -> str:
        """The relay as ``host:port``, or that there is none."""
        return f"{self.relay.host}:{self.relay.port}" if self.relay else "the log only"


def active_mailer(session: Session, runtime: Runtime) -> ActiveMailer | None:
    """What the install sends with now, or ``None`` while mail is pending, as it is too while what
    the environment says cannot be used."""
    host, config = access_host(session, runtime), runtime.config
    if config.is_cloud:
        managed = managed_mailer(config)
        return _from_the_cloud(managed, host, runtime.box.ring, config) if managed else None
    row, declared = in_force_by(session, runtime)
    if row is None:
        return None
    settings, password, client_key, problem = settings_of(row), None, None, None
    tokens = store.look(session) if settings.uses_token else None
    try:
        password = password_of(row, runtime.box)
        client_key = key_of(row, settings, runtime.box)
        problem = _missing(row, client_key) or _unconnected(settings, tokens, runtime)
    except SealKeyMissing:
        problem = KEYS_LOST
    except SealBroken:
        problem = CHANGED_OUTSIDE
    return ActiveMailer(
        version=row.version,
        provider=row.provider,
        sender_address=row.sender_address,
        sender_name=row.sender_name,
        relay=relay_settings(
            settings,
            password,
            host,
            stored_tokens(runtime, settings, password, row.certificate, tokens)
            if settings.uses_token
            else None,
            client_key,
        ),
        problem=problem,
        region=row.region,
        limits=_limits(config, settings.provider, provider_of(settings).host(settings)),
        elsewhere=declared.elsewhere if declared is not None else (),
    )


def _limits(config: Config, provider: str, host: str | None) -> Limits:
    return limits_of(provider, host).told(
        connections=config.relay_connections, per_minute=config.relay_per_minute
    )


def _missing(row: MailerConfiguration, client_key: Secret | None) -> str | None:
    """What was let go of with a lost key, and must be given again."""
    if row.password_lost:
        return MUST_BE_TYPED
    return KEY_MUST_BE_PASTED if row.client_certificate and client_key is None else None


def _unconnected(settings: Settings, tokens: MailerTokens | None, runtime: Runtime) -> str | None:
    """What is wrong with the right to a token, where a person has to give it. Raises
    :class:`~app.crypto.box.SealBroken` when it does not open."""
    if not settings.waits_for_person:
        return None
    if tokens is None or tokens.refresh_sealed is None:
        return NOT_CONNECTED
    if not is_connected(settings, tokens):
        return CHANGED_OUTSIDE  # a save would have let go of it
    store.check_refresh(tokens, runtime.box)
    return None


def access_host(session: Session, runtime: Runtime) -> str | None:
    """The host name of the access URL, for greeting relays."""
    url = access_url(session, runtime.config)
    return urlsplit(url).hostname if url else None


def _from_the_cloud(
    managed: Managed, host: str | None, ring: KeyRing, config: Config
) -> ActiveMailer:
    relay = None
    if managed.host is not None:
        relay = RelaySettings(
            provider=managed.provider,
            host=managed.host,
            port=managed.port,
            tls=managed.tls,
            username=managed.username,
            password=managed.password,
            ehlo_name=ehlo_name(host, managed.sender_address),
            timeout=float(managed.timeout),
        )
    return ActiveMailer(
        version=managed.version(ring),
        provider=managed.provider,
        sender_address=managed.sender_address,
        sender_name=managed.sender_name,
        relay=relay,
        limits=_limits(config, managed.provider, managed.host),
    )


def ehlo_name(access_host: str | None, sender_address: str, chosen: str | None = None) -> str:
    """The name that relays are greeted with: the chosen one, or one that is derived."""
    return chosen or derived_greeting(access_host, sender_address)


def relay_settings(
    settings: Settings,
    password: Secret | None,
    access_host: str | None,
    tokens: TokenSource | None = None,
    client_key: Secret | None = None,
) -> RelaySettings | None:
    """What to connect to and how; ``None`` for a provider that uses no network.

    A user name without a password is not used: a login with an empty password can only fail, and
    counts against the account. Where ``tokens`` are used, ``password`` stays here: it is for the
    sign-in service alone. ``client_key`` is the one of the client certificate.
    """
    provider = provider_of(settings)
    if not provider.uses_network:
        return None
    if settings.uses_token:
        password = None
    login = settings.username if password or tokens else None
    return RelaySettings(
        provider=settings.provider,
        host=provider.host(settings) or "",
        port=settings.port or 0,
        tls=tls_mode(settings.port, settings.secure, settings.encryption),
        username=login or None,
        password=password if login else None,
        tokens=tokens if login else None,
        ehlo_name=ehlo_name(access_host, settings.sender_address, settings.ehlo_name),
        trust=trust_of(settings, client_key),
        timeout=float(settings.connection_timeout),
    )


def make_transport(active: ActiveMailer) -> Transport:
    """A new transport; keep it as long as the configuration's version stays the same."""
    return PROVIDERS[active.provider].transport(active.relay)
