"""No request makes the server fail, whatever is in it: bounded, seeded, every route and field."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, got_request_exception
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.crypto.secret import Secret
from tests.security.hostile import FIELDS, HEADERS, VALUES, arguments, bodies, rules
from tests.security.world import World, build, without_form_tokens

SEED = int(os.environ.get("NOVANTRA_FUZZ_SEED", "5"))
ROUNDS = int(os.environ.get("NOVANTRA_FUZZ_ROUNDS", "6"))
# What a well-meant form holds; one or two fields of it are then made hostile.
SANE = {
    "email": "ned@acme.test",
    "name": "Ned",
    "organization_name": "Initech",
    "password": "a long enough passphrase",
    "password_confirm": "a long enough passphrase",
    "current_password": "correct horse battery staple",
    "role": "member",
    "code": "123456",
    "provider": "smtp",
    "sender_address": "novantra@acme.test",
    "sender_name": "Acme",
    "host": "127.0.0.1",
    "port": "9",
    "secure": "y",
    "username": "novantra",
    "connection_timeout": "1",
    "access_url": "https://hr.acme.test",
    "text": "535 5.7.8 no",
    "phase": "auth",
    "kind": "slack",
    "url": "https://192.0.2.1/services/T0/B0/0123456789abcdef",
    "mail_to": "ned@acme.test",
}


class Failures:
    """Every request that made the server fail, and with what."""

    def __init__(self, app: Flask) -> None:
        self.found: list[str] = []
        self.about = ""
        app.config["PROPAGATE_EXCEPTIONS"] = False
        got_request_exception.connect(self._note, app)

    def _note(self, _app: Flask, exception: BaseException, **_more: object) -> None:
        self.found.append(f"{self.about}: {type(exception).__name__}: {str(exception)[:300]}")

    def ask(self, client: FlaskClient, method: str, path: str, **request: object) -> TestResponse:
        self.about = f"{method} {path[:200]} {str(request)[:300]}"
        answer = client.open(path, method=method, **request)  # type: ignore[arg-type]
        if answer.status_code >= 500 and answer.status_code != 503:
            self.found.append(f"{self.about}: {answer.status_code}")
        answer.close()
        return answer


@pytest.fixture(autouse=True)
def _no_names_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leaves this machine, whatever host a field names."""
    real = socket.getaddrinfo

    def resolve(host: object, *rest: object, **more: object) -> object:
        if host in {"127.0.0.1", "localhost", "::1"}:
            return real(host, *rest, **more)  # type: ignore[arg-type]
        raise socket.gaierror(socket.EAI_NONAME, "not in this test")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.fixture(params=["sovereign", "cloud"])
def world(request: pytest.FixtureRequest, make_app: Callable[..., Flask]) -> World:
    cloud = {
        "edition": "cloud",
        "access_url": "https://hr.acme.test",
        "managed_mail_url": Secret("console:"),
        "managed_mail_sender": "Novantra <novantra@acme.test>",
    }
    return build(make_app(**(cloud if request.param == "cloud" else {})))


@pytest.fixture
def failures(world: World) -> Iterator[Failures]:
    noted = Failures(world.app)
    yield noted
    assert noted.found == []


def seeded(what: str) -> random.Random:
    """The same choices in every run, others with another ``NOVANTRA_FUZZ_SEED``."""
    return random.Random(f"{SEED} {what}")  # noqa: S311 - guards nothing


def hostile_form(chance: random.Random) -> MultiDict[str, str]:
    form = MultiDict(SANE)
    for name in chance.sample(FIELDS, chance.choice([1, 1, 2, 5])):
        form.setlist(name, [chance.choice(VALUES) for _ in range(chance.choice([1, 1, 1, 3]))])
    return form


def address(world: World, rule: Rule, chance: random.Random) -> str:
    if chance.random() < 0.7:
        return world.path(rule)
    built = rule.build(arguments(rule, world.values, chance), append_unknown=False)
    assert built is not None
    return str(built[1])


def ways(world: World, method: str) -> list[Rule]:
    return [rule for rule in rules(world.app) if method in (rule.methods or set())]


