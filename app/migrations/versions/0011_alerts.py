"""Alerts: where they go, what is wrong, what is said and how it fares; counters that only grow

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.database import JsonColumn, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OPEN = sa.text("closed_at IS NULL")
CAUSED = ("outbox_messages", "mail_intents")
UNDER_WAY = sa.text("state IN ('waiting', 'sending')")


def _when(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime(timezone=True), nullable=nullable)


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _number(name: str, kind: type[sa.Integer]) -> sa.Column[object]:
    return sa.Column(name, kind(), server_default="0", nullable=False)


def upgrade() -> None:
    op.create_table(
        "alert_targets",
        _text("id", 32),
        _text("kind", 16),
        _text("name", 64),
        _text("host", 300),
        _text("ending", 4),
        sa.Column("url_sealed", sa.Text(), nullable=True),
        sa.Column("secret_sealed", sa.Text(), nullable=True),
        _when("created_at"),
        _text("created_by", 320),
        _when("tried_at", nullable=True),
        _when("succeeded_at", nullable=True),
        _text("outcome", 24, nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        _when("broken_at", nullable=True),
        _when("ping_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_targets")),
    )
    op.create_table(
        "alert_incidents",
        _text("id", 32),
        _text("subject", 80),
        _text("state", 24),
        sa.Column("code", sa.String(length=40), server_default="", nullable=False),
        _when("began_at"),
        _when("since"),
        _text("told", 24, nullable=True),
        _when("told_at", nullable=True),
        _when("closed_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_incidents")),
    )
    op.create_index(
        "uq_alert_incidents_open",
        "alert_incidents",
        ["subject"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index("ix_alert_incidents_closed_at", "alert_incidents", ["closed_at"])
    op.create_table(
        "alert_messages",
        _text("id", 40),
        _text("subject", 80),
        _text("type", 40),
        _text("incident_id", 32, nullable=True),
        _when("at"),
        sa.Column("facts", JsonColumn, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_messages")),
    )
    op.create_index("ix_alert_messages_subject_at", "alert_messages", ["subject", "at"])
    op.create_index("ix_alert_messages_at", "alert_messages", ["at"])
    op.create_table(
        "alert_deliveries",
        _text("id", 32),
        _text("message_id", 40),
        _text("target_id", 32),
        _text("state", 12),
        _number("attempts", sa.Integer),
        _number("fence", sa.Integer),
        _when("due_at"),
        _when("lease_until", nullable=True),
        _text("outcome", 24, nullable=True),
        _when("finished_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["alert_messages.id"],
            name=op.f("fk_alert_deliveries_message_id_alert_messages"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["alert_targets.id"],
            name=op.f("fk_alert_deliveries_target_id_alert_targets"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_deliveries")),
    )
    op.create_index(op.f("ix_alert_deliveries_message_id"), "alert_deliveries", ["message_id"])
    op.create_index("ix_alert_deliveries_target_id", "alert_deliveries", ["target_id"])
    op.create_index(
        "ix_alert_deliveries_due",
        "alert_deliveries",
        ["due_at"],
        sqlite_where=UNDER_WAY,
        postgresql_where=UNDER_WAY,
    )
    op.create_table(
        "mail_canary",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        _when("lease_until", nullable=True),
        _when("at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        _text("code", 32, nullable=True),
        _text("phase", 16, nullable=True),
        sa.Column("reply_code", sa.Integer(), nullable=True),
        _text("enhanced_code", 12, nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=True),
        _number("failures", sa.Integer),
        _when("failing_since", nullable=True),
        _when("passed_at", nullable=True),
        _text("mail_to", 320, nullable=True),
        _when("mail_at", nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_mail_canary_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_canary")),
    )
    op.create_table(
        "counters",
        _text("name", 40),
        _text("labels", 300),
        _number("number", sa.BigInteger),
        _number("milliseconds", sa.BigInteger),
        sa.PrimaryKeyConstraint("name", "labels", name=op.f("pk_counters")),
    )
    for table in CAUSED:
        op.add_column(table, _text("correlation_id", 64, nullable=True))


def downgrade() -> None:
    for table in CAUSED:
        op.drop_column(table, "correlation_id")
    for table in (
        "counters",
        "mail_canary",
        "alert_deliveries",
        "alert_messages",
        "alert_incidents",
        "alert_targets",
    ):
        op.drop_table(table)
