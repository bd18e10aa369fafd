"""Changes of the mail configuration commit with their record, stale edits do not."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.audit.models import AuditEvent
from app.audit.verify import verify
from app.mailer import configuration
from app.mailer.models import MailerConfiguration
from app.mailer.settings import KEEP, Settings
from app.runtime import Runtime
from app.web.context import Actor
from tests.conftest import Clock
from tests.factories import make_user
from tests.mailer.pages import MailerPage, Page

FIELDS = {"provider": "smtp", "sender_address": "a@acme.test", "host": "relay.acme.test"}


@pytest.fixture
def page(admin_client: FlaskClient) -> MailerPage:
    return MailerPage(admin_client)


def counts(runtime: Runtime) -> tuple[int, int]:
    with runtime.database.session(reading=True) as session:
        return session.query(MailerConfiguration).count(), session.query(AuditEvent).count()


def test_without_its_record_a_change_is_not_stored(
    page: MailerPage, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lost(Exception):
        pass

    def fail(*_args: object, **_more: object) -> None:
        raise Lost

    monkeypatch.setattr(configuration, "record", fail)
    with pytest.raises(Lost):
        page.save(**FIELDS)
    assert counts(runtime) == (0, 0)


def test_a_change_that_is_not_committed_leaves_no_record(runtime: Runtime, clock: Clock) -> None:
    with runtime.database.session() as session:
        configuration.save(
            session,
            runtime.box,
            settings=Settings("smtp", "a@acme.test", host="relay.acme.test", port=587),
            password=KEEP,
            version=0,
            now=clock(),
            actor=Actor(None, "test", None),
        )
        session.rollback()
    assert counts(runtime) == (0, 0)


def test_the_chain_of_records_verifies_after_changes(page: MailerPage, runtime: Runtime) -> None:
    page.save(**FIELDS)
    for number in range(5):
        page.save(sender_name=f"Name {number}")
    with runtime.database.session(reading=True) as session:
        report = verify(session)
        assert (report.checked, report.holds) == (6, True)


def test_the_second_of_two_editors_gets_409_and_sees_both(
    page: MailerPage,
    runtime: Runtime,
    session: Session,
    sign_in: Callable[[User], FlaskClient],
) -> None:
    page.save(**FIELDS)
    bob = make_user(session, "bob@acme.test", install_admin=True)
    session.commit()
    his_page = sign_in(bob)
    hers, his = page.open().fields, MailerPage(his_page).open().fields
    first = page.client.post("/admin/system/mailer", data=hers | {"sender_name": "Hers"})
    assert first.status_code == 303
    mine = his | {"sender_name": "His", "host": "other.acme.test", "password": "typed-secret"}
    answer = Page(his_page.post("/admin/system/mailer", data=mine))
    assert answer.status == 409
    assert "Hers" in answer.text
    assert "His" in answer.text
    assert "alice@acme.test saved another configuration" in answer.words
    assert answer.fields["sender_name"] == "His"
    assert answer.fields["host"] == "other.acme.test"
    assert "typed-secret" not in answer.text
    with runtime.database.session(reading=True) as looking:
        row = looking.get(MailerConfiguration, 1)
        assert row is not None
        assert (row.sender_name, row.version) == ("Hers", 2)
    again = his_page.post("/admin/system/mailer", data=answer.fields)
    assert again.status_code == 303
    with runtime.database.session(reading=True) as looking:
        row = looking.get(MailerConfiguration, 1)
        assert row is not None
        assert (row.sender_name, row.version) == ("His", 3)


def test_two_first_saves_do_not_overwrite_each_other(page: MailerPage) -> None:
    opened = page.open().fields
    assert page.save(**FIELDS).status == 303
    late = Page(page.client.post("/admin/system/mailer", data=opened | FIELDS))
    assert late.status == 409


def test_a_form_without_a_version_is_stale_once_something_is_stored(page: MailerPage) -> None:
    page.save(**FIELDS)
    assert page.save(version=None, sender_name="x").status == 409


def test_of_many_at_once_one_wins(runtime: Runtime, clock: Clock) -> None:
    def save(number: int) -> bool:
        try:
            with runtime.database.transaction() as session:
                configuration.save(
                    session,
                    runtime.box,
                    settings=Settings(
                        "smtp", f"a{number}@acme.test", host="relay.acme.test", port=587
                    ),
                    password=KEEP,
                    version=0,
                    now=clock(),
                    actor=Actor(None, "test", None),
                )
        except configuration.StaleConfiguration:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(save, range(10))).count(True) == 1
    assert counts(runtime) == (1, 1)
