"""Previews of analyses in lists: a frame of the video, or the shares of its expressions as a bar."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from emotion.errors import EmotionError
from emotion.labels import ANSWER_COLOURS, UNCLEAR, in_display_order
from emotion.library import Entry, Repository
from emotion.report.stills import poster_of

_STRIP_PX = 160, 90
_STRIPES = (
    '<defs><pattern id="s" width="12" height="12" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="7" height="12" fill="{ANSWER_COLOURS[UNCLEAR]}"/></pattern></defs>'
)
"""Fill of unclear time."""


def preview_of(library: Repository, entry: Entry) -> str | None:
    """Return the preview of an analysis as a data URL; None if there is nothing to show.

    Args:
        library: Where the analysis is.
        entry: The analysis.
    """
    if entry.has_video and (path := library.video_path(entry.id)) is not None:
        length_s = 0.0 if entry.info is None else entry.info.duration_s
        with contextlib.suppress(EmotionError):
            return _frame(entry.id, path, length_s / 3)
    shares = (entry.summary or {}).get("shares") or {}
    return _strip(shares) if any(shares.values()) else None


@st.cache_resource(max_entries=200, show_spinner=False)
def _frame(entry_id: str, _path: Path, time_s: float) -> str:
    """Return a frame of a video as a data URL, read once per analysis.

    Raises:
        EmotionError: The video cannot be read, for now at least: a failure is not kept.
    """
    return _data_url(poster_of(_path, time_s), "image/jpeg")


def forget_previews() -> None:
    """Drop the frames of all videos from memory."""
    _frame.clear()


def _strip(shares: Mapping[str, float]) -> str:
    """Return shares of expressions as one bar in their colours."""
    width, height = _STRIP_PX
    total, left, parts = sum(shares.values()), 0.0, []
    for answer, share in in_display_order(shares).items():
        part = width * share / total
        fill = "url(#s)" if answer == UNCLEAR else ANSWER_COLOURS[answer]
        parts.append(f'<rect x="{left:.1f}" width="{part:.1f}" height="{height}" fill="{fill}"/>')
        left += part
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{_STRIPES}{"".join(parts)}</svg>'
    )
    return _data_url(picture.encode(), "image/svg+xml")


def _data_url(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
