"""The library's tables; changes need a migration in ``migrations/versions``."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Double, ForeignKey, Index, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

Json = JSON(none_as_null=True)
BY_CODE_POINT = String(300).with_variant(String(300, collation="C"), "postgresql")
"""Sorted the same way by both databases and by Python."""


class UtcDateTime(TypeDecorator[dt.datetime]):
    """A timestamp with a time zone, which SQLite does not store."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Return the time in UTC."""
        return None if value is None else value.astimezone(dt.UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> dt.datetime | None:
        """Return the time in UTC, with its zone."""
        if value is None:
            return None
        moment: dt.datetime = value
        return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


class Base(DeclarativeBase):
    """Base class of all tables."""

    type_annotation_map = {dt.datetime: UtcDateTime, dict[str, Any]: Json, str: Text}  # noqa: RUF012 – SQLAlchemy's own


class AnalysisRow(Base):
    """One analysis: settings, progress and results, without its timeline."""

    __tablename__ = "analyses"
    __table_args__ = (
        Index("analyses_by_creation", "owner", "created_at"),
        Index("analyses_by_title", "owner", "title_key"),
        Index("analyses_by_day", "owner", "happened_at"),
        Index("analyses_in_queue", "state", "queued_at"),
        Index("analyses_by_expiry", "kept_until"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(200))
    title: Mapped[str]
    title_key: Mapped[str] = mapped_column(BY_CODE_POINT)
    """Sort key of the title: case-folded and truncated."""
    source: Mapped[str]
    source_sha256: Mapped[str] = mapped_column(String(64), default="")
    words: Mapped[str] = mapped_column(default="")
    """Searchable text, case-folded."""

    created_at: Mapped[dt.datetime]
    happened_at: Mapped[dt.datetime]
    """When the video was recorded, if that is known, else when it was added."""
    queued_at: Mapped[dt.datetime]
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
    kept_until: Mapped[dt.datetime | None]

    state: Mapped[str] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    rate: Mapped[float] = mapped_column(Double, default=0.0)
    heartbeat_at: Mapped[dt.datetime | None]
    worker_host: Mapped[str | None]
    worker_pid: Mapped[int | None]
    run: Mapped[str | None] = mapped_column(String(32))
    """Number of the latest claim; a worker with an older one, which was taken for dead, may no longer write."""
    cancel_asked: Mapped[bool] = mapped_column(default=False)

    settings: Mapped[dict[str, Any]]
    info: Mapped[dict[str, Any] | None]
    summary: Mapped[dict[str, Any] | None]
    edits: Mapped[dict[str, Any]]
    edits_version: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often the edits were saved."""
    duration_s: Mapped[float | None] = mapped_column(Double)
    bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    has_video: Mapped[bool] = mapped_column(default=False)

    tags: Mapped[list[TagRow]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", passive_deletes=True, order_by="TagRow.tag"
    )


class TagRow(Base):
    """One tag of one analysis."""

    __tablename__ = "analysis_tags"
    __table_args__ = (Index("analysis_tags_by_tag", "owner", "tag"),)

    analysis_id: Mapped[str] = mapped_column(ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(
        String(100).with_variant(String(100, collation="C"), "postgresql"), primary_key=True
    )
    owner: Mapped[str] = mapped_column(String(200))


class OwnerRow(Base):
    """An owner's retention period, display name and consent."""

    __tablename__ = "owners"

    owner: Mapped[str] = mapped_column(String(200), primary_key=True)
    retention_days: Mapped[int | None]
    name: Mapped[str | None]
    purpose: Mapped[str | None]
    notice_version: Mapped[str | None]
    agreed_at: Mapped[dt.datetime | None]


class StudyRow(Base):
    """One study; its participants, stimuli and cells are in separate tables."""

    __tablename__ = "studies"
    __table_args__ = (Index("studies_by_change", "owner", "changed_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(200))
    title: Mapped[str]
    created_at: Mapped[dt.datetime]
    changed_at: Mapped[dt.datetime]
    version: Mapped[int] = mapped_column(default=0)
    """How often it was saved."""


class StudyParticipantRow(Base):
    """One participant of one study."""

    __tablename__ = "study_participants"

    study_id: Mapped[str] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    place: Mapped[int]
    variables: Mapped[dict[str, Any]]
    consent: Mapped[str] = mapped_column(String(20))
    excluded: Mapped[str]


class StudyStimulusRow(Base):
    """One stimulus of one study."""

    __tablename__ = "study_stimuli"

    study_id: Mapped[str] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    place: Mapped[int]
    variables: Mapped[dict[str, Any]]
    event: Mapped[str]
    before_s: Mapped[float] = mapped_column(Double)
    after_s: Mapped[float | None] = mapped_column(Double)


class StudyCellRow(Base):
    """The analysis, or part of one, of one participant and stimulus; deleted with the analysis."""

    __tablename__ = "study_cells"
    __table_args__ = (Index("study_cells_by_analysis", "analysis_id"),)

    study_id: Mapped[str] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"), primary_key=True)
    participant: Mapped[str] = mapped_column(String(100), primary_key=True)
    stimulus: Mapped[str] = mapped_column(String(100), primary_key=True)
    place: Mapped[int]
    analysis_id: Mapped[str] = mapped_column(ForeignKey("analyses.id", ondelete="CASCADE"))
    start_s: Mapped[float | None] = mapped_column(Double)
    end_s: Mapped[float | None] = mapped_column(Double)
    track: Mapped[int | None]


class StudyCodebookRow(Base):
    """The codebook of one study, once it was changed."""

    __tablename__ = "study_codebooks"

    study_id: Mapped[str] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"), primary_key=True)
    codebook: Mapped[dict[str, Any]]
    version: Mapped[int]
    """How often it was saved."""


class StudyCodingRow(Base):
    """What one coder coded in one video; deleted with the analysis, whose video it is about."""

    __tablename__ = "study_codings"
    __table_args__ = (Index("study_codings_by_analysis", "analysis_id"),)

    study_id: Mapped[str] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"), primary_key=True)
    coder: Mapped[str] = mapped_column(String(100), primary_key=True)
    participant: Mapped[str] = mapped_column(String(100), primary_key=True)
    stimulus: Mapped[str] = mapped_column(String(100), primary_key=True)
    analysis_id: Mapped[str] = mapped_column(ForeignKey("analyses.id", ondelete="CASCADE"))
    spans: Mapped[list[Any]] = mapped_column(Json)
    finished: Mapped[bool]
    changed_at: Mapped[dt.datetime]
    version: Mapped[int]
    """How often it was saved."""


class ApiTokenRow(Base):
    """A token with which a program acts for an owner; only its digest is stored."""

    __tablename__ = "api_tokens"
    __table_args__ = (Index("api_tokens_by_owner", "owner"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the token, in hexadecimal."""
    owner: Mapped[str] = mapped_column(String(200))
    name: Mapped[str]
    address: Mapped[str] = mapped_column(default="")
    """Verified e-mail address of its creator, for later checks of their access; empty without sign-in."""
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]


class ApiRequestRow(Base):
    """An idempotency key of the HTTP API, with the analysis that its request made."""

    __tablename__ = "api_requests"

    owner: Mapped[str] = mapped_column(String(200), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    analysis_id: Mapped[str | None] = mapped_column(ForeignKey("analyses.id", ondelete="CASCADE"))
    """None while the request is being answered."""
    created_at: Mapped[dt.datetime]


CONTENT = tuple(
    table for table in Base.metadata.sorted_tables if table not in {ApiTokenRow.__table__, ApiRequestRow.__table__}
)
"""Tables that a backup holds. Tokens are left out, as a restore would bring back those that were revoked."""
