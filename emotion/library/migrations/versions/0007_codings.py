"""Codebooks of studies, and what coders coded."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def _of_study() -> sa.Column:
    return sa.Column("study_id", sa.String(32), sa.ForeignKey("studies.id", ondelete="CASCADE"), primary_key=True)


def _named(name: str) -> sa.Column:
    return sa.Column(name, sa.String(100), primary_key=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "study_codebooks",
        _of_study(),
        sa.Column("codebook", sa.JSON, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "study_codings",
        _of_study(),
        _named("coder"),
        _named("participant"),
        _named("stimulus"),
        sa.Column("analysis_id", sa.String(32), sa.ForeignKey("analyses.id", ondelete="CASCADE"), nullable=False),
        sa.Column("spans", sa.JSON, nullable=False),
        sa.Column("finished", sa.Boolean, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("study_codings_by_analysis", "study_codings", ["analysis_id"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("study_codings")
    op.drop_table("study_codebooks")
