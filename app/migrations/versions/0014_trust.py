"""Whom a relay's certificate may come from, and what we show it

What is sealed already stays readable: the usual authorities, which everybody has from here on, are
no part of a seal. With any others a process of the version before cannot open what is stored, and
sends nothing to a relay that it could not tell from another.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

def _configuration() -> list[sa.Column[str]]:
    return [
        sa.Column("trust", sa.String(length=16), server_default="system", nullable=False),
        sa.Column("ca_certificates", sa.Text(), nullable=True),
        sa.Column("certificate_pin", sa.String(length=100), nullable=True),
        sa.Column("client_certificate", sa.Text(), nullable=True),
        sa.Column("client_key_sealed", sa.Text(), nullable=True),
    ]


def upgrade() -> None:
    for column in _configuration():
        op.add_column("mailer_configuration", column)
    op.add_column("setup_draft", sa.Column("sealed_client_key", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("setup_draft") as table:
        table.drop_column("sealed_client_key")
    with op.batch_alter_table("mailer_configuration") as table:
        for column in reversed(_configuration()):
            table.drop_column(column.name)
