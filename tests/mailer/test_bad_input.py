"""Every field with what does not belong there: 422, a message beside it, the rest kept,
nothing stored."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mailer.conftest import Stored
from tests.mailer.pages import CHECKED, MailerPage

GOOD: dict[str, dict[str, Any]] = {
    "smtp": {
        "sender_address": "novantra@acme.test",
        "sender_name": "Acme HR",
        "host": "relay.acme.test",
        "port": "587",
        "secure": CHECKED,
        "encryption": "auto",
        "username": "novantra",
        "password": "typed-secret",
        "connection_timeout": "10",
        "ehlo_name": "mail.acme.test",
    },
    "microsoft365": {
        "sender_address": "novantra@acme.test",
        "sender_name": "Acme HR",
        "host": "smtp.office365.com",
        "port": "587",
        "username": "novantra@acme.test",
        "password": "typed-secret",
        "connection_timeout": "10",
        "ehlo_name": "mail.acme.test",
    },
    "ses": {
        "sender_address": "novantra@acme.test",
        "sender_name": "Acme HR",
        "region": "eu-west-1",
        "host": "",
        "port": "587",
        "username": "AKIAIOSFODNN7EXAMPLE",
        "password": "B" + "A" * 43,
        "connection_timeout": "10",
        "ehlo_name": "mail.acme.test",
    },
    "console": {"sender_address": "novantra@acme.test", "sender_name": "Acme HR"},
}
SQL = "'; DROP TABLE mailer_configuration; --"
HTML = "<script>alert(1)</script>"
LINES = "a\r\nBcc: evil@example.com"

BAD = {
    "sender_address": [
        "",
        "a" * 300 + "@acme.test",
        "not an address",
        "a@b@acme.test",
        "a@acme.test, b@acme.test",
        "Acme <a@acme.test>",
        '"a b"@acme.test',
        "a@acme.test\r\nBcc: evil@example.com",
        "a\x00@acme.test",
        "a@[127.0.0.1]",
        SQL,
        HTML,
    ],
    "sender_name": ["x" * 65, LINES, "a\x00b", "a\u2028b", "a\x1bb"],
    "host": [
        "x" * 254,
        "relay acme.test",
        "smtp://relay.acme.test",
        "relay.acme.test:587",
        "[::1]:25",
        "relay.acme.test/mail",
        "user:pw@relay.acme.test",
        "relay.acme.test\nevil",
        "a\x00b.test",
        "-relay.acme.test",
        "relay..acme.test",
        "1.2.3",
        "0x7f000001",
        "2130706433",
        "169.254.169.254",
        "0.0.0.0",
        "224.0.0.1",
        "relay.acme.test, other.acme.test",
        SQL,
        HTML,
    ],
    "port": [
        "",
        "0",
        "65536",
        "-1",
        "5.5",
        "abc",
        "587 25",
        "٥٨٧",
        "1e3",
        "99999999999",
        SQL,
        HTML,
    ],
    "connection_timeout": ["", "0", "121", "-5", "1.5", "ten", "١٠", SQL, HTML],
    "username": ["x" * 321, LINES, "a\x00b"],
    "password": [" typed", "typed\n", "\ttyped", "   ", "ty\x00ped", "ty\r\nped", "x" * 513],
    "secure": ["maybe", SQL, HTML],
    "ignore_tls_errors": ["2", SQL, HTML],
    "remove_password": ["perhaps", HTML],
    "region": ["", "x" * 33, "Europe", "eu-west-1\nx", "eu west 1", "ap-southeast-3", SQL, HTML],
}
CASES = [
    (provider, field, bad)
    for provider, good in GOOD.items()
    for field in [*good, *(("ignore_tls_errors", "remove_password") if provider == "smtp" else ())]
    if field in BAD
    for bad in (*BAD[field], *(("",) if field == "host" and provider == "smtp" else ()))
]


@pytest.mark.parametrize(
    ("provider", "field", "bad"), CASES, ids=[f"{p}-{f}-{n}" for n, (p, f, _) in enumerate(CASES)]
)
def test_a_bad_answer_is_refused_beside_its_field_and_the_rest_is_kept(
    page: MailerPage, stored: Stored, provider: str, field: str, bad: str
) -> None:
    answer = page.save(provider=provider, **GOOD[provider] | {field: bad})
    assert answer.status == 422
    assert answer.errors(field), answer.words
    assert stored.row is None
    assert stored.events == []
    assert HTML not in answer.text
    assert "typed-secret" not in answer.text
    kept = answer.fields
    for name, value in GOOD[provider].items():
        if name not in {field, "password"}:
            assert kept.get(name) == value, name


@pytest.mark.parametrize("provider", ["", "imap", "SMTP", "smtp\x01", "x" * 5000, SQL, HTML])
def test_an_unknown_provider_is_refused(page: MailerPage, stored: Stored, provider: str) -> None:
    for to in ("", "/check"):
        answer = page.post(to, **GOOD["smtp"] | {"provider": provider})
        assert answer.status == 422
        assert "Choose one of the providers that are listed." in answer.words
        assert HTML not in answer.text
    assert stored.row is None


@pytest.mark.parametrize("version", ["x", "-1", "1.5", "9" * 40, HTML])
def test_an_altered_version_is_refused(page: MailerPage, stored: Stored, version: str) -> None:
    answer = page.save(provider="smtp", **GOOD["smtp"] | {"version": version})
    assert answer.status == 422
    assert stored.row is None


def test_the_first_of_repeated_values_counts(page: MailerPage, stored: Stored) -> None:
    shown = page.open().fields
    data = {**shown, **GOOD["smtp"], "sender_address": ["first@acme.test", "second@acme.test"]}
    assert page.client.post("/admin/system/mailer", data=data).status_code == 303
    assert stored.only.sender_address == "first@acme.test"


def test_a_request_without_the_csrf_token_is_refused(page: MailerPage, stored: Stored) -> None:
    for to in ("", "/check", "/test", "/resume", "/transcript", "/explain"):
        answer = page.client.post(f"/admin/system/mailer{to}", data=GOOD["smtp"])
        assert answer.status_code == 400
    assert stored.row is None
