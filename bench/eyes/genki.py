"""Errors of gaze and head pose on GENKI-4K.

Gaze: people in GENKI-4K are assumed to look into the camera. The rest position of the iris is measured on the even
rows, the error on the odd ones. Head pose: compared with the data set's yaw and pitch, which people estimated.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.analytics.behaviour.gaze import TOWARDS_DEG, gaze_angle
from emotion.engine.face_follower import FaceFollower
from emotion.types import Frame
from emotion.vision.decode.image import load_image
from emotion.vision.detection.detect import BlazeFace
from emotion.vision.eyes import EyeModel, gaze
from emotion.vision.landmarks import FaceMesh, eye_corners, rotation

_BOTH = np.array([True, True])
_FRONTAL_DEG, _TURNED_DEG, _FAR_DEG = 8.0, 30.0, 20.0


def measure_genki(file: Path, step: int = 2) -> dict[str, dict[str, Any]]:
    """Return the rest position of the iris (even rows), the gaze errors (odd rows) and the head-pose errors (all).

    Args:
        file: Parquet file of GENKI-4K.
        step: Use every n-th pair of rows.
    """
    table = _measured(pd.read_parquet(file), step)
    fitted, held = table[table["row"] % 2 == 0], table[table["row"] % 2 == 1]
    ahead = fitted[fitted["yaw"].abs() < _FRONTAL_DEG]
    towards = fitted[fitted["yaw"].abs() < _TURNED_DEG]
    slope = np.polyfit(np.sin(np.radians(towards["yaw"])), towards["right"], 1)[0]
    far = table[table["yaw"].abs() > _FAR_DEG]
    angles = gaze_angle(held["gaze_yaw"].to_numpy(), held["gaze_pitch"].to_numpy())
    return {
        "rest": {
            "faces": len(fitted),
            "temple": float(ahead["temple"].median()),
            "up": float(ahead["up"].median()),
            "corners_forward": -float(slope),
        },
        "gaze": _spread(angles)
        | {
            "towards_share": float((angles <= TOWARDS_DEG).mean()),
            "yaw_error": float(held["gaze_yaw"].abs().mean()),
            "pitch_error": float(held["gaze_pitch"].abs().mean()),
        },
        "gaze, turned heads": _spread(gaze_angle(far["gaze_yaw"].to_numpy(), far["gaze_pitch"].to_numpy())),
        "head pose": {"faces": len(table)} | _of_head(table, "yaw") | _of_head(table, "pitch"),
    }


def _of_head(table: pd.DataFrame, axis: str) -> dict[str, float]:
    seen, true = table[axis], table[f"true_{axis}"]
    return {
        f"{axis}_error": float((seen - true).abs().mean()),
        f"{axis}_slope": float(np.polyfit(true, seen, 1)[0]),
        f"{axis}_correlation": float(np.corrcoef(true, seen)[0, 1]),
    }


def _spread(values: NDArray[np.float64]) -> dict[str, float]:
    return {
        "faces": len(values),
        "mean": float(values.mean()),
        "median": float(np.median(values)),
        "p90": float(np.percentile(values, 90)),
    }


def _measured(rows: pd.DataFrame, step: int) -> pd.DataFrame:
    detector, mesh, eyes, found = BlazeFace(), FaceMesh(), EyeModel(), []
    for row in (place for place in range(len(rows)) if place // 2 % step == 0):
        record = rows.iloc[row]
        rgb = load_image(record["image"]["bytes"])
        luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        faces = FaceFollower(detector, mesh)(Frame(row, 0.0, luma, partial(np.asarray, rgb)))
        if not faces:
            continue
        face = max(faces, key=lambda each: float(each.box_xyxy[2] - each.box_xyxy[0]))
        assert face.landmarks is not None
        assert face.pose is not None
        offsets = eyes.points(luma, eye_corners(face.landmarks)).offsets()
        yaw, pitch = gaze(offsets, _BOTH, rotation(face.pose), np.radians(face.pose.roll))
        found.append({
            "row": row, "yaw": face.pose.yaw, "pitch": face.pose.pitch, "gaze_yaw": yaw, "gaze_pitch": pitch,
            "temple": -offsets[:, 0].mean(), "up": -offsets[:, 1].mean(), "right": (offsets[0, 0] - offsets[1, 0]) / 2,
            "true_yaw": np.degrees(record["yaw"]), "true_pitch": np.degrees(record["pitch"]),
        })  # fmt: skip
    return pd.DataFrame(found)
