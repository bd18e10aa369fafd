"""Signing up in Cloud: address, code, account, organization."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.models import Code, User
from app.accounts.tidy import Tidying
from app.accounts.users import find
from app.audit.models import AuditEvent
from app.crypto.secret import Secret
from app.install.models import Install
from app.mail.addresses import Address
from app.organizations.models import SignupRequest
from app.organizations.service import organizations_of
from app.runtime import EXTENSION, Runtime
from tests.conftest import Clock
from tests.factories import PASSWORD, csrf_of, make_user
from tests.organizations.people import Mail, invite, post, said, waiting_mail

ACCOUNT = {
    "name": "Nia Founder",
    "organization_name": "Globex",
    "password": PASSWORD,
    "password_confirm": PASSWORD,
}


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """A Cloud with a working mailer."""
    return make_app(
        edition="cloud",
        access_url="https://hr.acme.test",
        managed_mail_url=Secret("console:"),
        managed_mail_sender="Novantra <novantra@acme.test>",
    )


def ask(client: FlaskClient, email: str = "nia@globex.test") -> object:
    return post(client, "/signup", email=email)


def newest(session: Session, runtime: Runtime) -> Mail:
    return waiting_mail(session, runtime)[-1]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_an_address_becomes_an_account_with_its_first_organization(
    client: FlaskClient, session: Session, runtime: Runtime
) -> None:
    answer = post(client, "/signup", email="Nia@Globex.test")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/signup/code")
    assert "Nia@globex.test" in said(client.get("/signup/code"))
    mail = newest(session, runtime)
    assert (mail.kind, mail.to) == ("signup-code", "Nia@globex.test")
    answer = post(client, "/signup/code", code=mail.code)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/signup/account")
    answer = post(client, "/signup/account", **ACCOUNT)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/organizations/globex/members"
    page = client.get("/organizations/globex/members")
    assert "Welcome to Globex" in said(page)
    session.rollback()
    user = find(session, Address.as_typed("nia@globex.test"))
    assert user is not None
    assert user.email_verified_at is not None
    assert not user.is_install_admin
    (belonging,) = organizations_of(session, user)
    assert (belonging.organization.name, belonging.role) == ("Globex", "admin")
    event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert (event.tag, event.target, event.actor) == (
        "organization:created",
        "globex",
        "Nia@globex.test",
    )


def test_the_code_is_stored_as_a_keyed_hash(
    client: FlaskClient, session: Session, runtime: Runtime
) -> None:
    import hashlib

    ask(client)
    code = newest(session, runtime).code
    stored = session.scalars(select(Code)).one().code_hash
    assert stored != code
    assert stored != hashlib.sha256(code.encode()).hexdigest()
    assert code not in client.get("/signup/code").text


def test_typed_spaces_in_a_code_are_forgiven(
    client: FlaskClient, session: Session, runtime: Runtime
) -> None:
    ask(client)
    code = newest(session, runtime).code
    assert post(client, "/signup/code", code=f" {code[:3]} {code[3:]} ").status_code == 303


def test_a_wrong_code_is_refused_with_the_way_on(
    client: FlaskClient, session: Session, runtime: Runtime
) -> None:
    ask(client)
    answer = post(client, "/signup/code", code=wrong(newest(session, runtime).code))
    assert answer.status_code == 422
    assert "have a new one sent" in said(answer)
    assert client.get("/signup/account").headers["Location"] == "/signup/code"
    assert post(client, "/signup/code", code=" ").status_code == 422


def test_a_code_runs_out_after_ten_minutes(
    client: FlaskClient, session: Session, runtime: Runtime, clock: Clock
) -> None:
    ask(client)
    code = newest(session, runtime).code
    clock.advance(minutes=10)
    assert post(client, "/signup/code", code=code).status_code == 422


def test_a_newer_code_takes_the_place_of_the_older(
    client: FlaskClient, session: Session, runtime: Runtime
) -> None:
    ask(client)
    old = newest(session, runtime).code
    ask(client)
    new = newest(session, runtime).code
    if old != new:
        assert post(client, "/signup/code", code=old).status_code == 422
    assert post(client, "/signup/code", code=new).status_code == 303


def test_the_sixth_guess_fails_though_correct_with_fresh_cookies_too(
    client: FlaskClient, app: Flask, session: Session, runtime: Runtime
) -> None:
    ask(client)
    code = newest(session, runtime).code
    early = client.get_cookie("novantra")
    assert early is not None
    for _ in range(5):
        assert post(client, "/signup/code", code=wrong(code)).status_code == 422
    assert post(client, "/signup/code", code=code).status_code == 422
    # The cookie as it was before the guesses: the tries are not counted in it.
    again = app.test_client()
    again.set_cookie("novantra", early.value)
    assert post(again, "/signup/code", code=code).status_code == 422
    # Another browser has no signup to type the code into.
    other = app.test_client()
    answer = other.post(
        "/signup/code", data={"csrf_token": csrf_of(other.get("/signup").data), "code": code}
    )
    assert answer.headers["Location"] == "/signup"
    # And one that begins anew gets another code.
    ask(other)
    fresh = newest(session, runtime).code
    if fresh != code:
        assert post(other, "/signup/code", code=code).status_code == 422
    assert find(session, Address.as_typed("nia@globex.test")) is None


def test_a_code_of_one_browser_is_worthless_in_another(
    client: FlaskClient, app: Flask, session: Session, runtime: Runtime
) -> None:
    ask(client)
    code = newest(session, runtime).code
    other = app.test_client()
    ask(other, "eve@evil.test")
    if newest(session, runtime).code != code:
        assert post(other, "/signup/code", code=code).status_code == 422
    assert post(client, "/signup/code", code=code).status_code == 303


def test_one_address_gets_three_mails_in_fifteen_minutes(
    client: FlaskClient, app: Flask, session: Session, runtime: Runtime, clock: Clock
) -> None:
    for browser in (client, app.test_client(), app.test_client()):
        assert post(browser, "/signup", email="nia@globex.test").status_code == 303
    for email in ("nia@globex.test", "NIA@globex.test"):
        refused = post(app.test_client(), "/signup", email=email)
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) == 900
        assert f'value="{email}"' in refused.text
    assert len(waiting_mail(session, runtime)) == 3
    clock.advance(minutes=15)
    assert post(client, "/signup", email="nia@globex.test").status_code == 303


def test_a_known_address_sees_the_same_pages_and_gets_another_mail(
    client: FlaskClient, app: Flask, session: Session, runtime: Runtime
) -> None:
    make_user(session, "nia@globex.test")
    session.commit()
    unknown = app.test_client()
    answers = [post(client, "/signup", email="nia@globex.test")]
    answers.append(post(unknown, "/signup", email="new@globex.test"))
    assert answers[0].status_code == answers[1].status_code
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    pages = [
        said(client.get("/signup/code")).replace("nia@globex.test", "…"),
        said(unknown.get("/signup/code")).replace("new@globex.test", "…"),
    ]
    assert pages[0] == pages[1]
    told, code = waiting_mail(session, runtime)
    assert (told.kind, code.kind) == ("signup-existing", "signup-code")
    assert told.subject == "You already have a Novantra account"
    assert "https://hr.acme.test/login" in told.text
    assert "https://hr.acme.test/forgot-password" in told.text
    refused = [
        said(post(client, "/signup/code", code="123456")).replace("nia@globex.test", "…"),
        said(post(unknown, "/signup/code", code=wrong(code.code))).replace("new@globex.test", "…"),
    ]
    assert refused[0] == refused[1]


def test_the_same_rows_are_written_for_known_and_unknown_addresses(
    client: FlaskClient, app: Flask, session: Session
) -> None:
    make_user(session, "nia@globex.test")
    session.commit()
    ask(client)
    ask(app.test_client(), "new@globex.test")
    assert len(session.scalars(select(Code)).all()) == 2
    assert len(session.scalars(select(SignupRequest)).all()) == 2


@pytest.mark.parametrize("email", ["", "nonsense", "a@b", "x@y.test\nBcc: z@y.test"])
def test_what_is_no_address_is_refused(
    client: FlaskClient, session: Session, runtime: Runtime, email: str
) -> None:
    answer = post(client, "/signup", email=email)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert waiting_mail(session, runtime) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"organization_name": " "}, "Type the name of your organization."),
        ({"organization_name": "G" * 65}, "Use at most 64 characters."),
        ({"name": ""}, "Type your name."),
        ({"password": "short", "password_confirm": "short"}, "Use at least 12 characters"),
        (
            {"password_confirm": "another one entirely"},
            "This is not the same as the password above.",
        ),
    ],
)
def test_a_mistake_on_the_last_page_is_named_and_the_rest_is_kept(
    client: FlaskClient,
    session: Session,
    runtime: Runtime,
    change: dict[str, str],
    message: str,
) -> None:
    ask(client)
    post(client, "/signup/code", code=newest(session, runtime).code)
    answer = post(client, "/signup/account", **{**ACCOUNT, **change})
    assert answer.status_code == 422
    assert message in said(answer)
    assert PASSWORD not in answer.text
    kept = {"name": "Nia Founder", "organization_name": "Globex"}
    for field, value in kept.items():
        if field not in change:
            assert f'value="{value}"' in answer.text
    assert post(client, "/signup/account", **ACCOUNT).status_code == 303


def test_no_step_can_be_skipped_or_repeated(
    client: FlaskClient, app: Flask, session: Session, runtime: Runtime
) -> None:
    for path in ("/signup/code", "/signup/account"):
        assert client.get(path).headers["Location"] == "/signup"
    ask(client)
    code = newest(session, runtime).code
    token = csrf_of(client.get("/signup/code").data)
    skipped = client.post("/signup/account", data={"csrf_token": token, **ACCOUNT})
    assert skipped.headers["Location"] == "/signup/code"
    post(client, "/signup/code", code=code)
    cookie = client.get_cookie("novantra")
    assert cookie is not None
    post(client, "/signup/account", **ACCOUNT)
    replay = app.test_client()
    replay.set_cookie("novantra", cookie.value)
    assert replay.get("/signup/account").headers["Location"] == "/signup"
    session.rollback()
    assert len(session.scalars(select(User)).all()) == 1


def test_two_browsers_with_one_address_make_one_account(
    client: FlaskClient, app: Flask, session: Session, runtime: Runtime
) -> None:
    other = app.test_client()
    for browser in (client, other):
        ask(browser)
        post(browser, "/signup/code", code=newest(session, runtime).code)
    assert post(client, "/signup/account", **ACCOUNT).status_code == 303
    late = post(other, "/signup/account", **ACCOUNT)
    assert late.status_code == 409
    assert "Sign in" in said(late)
    session.rollback()
    assert len(session.scalars(select(User)).all()) == 1


def test_a_signup_ends_after_an_hour_and_is_cleared_a_day_later(
    client: FlaskClient, app: Flask, session: Session, runtime: Runtime, clock: Clock
) -> None:
    ask(client)
    post(client, "/signup/code", code=newest(session, runtime).code)
    clock.advance(hours=1)
    assert client.get("/signup/account").headers["Location"] == "/signup"
    clock.advance(seconds=timedelta(days=1).total_seconds() + 1)
    ask(app.test_client(), "new@globex.test")
    Tidying()(runtime)
    session.rollback()
    assert [row.email for row in session.scalars(select(SignupRequest))] == ["new@globex.test"]
    assert len(session.scalars(select(Code)).all()) == 1


def test_somebody_signed_in_has_no_use_for_signing_up(
    session: Session, sign_in: Callable[[User], FlaskClient]
) -> None:
    user = make_user(session, "nia@globex.test")
    session.commit()
    assert sign_in(user).get("/signup").headers["Location"] == "/"


def test_without_a_mailer_signing_up_says_so_and_keeps_the_form(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(edition="cloud", access_url="https://hr.acme.test")
    answer = post(app.test_client(), "/signup", email="nia@globex.test")
    assert answer.status_code == 503
    assert "Signing up is closed for the moment" in said(answer)
    assert "Ask" not in said(answer)
    assert 'value="nia@globex.test"' in answer.text
    with app.extensions[EXTENSION].database.transaction() as naming:
        naming.execute(update(Install).values(support_contact="help@acme.test"))
    answer = post(app.test_client(), "/signup", email="nia@globex.test")
    assert "Ask help@acme.test if it cannot wait" in said(answer)
    with app.extensions[EXTENSION].database.session(reading=True) as session:
        assert session.scalars(select(SignupRequest)).all() == []


def test_in_cloud_nobody_finds_a_mail_settings_page(
    client: FlaskClient, session: Session, sign_in: Callable[[User], FlaskClient]
) -> None:
    operator = make_user(session, "op@acme.test", install_admin=True)
    session.commit()
    for browser in (client, sign_in(operator)):
        for path in (
            "/admin/system/mailer",
            "/admin/system/mailer/check",
            "/admin/system/mailer/test",
            "/admin/system/mail-activity",
            "/setup",
            "/setup/mail",
        ):
            assert browser.get(path).status_code == 404, path
            token = csrf_of(browser.get("/signup", follow_redirects=True).data)
            answer = browser.post(path, data={"csrf_token": token, "host": "relay.evil.test"})
            assert answer.status_code == 404, path


def test_in_cloud_a_person_with_an_account_is_asked_before_they_are_a_member(
    client: FlaskClient,
    session: Session,
    runtime: Runtime,
    sign_in: Callable[[User], FlaskClient],
) -> None:
    from app.organizations.service import add_member, create_organization

    boss, known = make_user(session, "bo@acme.test"), make_user(session, "kim@else.test")
    organization = create_organization(session, name="Acme", now=runtime.now())
    add_member(session, organization=organization, user=boss, role="admin", now=runtime.now())
    session.commit()
    assert invite(sign_in(boss), email="kim@else.test").status_code == 303
    assert organizations_of(session, known) == []
    mail = newest(session, runtime)
    assert (mail.kind, mail.to) == ("invitation", "kim@else.test")
    assert post(sign_in(known), mail.link).status_code == 303
    session.rollback()
    assert [b.organization.name for b in organizations_of(session, known)] == ["Acme"]
