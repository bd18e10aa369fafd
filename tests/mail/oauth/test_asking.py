"""A token is asked for in the vendor's form, once, and only a sound answer counts."""

from __future__ import annotations

import base64
import json
import socket
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.crypto.secret import Secret
from app.mail.failures import FailureCode as Code
from app.mail.oauth import call
from app.mail.oauth.refused import TokenRefused, Trouble
from app.mail.oauth.services import Cloud, google, microsoft, microsoft_smtp_host
from app.mail.oauth.tokens import (
    Client,
    ask_device,
    begin_device,
    for_app,
    for_code,
    for_service_account,
    renewed,
)
from tests.faults.server import BadServer
from tests.oauth_server import GOOD, TokenServer, Written, dripping, endless, html, raw, silent

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
TENANT = "8d0c1d6e-2f0a-4c43-9a35-6d2f0c9d1e11"
CLIENT = Client("3f6b…app".replace("…", "-"), secret=Secret("the client secret"))
SECRETS = ("the client secret", "t0ken.of~the-test_1", "refresh-1", "code-1", "verifier-1")


@pytest.fixture
def server():
    with TokenServer() as server:
        yield server


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deadline that a test can wait for."""
    monkeypatch.setattr(call, "WAIT", 1.0)


def refused(server: TokenServer) -> TokenRefused:
    with pytest.raises(TokenRefused) as caught:
        for_app(microsoft(TENANT, base=server.base), CLIENT, now=NOW)
    return caught.value


def test_an_application_asks_in_its_own_name(server: TokenServer) -> None:
    tokens = for_app(microsoft(TENANT, base=server.base), CLIENT, now=NOW)
    assert tokens.access.reveal() == GOOD["access_token"]
    assert tokens.expires_at == NOW + timedelta(seconds=3599)
    assert (tokens.refresh, tokens.person) == (None, None)
    assert server.paths == [f"/{TENANT}/oauth2/v2.0/token"]
    assert server.asked == [
        {
            "grant_type": "client_credentials",
            "scope": "https://outlook.office365.com/.default",
            "client_id": CLIENT.id,
            "client_secret": "the client secret",
        }
    ]


def test_a_code_is_exchanged_with_its_verifier_and_says_who_signed_in(server: TokenServer) -> None:
    claims = base64.urlsafe_b64encode(b'{"preferred_username":"hr@acme.test"}').decode().rstrip("=")
    server.answers = [(200, {**GOOD, "refresh_token": "refresh-1", "id_token": f"e30.{claims}.x"})]
    tokens = for_code(
        google(server.base),
        CLIENT,
        code=Secret("code-1"),
        verifier=Secret("verifier-1"),
        redirect="https://hr.acme.test/admin/system/mailer/connected",
        now=NOW,
    )
    assert tokens.refresh == Secret("refresh-1")
    assert tokens.person == "hr@acme.test"
    assert server.paths == ["/token"]
    asked = server.asked[0]
    assert (asked["grant_type"], asked["code"]) == ("authorization_code", "code-1")
    assert asked["code_verifier"] == "verifier-1"
    assert asked["redirect_uri"].endswith("/admin/system/mailer/connected")


def test_a_renewal_that_brings_no_refresh_token_says_so(server: TokenServer) -> None:
    tokens = renewed(google(server.base), CLIENT, refresh=Secret("refresh-1"), now=NOW)
    assert tokens.refresh is None
    assert server.asked[0]["refresh_token"] == "refresh-1"


def test_a_service_account_asks_with_its_assertion_alone(server: TokenServer) -> None:
    for_service_account(google(server.base), assertion=Secret("a.b.c"), now=NOW)
    assert set(server.asked[0]) == {"grant_type", "assertion"}


def test_a_device_sign_in_shows_a_code_and_is_asked_about_until_it_is_done(
    server: TokenServer,
) -> None:
    service, client = microsoft(TENANT, base=server.base), Client("app-1")
    begun = {
        "device_code": "device-1",
        "user_code": "F7K2-QX9T",
        "verification_uri": "https://microsoft.com/devicelogin",
        "expires_in": 900,
        "interval": 5,
        "message": "<b>To sign in</b>",
    }
    server.answers = [
        (200, begun),
        (400, {"error": "authorization_pending", "error_codes": [70016]}),
        (200, {**GOOD, "refresh_token": "refresh-1"}),
    ]
    sign_in = begin_device(service, client, now=NOW)
    assert (sign_in.user_code, sign_in.interval) == ("F7K2-QX9T", 5)
    assert sign_in.expires_at == NOW + timedelta(minutes=15)
    asked = {"device_code": sign_in.device_code, "now": NOW}
    assert ask_device(service, client, **asked) is None
    tokens = ask_device(service, client, **asked)
    assert tokens is not None
    assert tokens.refresh == Secret("refresh-1")
    assert "client_secret" not in server.asked[2]


@pytest.mark.parametrize("word", ["authorization_declined", "expired_token", "slow_down"])
def test_a_device_sign_in_that_is_over_is_a_refusal(server: TokenServer, word: str) -> None:
    server.answers = [(400, {"error": word})]
    with pytest.raises(TokenRefused) as caught:
        ask_device(
            microsoft(TENANT, base=server.base), Client("a"), device_code=Secret("d"), now=NOW
        )
    assert caught.value.word == word


@pytest.mark.parametrize(
    ("number", "word", "code"),
    [
        (700016, "unauthorized_client", Code.OAUTH_REJECTED),
        (7000215, "invalid_client", Code.OAUTH_REJECTED),
        (7000222, "invalid_client", Code.OAUTH_REJECTED),
        (90002, "invalid_request", Code.OAUTH_REJECTED),
        (65001, "invalid_grant", Code.OAUTH_REJECTED),
        (700082, "invalid_grant", Code.OAUTH_REJECTED),
        (70043, "invalid_grant", Code.AUTH_POLICY),
        (50076, "invalid_grant", Code.AUTH_POLICY),
        (53003, "access_denied", Code.AUTH_POLICY),
        (50053, "invalid_grant", Code.ACCOUNT_BLOCKED),
        (50057, "invalid_grant", Code.ACCOUNT_BLOCKED),
        (50126, "invalid_grant", Code.AUTH_BAD_CREDENTIALS),
        (50196, "invalid_grant", Code.RATE_LIMITED),
        (90033, "temporarily_unavailable", Code.AUTH_TEMPORARY),
    ],
)
def test_a_number_of_microsofts_ends_in_our_code(
    server: TokenServer, number: int, word: str, code: Code
) -> None:
    prose = f"AADSTS{number}: user hr@acme.test of Acme"
    server.answers = [(400, {"error": word, "error_description": prose, "error_codes": [number]})]
    found = refused(server)
    assert (found.code, found.number, found.chip) == (code, number, f"AADSTS{number}")
    assert "acme" not in f"{found} {found!r} {found.__dict__}".lower()


@pytest.mark.parametrize(
    ("values", "status", "code"),
    [
        ({"error": "invalid_client", "error_codes": [99999999]}, 401, Code.OAUTH_REJECTED),
        ({"error": "temporarily_unavailable", "error_codes": [99999999]}, 400, Code.AUTH_TEMPORARY),
        ({"error": "interaction_required"}, 400, Code.AUTH_POLICY),
        ({"error": "never_heard_of"}, 400, Code.OAUTH_REJECTED),
        ({"error": "never_heard_of"}, 503, Code.AUTH_TEMPORARY),
        ({"error": ["a"], "error_codes": "50053"}, 400, Code.OAUTH_REJECTED),
        ({"error": None, "error_codes": [True, -1, 10**30, "x"]}, 400, Code.OAUTH_REJECTED),
        ({}, 429, Code.AUTH_TEMPORARY),
    ],
)
def test_an_unknown_number_falls_back_to_its_error(
    server: TokenServer, values: dict[str, Any], status: int, code: Code
) -> None:
    server.answers = [(status, values)]
    assert refused(server).code is code


def test_how_long_to_wait_is_kept(server: TokenServer) -> None:
    server.answers, server.headers = [(429, {"error": "x"})], {"Retry-After": "17"}
    assert refused(server).retry_after == 17


@pytest.mark.parametrize(
    ("asked", "kept"), [("9" * 30, 86_400), ("9" * 5_000, 86_400), ("soon", None), ("-1", None)]
)
def test_an_absurd_time_to_wait_is_a_long_one(
    server: TokenServer, asked: str, kept: int | None
) -> None:
    server.answers, server.headers = [(429, {"error": "x"})], {"Retry-After": asked}
    assert refused(server).retry_after == kept


@pytest.mark.parametrize(
    ("answer", "trouble", "code"),
    [
        (html(502), Trouble.BUSY, Code.AUTH_TEMPORARY),
        (html(200), Trouble.NO_JSON, Code.PROTOCOL_ERROR),
        (raw(b"220 relay.acme.test ESMTP\r\n"), Trouble.NO_JSON, Code.PROTOCOL_ERROR),
        (
            raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nx"),
            Trouble.NO_JSON,
            Code.PROTOCOL_ERROR,
        ),
        (raw(b""), Trouble.UNREACHABLE, Code.NETWORK_UNREACHABLE),
        ((200, {}), Trouble.LIED, Code.PROTOCOL_ERROR),
        ((200, {**GOOD, "access_token": 7}), Trouble.LIED, Code.PROTOCOL_ERROR),
        ((200, {**GOOD, "access_token": "a\x01b"}), Trouble.LIED, Code.PROTOCOL_ERROR),
        ((200, {**GOOD, "access_token": "x" * 9_001}), Trouble.LIED, Code.PROTOCOL_ERROR),
        ((200, {**GOOD, "token_type": "mac"}), Trouble.LIED, Code.PROTOCOL_ERROR),
        ((200, {**GOOD, "refresh_token": {"a": 1}}), Trouble.LIED, Code.PROTOCOL_ERROR),
    ],
)
def test_an_answer_that_is_none_is_told_apart(
    server: TokenServer, answer: tuple[int, dict[str, Any]] | Written, trouble: Trouble, code: Code
) -> None:
    server.answers = [answer]
    found = refused(server)
    assert (found.trouble, found.code) == (trouble, code)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("answer", [silent, dripping])
def test_one_deadline_holds_however_slowly_the_answer_comes(
    server: TokenServer, answer: Written
) -> None:
    server.answers = [answer]
    begin = time.monotonic()
    assert refused(server).code is Code.CONNECT_TIMEOUT
    assert time.monotonic() - begin < 3


def test_an_endless_answer_is_cut(server: TokenServer) -> None:
    server.answers = [endless]
    assert refused(server).trouble is Trouble.TOO_MUCH


def test_no_redirect_is_followed(server: TokenServer) -> None:
    with TokenServer() as elsewhere:
        server.answers = [
            raw(
                b"HTTP/1.1 307 X\r\nLocation: %s/token\r\nContent-Length: 2\r\n\r\n{}"
                % elsewhere.base.encode()
            )
        ]
        assert refused(server).code is Code.OAUTH_REJECTED
        assert elsewhere.asked == []
    assert len(server.asked) == 1


def test_nobody_listening_and_no_such_name_are_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for base, trouble in (
        (f"http://127.0.0.1:{port}", Trouble.UNREACHABLE),
        ("http://login.novantra.invalid", Trouble.NO_NAME),
    ):
        with pytest.raises(TokenRefused) as caught:
            for_app(microsoft(TENANT, base=base), CLIENT, now=NOW)
        assert caught.value.trouble is trouble


def test_an_untrusted_certificate_gets_no_secret() -> None:
    with BadServer("F10-self-signed", tls="implicit") as impostor:
        with pytest.raises(TokenRefused) as caught:
            for_app(microsoft(TENANT, base=f"https://127.0.0.1:{impostor.port}"), CLIENT, now=NOW)
        assert caught.value.trouble is Trouble.NO_TLS
        assert b"client_secret" not in b"".join(impostor.received)


def test_a_proxy_of_the_environment_is_not_used(
    server: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for_app(microsoft(TENANT, base=server.base), CLIENT, now=NOW)
    assert len(server.asked) == 1


def test_nothing_that_was_asked_or_answered_can_be_printed(server: TokenServer) -> None:
    server.answers = [(200, {**GOOD, "refresh_token": "refresh-1"})]
    tokens = for_app(microsoft(TENANT, base=server.base), CLIENT, now=NOW)
    answer = call.post(f"{server.base}/token", {"a": "b"})
    shown = f"{tokens!r} {CLIENT!r} {answer!r}"
    assert not any(secret in shown for secret in SECRETS)


@pytest.mark.parametrize(
    ("life", "seconds"),
    [
        (3599, 3599),
        ("3599", 3599),
        (None, 3600),
        ("soon", 3600),
        (True, 3600),
        (-5, 30),
        (10**9, 86400),
    ],
)
def test_a_life_that_cannot_be_is_brought_into_bounds(
    server: TokenServer, life: Any, seconds: int
) -> None:
    server.answers = [(200, {**GOOD, "expires_in": life})]
    tokens = for_app(microsoft(TENANT, base=server.base), CLIENT, now=NOW)
    assert tokens.expires_at - NOW == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "id_token",
    [
        *("", "a.b", "a.!!!.c", "a.W10.c", 5, "a.eyJlbWFpbCI6MX0.c"),
        f"a.{base64.b64encode(b'[' * 9000).decode()}.c",
    ],
)
def test_an_id_token_that_says_nothing_names_nobody(server: TokenServer, id_token: Any) -> None:
    server.answers = [(200, {**GOOD, "id_token": id_token})]
    assert for_app(microsoft(TENANT, base=server.base), CLIENT, now=NOW).person is None


def test_each_cloud_has_its_own_sign_in_resource_and_relay() -> None:
    found = {
        cloud: (
            microsoft(TENANT, cloud).token.split("/")[2],
            microsoft(TENANT, cloud).app_scope,
            microsoft_smtp_host(cloud),
        )
        for cloud in Cloud
    }
    assert found[Cloud.US_GOV_HIGH][:2] == (
        "login.microsoftonline.us",
        "https://outlook.office365.us/.default",
    )
    assert found[Cloud.CHINA] == (
        "login.partner.microsoftonline.cn",
        "https://partner.outlook.cn/.default",
        "smtp.partner.outlook.cn",
    )
    assert len(set(found.values())) == len(Cloud)


def test_a_tenant_cannot_lead_the_request_elsewhere() -> None:
    service = microsoft("x/../../evil?", base="http://127.0.0.1:1")
    assert service.token == "http://127.0.0.1:1/x%2F..%2F..%2Fevil%3F/oauth2/v2.0/token"


def test_the_tests_own_server_speaks_json(server: TokenServer) -> None:
    answer = call.post(f"{server.base}/token", {})
    assert json.loads(json.dumps(dict(answer.values))) == GOOD
