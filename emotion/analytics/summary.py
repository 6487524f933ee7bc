"""Summarises an analysis as plain JSON types.

If the classifier has a limit (:mod:`emotion.analytics.abstention`), unclear time has its own share, and all other
figures are of the clear answers alone. People are computed together, as groups of rows, as a video with many cuts has
thousands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from emotion.analytics.abstention import answer_names, answers, unclear_rows
from emotion.analytics.apply import with_duration
from emotion.analytics.durations import counted_durations, row_durations, weights_of
from emotion.analytics.flicker import steady_answers
from emotion.analytics.timeline import probability_columns
from emotion.labels import UNCLEAR
from emotion.types import Analysis

SMILE = "happiness"
_SEEN = ("first_s", "last_s", "frames", "seconds")


def _shares(
    groups: pd.Series, timeline: pd.DataFrame, weights: pd.Series, labels: tuple[str, ...], abstain_below: float
) -> pd.DataFrame:
    """Return each group's share of face time per label, summing to 1.

    Args:
        groups: The group of each row.
        timeline: A timeline, or some rows of one.
        weights: Seconds per row (:func:`row_durations`); rows of a group weigh the same if all are zero.
        labels: The labels, in order.
        abstain_below: The limit of unclear answers, whose share is the last column; 0 for none.
    """
    weights = weights_of(weights, groups)
    time = weights.groupby([groups, answers(timeline, abstain_below)]).sum().unstack(fill_value=0)
    time = time.reindex(columns=list(answer_names(labels, abstain_below)), fill_value=0.0)
    return time.div(time.sum(axis=1), axis=0)


def dominant(parts: Mapping[str, float]) -> str | None:
    """Return the label with the largest share, UNCLEAR if no label has any, or None without a face."""
    label = max((name for name in parts if name != UNCLEAR), key=parts.__getitem__)
    if parts[label] > 0:
        return label
    return UNCLEAR if parts.get(UNCLEAR, 0.0) > 0 else None


def _smile_indices(groups: pd.Series, timeline: pd.DataFrame, weights: pd.Series, labels: tuple[str, ...]) -> pd.Series:
    """Return each group's share of the time with a face in which happiness leads, 0–1.

    In a frame with several faces of a group, the label with the largest mean probability leads.

    Args:
        groups: The group of each row.
        timeline: The rows that count, in :func:`summarise` the clear ones.
        weights: Seconds per row; frames of a group weigh the same if all are zero.
        labels: The labels, in order.
    """
    if timeline.empty or SMILE not in labels:
        return pd.Series(dtype=np.float64)
    keys = [groups, timeline["frame_index"]]
    means = timeline.groupby(keys)[probability_columns(labels)].mean()
    seconds = weights_of(weights.groupby(keys).first(), means.index.get_level_values(0))
    smiling = seconds.where(means.to_numpy().argmax(axis=1) == labels.index(SMILE), 0.0)
    return smiling.groupby(level=0).sum() / seconds.groupby(level=0).sum()


def _changes(timeline: pd.DataFrame, said: pd.Series) -> pd.Series:
    """Return for each row whether its answer differs from that person's last clear one."""
    clear = said != UNCLEAR
    rows = timeline.loc[clear, ["track_id", "frame_index"]].assign(said=said[clear])
    rows = rows.sort_values(["track_id", "frame_index"])
    codes, tracks = pd.factorize(rows["said"])[0], rows["track_id"].to_numpy()
    changed = (np.diff(codes) != 0) & (np.diff(tracks) == 0)
    marks = pd.Series(np.append(False, changed)[: len(rows)], index=rows.index)
    return marks.reindex(timeline.index, fill_value=False)


def _per_minute(count: int, seconds: float) -> float | None:
    return count * 60 / seconds if seconds > 0 else None


def _figures(
    groups: pd.Series, analysis: Analysis, weights: pd.Series, changed: pd.Series
) -> dict[int, dict[str, Any]]:
    """Return the figures of each group of rows.

    Args:
        groups: The group of each row.
        analysis: The analysis.
        weights: Seconds per row.
        changed: Result of :func:`_changes`.
    """
    timeline, labels, abstain_below = analysis.timeline, analysis.labels, analysis.abstain_below
    clear = ~unclear_rows(timeline, abstain_below)
    parts: dict[Any, dict[Any, float]] = _shares(groups, timeline, weights, labels, abstain_below).to_dict("index")
    smiles = _smile_indices(groups[clear], timeline[clear], weights[clear], labels).to_dict()
    changes = changed.groupby(groups).sum().to_dict()
    seconds = weights[clear].groupby(groups[clear]).sum().to_dict()
    return {
        group: {
            "shares": shares,
            "dominant": dominant(shares),
            "smile_index": smiles.get(group),
            "changes_per_minute": _per_minute(int(changes.get(group, 0)), seconds.get(group, 0.0)),
        }
        for group, shares in parts.items()
    }


def _of_everybody(analysis: Analysis, weights: pd.Series, changed: pd.Series) -> dict[str, Any]:
    if analysis.timeline.empty:
        shares = dict.fromkeys(answer_names(analysis.labels, analysis.abstain_below), 0.0)
        return {"shares": shares, "dominant": None, "smile_index": None, "changes_per_minute": None}
    return _figures(pd.Series(0, index=analysis.timeline.index), analysis, weights, changed)[0]


def _person_summaries(analysis: Analysis, weights: pd.Series, changed: pd.Series) -> list[dict[str, Any]]:
    timeline = analysis.timeline
    if timeline.empty:
        return []
    tracks = timeline["track_id"]
    seen = timeline.groupby(tracks)["time_s"].agg(first_s="first", last_s="last", frames="size")
    seen["seconds"] = weights.groupby(tracks).sum()
    figures = _figures(tracks, analysis, weights, changed)
    rows = zip(seen.index.tolist(), *(seen[name].tolist() for name in _SEEN), strict=True)
    return [{"track_id": track, **dict(zip(_SEEN, values, strict=True)), **figures[track]} for track, *values in rows]


def summarise(analysis: Analysis) -> dict[str, Any]:
    """Return the figures of a whole analysis and of each person in it.

    Shares are of face time: two people in view for one second each make two seconds. Changes are counted without
    flicker (:mod:`emotion.analytics.flicker`), per minute of clear answers. The smile index is the
    share of the time with a clear answer in which happiness leads; two people smile together if it leads in their mean.
    """
    analysis = with_duration(analysis)
    timeline, frames = analysis.timeline, analysis.frames
    weights, changed = row_durations(timeline, frames), _changes(timeline, steady_answers(analysis))
    with_face = int((frames["faces"] > 0).sum())
    return {
        "source": analysis.source,
        "model": analysis.model,
        "complete": analysis.complete,
        "mended": analysis.info.mended,
        "duration_s": float(analysis.info.duration_s),
        "analysed_s": float(counted_durations(frames).sum()),
        "frames": len(frames),
        "frames_with_face": with_face,
        "frames_without_face": len(frames) - with_face,
        "abstain_below": analysis.abstain_below,
        **_of_everybody(analysis, weights, changed),
        "tracks": _person_summaries(analysis, weights, changed),
    }


def headline(analysis: Analysis) -> dict[str, Any]:
    """Return the whole video's figures of :func:`summarise` as one flat row, with ``people`` and ``share_<label>``."""
    figures = summarise(analysis)
    shares, tracks = figures.pop("shares"), figures.pop("tracks")
    plain = {key: value for key, value in figures.items() if key != "source"}
    return plain | {"people": len(tracks)} | {f"share_{name}": share for name, share in shares.items()}
