"""R01 for logins with tokens: whatever of the destination changes, neither the stored secret nor a
token goes anywhere before it is given again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.crypto.box import SealBroken, SealedBox
from app.crypto.keys import KeyRing, new_key
from app.mailer.active import CHANGED_OUTSIDE, KEYS_LOST, active_mailer
from app.mailer.check import run_check
from app.mailer.configuration import PasswordNeeded, settings_of, stored, usable_secret
from app.mailer.destination import Destination
from app.mailer.mail_facts import Keys
from app.mailer.settings import KEEP, Settings
from app.mailer.summary import summarise
from app.mailer.tokens import store
from app.mailer.tokens.source import check_tokens
from app.outbox.worker import Deliverer, StepResult
from app.runtime import Runtime
from app.sealing import TOKEN_FIELDS
from tests.certificates import authority_of, certificate_of, key_of, pin_of
from tests.oauth_server import TokenServer
from tests.outbox.letters import queue_resets
from tests.smtpd import Relay
from tests.tokens import (
    MAILBOX,
    at,
    configuration,
    connect,
    log_in_with,
    token_relay,
    token_row,
    token_settings,
)

CHANGES: dict[str, Any] = {
    "provider": "ses",
    "host": "localhost",
    "port": "elsewhere",
    "secure": True,
    "encryption": "implicit",
    "ignore_tls_errors": True,
    "username": "other@acme.test",
    "region": "eu-west-1",
    "login_method": "person",
    "cloud": "china",
    "tenant_id": "evil.test",
    "client_id": "another-client",
    "client_credential": "certificate",
    "trust": "own",
    "ca_certificates": lambda: authority_of("A CA nobody knows"),
    "certificate_pin": pin_of,
    "client_certificate": lambda: certificate_of("client"),
}
"""What each becomes; what has to be made first, by what makes it."""
FIELD = pytest.mark.parametrize("field", CHANGES)


def test_every_field_of_the_destination_is_tried_here() -> None:
    assert {part.name for part in fields(Destination)} == set(CHANGES)
    assert set(TOKEN_FIELDS) <= set(CHANGES)


@pytest.fixture
def server(runtime: Runtime) -> Iterator[TokenServer]:
    with TokenServer() as server:
        runtime.config = at(runtime.config, server)
        yield server


@pytest.fixture
def home() -> Iterator[Relay]:
    with token_relay() as relay:
        yield relay


@pytest.fixture
def elsewhere() -> Iterator[Relay]:
    with token_relay() as relay:
        yield relay


def changed(settings: Settings, field: str, elsewhere: Relay) -> Settings:
    value = elsewhere.port if CHANGES[field] == "elsewhere" else CHANGES[field]
    if callable(value):
        value = value()
    return replace(settings, **{field: value})


def nobody_heard_anything(server: TokenServer, *relays: Relay) -> bool:
    return server.asked == [] and all(relay.received("AUTH") == 0 for relay in relays)


@FIELD
def test_a_save_asks_for_the_secret_again_or_drops_it(
    runtime: Runtime, server: TokenServer, home: Relay, elsewhere: Relay, field: str
) -> None:
    log_in_with(runtime, home)
    connect(runtime)
    before = configuration(runtime)
    after = changed(settings_of(before), field, elsewhere)
    optional = after.login_method == "person" or after.makes_certificate
    if not optional:
        with pytest.raises(PasswordNeeded, match="again"):
            log_in_with(runtime, home, secret=None, **{field: getattr(after, field)})
        assert configuration(runtime).password_sealed == before.password_sealed
    else:
        log_in_with(runtime, home, secret=None, **{field: getattr(after, field)})
        assert configuration(runtime).password_sealed != before.password_sealed
        assert token_row(runtime).refresh_sealed is None
    assert nobody_heard_anything(server, home, elsewhere)


@FIELD
def test_a_secret_given_again_leaves_no_token_of_before(
    runtime: Runtime, server: TokenServer, home: Relay, elsewhere: Relay, field: str
) -> None:
    log_in_with(runtime, home)
    connect(runtime)
    after = changed(settings_of(configuration(runtime)), field, elsewhere)
    own = field == "client_certificate"
    log_in_with(
        runtime,
        home,
        secret="given-again",
        client_key=key_of("client") if own else None,
        **{field: getattr(after, field)},
    )
    row = token_row(runtime)
    assert (row.destination, row.refresh_sealed, row.access_sealed) == ("", None, None)


@FIELD
def test_a_check_of_changed_values_shows_nobody_the_stored_secret(
    runtime: Runtime, server: TokenServer, home: Relay, elsewhere: Relay, field: str
) -> None:
    log_in_with(runtime, home)
    connect(runtime)
    with runtime.database.session(reading=True) as session:
        row, tokens = stored(session), store.look(session)
    assert row is not None
    after = changed(settings_of(row), field, elsewhere)
    secret = usable_secret(row, runtime.box, after, KEEP)
    assert secret is None
    source = check_tokens(runtime, after, KEEP, secret, row=row, tokens=tokens)
    run_check(after, secret, access_host=None, recipient="alice@acme.test", tokens=source)
    assert nobody_heard_anything(server, home, elsewhere)


@FIELD
def test_who_writes_the_database_gets_neither_secret_nor_token(
    runtime: Runtime,
    server: TokenServer,
    home: Relay,
    elsewhere: Relay,
    app: Flask,
    field: str,
) -> None:
    log_in_with(runtime, home)
    connect(runtime, expires_at=runtime.now().replace(year=runtime.now().year + 1))
    queue_resets(runtime, ["dana@acme.test"])
    after = changed(settings_of(configuration(runtime)), field, elsewhere)
    with runtime.database.engine.begin() as connection:
        connection.execute(
            text(f"UPDATE mailer_configuration SET {field} = :value"),  # noqa: S608
            {"value": getattr(after, field)},
        )
        # And the tokens' own note of where they go.
        connection.execute(
            text("UPDATE mailer_tokens SET destination = :where"),
            {"where": str(Destination.of(after))},
        )
    with runtime.database.session(reading=True) as session:
        active = active_mailer(session, runtime)
    assert active is not None
    assert active.problem == CHANGED_OUTSIDE
    deliverer = Deliverer(runtime)
    assert deliverer.step() is StepResult.STOPPED
    deliverer.close()
    for command in (["check"], ["test", "--to", "alice@acme.test"]):
        assert app.test_cli_runner().invoke(args=["mailer", *command]).exit_code == 1
    assert nobody_heard_anything(server, home, elsewhere)


def test_a_token_does_not_open_for_another_destination(
    runtime: Runtime, server: TokenServer, home: Relay
) -> None:
    """Without a secret in the way: a device sign-in has none."""
    log_in_with(runtime, home, login_method="device", secret=None, client_credential=None)
    connect(runtime)
    moved = str(Destination.of(token_settings(home, username="other@acme.test")))
    with runtime.database.transaction() as session:
        session.execute(text("UPDATE mailer_tokens SET destination = :where"), {"where": moved})
    row = token_row(runtime)
    with pytest.raises(SealBroken):
        store.access_of(row, runtime.box)
    with pytest.raises(SealBroken):
        store.refresh_of(store.Claimed(1, moved, row.refresh_sealed), runtime.box)


@pytest.mark.parametrize("field", ["username", "host", "tenant_id", "client_id", "cloud"])
def test_a_device_s_tokens_go_nowhere_else_by_the_database(
    runtime: Runtime, server: TokenServer, home: Relay, elsewhere: Relay, field: str
) -> None:
    log_in_with(runtime, home, login_method="device", secret=None, client_credential=None)
    connect(runtime, expires_at=runtime.now().replace(year=runtime.now().year + 1))
    after = changed(settings_of(configuration(runtime)), field, elsewhere)
    with runtime.database.engine.begin() as connection:
        connection.execute(
            text(f"UPDATE mailer_configuration SET {field} = :value"),  # noqa: S608
            {"value": getattr(after, field)},
        )
        connection.execute(
            text("UPDATE mailer_tokens SET destination = :where"),
            {"where": str(Destination.of(after))},
        )
    queue_resets(runtime, ["dana@acme.test"])
    deliverer = Deliverer(runtime)
    assert deliverer.step() is StepResult.STOPPED
    deliverer.close()
    with runtime.database.session(reading=True) as session:
        active = active_mailer(session, runtime)
    assert active is not None
    assert active.problem == CHANGED_OUTSIDE
    assert nobody_heard_anything(server, home, elsewhere)


@pytest.mark.parametrize("field", ["username", "host", "tenant_id"])
def test_a_configuration_that_was_moved_behind_a_connection_is_told_as_that(
    runtime: Runtime, server: TokenServer, home: Relay, elsewhere: Relay, field: str
) -> None:
    log_in_with(runtime, home, login_method="device", secret=None, client_credential=None)
    connect(runtime)
    after = changed(settings_of(configuration(runtime)), field, elsewhere)
    with runtime.database.engine.begin() as connection:
        connection.execute(
            text(f"UPDATE mailer_configuration SET {field} = :value"),  # noqa: S608
            {"value": getattr(after, field)},
        )
    with runtime.database.session(reading=True) as session:
        active = active_mailer(session, runtime)
    assert active is not None
    assert active.problem == CHANGED_OUTSIDE


def test_a_connection_whose_key_is_missing_holds_mail_until_the_key_is_back(
    runtime: Runtime, server: TokenServer, home: Relay
) -> None:
    log_in_with(runtime, home, login_method="device", secret=None, client_credential=None)
    connect(runtime)
    queue_resets(runtime, ["dana@acme.test"])
    right, wrong = runtime.box, SealedBox(KeyRing([new_key()]))
    runtime.box = wrong
    deliverer = Deliverer(runtime)
    assert deliverer.step() is StepResult.STOPPED
    with runtime.database.session(reading=True) as session:
        active = active_mailer(session, runtime)
        assert active is not None
        assert active.problem == KEYS_LOST
        assert summarise(session, runtime).mail.keys is Keys.WRONG
    assert nobody_heard_anything(server, home)
    runtime.box = right
    assert deliverer.step() is StepResult.SENT
    deliverer.close()


def test_a_password_of_before_is_no_client_secret(
    runtime: Runtime, server: TokenServer, home: Relay
) -> None:
    password = {"login_method": "password", "cloud": None, "tenant_id": None, "client_id": None}
    log_in_with(runtime, home, secret="the-mailbox-password", client_credential=None, **password)
    with pytest.raises(PasswordNeeded, match="client secret again"):
        log_in_with(runtime, home, secret=None)
    assert server.asked == []


def test_keys_rotate_and_the_tokens_stay(
    runtime: Runtime, server: TokenServer, home: Relay, app: Flask
) -> None:
    log_in_with(runtime, home)
    connect(runtime)
    before = token_row(runtime)
    assert app.test_cli_runner().invoke(args=["keys", "rotate"]).exit_code == 0
    assert app.test_cli_runner().invoke(args=["keys", "doctor"]).exit_code == 0
    after = token_row(runtime)
    assert after.access_sealed is not None
    assert runtime.box.key_id_of(after.access_sealed) == runtime.box.ring.newest.id
    assert before.connected_as == after.connected_as == MAILBOX


def test_a_new_key_is_made_for_every_destination_and_kept_for_the_same(
    runtime: Runtime, server: TokenServer, home: Relay
) -> None:
    options = {"secret": None, "client_credential": "certificate"}
    assert log_in_with(runtime, home, **options).new_certificate
    first = configuration(runtime).certificate
    assert not log_in_with(runtime, home, sender_name="Else", **options).new_certificate
    assert configuration(runtime).certificate == first
    assert log_in_with(runtime, home, tenant_id="other.test", **options).new_certificate
    assert configuration(runtime).certificate not in {first, None}
    log_in_with(runtime, home)
    assert configuration(runtime).certificate is None
