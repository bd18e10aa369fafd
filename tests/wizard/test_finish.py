"""The end of setup: one transaction, one administrator, signed in."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.users import create_user
from app.audit.models import AuditEvent
from app.audit.verify import verify
from app.database import utcnow
from app.install.models import SetupDraft
from app.install.service import current
from app.mail.addresses import Address
from app.mailer.active import mail_state
from app.organizations.models import Membership, Organization
from app.outbox.models import OutboxMessage
from app.runtime import EXTENSION
from tests.factories import PASSWORD, csrf_of
from tests.wizard.walk import Walk, token_of


def test_finishing_signs_the_first_administrator_in_on_the_overview(walk: Walk) -> None:
    answer = walk.to_review().finish()
    assert (answer.status_code, answer.location) == (303, "/admin/system")
    page = walk.get("/admin/system")
    assert page.status_code == 200
    assert "Setup is finished" in page.text
    assert "Alice Admin" in page.text


def test_everything_the_wizard_asked_is_there(walk: Walk, rows: Session) -> None:
    walk.to_review().finish()
    install = current(rows)
    assert install is not None
    assert install.access_url == "https://hr.acme.test"
    user = rows.scalars(select(User)).one()
    assert (user.email, user.name, user.is_install_admin) == (
        "alice@acme.test",
        "Alice Admin",
        True,
    )
    organization = rows.scalars(select(Organization)).one()
    assert (organization.name, organization.slug) == ("Acme", "acme")
    membership = rows.scalars(select(Membership)).one()
    assert (membership.user_id, membership.role) == (user.id, "admin")
    assert rows.get(SetupDraft, 1) is None


def test_with_mail_deferred_the_state_is_pending_and_the_administrator_works_unverified(
    walk: Walk, rows: Session
) -> None:
    walk.to_review().finish()
    assert mail_state(rows, walk.app.extensions[EXTENSION]) == "pending"
    assert rows.scalars(select(User)).one().email_verified_at is None
    assert rows.scalar(select(func.count()).select_from(OutboxMessage)) == 0
    for path in ("/admin/system", "/admin/system/mailer", "/admin/system/access-urls"):
        assert walk.get(path).status_code == 200


def test_the_first_administrator_can_sign_in_again(walk: Walk) -> None:
    walk.to_review().finish()
    browser = Walk(walk.app)
    answer = browser.send("/login", {"email": "alice@acme.test", "password": PASSWORD})
    assert answer.status_code == 303
    assert browser.get("/admin/system").status_code == 200


def test_the_end_of_setup_is_audited(walk: Walk, rows: Session) -> None:
    walk.to_review().finish()
    event = rows.scalars(select(AuditEvent).where(AuditEvent.tag == "install:finished")).one()
    assert event.actor == "alice@acme.test"
    assert event.changes["mail"]["new"] == "pending"
    assert "argon2" not in str(event.changes)
    assert verify(rows).holds


def test_an_address_that_somebody_has_already_is_refused_and_nothing_is_made(
    walk: Walk, rows: Session
) -> None:
    create_user(
        rows, now=utcnow(), address=Address.parse("ALICE@acme.test"), name="From an old database"
    )
    rows.commit()
    answer = walk.to_review().finish()
    assert answer.status_code == 422
    assert "account with this address already" in answer.text
    assert current(rows) is None
    assert rows.scalar(select(func.count()).select_from(Organization)) == 0


def test_a_last_answer_that_comes_after_the_end_goes_nowhere(walk: Walk, rows: Session) -> None:
    late = Walk(walk.app)
    walk.to_review()
    late.send("/setup", {"setup_token": token_of(walk.app)})
    csrf = csrf_of(late.get("/setup/access-url").data)
    walk.finish()
    answer = late.client.post(
        "/setup/access-url", data={"csrf_token": csrf, "access_url": "https://evil.test"}
    )
    assert answer.status_code == 404
    install = current(rows)
    assert install is not None
    assert install.access_url == "https://hr.acme.test"
    assert rows.get(SetupDraft, 1) is None
