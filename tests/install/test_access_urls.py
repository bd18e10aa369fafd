"""System → Access URLs: who may, what it accepts, stale edits, the audit, the environment."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts.models import User
from app.audit.models import AuditEvent
from app.config import ConfigError
from app.install.models import Install
from app.runtime import EXTENSION
from tests.factories import csrf_of, install_novantra, make_user, signed_in

PATH = "/admin/system/access-urls"


def save(client: FlaskClient, url: str, version: str = "1") -> TestResponse:
    csrf = csrf_of(client.get(PATH).data)
    data = {"csrf_token": csrf, "access_url": url, "version": version}
    return client.post(PATH, data=data)


def url_of(session: Session) -> str:
    session.rollback()
    install = session.get(Install, 1, populate_existing=True)
    assert install is not None
    url = install.access_url
    session.rollback()
    return url


def test_the_page_shows_the_address_and_what_a_link_looks_like(admin_client: FlaskClient) -> None:
    page = admin_client.get(PATH).text
    assert 'value="https://hr.acme.test"' in page
    assert "https://hr.acme.test/reset-password/" in page
    assert "from it alone" in page


def test_a_change_is_saved_and_audited(admin_client: FlaskClient, session: Session) -> None:
    answer = save(admin_client, "https://people.acme.test/")
    assert (answer.status_code, answer.location) == (303, PATH)
    assert url_of(session) == "https://people.acme.test"
    event = session.scalars(select(AuditEvent).where(AuditEvent.tag == "access-url:updated")).one()
    assert event.actor == "alice@acme.test"
    assert event.changes == {
        "access_url": {"old": "https://hr.acme.test", "new": "https://people.acme.test"}
    }


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hr.acme.test",
        "ftp://hr.acme.test",
        "https://hr.acme.test/path",
        "https://a@hr.acme.test",
        "https://hr.acme.test\r\nX: y",
        "https://" + "a" * 600,
        "https://<b>x</b>",
        "https://'; DROP TABLE install",
    ],
)
def test_an_unusable_address_is_refused_beside_its_field(
    admin_client: FlaskClient, session: Session, url: str
) -> None:
    answer = save(admin_client, url)
    assert answer.status_code == 422
    assert 'id="access_url-error-1"' in answer.text
    assert "<b>x</b>" not in answer.text
    assert url_of(session) == "https://hr.acme.test"


def test_a_stale_edit_is_refused_and_shows_both(
    admin_client: FlaskClient, session: Session
) -> None:
    save(admin_client, "https://theirs.acme.test")
    answer = save(admin_client, "https://mine.acme.test", version="1")
    assert answer.status_code == 409
    assert "https://theirs.acme.test" in answer.text
    assert "https://mine.acme.test" in answer.text
    assert url_of(session) == "https://theirs.acme.test"
    csrf = csrf_of(answer.data)
    again = {"csrf_token": csrf, "access_url": "https://mine.acme.test", "version": "2"}
    assert 'name="version" type="hidden" value="2"' in answer.text
    assert admin_client.post(PATH, data=again).status_code == 303
    assert url_of(session) == "https://mine.acme.test"


def test_of_two_addresses_that_were_saved_at_once_one_is_chosen(
    admin_client: FlaskClient, session: Session
) -> None:
    save(admin_client, "https://theirs.acme.test")
    answer = save(admin_client, "https://mine.acme.test", version="1")
    assert "You changed the address in another tab in the meantime" in answer.text
    assert "Saved by you in another tab" in answer.text
    sent = {"csrf_token": csrf_of(answer.data), "access_url": "https://mine.acme.test"}
    sent |= {"version": "2", "shown": "https://mine.acme.test"}
    assert admin_client.post(PATH, data=sent | {"take": "theirs"}).status_code == 303
    assert url_of(session) == "https://theirs.acme.test"
    edited = sent | {"take": "theirs", "access_url": "https://edited.acme.test"}
    assert admin_client.post(PATH, data=edited).status_code == 303
    session.expire_all()
    assert url_of(session) == "https://edited.acme.test"


def test_a_script_may_send_the_address_alone(admin_client: FlaskClient) -> None:
    page = admin_client.get("/admin/system/access-urls").data
    data = {"csrf_token": csrf_of(page), "access_url": "https://mine.acme.test"}
    assert admin_client.post("/admin/system/access-urls", data=data).status_code == 303


@pytest.mark.parametrize("version", ["", "x", "-1", "٣", "9" * 30])
def test_a_form_without_its_version_is_stale(admin_client: FlaskClient, version: str) -> None:
    assert save(admin_client, "https://mine.acme.test", version=version).status_code == 409


def test_plain_http_on_a_public_name_is_saved_and_warned_about(admin_client: FlaskClient) -> None:
    assert save(admin_client, "http://hr.example.com").status_code == 303
    assert "Plain http on a public name" in admin_client.get(PATH).text
    assert "Plain http on a public name" in admin_client.get("/admin/system").text


@pytest.mark.parametrize(
    "local", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000"]
)
def test_an_address_of_this_machine_is_warned_about_where_people_come_by_another(
    admin_client: FlaskClient, local: str
) -> None:
    assert save(admin_client, local).status_code == 303
    warning = "Links in mails will only open on this very machine."
    assert warning not in admin_client.get(PATH).text
    cookie = admin_client.get_cookie("novantra")
    assert cookie is not None
    admin_client.set_cookie("novantra", cookie.value, domain="192.168.1.20")
    assert warning in admin_client.get(PATH, headers={"Host": "192.168.1.20:8000"}).text


def test_saving_the_same_address_changes_nothing(
    admin_client: FlaskClient, session: Session
) -> None:
    assert save(admin_client, "https://hr.acme.test").status_code == 303
    assert session.scalars(select(AuditEvent)).all() == []


def test_only_install_administrators_may(
    sign_in: Callable[[User], FlaskClient], session: Session, client: FlaskClient
) -> None:
    member = make_user(session, "bob@acme.test", organization_role="admin")
    session.commit()
    bob = sign_in(member)
    csrf = csrf_of(bob.get("/account").data)
    evil = {"access_url": "https://evil.test", "version": "1"}
    assert bob.get(PATH).status_code == 403
    assert bob.post(PATH, data={"csrf_token": csrf, **evil}).status_code == 403
    assert client.get(PATH).location.startswith("/login")
    csrf = csrf_of(client.get("/login").data)
    assert client.post(PATH, data={"csrf_token": csrf, **evil}).location.startswith("/login")
    assert url_of(session) == "https://hr.acme.test"


def test_the_environment_wins_and_the_page_says_so(make_app: Callable[..., Flask]) -> None:
    app = make_app(access_url="https://Fixed.acme.test/")
    database = app.extensions[EXTENSION].database
    with database.transaction() as session:
        install_novantra(session)
        admin = make_user(session, "alice@acme.test", install_admin=True)
    client = signed_in(app, admin)
    page = client.get(PATH).text
    assert "https://fixed.acme.test" in page
    assert "NOVANTRA_ACCESS_URL" in page
    assert 'name="access_url"' not in page
    data = {"csrf_token": csrf_of(page.encode()), "access_url": "https://evil.test", "version": "1"}
    assert client.post(PATH, data=data).status_code == 422


@pytest.mark.parametrize("url", ["no url", "https://x/path", "ftp://x"])
def test_an_unusable_address_in_the_environment_stops_the_start(
    make_app: Callable[..., Flask], url: str
) -> None:
    with pytest.raises(ConfigError, match="NOVANTRA_ACCESS_URL cannot be used"):
        make_app(access_url=url)


def test_the_cloud_needs_the_address_in_its_environment(make_app: Callable[..., Flask]) -> None:
    with pytest.raises(ConfigError, match="NOVANTRA_ACCESS_URL is required"):
        make_app(edition="cloud")


def test_the_clouds_row_follows_its_environment(make_app: Callable[..., Flask]) -> None:
    for url in ("https://one.test", "https://two.test"):
        app = make_app(edition="cloud", access_url=url)
    with app.extensions[EXTENSION].database.session() as session:
        assert url_of(session) == "https://two.test"
