"""What the relay answered to the last real send that failed, as for a pause and a test; test mails
are counted where everything is that is limited

The test mails of the last minutes go along, so that an upgrade gives nobody five more. A process of
the version before sends none until it is restarted: it has nowhere to count them.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

from app.database import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEST_SENDS = sa.table(
    "mailer_test_sends", sa.column("user_id", ROW_ID), sa.column("at", UtcDateTime(timezone=True))
)
THROTTLES = sa.table(
    "throttles",
    sa.column("purpose", sa.String()),
    sa.column("subject", sa.String()),
    sa.column("at", UtcDateTime(timezone=True)),
)


def upgrade() -> None:
    op.add_column("mail_health", sa.Column("last_failure_reply_code", sa.Integer(), nullable=True))
    op.add_column(
        "mail_health", sa.Column("last_failure_enhanced_code", sa.String(length=12), nullable=True)
    )
    sends = op.get_bind().execute(sa.select(TEST_SENDS.c.user_id, TEST_SENDS.c.at)).all()
    op.bulk_insert(
        THROTTLES,
        [
            {
                "purpose": "test-mail",
                "subject": hashlib.sha256(f"person:{user_id}".encode()).hexdigest(),
                "at": at,
            }
            for user_id, at in sends
        ],
    )
    op.drop_table("mailer_test_sends")


def downgrade() -> None:
    # Whose they were cannot be told from a hash: who goes back has five tests again.
    op.create_table(
        "mailer_test_sends",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("user_id", ROW_ID, nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailer_test_sends")),
    )
    op.create_index("ix_mailer_test_sends_user_at", "mailer_test_sends", ["user_id", "at"])
    op.execute(sa.delete(THROTTLES).where(THROTTLES.c.purpose == "test-mail"))
    with op.batch_alter_table("mail_health") as table:
        table.drop_column("last_failure_enhanced_code")
        table.drop_column("last_failure_reply_code")
