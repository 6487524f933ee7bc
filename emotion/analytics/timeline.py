"""The timeline, a table with one row per face per analysed frame: its schema, builder and validation.

Every figure, chart and export is computed from it; ``docs/timeline-schema.md`` describes it.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
import pandas as pd

from emotion.errors import TimelineError
from emotion.types import Analysis, Face, FloatArray, FrameResult, HeadPose

KEY = ["frame_index", "track_id"]
"""The columns that identify a row; the table is sorted by them."""

BOX = ["x1", "y1", "x2", "y2"]
OPENNESS = ["eye_openness_left", "eye_openness_right"]
EYES = [*OPENNESS, "gaze_yaw", "gaze_pitch"]
"""Empty (NaN) in timelines of version 1, where eyes are not measured, and where an eye cannot be seen."""

MEASURES = [
    *("brow_inner_left", "brow_inner_right", "brow_outer_left", "brow_outer_right", "lid_gap_left", "lid_gap_right"),
    *("lip_corner_height_left", "lip_corner_height_right", "lip_corner_reach_left", "lip_corner_reach_right"),
    *("lip_height", "lip_gap"),
]
"""Columns of :data:`emotion.vision.movement_codebook.MEASURE_COLUMNS`, in its order. Empty (NaN) before version 3 and
where movements are not measured."""

SHAPE = ["yaw", "pitch", "roll", *EYES, "mouth_openness", "similarity", *MEASURES]
FRAME_TYPES = {"frame_index": "int32", "time_s": "float64", "faces": "int16"}
"""Columns of the table of frames, which includes frames without a face."""

_SUM_TOLERANCE = 1e-3
_NO_MEASURES = [float("nan")] * len(MEASURES)
_NO_POSE = HeadPose(float("nan"), float("nan"), float("nan"))


def probability_columns(labels: Sequence[str]) -> list[str]:
    """Return the probability columns of a label set, in its order."""
    return [f"p_{label}" for label in labels]


def labels_of(timeline: pd.DataFrame) -> tuple[str, ...]:
    """Return the labels of a timeline, from its probability columns."""
    return tuple(str(column)[2:] for column in timeline.columns if str(column).startswith("p_"))


def column_types(labels: Sequence[str]) -> dict[str, str | pd.CategoricalDtype]:
    """Return column → type of a timeline, in order."""
    return {
        "frame_index": "int32",
        "time_s": "float64",
        "track_id": "int32",
        **dict.fromkeys([*BOX, "face_confidence", *probability_columns(labels)], "float32"),
        "emotion": pd.CategoricalDtype(list(labels), ordered=True),
        "emotion_confidence": "float32",
        **dict.fromkeys(SHAPE, "float32"),
    }


def with_leading_emotion(timeline: pd.DataFrame) -> pd.DataFrame:
    """Return the table with ``emotion`` and ``emotion_confidence`` set from its probabilities."""
    labels = labels_of(timeline)
    probabilities = timeline[probability_columns(labels)].to_numpy(np.float32)
    leading = probabilities.argmax(axis=1) if len(timeline) else np.empty(0, np.intp)
    return timeline.assign(
        emotion=pd.Categorical.from_codes(leading.tolist(), dtype=pd.CategoricalDtype(list(labels), ordered=True)),
        emotion_confidence=probabilities.max(axis=1, initial=0.0),
    )


class TimelineBuilder:
    """Collects frame results into a timeline, in typed arrays of about 150 bytes per face."""

    def __init__(self, labels: Sequence[str]) -> None:
        self._labels = tuple(labels)
        self._keys = array("i")
        self._times = array("d")
        self._values = array("f")
        self._frames = array("i")
        self._frame_times = array("d")

    def add(self, result: FrameResult) -> None:
        """Append one frame.

        A face without a track id, as in a single picture, gets its position, from 1.

        Raises:
            TimelineError: The frame has other labels, or a face without probabilities.
        """
        if result.labels != self._labels:
            raise TimelineError(f"expected a frame with the labels {self._labels}; got {result.labels}")
        self._frames.extend((result.frame_index, len(result.faces)))
        self._frame_times.append(result.time_s)
        for number, face in enumerate(result.faces, start=1):
            self._keys.extend((result.frame_index, number if face.track_id is None else face.track_id))
            self._times.append(result.time_s)
            self._values.extend(self._row(face))

    def _row(self, face: Face) -> list[float]:
        if face.probabilities is None or len(face.probabilities) != len(self._labels):
            raise TimelineError(f"expected {len(self._labels)} probabilities per face; got {face.probabilities}")
        pose = face.pose or _NO_POSE
        return [
            *face.box_xyxy.tolist(),
            face.confidence,
            *face.probabilities.tolist(),
            *(pose.yaw, pose.pitch, pose.roll),
            *(getattr(face, name) for name in EYES),
            *(face.mouth_openness, face.similarity),
            *(_NO_MEASURES if face.measures is None else face.measures.tolist()),
        ]

    def build(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the timeline (:func:`column_types`) and the table of frames (:data:`FRAME_TYPES`), both sorted."""
        names = [*BOX, "face_confidence", *probability_columns(self._labels), *SHAPE]
        keys = np.array(self._keys, np.int32).reshape(-1, 2)
        values = np.array(self._values, np.float32).reshape(-1, len(names))
        rows = pd.DataFrame(values, columns=names)
        rows[KEY] = keys
        rows["time_s"] = np.array(self._times, np.float64)
        types = column_types(self._labels)
        timeline = with_leading_emotion(rows)[list(types)].astype(types)
        return validate(timeline.sort_values(KEY, ignore_index=True)), self._build_frames()

    def _build_frames(self) -> pd.DataFrame:
        counted = np.array(self._frames, np.int32).reshape(-1, 2)
        frames = pd.DataFrame({"frame_index": counted[:, 0], "time_s": self._frame_times, "faces": counted[:, 1]})
        return frames.astype(FRAME_TYPES).sort_values("frame_index", ignore_index=True)


