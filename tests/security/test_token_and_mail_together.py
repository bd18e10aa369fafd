"""A token and the mail that carries it are committed together, or neither is."""

from __future__ import annotations

import pytest
from sqlalchemy import event, func, select

from app.accounts import intents, reset
from app.accounts.models import MailIntent, Token, User
from app.outbox.models import OutboxMessage
from app.outbox.worker import deliver_next
from app.runtime import Runtime
from tests.outbox.letters import configure, reset_mail
from tests.smtpd import Relay


def counts(runtime: Runtime) -> tuple[int, int]:
    """Tokens and mails in the database."""
    with runtime.database.session(reading=True) as session:
        return (
            session.scalar(select(func.count()).select_from(Token)) or 0,
            session.scalar(select(func.count()).select_from(OutboxMessage)) or 0,
        )


def ask_for_reset(runtime: Runtime, user: User) -> None:
    with runtime.database.transaction() as session:
        session.add(
            MailIntent(
                kind=intents.PASSWORD_RESET,
                email=user.email,
                email_key=user.email_key,
                ip="192.0.2.7",
                created_at=runtime.now(),
            )
        )


def test_a_rollback_takes_both(runtime: Runtime, admin: User) -> None:
    configure(runtime, provider="console")
    with runtime.database.session() as session:
        reset.make_link(session, runtime, user=session.merge(admin), now=runtime.now())
        reset_mail(session, runtime, admin.email)
        session.rollback()
    assert counts(runtime) == (0, 0)


def test_a_failure_while_the_mail_is_made_takes_the_token_too(
    runtime: Runtime, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(runtime, provider="console")
    ask_for_reset(runtime, admin)

    class MakingFailed(Exception):
        """Stands for whatever may go wrong between the token and the commit."""

    def fail(*_: object, **__: object) -> None:
        raise MakingFailed

    monkeypatch.setattr("app.mailer.outgoing.build", fail)
    deliver_next(runtime)  # the request is kept, to be tried again
    assert counts(runtime) == (0, 0)
    monkeypatch.undo()


def test_a_failed_commit_takes_both(runtime: Runtime, admin: User) -> None:
    configure(runtime, provider="console")

    class DatabaseGone(Exception):
        """The commit never reached the disk."""

    with runtime.database.session() as session:

        def fail(_session: object) -> None:
            raise DatabaseGone

        event.listen(session, "before_commit", fail)
        reset.make_link(session, runtime, user=session.merge(admin), now=runtime.now())
        reset_mail(session, runtime, admin.email)
        with pytest.raises(DatabaseGone):
            session.commit()
    assert counts(runtime) == (0, 0)


def test_a_commit_keeps_both(runtime: Runtime, admin: User) -> None:
    with Relay() as relay:
        configure(runtime, port=relay.port)
        ask_for_reset(runtime, admin)
        while deliver_next(runtime):
            pass
        assert counts(runtime) == (1, 1)
        assert "/reset-password/" in relay.envelopes[0].text
