"""The nouns of the pipeline: immutable, with shapes checked once, at construction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from emotion.saved_keys import with_current_keys

if TYPE_CHECKING:
    import pandas as pd

Image = NDArray[np.uint8]
"""``(H, W, 3)`` RGB or ``(H, W)`` grey (luma), 0–255."""
FloatArray = NDArray[np.float32]

LOGITS, PROBABILITIES = "logits", "probabilities"
"""What a classifier's file may answer with: scores before a softmax, or after it."""


ABSTAIN_SLOPES = ("yaw", "pitch", "size", "doubt")
"""By what the required probability grows; see :class:`AbstentionLimit`."""
FULL_SIZE_PX = 96.0
"""A face whose box is larger than this asks for no more because of its size."""


class AbstentionLimit(float):
    """The probability that the answer for a large face that looks ahead needs, and by how much others need more.

    It is the number itself, so it may stand wherever a limit is only shown. Zero means that no answer is unclear.

    Attributes:
        slopes: What is added to the limit's logit, each ≥ 0: ``yaw`` and ``pitch`` per degree of turning away,
            ``size`` per halving of the box's longer side below :data:`FULL_SIZE_PX`, ``doubt`` per unit by which
            the detector or the mesh is less than sure that this is a face. Without them, all faces need the same.
    """

    slopes: Mapping[str, float]

    def __new__(cls, value: float = 0.0, slopes: Mapping[str, float] | None = None) -> AbstentionLimit:
        """Return a limit, 0–1, with its slopes."""
        made = super().__new__(cls, value)
        made.slopes = dict(slopes or {})
        return made

    def required(
        self, yaw: FloatArray, pitch: FloatArray, size_px: FloatArray, confidence: FloatArray
    ) -> NDArray[np.float64]:
        """Return the probability that the answer for each of ``n`` faces needs, ``(n,)``, never below the limit.

        Args:
            yaw: ``(n,)`` degrees; what is not known (NaN) asks for no more, here and below.
            pitch: ``(n,)`` degrees.
            size_px: ``(n,)`` longer sides of the boxes.
            confidence: ``(n,)`` of the detector or the mesh, 0–1.
        """
        base = float(self)
        if not 0 < base < 1 or not self.slopes:
            return np.full(np.shape(yaw), base)
        more = self.slope_values() @ np.stack(difficulties(yaw, pitch, size_px, confidence))
        return np.asarray(np.maximum(1 / (1 + (1 / base - 1) * np.exp(-more)), base))

    def slope_values(self) -> NDArray[np.float64]:
        """Return the slopes in the order of :data:`ABSTAIN_SLOPES`."""
        return np.array([self.slopes.get(name, 0.0) for name in ABSTAIN_SLOPES])


def difficulties(
    yaw: FloatArray, pitch: FloatArray, size_px: FloatArray, confidence: FloatArray
) -> list[NDArray[np.float64]]:
    """Return what makes faces hard to read, in the order of :data:`ABSTAIN_SLOPES`, each ``(n,)`` and ≥ 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        halvings = np.log2(FULL_SIZE_PX / np.maximum(np.asarray(size_px, np.float64), 1.0))
    values = (np.abs(yaw), np.abs(pitch), np.maximum(halvings, 0), 1 - np.asarray(confidence, np.float64))
    return [np.nan_to_num(np.asarray(value, np.float64), nan=0.0) for value in values]


def _expect(condition: bool, expected: str, got: object) -> None:
    if not condition:
        raise ValueError(f"expected {expected}; got {got}")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a stream: its luma now, its colours only if somebody asks.

    Attributes:
        index: Position in the stream, from 0.
        time_s: Presentation time in seconds, from the container's timestamp.
        luma: ``(H, W)`` uint8 grey picture, full range 0–255.
        colour: Makes the ``(H, W, 3)`` uint8 RGB picture; None for a grey source.
        pts: The container's own timestamp, in its time base; None where there is none.
    """

    index: int
    time_s: float
    luma: Image
    colour: Callable[[], Image] | None = None
    pts: int | None = None

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
    """One face in one frame; later stages fill what earlier ones leave open.

    Attributes:
        box_xyxy: ``(4,)`` float32, left, top, right, bottom in px.
        confidence: The detector's or the tracker's, 0–1.
        landmarks: ``(6, 2)`` float32 points of a detector or ``(468, 3)`` of the mesh, px, or None; z < 0 is nearer.
        pose: Head pose, or None.
        eye_openness_left: Mean distance of the lids of the person's own left eye over its width; NaN if unknown.
        eye_openness_right: The same of the right eye.
        gaze_yaw: Where the eyes look, degrees to the picture's right of the camera; NaN if unknown.
        gaze_pitch: The same, degrees up.
        mouth_openness: Height of the inner lips' opening over its width; NaN if unknown.
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
    track_id: int | None = None
    probabilities: FloatArray | None = None
    similarity: float = float("nan")

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
    """What was found in one frame. No face is a normal value.

    Attributes:
        labels: The label of each probability column.
        abstain_below: The classifier's limit, 0–1 (see :class:`ModelCard`); 0 where it has none.
    """

    frame_index: int
    time_s: float
    width: int
    height: int
    faces: tuple[Face, ...]
    labels: tuple[str, ...]
    abstain_below: float = 0.0


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """Facts of a video's picture stream.

    Attributes:
        width: As shown, in square pixels, px.
        height: As shown, px.
        fps: Frames per second, on average.
        frame_count: How many there are, counted, not read from a header.
        duration_s: When the last frame ends.
        rotation: Degrees counter-clockwise by which stored pictures are turned to be shown.
        codec: FFmpeg's name of it.
        mirrored: Whether stored pictures are mirrored left to right before they are turned.
        mended: What was wrong with the time stamps and how times were made, in words; empty if they are as stored.
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


