"""A sign-in service made with Authlib, which knows the standards from elsewhere than our client.

It checks what a service checks: who the client is (a secret, or a signed assertion), whether the
verifier fits the challenge (RFC 7636), whether a device code was approved (RFC 8628), and whether a
service account signed for itself (RFC 7523). It runs on loopback in a thread::

    with AuthlibServer(certificate=pem) as server:
        server.service   # to hand to the client
"""

from __future__ import annotations

import secrets
import threading
import time
import warnings
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from flask import Flask, jsonify, request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Authlib deprecates parts of itself while it is imported
    from authlib.integrations.flask_oauth2 import AuthorizationServer
    from authlib.oauth2.rfc6749 import InvalidClientError, grants
    from authlib.oauth2.rfc7523 import JWTBearerClientAssertion, JWTBearerGrant
    from authlib.oauth2.rfc7636 import CodeChallenge
    from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant

from werkzeug.serving import make_server

from app.mail.oauth.services import Service

CLIENT, SECRET = "5d1c0f7e-client", "the-value-of-the-secret"
REDIRECT = "https://hr.acme.test/admin/system/mailer/connected"
ASSERTED = "client_assertion_jwt"


class Client:
    """The one application. ``method`` is how it proves itself: a secret, an assertion, nothing."""

    scope = "smtp.send offline_access openid email"

    def __init__(self, method: str, client_id: str = CLIENT) -> None:
        self.token_endpoint_auth_method = method
        self.client_id = client_id

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return REDIRECT

    def get_allowed_scope(self, scope: str | None) -> str:
        return scope or ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == REDIRECT

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(client_secret, SECRET)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return endpoint != "token" or method == self.token_endpoint_auth_method

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return True


class Person:
    def get_user_id(self) -> str:
        return "novantra@acme.test"


class _Code(dict[str, Any]):
    """An authorization code, a refresh token or a device code, with what Authlib asks of it."""

    def __getattr__(self, name: str) -> Any:
        return self[name]

    def get_redirect_uri(self) -> str:
        return str(self["redirect_uri"])

    def get_scope(self) -> str:
        return str(self["scope"])

    def get_client_id(self) -> str:
        return CLIENT

    def check_client(self, client: Client) -> bool:
        return client.client_id == CLIENT

    def get_user_code(self) -> str:
        return str(self["user_code"])

    def is_expired(self) -> bool:
        return bool(time.time() > self["ends"])


class AuthlibServer:
    """``method``: how the client proves itself; ``certificate``: what an assertion is checked with;
    ``key``: the public key of a service account, in PEM. ``refresh`` holds good refresh tokens,
    each good for one use; ``issued`` are all access tokens, which a relay hears are of ``mailbox``
    when it asks at ``/introspect`` (RFC 7662). It answers at Microsoft's path for tokens as well;
    ``audience`` is what assertions have to be for, where that is not its own address."""

    def __init__(
        self,
        method: str = "client_secret_post",
        certificate: str | None = None,
        key: str | None = None,
        client_id: str = CLIENT,
        audience: str | None = None,
        mailbox: str | None = None,
    ) -> None:
        self.client = Client(method, client_id)
        self.mailbox, self._audience = mailbox, audience
        self.certificate, self.key = certificate, key
        self.codes: dict[str, _Code] = {}
        self.devices: dict[str, _Code] = {}
        self.refresh: dict[str, _Code] = {}
        self.issued: list[str] = []
        self.approved: set[str] = set()
        self._patch = pytest.MonkeyPatch()
        app = _application(self)
        self._http = make_server("127.0.0.1", 0, app, threaded=True)
        self.base = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,))

    @property
    def service(self) -> Service:
        return Service(
            vendor="authlib",
            authorize=f"{self.base}/authorize",
            token=f"{self.base}/token",
            device=f"{self.base}/devicecode",
            delegated_scope="smtp.send offline_access openid email",
            app_scope="smtp.send",
        )

    @property
    def audience(self) -> str:
        return self._audience or self.service.token

    @property
    def public_key(self) -> RSAKey:
        """Of the certificate, or of the service account."""
        if self.certificate is None:
            return RSAKey.import_key(self.key or "")
        public = x509.load_pem_x509_certificate(self.certificate.encode()).public_key()
        return RSAKey.import_key(
            public.public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )

    def __enter__(self) -> Self:
        self._patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # it is on loopback
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)
        self._patch.undo()


