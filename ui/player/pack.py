"""Packs an analysis for the browser: a small header and typed arrays, about 30 bytes per face.

JSON rows of a three-hour video would take tens of megabytes. The arrays are quantised to what a screen can show; the
header contains the units:

==============  =======  ======================  =====================================================
array           type     one per                 meaning
==============  =======  ======================  =====================================================
``ticks``       uint32   analysed frame          presentation time in units of :data:`TICK_S`
``indices``     uint32   analysed frame          ``frame_index``
``first``       uint32   analysed frame, and 1   its first face; the last entry is the number of faces
``tracks``      uint32   face                    ``track_id``
``boxes``       int16×4  face                    x1 y1 x2 y2 as shares of the picture × :data:`BOX_UNIT`
``shares``      uint8×k  face                    probabilities × 255
``leading``     uint8    face                    index of the leading label, or :data:`UNCLEAR`
``poses``       int16×3  face                    yaw pitch roll in units of :data:`POSE_UNIT_DEG`
==============  =======  ======================  =====================================================

Unknown poses are :data:`UNKNOWN`. Labels are in display order. The faces of a frame are sorted by falling
confidence: if two of them are merged into one person, the first counts.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.analytics.abstention import unclear_rows
from emotion.analytics.timeline import BOX, probability_columns
from emotion.labels import display_order
from emotion.types import Analysis

TICK_S = 1e-4
BOX_UNIT = 2**14
POSE_UNIT_DEG = 0.01
UNCLEAR = 255
UNKNOWN = -(2**15)

_ALIGNMENT = 8
_TAIL_S = 1.0
_POSE = ["yaw", "pitch", "roll"]
Arrays = dict[str, NDArray]


def pack(analysis: Analysis) -> bytes:
    """Return an analysis in the player's binary format.

    Args:
        analysis: An analysis with at least one analysed frame.

    Returns:
        The header's length as uint32, the header as JSON, then the little-endian arrays, each aligned to 8 bytes.
        Equal analyses give equal bytes; the header contains a digest of all arrays.
    """
    rows = analysis.timeline.iloc[_by_confidence(analysis.timeline)]
    arrays = _frame_arrays(analysis) | _face_arrays(analysis, rows)
    bodies = {name: np.ascontiguousarray(values).tobytes() for name, values in arrays.items()}
    head = _header(analysis) | {"digest": hashlib.sha256(b"".join(bodies.values())).hexdigest()}
    return join_arrays(head, arrays, bodies)


def pack_frames(times_s: NDArray[np.float64]) -> bytes:
    """Return only the times of a video's frames in the player's binary format, exactly and without any answer.

    Args:
        times_s: ``(frames + 1,)`` rising times of the frames and of the end of the last one, s.
    """
    arrays = {"ticks": times_s[:-1].astype("<f8")}
    end_s = float(times_s[-1])
    head = {"end_s": end_s, "duration_s": end_s, "units": {"tick_s": 1.0}}
    return join_arrays(head, arrays, {name: values.tobytes() for name, values in arrays.items()})


def _frame_arrays(analysis: Analysis) -> Arrays:
    frames, rows = analysis.frames, analysis.timeline["frame_index"].to_numpy()
    indices = frames["frame_index"].to_numpy()
    return {
        "ticks": np.rint(frames["time_s"].to_numpy(np.float64) / TICK_S).astype("<u4"),
        "indices": indices.astype("<u4"),
        "first": np.append(np.searchsorted(rows, indices), len(rows)).astype("<u4"),
    }


def _by_confidence(timeline: pd.DataFrame) -> NDArray[np.intp]:
    """Return the order of a timeline's rows by frame, then falling confidence, then track."""
    keys = timeline["track_id"], -timeline["face_confidence"], timeline["frame_index"]
    return np.lexsort([key.to_numpy() for key in keys])


def _face_arrays(analysis: Analysis, rows: pd.DataFrame) -> Arrays:
    unclear = unclear_rows(rows, analysis.abstain_below)
    place = {label: index for index, label in enumerate(display_order(analysis.labels))}
    leading = rows["emotion"].astype(str).map(place).to_numpy()
    boxes = rows[list(BOX)].to_numpy(np.float64).reshape(-1, 2, 2)
    return {
        "tracks": rows["track_id"].to_numpy().astype("<u4"),
        "boxes": _shares_of_picture(boxes, analysis).reshape(-1, 4),
        "shares": np.rint(rows[probability_columns(display_order(analysis.labels))].to_numpy(np.float64) * 255).astype(
            "u1"
        ),
        "leading": np.where(unclear, UNCLEAR, leading).astype("u1"),
        "poses": _in_units(rows[_POSE].to_numpy(np.float64) / POSE_UNIT_DEG),
    }


def _shares_of_picture(points: NDArray, analysis: Analysis) -> NDArray:
    """Return ``(…, 2)`` points in px as int16 shares of the picture; points may lie outside."""
    size = np.array([max(analysis.info.width, 1), max(analysis.info.height, 1)], np.float64)
    return _in_units(points / size * BOX_UNIT)


def _in_units(values: NDArray) -> NDArray:
    limited = np.clip(np.rint(values), UNKNOWN + 1, -UNKNOWN - 1)
    return np.where(np.isfinite(values), limited, UNKNOWN).astype("<i2")


def _header(analysis: Analysis) -> dict[str, object]:
    times = analysis.frames["time_s"].to_numpy(np.float64)
    step_s = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    end_s = float(times[-1]) + step_s
    # Container durations are inexact, and the last frame stays visible: a short tail still shows it.
    if analysis.info.duration_s - end_s < _TAIL_S:
        end_s = max(end_s, analysis.info.duration_s)
    return {
        "labels": list(display_order(analysis.labels)),
        "width": analysis.info.width,
        "height": analysis.info.height,
        "end_s": end_s,
        "duration_s": max(end_s, analysis.info.duration_s),
        "units": {"tick_s": TICK_S, "box": 1 / BOX_UNIT, "pose_deg": POSE_UNIT_DEG, "share": 1 / 255},
    }


def join_arrays(head: Mapping[str, object], arrays: Arrays, bodies: Mapping[str, bytes]) -> bytes:
    """Return a header with the places of the arrays, and the arrays after it; see :func:`pack`."""
    # Offsets count from the end of the header, so that the header can contain them.
    places, offset = {}, 0
    for name, values in arrays.items():
        places[name] = {"type": values.dtype.str, "offset": offset, "length": values.size}
        offset += _padded(len(bodies[name]))
    text = json.dumps({**head, "arrays": places}).encode()
    start = _padded(struct.calcsize("<I") + len(text))
    parts = [struct.pack("<I", start - struct.calcsize("<I")), text.ljust(start - struct.calcsize("<I"))]
    return b"".join(parts + [body.ljust(_padded(len(body)), b"\0") for body in bodies.values()])


def _padded(length: int) -> int:
    return -(-length // _ALIGNMENT) * _ALIGNMENT
