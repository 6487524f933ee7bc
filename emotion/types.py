"""The pipeline's data types: immutable, with shapes checked at construction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from emotion.model_card import AbstentionLimit, ModelCard
from emotion.progress import Progress

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "LIVE_CODEC",
    "AbstentionLimit",
    "Analysis",
    "Classifier",
    "Detector",
    "Face",
    "FloatArray",
    "Frame",
    "FrameResult",
    "HeadPose",
    "Image",
    "ModelCard",
    "Progress",
    "Region",
    "VideoInfo",
]

Image = NDArray[np.uint8]
"""``(H, W, 3)`` RGB or ``(H, W)`` grey (luma), 0–255."""
FloatArray = NDArray[np.float32]


def _expect(condition: bool, expected: str, got: object) -> None:
    if not condition:
        raise ValueError(f"expected {expected}; got {got}")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a stream; colours are converted on demand.

    Attributes:
        index: Position in the stream, from 0.
        time_s: Display time, s.
        luma: ``(H, W)`` uint8, full range 0–255.
        colour: Returns the ``(H, W, 3)`` uint8 RGB picture; None for a grey source.
        pts: Timestamp in the container's time base, or None.
        damaged: Number of frames up to this one that are lost or distorted, because the file is damaged.
    """

    index: int
    time_s: float
    luma: Image
    colour: Callable[[], Image] | None = None
    pts: int | None = None
    damaged: int = 0

    def __post_init__(self) -> None:
        _expect(
            self.luma.dtype == np.uint8 and self.luma.ndim == 2,
            "a uint8 luma plane of shape (H, W)",
            f"{self.luma.dtype} {self.luma.shape}",
        )

    @property
    def height(self) -> int:
        """Rows, px."""
        return int(self.luma.shape[0])

    @property
    def width(self) -> int:
        """Columns, px."""
        return int(self.luma.shape[1])

    def rgb(self) -> Image:
        """Return the picture as ``(H, W, 3)`` uint8 RGB; converts on every call."""
        return np.repeat(self.luma[..., None], 3, axis=2) if self.colour is None else self.colour()


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Head rotation in degrees: yaw > 0 turns to the picture's right, pitch > 0 looks up, roll > 0 tilts clockwise."""

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face in one frame; each stage adds fields.

    Attributes:
        box_xyxy: ``(4,)`` float32, left, top, right, bottom in px.
        confidence: Confidence of the detector or the mesh, 0–1.
        landmarks: ``(6, 2)`` float32 points of a detector or ``(468, 3)`` of the mesh, px, or None; z < 0 is nearer.
        pose: Head pose, or None.
        eye_openness_left: Mean distance of the lids of the person's own left eye over its width; NaN if unknown.
        eye_openness_right: The same of the right eye.
        gaze_yaw: Where the eyes look, degrees to the picture's right of the camera; NaN if unknown.
        gaze_pitch: The same, degrees up.
        mouth_openness: Height of the opening between the inner lips over its width; NaN if unknown.
        measures: ``(12,)`` float32 of brows, lids, lips and jaw, shares of the eye distance less those of the mean
            neutral face, in the order of :data:`emotion.vision.movement_codebook.MEASURE_COLUMNS`; None if unknown.
        track_id: Number of the person's track, or None before tracking.
        probabilities: ``(k,)`` float32 that sum to 1, or None before classification.
        similarity: SSIM with the track's reference face, −1–1; NaN if unknown.
    """

    box_xyxy: FloatArray
    confidence: float
    landmarks: FloatArray | None = None
    pose: HeadPose | None = None
    eye_openness_left: float = float("nan")
    eye_openness_right: float = float("nan")
    gaze_yaw: float = float("nan")
    gaze_pitch: float = float("nan")
    mouth_openness: float = float("nan")
    measures: FloatArray | None = None
    track_id: int | None = None
    probabilities: FloatArray | None = None
    similarity: float = float("nan")

    @property
    def width(self) -> float:
        """Width of the box, px."""
        return float(self.box_xyxy[2] - self.box_xyxy[0])

    def __post_init__(self) -> None:
        _expect(self.box_xyxy.shape == (4,), "a box of shape (4,)", self.box_xyxy.shape)
        if self.landmarks is not None:
            _expect(
                self.landmarks.ndim == 2 and self.landmarks.shape[1] in {2, 3},
                "landmarks of shape (n, 2) or (n, 3)",
                self.landmarks.shape,
            )
        if self.probabilities is not None:
            _expect(self.probabilities.ndim == 1, "probabilities of shape (k,)", self.probabilities.shape)


@dataclass(frozen=True, slots=True, eq=False)
class FrameResult:
    """The faces of one frame, possibly none.

    Attributes:
        labels: The label of each probability column.
        abstain_below: The classifier's limit, 0–1 (see :class:`ModelCard`); 0 without one.
    """

    frame_index: int
    time_s: float
    width: int
    height: int
    faces: tuple[Face, ...]
    labels: tuple[str, ...]
    abstain_below: float = 0.0


LIVE_CODEC = "live"
"""``VideoInfo.codec`` of a live recording, which was never a video file."""


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """Facts of a video stream.

    Attributes:
        width: As displayed, in square pixels.
        height: As displayed, px.
        fps: Mean frame rate.
        frame_count: Number of frames, counted, not from a header.
        duration_s: End of the last frame.
        rotation: Counter-clockwise rotation of stored frames for display, degrees.
        codec: FFmpeg's name of the codec, or :data:`LIVE_CODEC`.
        mirrored: Whether stored frames are mirrored left to right before the rotation.
        mended: How timestamps were repaired, what is missing at the file's end, which video streams are not
            analysed, and that it is deinterlaced, as sentences; empty if it is analysed as it is.
    """

    width: int
    height: int
    fps: float
    frame_count: int
    duration_s: float
    rotation: int = 0
    codec: str = ""
    mirrored: bool = False
    mended: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """An analysis of a video, as it is saved, exported and reported.

    Attributes:
        info: Facts of the video.
        timeline: One row per face per analysed frame; see ``docs/timeline-schema.md``.
        frames: One row per analysed frame, with or without faces (``frame_index``, ``time_s``, ``faces``).
        model: Name of the classifier.
        labels: Its labels.
        settings: The settings of the run (detector, every, …) and the classifier's ``abstain_below``.
        source: Display name of the file.
        complete: False if it was cancelled or the file is damaged.
        note: Why it is incomplete, in one sentence.
    """

    info: VideoInfo
    timeline: pd.DataFrame
    frames: pd.DataFrame
    model: str
    labels: tuple[str, ...]
    settings: dict[str, Any]
    source: str
    complete: bool = True
    note: str = ""

    @property
    def abstain_below(self) -> AbstentionLimit:
        """The classifier's limit, 0–1; 0 without one."""
        return AbstentionLimit(self.settings.get("abstain_below", 0.0), self.settings.get("abstain_slopes"))

    @property
    def remarks(self) -> str:
        """Why it is incomplete and what was wrong with the file, as sentences; or empty."""
        return " ".join(filter(None, [self.note, self.info.mended]))


Region = tuple[int, int, int, int]
"""Left, top, right, bottom of a part of a picture, px."""


class Detector(Protocol):
    """Finds faces in one picture."""

    def regions(self, width: int, height: int) -> list[Region]:
        """Return the parts of a picture that :meth:`detect` searches, the whole picture first."""
        ...

    def detect(self, image: Image, regions: Sequence[Region] | None = None) -> list[Face]:
        """Return the faces in ``regions`` (default: all) of an RGB image, most confident first."""
        ...


class Classifier(Protocol):
    """Classifies the expressions of faces."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Meaning of each probability column."""
        ...

    def predict(self, crops: list[Image]) -> FloatArray:
        """Return ``(n, k)`` float32 probabilities for ``n`` face crops of any size, RGB or grey."""
        ...