_CARD_NUMBERS = ("temperature", "abstain_below", "second_look_below")


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Everything needed to run a model and to judge it. Read from ``card.json``, never guessed from a name.

    Attributes:
        name: Folder name under ``data/models``, or of an added model under ``data/library/models``.
        title: Name for people.
        labels: Meaning of each output column, in order.
        input_size: Side of the square input, px.
        colour: ``"grey"`` (luma) or ``"rgb"``.
        normalisation: How pixels become input: ``"standardise"`` (per crop, zero mean, unit
            variance), ``"unit"`` (0–1), ``"symmetric"`` (−1–1) or ``"caffe"`` (BGR less ImageNet's means).
        crop: ``"aligned"`` (eyes at the place they have in FER2013's pictures).
        temperature: Divides the logits before softmax (Guo et al. 2017).
        file: Name of the .tflite file beside the card.
        sha256: Digest of that file.
        parameters: Number of weights.
        multiply_adds: Multiply–adds for one face, or None if they are not known.
        licence: Terms under which the file may be used.
        training: Command, seed, commit, hardware, hours, recipe.
        scores: The headline figures copied by script from ``evaluation.json``.
        outputs: What the file answers with: ``"logits"``, or ``"probabilities"`` if it ends with a softmax.
        abstain_below: An answer of less probability was wrong too often on validation faces, so the app
            calls it unclear (``training/evaluation/calibrate.py`` has the rules); 0 where nothing was measured.
        abstain_slopes: By how much turned, small and doubtful faces need more; see :class:`AbstentionLimit`.
        second_look_below: Where the likeliest label leads the next by less, in logits, the face's mirror image is
            asked about too and the logits are averaged; 0 where that was not found to help.
        members: Names of the models whose probabilities an ensemble averages. It has no file of its
            own: ``file`` is empty, ``sha256`` is that of the members' digests, parameters and
            multiply–adds are sums. Crops are made in its size and colour; what then becomes a
            member's input is said by the member's card.
    """

    name: str
    title: str
    labels: tuple[str, ...]
    input_size: int
    colour: str
    normalisation: str
    crop: str
    temperature: float
    file: str
    sha256: str
    parameters: int
    multiply_adds: int | None
    licence: str
    training: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    outputs: str = LOGITS
    abstain_below: float = 0.0
    second_look_below: float = 0.0
    members: tuple[str, ...] = ()
    abstain_slopes: dict[str, float] = field(default_factory=dict)

    @property
    def abstention_limit(self) -> AbstentionLimit:
        """What the app asks of each answer."""
        return AbstentionLimit(self.abstain_below, self.abstain_slopes)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return asdict(self) | {"labels": list(self.labels), "members": list(self.members)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ModelCard:
        """Build from :meth:`to_dict`'s output, of this version or an earlier one.

        Raises:
            TypeError: A field is missing or unknown, or a number is none.
            ValueError: A number is some other text.
        """
        values = with_current_keys(values)
        tuples = {"labels": tuple(values["labels"]), "members": tuple(values.get("members", ()))}
        # Answers are computed with these, so a damaged one should be told here and not by NumPy.
        numbers = {key: float(values[key]) for key in _CARD_NUMBERS if key in values}
        slopes = {name: float(slope) for name, slope in dict(values.get("abstain_slopes") or {}).items()}
        return cls(**(values | tuples | numbers | {"abstain_slopes": slopes}))


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """A finished (or cancelled) analysis: the unit that is saved, exported and reported.

    Attributes:
        info: Facts of the video.
        timeline: One row per face per analysed frame; see ``docs/timeline-schema.md``.
        frames: One row per analysed frame (``frame_index``, ``time_s``, ``faces``), so that
            frames without a face are known too.
        model: Name of the classifier.
        labels: Its label set.
        settings: What was asked for (detector, every, …), and the classifier's ``abstain_below``.
        source: Name of the file, for people.
        complete: False if it was cancelled or the file broke off.
        note: Why it is not complete, in one sentence for people.
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
        """The classifier's limit, 0–1; 0 where it has none or the analysis is older than limits."""
        return AbstentionLimit(self.settings.get("abstain_below", 0.0), self.settings.get("abstain_slopes"))

    @property
    def remarks(self) -> str:
        """Why it is not complete and how its times were mended, in words; empty if there is nothing to say."""
        return " ".join(filter(None, [self.note, self.info.mended]))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an analysis is. ``total`` is the best estimate, as containers may lie."""

    done: int
    total: int
    elapsed_s: float

    @property
    def rate(self) -> float:
        """Frames per second so far."""
        return self.done / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @property
    def share(self) -> float:
        """Done, 0–1."""
        return min(self.done / self.total, 1.0) if self.total > 0 else 0.0

    @property
    def remaining_s(self) -> float:
        """Estimated time left, in seconds."""
        return max(self.total - self.done, 0) / self.rate if self.rate > 0 else float("nan")


PathLike = str | Path


Region = tuple[int, int, int, int]
"""Left, top, right, bottom of a part of a picture, px."""


class Detector(Protocol):
    """Finds faces in one picture."""

    def regions(self, width: int, height: int) -> list[Region]:
        """Return the parts of a picture that :meth:`detect` looks at in turn, the whole first."""
        ...

    def detect(self, image: Image, regions: Sequence[Region] | None = None) -> list[Face]:
        """Return the faces in RGB ``image``, most confident first, looking at ``regions`` (default: all)."""
        ...


class Classifier(Protocol):
    """Names what faces show."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Meaning of each probability column."""
        ...

    def predict(self, crops: list[Image]) -> FloatArray:
        """Return ``(n, k)`` float32 probabilities for ``n`` face crops of any size, RGB or grey."""
        ...
