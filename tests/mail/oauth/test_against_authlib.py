"""Our token client against a service that was made with Authlib: all grants, end to end."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import serialization

from app.crypto.secret import Secret
from app.mail.oauth.pkce import new_verifier, sign_in_page
from app.mail.oauth.refused import TokenRefused
from app.mail.oauth.signing import (
    account_assertion,
    client_assertion,
    make_certificate,
    read_service_account,
)
from app.mail.oauth.tokens import (
    Client,
    ask_device,
    begin_device,
    for_app,
    for_code,
    for_service_account,
    renewed,
)
from tests.authlib_server import ASSERTED, CLIENT, REDIRECT, SECRET, AuthlibServer, code_in
from tests.tokens import MAILBOX, key_file

WITH_SECRET = Client(CLIENT, Secret(SECRET))


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def server() -> Iterator[AuthlibServer]:
    with AuthlibServer() as server:
        yield server


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def browse(url: str) -> dict[str, str]:
    """What a browser is sent back with."""
    try:
        urllib.request.build_opener(_StayHere).open(url)
    except urllib.error.HTTPError as answer:
        return code_in(answer.headers["Location"])
    raise AssertionError("nobody was sent back")


def test_an_application_with_its_secret(server: AuthlibServer) -> None:
    found = for_app(server.service, WITH_SECRET, now=now())
    assert server.issued == [found.access.reveal()]
    assert found.refresh is None


def test_a_wrong_secret(server: AuthlibServer) -> None:
    with pytest.raises(TokenRefused) as caught:
        for_app(server.service, Client(CLIENT, Secret("its-id")), now=now())
    assert caught.value.word == "invalid_client"


def test_an_application_with_a_certificate_made_here() -> None:
    made = make_certificate("Novantra", now())
    with AuthlibServer(ASSERTED, certificate=made.certificate) as server:
        assertion = client_assertion(
            client_id=CLIENT,
            audience=server.service.token,
            private_key=made.private_key,
            certificate=made.certificate,
            now=now(),
        )
        for_app(server.service, Client(CLIENT, assertion=assertion), now=now())
        assert len(server.issued) == 1
        foreign = make_certificate("Somebody", now())
        assertion = client_assertion(
            client_id=CLIENT,
            audience=server.service.token,
            private_key=foreign.private_key,
            certificate=made.certificate,
            now=now(),
        )
        with pytest.raises(TokenRefused):
            for_app(server.service, Client(CLIENT, assertion=assertion), now=now())


def test_a_person_with_a_code_a_verifier_and_renewals(server: AuthlibServer) -> None:
    verifier = new_verifier()
    page = sign_in_page(
        server.service,
        client_id=CLIENT,
        redirect=REDIRECT,
        state="the-state",
        verifier=verifier,
        mailbox=MAILBOX,
    )
    back = browse(page)
    assert back["state"] == "the-state"
    with pytest.raises(TokenRefused):
        for_code(
            server.service,
            WITH_SECRET,
            code=Secret(back["code"]),
            verifier=new_verifier(),
            redirect=REDIRECT,
            now=now(),
        )
    back = browse(page)
    first = for_code(
        server.service,
        WITH_SECRET,
        code=Secret(back["code"]),
        verifier=verifier,
        redirect=REDIRECT,
        now=now(),
    )
    assert first.refresh is not None
    second = renewed(server.service, WITH_SECRET, refresh=first.refresh, now=now())
    assert second.access != first.access
    assert second.refresh is not None
    assert second.refresh != first.refresh
    with pytest.raises(TokenRefused) as caught:
        renewed(server.service, WITH_SECRET, refresh=first.refresh, now=now())
    assert caught.value.word == "invalid_grant"


def test_a_code_typed_elsewhere() -> None:
    with AuthlibServer("none") as server:
        client = Client(CLIENT)
        begun = begin_device(server.service, client, now=now())
        asked = {"device_code": begun.device_code}
        assert ask_device(server.service, client, now=now(), **asked) is None
        server.approved.add(begun.user_code)
        found = ask_device(server.service, client, now=now(), **asked)
        assert found is not None
        assert server.issued == [found.access.reveal()]


def test_a_service_account() -> None:
    account = read_service_account(key_file())
    key = serialization.load_pem_private_key(account.private_key.reveal().encode(), None)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with AuthlibServer("none", key=public.decode()) as server:
        assertion = account_assertion(
            account,
            mailbox=MAILBOX,
            scope="smtp.send",
            audience=server.service.token,
            now=now(),
        )
        for_service_account(server.service, assertion=assertion, now=now())
        assert len(server.issued) == 1
