"""Mail goes to the stored address only, and both databases agree on whose that is."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.users import AddressTaken, create_user, find
from app.database import utcnow
from app.mail.addresses import Address, AddressError
from tests.factories import csrf_of, make_user
from tests.visitor import Mailbox, Visitor

KELVIN = "\u212a"


def test_mail_goes_to_the_address_as_stored(
    visitor: Visitor, session: Session, admin: User, mailbox: Mailbox
) -> None:
    make_user(session, "Kim@acme.test")
    session.commit()
    visitor.submit("/forgot-password", email="kim@ACME.test")
    mailbox.only("Kim@acme.test")


def test_a_repeated_address_changes_nothing(
    visitor: Visitor, session: Session, admin: User, mailbox: Mailbox
) -> None:
    make_user(session, "kim@acme.test")
    session.commit()
    token = csrf_of(visitor.get("/forgot-password").data)
    for emails in (
        ["kim@acme.test", "evil@evil.example"],
        ["kim@acme.test,evil@evil.example"],
        ["kim@acme.test evil@evil.example"],
        ["kim@acme.test\r\nBcc: evil@evil.example"],
        ["kim@acme.test\nevil@evil.example"],
    ):
        visitor.client.post("/forgot-password", data={"csrf_token": token, "email": emails})
    visitor.client.post(
        "/forgot-password",
        data={"csrf_token": token, "email[]": ["kim@acme.test", "evil@evil.example"]},
    )
    visitor.client.post(
        "/forgot-password?email=evil@evil.example",
        data={"csrf_token": token, "email": "kim@acme.test"},
    )
    mails = mailbox.deliver()
    assert {mail.rcpt_to for mail in mails} == {"kim@acme.test"}
    assert all(b"evil" not in mail.content for mail in mails)


@pytest.mark.parametrize(
    "lookalike", [f"{KELVIN}im@acme.test", "\uff4bim@acme.test", "k\u0131m@acme.test"]
)
def test_a_letter_that_only_looks_the_same_is_somebody_else(
    visitor: Visitor, session: Session, admin: User, mailbox: Mailbox, lookalike: str
) -> None:
    kim = make_user(session, "kim@acme.test")
    session.commit()
    found = find(session, Address.as_typed(lookalike))
    session.rollback()
    assert found is None or found.id != kim.id
    visitor.submit("/forgot-password", email=lookalike)
    assert mailbox.deliver() == []
    assert visitor.sign_in(lookalike).status_code == 422


def test_one_address_is_one_account_in_either_database(session: Session, admin: User) -> None:
    create_user(session, now=utcnow(), address=Address.parse("Kim@Acme.Test"), name="Kim")
    for again in ("kim@acme.test", "KIM@ACME.TEST", " kim@acme.test "):
        with pytest.raises(AddressTaken):
            create_user(session, now=utcnow(), address=Address.parse(again), name="Kim")
    with pytest.raises(AddressError):
        create_user(
            session, now=utcnow(), address=Address.parse(f"{KELVIN}im@acme.test"), name="Kim"
        )
    found = find(session, Address.as_typed("KIM@acme.test"))
    assert found is not None
    assert found.email == "Kim@acme.test"


def test_composed_and_decomposed_letters_are_one_address(session: Session, admin: User) -> None:
    create_user(session, now=utcnow(), address=Address.parse("zo\u00eb@acme.test"), name="Zoë")
    found = find(session, Address.as_typed("zoe\u0308@acme.test"))
    assert found is not None
    assert find(session, Address.as_typed("zoe@acme.test")) is None
