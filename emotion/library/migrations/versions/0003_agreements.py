"""Owners' consent: purpose, version of the notice, and time."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("owners", sa.Column("purpose", sa.Text))
    op.add_column("owners", sa.Column("notice_version", sa.Text))
    op.add_column("owners", sa.Column("agreed_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Drop the columns."""
    for column in ("purpose", "notice_version", "agreed_at"):
        op.drop_column("owners", column)
