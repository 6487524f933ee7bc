"""Display names of owners."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column."""
    op.add_column("owners", sa.Column("name", sa.Text))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("owners", "name")
