"""Every column that holds sealed values, and what each value is bound to.

``keys doctor`` reads them and ``keys rotate`` renews them by this list. A value that is used with
something else in its row (a password with the relay it goes to, a mail with its recipient) is bound
to it: whoever can write the database cannot have it sent elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.crypto.box import Place


def _as_they_are(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return values


@dataclass(frozen=True)
class SealedColumn:
    """``row`` is the column whose value names the row in the seal's place.

    ``beside`` are the columns that ``bound`` reads; ``bound`` gives what the value is bound to.
    Nothing and an empty text count as absent, so a column that is added later and is empty in the
    rows that exist can join without anything being sealed anew.
    """

    table: str
    column: str
    row: str
    beside: tuple[str, ...] = ()
    bound: Callable[[Mapping[str, Any]], Mapping[str, Any]] = _as_they_are

    def place(self, row: object, **beside: object) -> Place:
        """The place of the value in that row. Raises ``KeyError`` for a column that is missing."""
        found = self.bound({name: beside[name] for name in self.beside})
        return self._place(row, sorted(found.items()))

    def place_in(self, record: object) -> Place:
        """The same, from a model or a row of a query that has the columns."""
        row = getattr(record, self.row)
        if self.bound is _as_they_are:  # as with every mail, which is opened when it is claimed
            return self._place(row, [(name, getattr(record, name)) for name in self._names])
        return self.place(row, **{name: getattr(record, name) for name in self.beside})

    def _place(self, row: object, found: list[tuple[str, Any]]) -> Place:
        pairs = [
            (name, int(value) if isinstance(value, bool) else value)
            for name, value in found
            if value is not None and value != ""
        ]
        return Place(f"{self.table}:{row}:{self.column}", tuple(pairs))

    @cached_property
    def _names(self) -> list[str]:
        return sorted(self.beside)


TOKEN_FIELDS = ("login_method", "cloud", "tenant_id", "client_id", "client_credential")
"""What only a login with a token needs: whose token, and who asks for it."""

DESTINATION = (
    *("provider", "host", "port", "secure", "encryption", "ignore_tls_errors"),
    *("username", "region", *TOKEN_FIELDS),
    *("trust", "ca_certificates", "certificate_pin", "client_certificate"),
)
"""Where the mail secret goes and how well it is guarded on the way: the fields of
:class:`app.mailer.destination.Destination`, as they are stored."""


def _destination(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A password, which may have been sealed before there was anything else, is bound to nothing
    that is about tokens; and trust in the usual authorities is what there was before any choice."""
    if values.get("trust") == "system":
        values = {name: value for name, value in values.items() if name != "trust"}
    if values.get("login_method") in {None, "", "password"}:
        return {name: value for name, value in values.items() if name not in TOKEN_FIELDS}
    return values


def _destination_of_the_draft(values: Mapping[str, Any]) -> Mapping[str, Any]:
    answers = values["answers"]
    if isinstance(answers, str):  # as SQLite keeps it
        answers = json.loads(answers)
    mail = answers.get("mail") or {}
    return _destination({name: mail.get(name) for name in DESTINATION})


MAILER_PASSWORD = SealedColumn(
    "mailer_configuration", "password_sealed", "id", DESTINATION, _destination
)
MAILER_CLIENT_KEY = SealedColumn(
    "mailer_configuration", "client_key_sealed", "id", DESTINATION, _destination
)
DRAFT_PASSWORD = SealedColumn(
    "setup_draft", "sealed_mail_password", "id", ("answers",), _destination_of_the_draft
)
DRAFT_CLIENT_KEY = SealedColumn(
    "setup_draft", "sealed_client_key", "id", ("answers",), _destination_of_the_draft
)
OUTBOX_BYTES = SealedColumn("outbox_messages", "sealed_bytes", "public_id", ("rcpt_to", "kind"))
AUDIT_KEY = SealedColumn("audit_keys", "sealed", "key_id")
# Tokens keep a copy of the destination that they are for; whoever uses them compares it.
REFRESH_TOKEN = SealedColumn("mailer_tokens", "refresh_sealed", "id", ("destination",))
ACCESS_TOKEN = SealedColumn("mailer_tokens", "access_sealed", "id", ("destination",))
SIGN_IN = SealedColumn("mailer_sign_ins", "secret_sealed", "id", ("destination", "state_digest"))
ALERT_URL = SealedColumn("alert_targets", "url_sealed", "id", ("kind", "host"))
ALERT_SECRET = SealedColumn("alert_targets", "secret_sealed", "id", ("kind", "host"))
SEALED_COLUMNS = (
    *(MAILER_PASSWORD, MAILER_CLIENT_KEY, REFRESH_TOKEN, ACCESS_TOKEN, SIGN_IN),
    *(DRAFT_PASSWORD, DRAFT_CLIENT_KEY, OUTBOX_BYTES, AUDIT_KEY, ALERT_URL, ALERT_SECRET),
)


def holds_ciphertext(session: Session) -> bool:
    """Whether anything is sealed: then a lost key must be found, and none may be made instead."""
    return any(
        session.execute(
            text(f"SELECT 1 FROM {c.table} WHERE {c.column} IS NOT NULL LIMIT 1")  # noqa: S608 - fixed names
        ).first()
        for c in SEALED_COLUMNS
    )


def counted(number: int) -> str:
    """So many sealed values, in words."""
    return "1 sealed value" if number == 1 else f"{number:,} sealed values"
