"""R01 in the wizard's mail step for logins with tokens: the secret waits sealed in the draft."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.install.models import SetupDraft
from app.mailer.configuration import password_of, stored
from app.runtime import EXTENSION
from tests.certificates import ca_file
from tests.oauth_server import TokenServer
from tests.security.test_tokens_stay_home_on_the_page import ASKS, DROPS, SILENT, microsoft
from tests.smtpd import Relay
from tests.tokens import SECRET, token_relay
from tests.wizard.walk import Walk


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file()))
    with TokenServer() as running:
        yield running


@pytest.fixture
def home() -> Iterator[Relay]:
    with token_relay(tls="starttls") as relay:
        yield relay


@pytest.fixture
def elsewhere() -> Iterator[Relay]:
    with token_relay(tls="starttls") as relay:
        yield relay


@pytest.fixture
def walk(make_app: Callable[..., Flask], server: TokenServer, home: Relay) -> Walk:
    """In the wizard, a configuration waits with its client secret; nobody was asked yet."""
    app = make_app(oauth_microsoft=server.base, oauth_google=server.base)
    walk = Walk(app).to_mail()
    answer = walk.send("/setup/mail", microsoft(home) | {"action": "save_anyway"})
    assert answer.status_code == 303, answer.text
    assert sealed(walk) is not None
    assert server.asked == []
    return walk


def sealed(walk: Walk) -> str | None:
    with walk.app.extensions[EXTENSION].database.session(reading=True) as session:
        draft = session.get(SetupDraft, 1)
        assert draft is not None
        return draft.sealed_mail_password


def changed(home: Relay, elsewhere: Relay, fields: dict[str, Any]) -> dict[str, Any]:
    form = microsoft(home) | SILENT | fields
    return {n: str(elsewhere.port) if v == "elsewhere" else v for n, v in form.items()}


def quiet(server: TokenServer, *relays: Relay) -> bool:
    return server.asked == [] and all(relay.received("AUTH") == 0 for relay in relays)


# Another provider's form keeps nothing of what waits for this one.
ELSEWHERE = "to smtp"
ACTION = pytest.mark.parametrize("action", ["save", "save_anyway", "check"])


@ACTION
@pytest.mark.parametrize("change", sorted(ASKS.keys() - {ELSEWHERE}))
def test_a_changed_destination_asks_again(
    walk: Walk, server: TokenServer, home: Relay, elsewhere: Relay, change: str, action: str
) -> None:
    form = changed(home, elsewhere, ASKS[change]) | {"action": action}
    assert walk.send("/setup/mail", form).status_code == 422
    assert quiet(server, home, elsewhere)


@ACTION
@pytest.mark.parametrize("change", [*DROPS, ELSEWHERE])
def test_where_none_is_typed_the_waiting_one_is_dropped_and_never_used(
    walk: Walk, server: TokenServer, home: Relay, elsewhere: Relay, change: str, action: str
) -> None:
    form = changed(home, elsewhere, (ASKS | DROPS)[change]) | {"action": action}
    answer = walk.send("/setup/mail", form)
    assert answer.status_code in {200, 303, 422}, answer.text
    assert sealed(walk) is None
    assert quiet(server, home, elsewhere)


def test_as_it_was_typed_it_is_checked_and_becomes_the_install_s(
    walk: Walk, server: TokenServer, home: Relay
) -> None:
    answer = walk.send("/setup/mail", microsoft(home) | SILENT | {"action": "save"})
    assert answer.status_code == 303, answer.text
    assert server.asked[0]["client_secret"] == SECRET
    assert [attempt[3] for attempt in home.auth_attempts] == [True]
    walk.finish()
    live = walk.app.extensions[EXTENSION]
    with live.database.session(reading=True) as session:
        row = stored(session)
        assert row is not None
        secret = password_of(row, live.box)
    assert secret is not None
    assert secret.reveal() == SECRET
    assert row.login_method == "app"
