"""What is too big costs little: it is refused before it is read, hashed or taken apart."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from flask import Flask

from app.accounts import passwords
from app.mail.addresses import Address
from tests.security.world import World, build, without_form_tokens


@pytest.fixture
def world(make_app: Callable[..., Flask]) -> World:
    return build(make_app())


def test_a_list_of_a_hundred_thousand_addresses_is_counted_and_not_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    really = Address.parse

    def noted(address: str) -> Address:
        read.append(address)
        return really(address)

    monkeypatch.setattr(Address, "parse", noted)
    with without_form_tokens(world.app):
        answer = world.client("org_admin").post(
            "/organizations/acme/invitations",
            data={"emails": "a@acme.test\n" * 70_000, "role": "member"},
        )
    assert answer.status_code == 422
    assert "70,000 addresses" in answer.text
    assert read == []


@pytest.mark.timing
def test_a_password_of_a_megabyte_is_wrong_as_quickly_as_any_other() -> None:
    stored = passwords.hash_password("correct horse battery staple")
    assert passwords.verify_password(stored, "correct horse battery staple")
    grows = "\ufdfa" * 300_000  # eighteen letters each, once it is normalised
    began = time.perf_counter()
    passwords.verify_password(stored, "x")
    usual = time.perf_counter() - began
    began = time.perf_counter()
    assert not passwords.verify_password(stored, grows)
    assert time.perf_counter() - began < usual * 5 + 0.1


def test_the_longest_password_still_works() -> None:
    longest = "p\u00e4" * (passwords.MAXIMUM // 2)
    stored = passwords.hash_password(longest)
    assert passwords.weakness(longest) is not None or passwords.verify_password(stored, longest)
    assert passwords.verify_password(stored, longest)
    assert not passwords.verify_password(stored, longest + "x")


@pytest.mark.parametrize("path", ["/login", "/admin/system/mailer", "/admin/system/mailer/explain"])
def test_a_field_of_almost_a_megabyte_is_refused(world: World, path: str) -> None:
    names = ("email", "text", "host", "sender_address", "username", "kept", "version", "provider")
    with without_form_tokens(world.app):
        for name in names:
            answer = world.client("install_admin" if "admin" in path else "visitor").post(
                path, data={name: "y" * 900_000}
            )
            assert answer.status_code in {413, 422}, name


def test_more_than_a_megabyte_is_not_read_at_all(world: World) -> None:
    answer = world.client("visitor").post("/login", data={"email": "y" * 1_100_000})
    assert answer.status_code == 413
    assert "too much at once" in answer.text
