"""System → Overview: what works, what does not yet, and the next step."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.crypto.box import SealedBox
from app.crypto.keys import KeyRing
from app.database import utcnow
from app.mailer.models import MailerConfiguration, MailHealth
from app.runtime import Runtime
from app.schema import newest_revision
from app.version import VERSION
from tests.factories import make_user

PATH = "/admin/system"
HEAD = newest_revision()


def configure(session: Session, **changes: object) -> None:
    values: dict[str, object] = {
        "provider": "smtp",
        "sender_address": "novantra@acme.test",
        "host": "relay.acme.test",
        "port": 587,
        "updated_at": utcnow(),
        "updated_by": "alice@acme.test",
    }
    session.add(MailerConfiguration(**{**values, **changes}))
    session.commit()


def test_pending_mail_is_told_with_its_consequences_and_the_next_step(
    admin_client: FlaskClient,
) -> None:
    page = admin_client.get(PATH).text
    assert "Nobody can reset a password by mail" in page
    assert 'href="/admin/system/mailer">Set up mail' in page


def test_a_configuration_nobody_tried_asks_for_a_test_mail(
    admin_client: FlaskClient, session: Session
) -> None:
    configure(session)
    assert "No mail has left through this configuration so far" in admin_client.get(PATH).text


def test_paused_mail_names_the_cause(admin_client: FlaskClient, session: Session) -> None:
    session.add(MailHealth(paused_at=utcnow(), pause_code="auth_bad_credentials"))
    configure(session)
    page = admin_client.get(PATH).text
    assert "Mail is kept and goes out once this is fixed" in page


def test_working_mail_is_told_as_working(admin_client: FlaskClient, session: Session) -> None:
    session.add(
        MailHealth(last_success_at=utcnow(), last_success_kind="invitation", last_success_version=1)
    )
    configure(session)
    page = admin_client.get(PATH).text
    assert "Everything works" in page
    assert "Leaves as novantra@acme.test through relay.acme.test:587" in page
    assert "What is left to do" not in page


def test_the_console_provider_is_never_told_as_working(
    admin_client: FlaskClient, session: Session
) -> None:
    configure(session, provider="console", host=None, port=None)
    page = admin_client.get(PATH).text
    assert "Development only" in page
    assert "Everything works" not in page


def test_an_unverified_administrator_is_offered_the_mail_once_mail_is_set_up(
    session: Session, sign_in: Callable[[User], FlaskClient]
) -> None:
    user = make_user(session, "alice@acme.test", install_admin=True, verified=False)
    user.verification_waived = True
    session.commit()
    client = sign_in(user)
    assert "can be verified once mail is set up" in client.get(PATH).text
    configure(session)
    page = client.get(PATH).text
    assert 'action="/account/verify-email"' in page
    assert "No link was mailed to alice@acme.test yet" in page
    assert "Open the link that was mailed" not in page
    assert ">Send the mail<" in page


def test_version_keys_and_database_are_named(admin_client: FlaskClient) -> None:
    page = admin_client.get(PATH).text
    for text in (VERSION, "Encryption keys", "In place", f"schema {HEAD}", "https://hr.acme.test"):
        assert text in page


def test_unusable_keys_are_told_and_the_page_still_answers(
    admin_client: FlaskClient, runtime: Runtime
) -> None:
    runtime.box = SealedBox(KeyRing([], problem="The key file is missing."))
    page = admin_client.get(PATH)
    assert page.status_code == 200
    assert "Unusable" in page.text


def test_only_install_administrators_see_it(
    session: Session, sign_in: Callable[[User], FlaskClient], client: FlaskClient
) -> None:
    bob = make_user(session, "bob@acme.test", organization_role="admin")
    session.commit()
    assert sign_in(bob).get(PATH).status_code == 403
    assert client.get(PATH).location == "/login?next=/admin/system"


def test_the_version_is_the_projects() -> None:
    root = Path(__file__).parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
