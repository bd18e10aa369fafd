"""What pages count and list stays quick beside a million mails

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MESSAGES = "outbox_messages"
ONLY = {
    "ix_outbox_messages_failed": (["state", "finished_at"], "state = 'failed'"),
    "ix_outbox_messages_ended": (["ended_because", "state", "id"], "ended_because IS NOT NULL"),
}


def upgrade() -> None:
    for name, (columns, condition) in ONLY.items():
        where = sa.text(condition)
        op.create_index(name, MESSAGES, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name in ONLY:
        op.drop_index(name, MESSAGES)
