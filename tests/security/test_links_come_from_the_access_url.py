"""Links in mails come from the access URL, whatever a request claims to be for."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts.models import User
from tests.factories import PASSWORD, make_user
from tests.smtpd import Received
from tests.visitor import Mailbox, Visitor

FORGED = [
    {"Host": "evil.example"},
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example", "X-Forwarded-Port": "81"},
    {"Forwarded": "host=evil.example;proto=http"},
    {"Origin": "https://evil.example"},
    {"X-Original-Host": "evil.example", "X-Host": "evil.example"},
]


def assert_own_links(mail: Received) -> None:
    for part in (mail.text, mail.html):
        links = re.findall(r"https?://[^\s\"'<>]+", part)
        assert links
        assert all(link.startswith("https://hr.acme.test") for link in links)
    assert b"evil" not in mail.content


@pytest.mark.parametrize("headers", FORGED, ids=lambda headers: "+".join(headers))
def test_a_reset_link_ignores_forged_hosts(
    visitor: Visitor,
    session: Session,
    admin: User,
    mailbox: Mailbox,
    headers: dict[str, str],
) -> None:
    make_user(session, "dana@acme.test")
    session.commit()
    answer = visitor.submit("/forgot-password", email="dana@acme.test", headers=headers)
    assert answer.status_code == 303
    assert answer.location == "/forgot-password/sent"
    assert_own_links(mailbox.only("dana@acme.test"))


@pytest.mark.parametrize("headers", FORGED, ids=lambda headers: "+".join(headers))
def test_every_other_account_mail_ignores_them_too(
    app: Flask,
    admin: User,
    visitor: Visitor,
    session: Session,
    mailbox: Mailbox,
    headers: dict[str, str],
) -> None:
    make_user(session, "dana@acme.test")
    session.commit()
    alice = Visitor(app.test_client())
    alice.submit("/login", email="alice@acme.test", password=PASSWORD, headers=headers)
    alice.submit(
        "/admin/system/administrators", name="Nina", email="nina@acme.test", headers=headers
    )
    alice.submit("/account/email", email="a@new.test", current_password=PASSWORD, headers=headers)
    for _ in range(5):
        visitor.submit("/login", email="dana@acme.test", password="wrong", headers=headers)
    mails = mailbox.deliver()
    assert {mail.rcpt_to for mail in mails} == {
        "nina@acme.test",
        "a@new.test",
        "alice@acme.test",
        "dana@acme.test",
    }
    for mail in mails:
        assert_own_links(mail)
