"""Studies with participants, stimuli and cells."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_MOMENT = sa.DateTime(timezone=True)


def _of_study() -> sa.Column:
    return sa.Column("study_id", sa.String(32), sa.ForeignKey("studies.id", ondelete="CASCADE"), primary_key=True)


def _named(name: str) -> sa.Column:
    return sa.Column(name, sa.String(100), primary_key=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "studies",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("studies_by_change", "studies", ["owner", "changed_at"])
    op.create_table(
        "study_participants",
        _of_study(),
        _named("name"),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("variables", sa.JSON, nullable=False),
        sa.Column("consent", sa.String(20), nullable=False),
        sa.Column("excluded", sa.Text, nullable=False),
    )
    op.create_table(
        "study_stimuli",
        _of_study(),
        _named("name"),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("variables", sa.JSON, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("before_s", sa.Double, nullable=False),
        sa.Column("after_s", sa.Double),
    )
    op.create_table(
        "study_cells",
        _of_study(),
        _named("participant"),
        _named("stimulus"),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("analysis_id", sa.String(32), sa.ForeignKey("analyses.id", ondelete="CASCADE"), nullable=False),
        sa.Column("start_s", sa.Double),
        sa.Column("end_s", sa.Double),
        sa.Column("track", sa.Integer),
    )
    op.create_index("study_cells_by_analysis", "study_cells", ["analysis_id"])


def downgrade() -> None:
    """Drop the tables."""
    for table in ("study_cells", "study_stimuli", "study_participants", "studies"):
        op.drop_table(table)
