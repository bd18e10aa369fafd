"""An unlock code lifts the lock and does nothing else."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from tests.factories import make_user
from tests.visitor import Mailbox, Visitor, code_in


def columns(session: Session) -> dict[str, object]:
    with Session(session.get_bind()) as own:
        row = own.execute(select(User.__table__).where(User.email_key == "dana@acme.test")).one()
        return dict(row._mapping)


def test_the_code_changes_nothing_about_the_person_and_opens_no_session(
    visitor: Visitor,
    session: Session,
    admin: User,
    mailbox: Mailbox,
    sign_in: Callable[[User], FlaskClient],
) -> None:
    dana = make_user(session, "dana@acme.test", verified=False)
    session.commit()
    elsewhere = Visitor(sign_in(dana))
    before = columns(session)
    for _ in range(5):
        visitor.sign_in("dana@acme.test", "wrong")
    code = code_in(mailbox.only("dana@acme.test"))
    answer = visitor.submit("/unlock?next=/account", email="dana@acme.test", code=code)
    assert answer.location == "/login"
    assert columns(session) == before
    assert visitor.get("/account").status_code == 303
    assert elsewhere.get("/account").status_code == 200, "who was signed in stays signed in"
    # A wrong password, like any other: lifting the lock gave one try and no new five.
    assert visitor.sign_in("dana@acme.test", code).status_code == 429
    assert visitor.get(f"/reset-password/{code}").status_code == 410
    assert visitor.get(f"/verify-email/{code}").status_code == 410
