"""Whom people are told to ask while mail does not work: one place for every page that says so.

Where a support contact was named, each sentence ends with that name; elsewhere it speaks of an
administrator. Who may mend mail is sent to the mailer page and not to somebody else.
"""

from __future__ import annotations

from flask import Flask
from flask_login import current_user
from markupsafe import Markup, escape

from app.install.service import support_contact
from app.web.context import db
from app.web.guards import Permission

ANYBODY = "your administrator"
WAITING = (
    "Mail is not going out from here at the moment: it waits, and goes out by itself after that."
)
"""The one sentence about this state, for people who cannot end it."""


CANNOT_WAIT = " if it cannot wait"


def ask(then: str = "") -> str:
    """“Ask the IT help desk.” ``then`` is put after the name."""
    return f"Ask {support_contact(db()) or ANYBODY}{then}."


def ask_named(then: str = "") -> str:
    """As :func:`ask`; nothing where nobody was named, for readers who know no administrator."""
    return ask(then) if support_contact(db()) else ""


def or_ask(sentence: str) -> str:
    """A sentence without its full stop, which says what an administrator can do: “…: ask the IT
    help desk.”, where somebody was named."""
    named = support_contact(db())
    return f"{sentence}: ask {named}." if named else f"{sentence}."


def may_mend_mail() -> bool:
    """Whether it is the reader who can end it."""
    return current_user.is_authenticated and (
        current_user.denial(Permission.SYSTEM_CONFIGURE) is None
    )


def waiting() -> str:
    """:data:`WAITING`, and whom to ask who cannot wait, where somebody was named."""
    return WAITING if may_mend_mail() else f"{WAITING} {ask_named(CANNOT_WAIT)}".rstrip()


def set_up_by() -> str:
    """Who can set mail up, for a page that needs it."""
    if may_mend_mail():
        return "Set it up under System → Mailer."
    return or_ask("An install administrator can set it up")


def init_app(app: Flask) -> None:
    """The same for templates, where the name keeps to its own direction of writing."""

    def isolated(sentence: str) -> Markup:
        named = support_contact(db())
        if not named or named not in sentence:
            return escape(sentence)
        return Markup("{}<bdi>{}</bdi>{}").format(*sentence.rpartition(named))

    app.jinja_env.globals.update(
        ask=lambda then="": isolated(ask(then)),
        ask_named=lambda then=CANNOT_WAIT: isolated(ask_named(then)),
        or_ask=lambda sentence: isolated(or_ask(sentence)),
        mail_set_up_by=lambda: isolated(set_up_by()),
    )
