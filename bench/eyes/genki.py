"""``python -m bench.eyes``: what eyes cost, and how far gaze and head pose are off on GENKI-4K.

Gaze: people in GENKI-4K are assumed to look into the camera. The rest position of the iris is measured on the even
rows, the error on the odd ones. Head pose: compared with the data set's yaw and pitch, which people estimated.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emotion.analytics.behaviour.gaze import TOWARDS_DEG, gaze_angle
from emotion.engine.analyzer import Analyzer
from emotion.engine.face_follower import FaceFollower
from emotion.models.registry import load_card
from emotion.models.tflite_cost import tflite_cost
from emotion.types import Frame
from emotion.vision.decode.image import load_image
from emotion.vision.detection.detect import BlazeFace
from emotion.vision.eyes import EyeModel, gaze
from emotion.vision.landmarks import FaceMesh, eye_corners, rotation
from emotion.vision.mediapipe_files import FACE_MESH, IRIS, mediapipe_file
from training.datasets.readers.parquet import default_data_dir

_BOTH = np.array([True, True])
_REPEATS = 3
_FRONTAL_DEG, _TURNED_DEG = 8.0, 30.0


def measure_cost() -> dict[str, int | None]:
    """Return the multiply–adds of one face: mesh, both eyes and the default classifier."""
    mesh, iris = (tflite_cost(mediapipe_file(name).read_bytes())[1] for name in (FACE_MESH, IRIS))
    both = None if iris is None else 2 * iris
    return {"mesh": mesh, "both eyes": both, "classifier": load_card("default").multiply_adds}


def measure_speed(clip: Path) -> dict[str, float]:
    """Return frames per second without and with eyes: the best of several runs, which alternate."""
    rates: dict[bool, list[float]] = {False: [], True: []}
    analyzers = {eyes: Analyzer(eyes=eyes) for eyes in rates}
    for _ in range(_REPEATS):
        for eyes, analyzer in analyzers.items():
            started = time.perf_counter()
            count = sum(1 for _ in analyzer.frames(clip))
            rates[eyes].append(count / (time.perf_counter() - started))
    without, with_eyes = max(rates[False]), max(rates[True])
    return {"without": without, "with": with_eyes, "ratio": with_eyes / without}


def measure_genki(file: Path, step: int = 2) -> dict[str, Any]:
    """Return where irises rest on the even rows of GENKI-4K and the errors on the odd ones.

    Args:
        file: Its Parquet file.
        step: Look at every n-th pair of rows.
    """
    table = _measured(pd.read_parquet(file), step)
    fitted, held = table[table["row"] % 2 == 0], table[table["row"] % 2 == 1]
    ahead = fitted[fitted["yaw"].abs() < _FRONTAL_DEG]
    turned = fitted[fitted["yaw"].abs() < _TURNED_DEG]
    slope = np.polyfit(np.sin(np.radians(turned["yaw"])), turned["right"], 1)[0]
    angles = gaze_angle(held["gaze_yaw"].to_numpy(), held["gaze_pitch"].to_numpy())
    return {
        "faces": len(table),
        "rest": [float(ahead["temple"].median()), float(ahead["up"].median())],
        "corners_forward": -float(slope),
        "gaze_error": _spread(angles),
        "towards_share": float((angles <= TOWARDS_DEG).mean()),
        "gaze_yaw_error": float(held["gaze_yaw"].abs().mean()),
        "gaze_pitch_error": float(held["gaze_pitch"].abs().mean()),
        **{
            f"head_{name}_error": float((table[name] - table[f"true_{name}"]).abs().mean()) for name in ("yaw", "pitch")
        },
    }


def _spread(values: NDArray[np.float64]) -> dict[str, float]:
    return {"mean": values.mean(), "median": float(np.median(values)), "p90": float(np.percentile(values, 90))}


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


def main() -> None:
    """Run the chosen measurements and print the results as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_data_dir().parent, help="folder of the shared data")
    parser.add_argument("--step", type=int, default=2, help="of GENKI-4K, look at every n-th pair of rows")
    parser.add_argument("--only", choices=("cost", "speed", "genki"))
    options = parser.parse_args()
    parts: dict[str, Callable[[], Any]] = {
        "cost": measure_cost,
        "speed": lambda: measure_speed(options.data / "videos" / "one_face_720p.mp4"),
        "genki": lambda: measure_genki(options.data / "genki4k" / "genki4k.parquet", options.step),
    }
    print(json.dumps({name: part() for name, part in parts.items() if options.only in {None, name}}, indent=1))


if __name__ == "__main__":
    main()
