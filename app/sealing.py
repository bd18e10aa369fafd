"""Every column that holds sealed values: what ``keys doctor`` reads and ``keys rotate`` renews."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class SealedColumn:
    """``row`` is the column whose value names the row in the seal's place."""

    table: str
    column: str
    row: str

    def place(self, row: object) -> str:
        """The associated data of the value in that row."""
        return f"{self.table}:{row}:{self.column}"


MAILER_PASSWORD = SealedColumn("mailer_configuration", "password_sealed", "id")
DRAFT_PASSWORD = SealedColumn("setup_draft", "sealed_mail_password", "id")
OUTBOX_BYTES = SealedColumn("outbox_messages", "sealed_bytes", "public_id")
AUDIT_KEY = SealedColumn("audit_keys", "sealed", "key_id")
SEALED_COLUMNS = (MAILER_PASSWORD, DRAFT_PASSWORD, OUTBOX_BYTES, AUDIT_KEY)


def holds_ciphertext(session: Session) -> bool:
    """Whether anything is sealed: then a lost key must be found, and none may be made instead."""
    return any(
        session.execute(
            text(f"SELECT 1 FROM {c.table} WHERE {c.column} IS NOT NULL LIMIT 1")  # noqa: S608 - fixed names
        ).first()
        for c in SEALED_COLUMNS
    )
