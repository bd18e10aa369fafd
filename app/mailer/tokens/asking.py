"""Who is asked for the tokens of a configuration, in whose name, and with which proof."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from app.config import Config
from app.crypto.secret import Secret
from app.mail.failures import FailureCode
from app.mail.oauth.call import WAIT
from app.mail.oauth.services import Cloud, Service, google, microsoft
from app.mail.oauth.signing import (
    UnusableKey,
    account_assertion,
    client_assertion,
    read_service_account,
)
from app.mail.oauth.tokens import Client, Tokens, for_app, for_service_account, renewed
from app.mail.phases import Phase
from app.mail.transport import TransportError
from app.mailer.providers import provider_of
from app.mailer.settings import LoginMethod, Settings


def service_of(settings: Settings, config: Config) -> Service:
    """The sign-in service, at the address that the environment gives it."""
    return _service(settings, config.oauth_microsoft, config.oauth_google)


def _service(settings: Settings, at_microsoft: str | None, at_google: str | None) -> Service:
    if provider_of(settings).vendor == "google":
        return google(at_google)
    cloud = Cloud(settings.cloud) if settings.cloud else Cloud.COMMERCIAL
    return microsoft(settings.tenant_id or "common", cloud, at_microsoft)


@dataclass(frozen=True)
class Asker:
    """Asks for the tokens of one configuration.

    ``secret`` is what its login method has as a secret, ``certificate`` the public half of a key.
    """

    settings: Settings
    service: Service
    secret: Secret | None = field(default=None, repr=False)
    certificate: str | None = None

    @property
    def host(self) -> str:
        """The service's host name."""
        return urlsplit(self.service.token).hostname or ""

    @property
    def lacks_secret(self) -> bool:
        """Whether the method needs a secret that is not there (yet): a key that is made with the
        first save, or one that was never typed."""
        if self.secret is not None:
            return False
        method = self.settings.login_method
        return self.settings.makes_certificate or method in {
            LoginMethod.APP,
            LoginMethod.SERVICE_ACCOUNT,
        }

    def ask(self, refresh: Secret | None, now: datetime, patience: float = WAIT) -> Tokens:
        """A new access token.

        :raises app.mail.oauth.refused.TokenRefused: the service gives none.
        :raises TransportError: what is stored cannot be asked with.
        """
        if self.lacks_secret:
            raise TransportError(FailureCode.OAUTH_REJECTED, Phase.TOKEN)
        match self.settings.login_method:
            case LoginMethod.APP:
                return for_app(self.service, self.client(now), now=now, patience=patience)
            case LoginMethod.SERVICE_ACCOUNT:
                assertion = self._account_assertion(now)
                return for_service_account(
                    self.service, assertion=assertion, now=now, patience=patience
                )
        if refresh is None:
            raise TransportError(FailureCode.OAUTH_REJECTED, Phase.TOKEN)
        client = self.client(now)
        return renewed(self.service, client, refresh=refresh, now=now, patience=patience)

    def client(self, now: datetime) -> Client:
        """The application, with its secret or with an assertion that it signed just now."""
        client_id = self.settings.client_id or ""
        if not self.settings.makes_certificate:
            return Client(client_id, self.secret)
        if self.secret is None or self.certificate is None:
            raise TransportError(FailureCode.OAUTH_REJECTED, Phase.TOKEN)
        try:
            assertion = client_assertion(
                client_id=client_id,
                audience=self._audience,
                private_key=self.secret,
                certificate=self.certificate,
                now=now,
            )
        except ValueError:  # UnusableKey among them: somebody altered the certificate
            raise TransportError(FailureCode.OAUTH_REJECTED, Phase.TOKEN) from None
        return Client(client_id, assertion=assertion)

    @property
    def _audience(self) -> str:
        """Who an assertion is for: the vendor, also where a gateway stands in between."""
        return _service(self.settings, None, None).token

    def _account_assertion(self, now: datetime) -> Secret:
        assert self.secret is not None
        try:
            account = read_service_account(self.secret.reveal())
        except UnusableKey:
            raise TransportError(FailureCode.OAUTH_REJECTED, Phase.TOKEN) from None
        return account_assertion(
            account,
            mailbox=self.settings.username or "",
            scope=self.service.app_scope,
            audience=self._audience,
            now=now,
        )
