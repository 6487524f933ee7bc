"""Estimates how long the analysis of videos takes."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from emotion.library import Entry, JobSettings, Repository, State
from emotion.types import VideoInfo
from ui.common.widgets import duration_text

FIRST_GUESS_FPS = 100.0
"""Frames per second before the first analysis on this server: a third of the speed of two cores."""

_RECENT = 10


def speed_of(library: Repository) -> float:
    """Return the median speed of recent analyses, frames per second."""
    recent = library.search(states=[State.DONE], limit=_RECENT).entries
    speeds = [speed for entry in recent if (speed := _speed(entry)) is not None]
    return median(speeds) if speeds else FIRST_GUESS_FPS


def _speed(entry: Entry) -> float | None:
    if entry.settings.live or entry.started_at is None or entry.finished_at is None:
        return None
    seconds = (entry.finished_at - entry.started_at).total_seconds()
    return entry.done / seconds if seconds > 0 and entry.done else None


def estimate_text(videos: Sequence[tuple[VideoInfo, JobSettings]], frames_per_s: float) -> str:
    """Return length, size and estimated time of the analysis in one line.

    Args:
        videos: Facts and settings of each video, at least one.
        frames_per_s: Expected speed of the analysis.
    """
    length_s = sum(info.duration_s for info, _ in videos)
    frames = sum(settings.sampling.expected_frames(info) for info, settings in videos)
    parts = [duration_text(length_s)]
    if len(videos) == 1:
        info = videos[0][0]
        parts += [f"{info.width} × {info.height} px", f"{info.fps:.0f} frames/s"]
    takes = duration_text(max(round(frames / frames_per_s), 1))
    return f"{' · '.join(parts)} · {frames:,} frames to analyse, about {takes.replace('.0 s', ' s')}"