@pytest.mark.parametrize("person", ["visitor", "install_admin"])
def test_no_field_of_any_form_makes_the_server_fail(
    world: World, failures: Failures, person: str
) -> None:
    chance = seeded(f"fields {person}")
    with without_form_tokens(world.app):
        for rule in ways(world, "POST"):
            if rule.rule.endswith("/go-on"):
                continue  # composes mail by the hundred; its one parameter is tried by GET
            for _ in range(ROUNDS):
                client, form = world.client(person), hostile_form(chance)
                path = address(world, rule, chance)
                if chance.random() < 0.2:
                    kind = "multipart/form-data"
                    failures.ask(client, "POST", path, data=form, content_type=kind)
                else:
                    failures.ask(client, "POST", path, data=form)


@pytest.mark.parametrize("person", ["visitor", "member", "install_admin"])
def test_no_address_makes_the_server_fail(world: World, failures: Failures, person: str) -> None:
    chance = seeded(f"addresses {person}")
    for rule in ways(world, "GET"):
        for _ in range(ROUNDS):
            query = {chance.choice(FIELDS): chance.choice(VALUES) for _ in range(3)}
            method = chance.choice(["GET", "GET", "GET", "HEAD", "OPTIONS"])
            path = address(world, rule, chance)
            failures.ask(world.client(person), method, path, query_string=query)


def test_no_header_makes_the_server_fail(world: World, failures: Failures) -> None:
    for person, path in (
        ("visitor", "/login"),
        ("visitor", "/setup"),
        ("install_admin", "/admin/system"),
        ("install_admin", "/metrics"),
    ):
        for name, value in HEADERS:
            for method in ("GET", "POST"):
                headers = {name: value}
                failures.ask(world.client(person), method, path, headers=headers)


@pytest.mark.parametrize(
    "path",
    ["/login", "/forgot-password", "/admin/system/mailer", "/organizations/acme/invitations"],
)
def test_no_body_makes_the_server_fail(world: World, failures: Failures, path: str) -> None:
    chance = seeded("bodies")
    with without_form_tokens(world.app):
        for body, kind in bodies(world.app, chance):
            answer = failures.ask(
                world.client("install_admin"), "POST", path, data=body, content_type=kind
            )
            assert answer.status_code != 200 or b"".join(answer.response)[:1] == b"<"


@pytest.mark.parametrize("text", ["a\0b", "9" * 400, "0001-01-01", "9999-12-31", "@", "x@y.z\0"])
def test_no_filter_makes_the_server_fail(world: World, failures: Failures, text: str) -> None:
    client = world.client("install_admin")
    filters = "subject text since until before after state kind recipient within page outcome"
    for rule in ways(world, "GET"):
        if rule.endpoint in {"audit.index", "audit.export", "outbox.index", "organizations.batch"}:
            for name in filters.split():
                failures.ask(client, "GET", world.path(rule), query_string={name: text})


def test_no_number_in_an_address_makes_the_server_fail(world: World, failures: Failures) -> None:
    client = world.client("install_admin")
    with without_form_tokens(world.app):
        for digits in ("9" * 18, "9" * 19, "9" * 5000, "٣", "-1", "0"):
            for path in (
                f"/admin/system/administrators/{digits}/demote",
                f"/admin/system/administrators/{digits}/send-link",
                f"/organizations/acme/members/{digits}/role",
                f"/organizations/acme/invitations/{digits}/resend",
            ):
                answer = failures.ask(client, "POST", path, data={"role": "member"})
                assert answer.status_code == 404


@pytest.mark.parametrize("shown", ["smtp", "microsoft365", "ses", "console"])
def test_no_kept_answers_make_the_mailer_page_fail(
    world: World, failures: Failures, shown: str
) -> None:
    half = (
        '{"smtp":{"host":"\\ud800"},"ses":{"region":"\\udc80"},"microsoft365":{"host":"\\udfff"}}'
    )
    with without_form_tokens(world.app):
        for provider in ("smtp", "microsoft365", "ses", "console"):
            for action in ("switch", "save"):
                data = {"action": action, "provider": provider, "shown": shown, "kept": half}
                failures.ask(
                    world.client("install_admin"), "POST", "/admin/system/mailer", data=data
                )


def test_no_pasted_list_makes_the_server_fail(world: World, failures: Failures) -> None:
    with without_form_tokens(world.app):
        for text in (
            "ok@acme.test\na\0b@acme.test",
            "ok@acme.test\n\ufeffx\u200b",
            "é," * 900 + "a@b.c",
        ):
            failures.ask(
                world.client("org_admin"),
                "POST",
                "/organizations/acme/invitations",
                data={"emails": text, "role": "member"},
            )
