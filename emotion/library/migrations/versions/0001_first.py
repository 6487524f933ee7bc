"""Tables of analyses, tags and owners."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_MOMENT = sa.DateTime(timezone=True)


def _by_code_point(length: int) -> sa.String:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "analyses",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("title_key", _by_code_point(300), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("source_sha256", sa.String(64), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("happened_at", _MOMENT, nullable=False),
        sa.Column("queued_at", _MOMENT, nullable=False),
        sa.Column("started_at", _MOMENT),
        sa.Column("finished_at", _MOMENT),
        sa.Column("kept_until", _MOMENT),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("rate", sa.Double, nullable=False),
        sa.Column("heartbeat_at", _MOMENT),
        sa.Column("worker_host", sa.Text),
        sa.Column("worker_pid", sa.Integer),
        sa.Column("run", sa.String(32)),
        sa.Column("cancel_asked", sa.Boolean, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("info", sa.JSON),
        sa.Column("summary", sa.JSON),
        sa.Column("edits", sa.JSON, nullable=False),
        sa.Column("duration_s", sa.Double),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("has_video", sa.Boolean, nullable=False),
    )
    op.create_index("analyses_by_creation", "analyses", ["owner", "created_at"])
    op.create_index("analyses_by_title", "analyses", ["owner", "title_key"])
    op.create_index("analyses_by_day", "analyses", ["owner", "happened_at"])
    op.create_index("analyses_in_queue", "analyses", ["state", "queued_at"])
    op.create_index("analyses_by_expiry", "analyses", ["kept_until"])
    op.create_table(
        "analysis_tags",
        sa.Column("analysis_id", sa.String(32), sa.ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("tag", _by_code_point(100), primary_key=True),
        sa.Column("owner", sa.String(200), nullable=False),
    )
    op.create_index("analysis_tags_by_tag", "analysis_tags", ["owner", "tag"])
    op.create_table(
        "owners",
        sa.Column("owner", sa.String(200), primary_key=True),
        sa.Column("retention_days", sa.Integer),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("owners", "analysis_tags", "analyses"):
        op.drop_table(table)
