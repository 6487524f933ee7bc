"""An analysis of the library as an immutable value, without its timeline."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from emotion.analytics.edits import Edits
from emotion.errors import JOINERS, InputError, printable_line
from emotion.models.registry import resolve
from emotion.output_names import folded_name
from emotion.types import VideoInfo
from emotion.vision.decode.sampling import Sampling

LOCAL = "local"
"""The owner of everything if nobody signs in."""
MAX_TITLE, _MAX_TAG = 200, 100
"""Longest title and tag, characters."""


class State(StrEnum):
    """State of an analysis."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def is_over(self) -> bool:
        """Whether the analysis has ended."""
        return self not in {State.QUEUED, State.RUNNING}


@dataclass(frozen=True, slots=True)
class JobSettings:
    """Settings of an analysis.

    Attributes:
        model: A name from :func:`emotion.list_models`, or ``"default"``.
        detector: ``"blazeface"`` or ``"haar"``.
        every: Analyse every n-th frame.
        fps: At most this many frames per second of video, instead of every n-th.
        start_s: Start of the part to analyse.
        end_s: End of the part, exclusive; None for the end of the video.
        keep_video: Whether to keep the video after the analysis.
        captured_at: Recording time, if known.
        live: Whether it is a live recording, which has no video for a worker.
        eyes: Whether to measure eyelids and gaze.
        movements: Whether to measure brows, lids, lips and jaw.

    Raises:
        VideoError: A value is out of range.
    """

    model: str = "default"
    detector: str = "blazeface"
    every: int = 1
    fps: float | None = None
    start_s: float = 0.0
    end_s: float | None = None
    keep_video: bool = False
    captured_at: dt.datetime | None = None
    live: bool = False
    eyes: bool = True
    movements: bool = True

    def __post_init__(self) -> None:
        # Resolved now, because a default that changes before a resumed run would mix two models.
        object.__setattr__(self, "model", resolve(self.model))
        _ = self.sampling

    @property
    def sampling(self) -> Sampling:
        """The frames to analyse."""
        return Sampling(self.every, self.fps, self.start_s, self.end_s)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        captured = None if self.captured_at is None else self.captured_at.astimezone(dt.UTC).isoformat()
        return asdict(self) | {"captured_at": captured}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> JobSettings:
        """Build from :meth:`to_dict`'s output; ``eyes`` and ``movements`` are off if missing."""
        captured = values.get("captured_at")
        moment = None if captured is None else dt.datetime.fromisoformat(captured)
        return cls(**{"eyes": False, "movements": False, **values, "captured_at": moment})


@dataclass(frozen=True, slots=True)
class SavedEdits:
    """The edits of an analysis as they are stored.

    Attributes:
        edits: The edits.
        version: How often they were saved.
        conflicts: What could not be saved because somebody else had changed it, such as ``"the name of Person 2"``.
    """

    edits: Edits
    version: int
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One analysis of the library.

    Attributes:
        id: 32 hexadecimal digits.
        owner: Owner ID.
        title: Title given by its owner.
        source: Name of the uploaded file, for display only.
        source_sha256: The file's digest.
        state: State.
        note: What went wrong, in one sentence, or empty.
        created_at: When it was added (UTC, like all times).
        started_at: When a worker first took it.
        finished_at: When it ended.
        happened_at: When the video was recorded, or else added; sets its day in the calendar.
        done: Frames analysed so far.
        total: Estimated number of frames to analyse.
        rate: Frames per second.
        settings: Settings of the analysis.
        info: Facts of the video; None until probed.
        summary: The whole video's figures (:func:`emotion.analytics.summary.summarise`), with ``people``, their
            number, in place of ``tracks``; None before the end.
        edits: Edits by its owner.
        edits_version: How often they were saved.
        tags: Sorted.
        bytes: Size in storage.
        has_video: Whether the video is stored.
        kept_until: When it will be deleted; None for never.
    """

    id: str
    owner: str
    title: str
    source: str
    source_sha256: str
    state: State
    note: str
    created_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    happened_at: dt.datetime
    done: int
    total: int
    rate: float
    settings: JobSettings
    info: VideoInfo | None
    summary: dict[str, Any] | None
    edits: Edits
    edits_version: int
    tags: tuple[str, ...]
    bytes: int
    has_video: bool
    kept_until: dt.datetime | None

    @property
    def saved_edits(self) -> SavedEdits:
        """The edits with their version."""
        return SavedEdits(self.edits, self.edits_version)

    @property
    def share(self) -> float:
        """Share done, 0–1."""
        return min(self.done / self.total, 1.0) if self.total > 0 else 0.0

    @property
    def remaining_s(self) -> float | None:
        """Estimated time left, s; None if unknown."""
        return max(self.total - self.done, 0) / self.rate if self.state is State.RUNNING and self.rate > 0 else None

    @property
    def can_resume(self) -> bool:
        """Whether it can be resumed."""
        return self.state in {State.INTERRUPTED, State.FAILED} and self.has_video


def clean_title(text: str) -> str:
    """Return a title or file name as one line of at most 200 characters."""
    return _clean(text)[:MAX_TITLE].rstrip(JOINERS) or "untitled"


def clean_tags(tags: list[str] | tuple[str, ...]) -> list[str]:
    """Return sorted, unique tags of one line each.

    Raises:
        InputError: A tag is longer than 100 characters.
    """
    cleaned = sorted({_clean(tag) for tag in tags} - {""})
    if long := next((tag for tag in cleaned if len(tag) > _MAX_TAG), None):
        raise InputError(f"expected tags of at most {_MAX_TAG} characters; {long[:20]}… has {len(long)}")
    return cleaned


def _clean(text: str) -> str:
    """Return text as one line of visible characters; of joiners, only those inside words and emojis stay."""
    line = f" {printable_line(text, JOINERS)} "
    kept = (
        sign
        for before, sign, after in zip(line, line[1:], line[2:], strict=False)
        if sign not in JOINERS or (_can_be_joined(before) and _can_be_joined(after))
    )
    return " ".join("".join(kept).split())


def _can_be_joined(sign: str) -> bool:
    """Return whether a character is a letter, a mark on one, a digit, or a symbol such as an emoji."""
    return unicodedata.category(sign)[0] in "LMNS"


def folded(text: str) -> str:
    """Return text for searching and sorting: case-folded, without characters that databases cannot store."""
    return "".join(sign if sign.isprintable() else " " for sign in folded_name(text))