def code_in(location: str) -> dict[str, str]:
    """What the browser is sent back with."""
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def _application(state: AuthlibServer) -> Flask:
    app = Flask("authlib-server")
    server = AuthorizationServer()

    class Code(grants.AuthorizationCodeGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = [state.client.token_endpoint_auth_method]  # noqa: RUF012

        def save_authorization_code(self, code: str, request: Any) -> None:
            data = request.payload.data
            state.codes[code] = _Code(
                code=code,
                redirect_uri=request.payload.redirect_uri,
                scope=request.payload.scope,
                code_challenge=data.get("code_challenge"),
                code_challenge_method=data.get("code_challenge_method"),
                ends=time.time() + 300,
            )

        def query_authorization_code(self, code: str, client: Client) -> _Code | None:
            return state.codes.get(code)

        def delete_authorization_code(self, authorization_code: _Code) -> None:
            state.codes.pop(authorization_code.code)

        def authenticate_user(self, authorization_code: _Code) -> Person:
            return Person()

    class Refresh(grants.RefreshTokenGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = [state.client.token_endpoint_auth_method]  # noqa: RUF012
        INCLUDE_NEW_REFRESH_TOKEN = True

        def authenticate_refresh_token(self, refresh_token: str) -> _Code | None:
            return state.refresh.get(refresh_token)

        def authenticate_user(self, refresh_token: _Code) -> Person:
            return Person()

        def revoke_old_credential(self, refresh_token: _Code) -> None:
            state.refresh.pop(refresh_token.refresh_token)

    class InItsOwnName(grants.ClientCredentialsGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = [  # noqa: RUF012
            "client_secret_post", ASSERTED,
        ]  # fmt: skip

    class Device(DeviceCodeGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = ["none"]  # noqa: RUF012

        def query_device_credential(self, device_code: str) -> _Code | None:
            return state.devices.get(device_code)

        def query_user_grant(self, user_code: str) -> tuple[Person, bool] | None:
            return (Person(), True) if user_code in state.approved else None

        def should_slow_down(self, credential: _Code) -> bool:
            return False

    class DeviceEndpoint(DeviceAuthorizationEndpoint):  # type: ignore[misc]
        CLIENT_AUTH_METHODS = ["none", "client_secret_post"]  # noqa: RUF012

        def get_verification_uri(self) -> str:
            return "https://login.example.test/device"

        def save_device_credential(self, client_id: str, scope: str, data: dict[str, Any]) -> None:
            found = _Code(data, scope=scope, ends=time.time() + 900)
            state.devices[data["device_code"]] = found

    class Asserted(JWTBearerClientAssertion):  # type: ignore[misc]
        def validate_jti(self, claims: dict[str, Any], jti: str) -> bool:
            return bool(jti)

        def resolve_client_public_key(self, client: Client) -> RSAKey:
            return state.public_key

        def get_audiences(self) -> list[str]:
            return [state.audience]

        def process_assertion_claims(self, assertion: str, resolve_key: RSAKey) -> Any:
            """As Authlib does it, for the one algorithm that Entra recommends."""
            try:
                found = jwt.decode(assertion, resolve_key, algorithms=["PS256"])
            except JoseError as error:
                raise InvalidClientError(description=str(error)) from error
            self.verify_claims(found.claims)
            return found.claims

    class ServiceAccount(JWTBearerGrant):  # type: ignore[misc]
        def resolve_issuer_client(self, issuer: str) -> Client:
            return state.client

        def resolve_client_public_key(self, client: Client) -> RSAKey:
            return state.public_key

        def get_audiences(self) -> list[str]:
            return [state.audience]

        def authenticate_user(self, subject: str) -> Person:
            return Person()

        def has_granted_permission(self, client: Client, user: Person) -> bool:
            return True

    def save_token(token: dict[str, Any], request: Any) -> None:
        state.issued.append(token["access_token"])
        if "refresh_token" in token:
            kept = _Code(token, ends=time.time() + 900)
            kept.setdefault("scope", "")
            state.refresh[token["refresh_token"]] = kept

    app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
    server.init_app(app, query_client=lambda _: state.client, save_token=save_token)
    server.register_grant(Code, [CodeChallenge(required=True)])
    for grant in (Refresh, InItsOwnName, Device, ServiceAccount):
        server.register_grant(grant)
    server.register_endpoint(DeviceEndpoint)
    server.register_client_auth_method(ASSERTED, Asserted())

    @app.get("/authorize")
    def authorize() -> Any:
        grant = server.get_consent_grant(end_user=Person())
        return server.create_authorization_response(grant=grant, grant_user=Person())

    @app.post("/token")
    @app.post("/<tenant>/oauth2/v2.0/token")
    def token(tenant: str = "") -> Any:
        return server.create_token_response()

    @app.post("/introspect")
    def introspect() -> Any:
        known = request.form["token"] in state.issued
        said = {"active": True, "email": state.mailbox, "scope": "smtp.send"}
        return jsonify(said if known else {"active": False})

    @app.post("/devicecode")
    def device() -> Any:
        return server.create_endpoint_response(DeviceEndpoint.ENDPOINT_NAME)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Any:
        return jsonify(error="server_error", error_description=repr(error)), 500

    return app
