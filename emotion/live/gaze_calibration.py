"""Calibrates the gaze of one person live: dots are shown one by one, and a map is fitted to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emotion.analytics.behaviour.gaze_calibration import MIN_DOTS, GazeCalibration, fit_gaze
from emotion.errors import InputError, LiveError
from emotion.live.snapshot import GazeCalibrationNow
from emotion.types import Face, FrameResult

DOT_S = 2.0
"""How long each dot is shown, seconds."""
LOOK_FROM_S, LOOK_TO_S = 0.8, 1.7
"""Part of a dot's time that is used: eyes need time to reach the dot, and frames to arrive at the server."""


class GazeCalibrator:
    """Runs a calibration and applies it to the person who was calibrated."""

    def __init__(self) -> None:
        self._targets: NDArray[np.float64] | None = None
        self._start_s: float | None = None
        self._samples: dict[int, list[tuple[int, float, float]]] = {}
        self._fitted: GazeCalibration | None = None
        self._track, self._problem = 0, ""

    @property
    def is_running(self) -> bool:
        """Whether dots are being shown."""
        return self._targets is not None

    @property
    def settings(self) -> dict[str, Any]:
        """The calibration as JSON types, to save with a recording; empty without one."""
        if self._fitted is None:
            return {}
        matrix, error_deg = self._fitted.matrix.round(4).tolist(), round(self._fitted.error_deg, 2)
        return {"gaze_calibration": {"track_id": self._track, "matrix": matrix, "error_deg": error_deg}}

    def start(self, targets_deg: ArrayLike) -> None:
        """Begin with the next frame, and forget the previous calibration.

        Args:
            targets_deg: ``(k, 2)`` yaw and pitch of the dots, in the order in which they are shown.

        Raises:
            LiveError: Too few dots.
        """
        targets = np.asarray(targets_deg, np.float64)
        if targets.ndim != 2 or targets.shape[1] != 2 or len(targets) < MIN_DOTS or not np.isfinite(targets).all():
            raise LiveError(f"expected {MIN_DOTS} or more dots with yaw and pitch; got an array of {targets.shape}")
        self.clear()
        self._targets = targets

    def clear(self) -> None:
        """Forget the calibration, and stop a running one."""
        self._targets = self._start_s = self._fitted = None
        self._samples, self._problem = {}, ""

    def add(self, result: FrameResult) -> FrameResult:
        """Add an analysed frame, and return it with the calibrated gaze."""
        if self._targets is not None:
            self._add_samples(result, self._targets)
        return self.calibrated(result)

    def calibrated(self, result: FrameResult) -> FrameResult:
        """Return a result with the calibrated gaze."""
        if self._fitted is None:
            return result
        return replace(result, faces=tuple(self._calibrated(face) for face in result.faces))

    def now(self) -> GazeCalibrationNow | None:
        """Return the progress or the result; None if there is neither."""
        if self.is_running:
            return GazeCalibrationNow(running=True)
        if self._problem:
            return GazeCalibrationNow(running=False, problem=self._problem)
        if self._fitted is None:
            return None
        fitted = self._fitted
        return GazeCalibrationNow(
            False, self._track, fitted.error_deg, fitted.error_before_deg, fitted.dots, fitted.kind
        )

    def _add_samples(self, result: FrameResult, targets: NDArray[np.float64]) -> None:
        if self._start_s is None:
            self._start_s = result.time_s
        dot, within_s = divmod(result.time_s - self._start_s, DOT_S)
        if dot >= len(targets):
            self._finish(targets)
        elif LOOK_FROM_S <= within_s <= LOOK_TO_S:
            for face in result.faces:
                assert face.track_id is not None
                self._samples.setdefault(face.track_id, []).append((int(dot), face.gaze_yaw, face.gaze_pitch))

    def _finish(self, targets: NDArray[np.float64]) -> None:
        """Fit the map for the person who was measured most often."""
        samples = {track: np.array(rows) for track, rows in self._samples.items()}
        self._targets = self._start_s = None
        self._samples = {}
        if not samples:
            self._problem = "The gaze was not calibrated: no face was seen."
            return
        self._track = max(samples, key=lambda track: int(np.isfinite(samples[track][:, 1]).sum()))
        rows = samples[self._track]
        try:
            self._fitted = fit_gaze(rows[:, 1:], targets, rows[:, 0].astype(int))
        except InputError as error:
            self._problem = f"The gaze was not calibrated: {error}."

    def _calibrated(self, face: Face) -> Face:
        if face.track_id != self._track or self._fitted is None:
            return face
        yaw, pitch = (float(angle) for angle in self._fitted([[face.gaze_yaw, face.gaze_pitch]])[0])
        return replace(face, gaze_yaw=yaw, gaze_pitch=pitch)
