"""What is stored cannot be used: the sentence names what is really asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.mailer.mail_facts import Keys, MailFacts
from app.mailer.mail_health import mail_health
from app.mailer.models import MailHealth
from app.mailer.tokens.status import NO_TOKENS


@pytest.mark.parametrize("keys", [Keys.FORGOTTEN, Keys.CHANGED])
@pytest.mark.parametrize(("method", "password"), [("password", True), ("app", False)])
def test_a_password_is_named_only_where_one_is_used(
    keys: Keys, method: str, password: bool
) -> None:
    token = replace(NO_TOKENS, method=method)
    now = datetime(2026, 11, 26, tzinfo=UTC)
    facts = MailFacts(now, 1, "microsoft365", MailHealth(), keys=keys, token=token)
    found = mail_health(facts)
    assert ("password" in f"{found.words} {found.step}") is password