def timeline_of(result: FrameResult) -> pd.DataFrame:
    """Return the timeline of a single picture: one row per face."""
    builder = TimelineBuilder(result.labels)
    builder.add(result)
    return builder.build()[0]


def nearest_frame(frames: pd.DataFrame, time_s: float) -> pd.Series:
    """Return the row of the analysed frame nearest to a time."""
    return frames.iloc[int((frames["time_s"] - time_s).abs().argmin())]


def result_at(analysis: Analysis, frame_index: int) -> FrameResult:
    """Return the result of one analysed frame, without landmarks, which are not saved."""
    rows = analysis.timeline[analysis.timeline["frame_index"] == frame_index]
    columns = probability_columns(analysis.labels)
    faces = tuple(
        Face(
            box_xyxy=row[BOX].to_numpy(np.float32),
            confidence=float(row["face_confidence"]),
            pose=HeadPose(*(float(angle) for angle in row[["yaw", "pitch", "roll"]])),
            eye_openness_left=float(row["eye_openness_left"]),
            eye_openness_right=float(row["eye_openness_right"]),
            gaze_yaw=float(row["gaze_yaw"]),
            gaze_pitch=float(row["gaze_pitch"]),
            mouth_openness=float(row["mouth_openness"]),
            track_id=int(row["track_id"]),
            probabilities=row[columns].to_numpy(np.float32),
            similarity=float(row["similarity"]),
            measures=_measures(row),
        )
        for _, row in rows.iterrows()
    )
    time_s = float(analysis.frames.set_index("frame_index")["time_s"].loc[frame_index])
    size = (analysis.info.width, analysis.info.height)
    return FrameResult(frame_index, time_s, *size, faces, analysis.labels, analysis.abstain_below)


def _measures(row: pd.Series) -> FloatArray | None:
    values = row[MEASURES].to_numpy(np.float32)
    return None if np.isnan(values).all() else values


def validate(timeline: pd.DataFrame) -> pd.DataFrame:
    """Return the table unchanged if it is a timeline.

    Raises:
        TimelineError: A column is missing, unknown, out of place or of another type; a row is duplicated or out of
            order; or probabilities are not in 0–1 or do not sum to 1.
    """
    _check_columns(timeline)
    _check_rows(timeline)
    _check_probabilities(timeline)
    return timeline


def _check_columns(timeline: pd.DataFrame) -> None:
    labels = labels_of(timeline)
    if len(labels) < 2:
        raise TimelineError(f"expected at least two columns named p_<emotion>; got {list(labels)}")
    types = column_types(labels)
    if list(timeline.columns) != list(types):
        raise TimelineError(f"expected the columns {', '.join(types)}; got {', '.join(map(str, timeline.columns))}")
    for name, expected in types.items():
        if timeline[name].dtype != expected:
            raise TimelineError(f"expected column {name} to be {expected}; got {timeline[name].dtype}")


def _check_rows(timeline: pd.DataFrame) -> None:
    keys = pd.MultiIndex.from_frame(timeline[KEY])
    if not keys.is_unique:
        raise TimelineError(f"expected one row per frame and track; got {keys[keys.duplicated()][0]} twice")
    if not keys.is_monotonic_increasing:
        raise TimelineError("expected rows sorted by frame_index and track_id; got another order")
    if not np.isfinite(timeline["time_s"]).all() or not timeline["time_s"].is_monotonic_increasing:
        raise TimelineError("expected time_s to be finite and never to fall; got times that do not")


def _check_probabilities(timeline: pd.DataFrame) -> None:
    values = timeline[probability_columns(labels_of(timeline))].to_numpy(np.float64)
    sums = values.sum(axis=1)
    bad = ~(np.isfinite(values).all(axis=1) & (values >= 0).all(axis=1) & (abs(sums - 1) <= _SUM_TOLERANCE))
    if bad.any():
        row = int(bad.argmax())
        raise TimelineError(f"expected probabilities in 0–1 that sum to 1; got a sum of {sums[row]:.4f} in row {row}")
    leading = timeline["emotion"].cat.codes.to_numpy()
    rows = np.arange(len(values))
    if (leading < 0).any() or not np.array_equal(values[rows, leading], values.max(axis=1, initial=0.0)):
        raise TimelineError("expected emotion to name the largest probability of each row; got another one")
