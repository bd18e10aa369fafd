"""Link secrets are long, stored hashed, and work once however many try at once."""

from __future__ import annotations

import threading
from datetime import timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import tokens
from app.accounts.models import Token, User
from app.accounts.tokens import Purpose
from app.runtime import Runtime
from tests.factories import csrf_of
from tests.visitor import Mailbox, Visitor, link_in

THREADS = 50
NEW = "four unrelated words here"


def test_a_secret_has_at_least_128_bits_and_only_its_hash_is_stored(
    session: Session, admin: User, runtime: Runtime
) -> None:
    secrets = {tokens.new_secret() for _ in range(1000)}
    assert len(secrets) == 1000
    assert min(len(secret) for secret in secrets) * 6 >= 128
    secret = tokens.issue(
        session,
        purpose=Purpose.PASSWORD_RESET,
        user=admin,
        now=runtime.now(),
        lifetime=timedelta(minutes=30),
    )
    row = session.scalars(select(Token)).one()
    assert secret not in repr(vars(row))
    assert row.token_hash == tokens.hash_secret(secret)


def test_fifty_claims_at_once_are_one_success(
    session: Session, admin: User, runtime: Runtime
) -> None:
    secret = tokens.issue(
        session,
        purpose=Purpose.PASSWORD_RESET,
        user=admin,
        now=runtime.now(),
        lifetime=timedelta(minutes=30),
    )
    session.commit()
    start = threading.Barrier(THREADS)
    won: list[bool] = []

    def claim() -> None:
        start.wait()
        with runtime.database.transaction() as own:
            token = tokens.claim(
                own, purpose=Purpose.PASSWORD_RESET, secret=secret, now=runtime.now()
            )
        won.append(token is not None)

    threads = [threading.Thread(target=claim) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), sum(won)) == (THREADS, 1)


def test_fifty_browsers_with_one_link_change_the_password_once(
    app: Flask, visitor: Visitor, admin: User, mailbox: Mailbox
) -> None:
    visitor.submit("/forgot-password", email="alice@acme.test")
    link = link_in(mailbox.only("alice@acme.test"))
    browsers = [app.test_client() for _ in range(THREADS)]
    forms = [csrf_of(browser.get(link).data) for browser in browsers]
    start = threading.Barrier(THREADS)
    answers: list[int] = []

    def choose(number: int) -> None:
        password = f"{NEW} {number}"
        data = {"csrf_token": forms[number], "password": password, "password_confirm": password}
        start.wait()
        answers.append(browsers[number].post(link, data=data).status_code)

    threads = [threading.Thread(target=choose, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303] + [410] * (THREADS - 1)
    assert len(mailbox.deliver()) == 1, "one change, one notice"


def test_a_mail_scanner_that_follows_links_uses_nothing_up(
    app: Flask, visitor: Visitor, admin: User, mailbox: Mailbox
) -> None:
    visitor.submit("/forgot-password", email="alice@acme.test")
    link = link_in(mailbox.only("alice@acme.test"))
    scanner = app.test_client()
    for method in ("GET", "HEAD", "OPTIONS", "GET"):
        scanner.open(link, method=method)
    assert visitor.submit(link, password=NEW, password_confirm=NEW).status_code == 303


def test_a_link_of_one_purpose_is_worthless_for_another(
    visitor: Visitor, admin: User, mailbox: Mailbox, session: Session, runtime: Runtime
) -> None:
    visitor.submit("/forgot-password", email="alice@acme.test")
    secret = link_in(mailbox.only("alice@acme.test")).rpartition("/")[2]
    assert visitor.get(f"/verify-email/{secret}").status_code == 410
    assert visitor.get(f"/reset-password/{tokens.hash_secret(secret)}").status_code == 410
    assert visitor.get(f"/reset-password/{secret}x").status_code == 410
    assert visitor.get(f"/reset-password/{secret}").status_code == 200


def test_pages_behind_a_link_are_not_stored_and_tell_no_other_site(
    visitor: Visitor, admin: User, mailbox: Mailbox
) -> None:
    visitor.submit("/forgot-password", email="alice@acme.test")
    page = visitor.get(link_in(mailbox.only("alice@acme.test")))
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
    assert "http://" not in page.text
    assert "https://" not in page.text


def test_a_link_ends_with_its_time_to_the_second(
    session: Session, admin: User, runtime: Runtime
) -> None:
    now, lifetime = runtime.now(), timedelta(minutes=30)
    for purpose in Purpose:
        secret = tokens.issue(session, purpose=purpose, user=admin, now=now, lifetime=lifetime)
        end, before = now + lifetime, now + lifetime - timedelta(seconds=1)
        assert tokens.find(session, purpose=purpose, secret=secret, now=before)
        assert tokens.find(session, purpose=purpose, secret=secret, now=end) is None
        assert tokens.claim(session, purpose=purpose, secret=secret, now=end) is None
        assert tokens.claim(session, purpose=purpose, secret=secret, now=before)
        assert tokens.find(session, purpose=purpose, secret=secret, now=before) is None


def test_a_newer_link_voids_the_older(session: Session, admin: User, runtime: Runtime) -> None:
    now, lifetime = runtime.now(), timedelta(minutes=30)
    for purpose in Purpose:
        older, newer = (
            tokens.issue(session, purpose=purpose, user=admin, now=now, lifetime=lifetime)
            for _ in range(2)
        )
        assert tokens.find(session, purpose=purpose, secret=older, now=now) is None
        assert tokens.claim(session, purpose=purpose, secret=older, now=now) is None
        assert tokens.claim(session, purpose=purpose, secret=newer, now=now)
