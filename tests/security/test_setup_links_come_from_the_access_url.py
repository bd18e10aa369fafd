"""The wizard's verification mail links to the confirmed address and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from app.outbox.worker import deliver_next
from app.runtime import EXTENSION
from tests.factories import csrf_of
from tests.smtpd import Relay
from tests.wizard.walk import Walk

FORGED = [
    {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "http"},
    {"Forwarded": "host=evil.test;proto=http"},
    {"Origin": "https://evil.test"},
]


@pytest.mark.parametrize("headers", FORGED, ids=lambda headers: "+".join(headers))
@pytest.mark.parametrize("proxies", [0, 1])
def test_the_first_verification_mail_ignores_forged_hosts(
    make_app: Callable[..., Flask], headers: dict[str, str], proxies: int
) -> None:
    app = make_app(trusted_proxies=proxies)
    walk = Walk(app).to_mail()
    with Relay() as relay:
        walk.send(
            "/setup/mail",
            {
                "provider": "smtp",
                "sender_address": "novantra@acme.test",
                "host": relay.host,
                "port": str(relay.port),
                "secure": "n",
                "action": "save",
            },
        )
        csrf = csrf_of(walk.get("/setup/review").data)
        finish = {"csrf_token": csrf, "finish": "yes"}
        assert walk.client.post("/setup/review", data=finish, headers=headers).status_code == 303
        while deliver_next(app.extensions[EXTENSION]):
            pass
        (mail,) = relay.envelopes
    assert "https://hr.acme.test/verify-email/" in mail.text
    assert b"evil" not in mail.content
