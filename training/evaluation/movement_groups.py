"""Measures how well facial movements tell known groups of faces apart, and writes the tables of docs/movements.md.

Run ``python -m training.evaluation.movement_groups``. It measures movements against the mean neutral face in faces
whose expression people have judged, writes :data:`GROUPS_FILE`, and from it the tables of the guide. ``--tables``
writes only these.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from emotion.analytics.timeline import OPENNESS
from emotion.labels import FERPLUS_LABELS
from emotion.types import FloatArray, Image
from emotion.vision.eyes import EyeModel
from emotion.vision.landmarks import (
    MIN_PRESENCE,
    MOUTH_LEFT,
    MOUTH_RIGHT,
    FaceMesh,
    Mesh,
    Roi,
    eye_corners,
    head_pose,
    rotation,
)
from emotion.vision.movement_codebook import MEASURE_COLUMNS, MEASURES, MOVEMENTS, Movement
from emotion.vision.movements import frontal, measures
from training import provenance
from training.datasets.ferplus import majority_labels
from training.datasets.pictures import decode_cell
from training.datasets.readers.parquet import VOTE_COLUMNS, default_data_dir
from training.evaluation.movement_tables import GROUPS_FILE, write_tables
from training.preparation.alignment import fit_twice, to_luma

SETS = {
    "FER+": ("fer2013/fer2013-public-test.parquet", "fer2013/fer2013-private-test.parquet"),
    "RAF-DB": ("rafdb/rafdb-test.parquet",),
    "FFHQ": ("ffhq/ffhq-happy-neutral.parquet",),
}
UPRIGHT_SETS = ("FER+", "RAF-DB")
"""Sets whose neutral faces are used to measure the effect of the pose."""
FACES = 1500
"""Faces per set, drawn at random, so expressions keep their natural shares."""
FRONTAL_DEG = 20.0
"""Largest yaw and pitch of frontal faces."""

NEUTRAL = "neutral"
PAIRS: tuple[tuple[str, tuple[str, ...], float | None], ...] = (
    ("happiness", ("lip_corner_up",), 0.9),
    ("happiness", ("lip_stretch",), None),
    ("happiness", ("lip_corner_up", "lip_stretch"), None),
    ("surprise", ("jaw_drop",), None),
    ("surprise", ("lid_raise",), None),
    ("surprise", ("eye_openness",), None),
    ("surprise", ("jaw_drop", "lid_raise"), 0.85),
    ("surprise", ("jaw_drop", "eye_openness"), 0.85),
    ("surprise", ("jaw_drop", "lid_raise", "brow_outer_raise"), None),
    ("anger", ("brow_lower",), 0.75),
    ("anger", ("eye_narrowing",), None),
    ("anger", ("brow_lower", "eye_narrowing"), None),
    ("anger", ("lip_press",), None),
    ("sadness", ("lip_corner_down",), None),
    ("sadness", ("brow_inner_raise",), None),
    ("fear", ("brow_inner_raise",), None),
    ("fear", ("lid_raise",), None),
)
"""Expression, the movements expected in it, and the target area; see :func:`areas`."""

_SCALES = (1.4, 1.0, 0.75)
"""Sides of the squares in which the mesh starts, relative to the picture; FFHQ shows more around the face."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every set and write the file and the tables."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluation.movement_groups", description=__doc__)
    parser.add_argument("--shared", type=Path, default=default_data_dir().parent, help="folder of fer2013 and rafdb")
    parser.add_argument("--tables", action="store_true", help="only rewrite the tables of the guide")
    options = parser.parse_args(arguments)
    if not options.tables:
        sets, slopes = measure_groups(options.shared)
        record = {"commit": provenance.commit()[:10], "faces": FACES, "sets": sets, "pose": slopes}
        GROUPS_FILE.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_tables()


def measure_groups(shared: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the areas of each set, and the remaining effect of the pose on measures.

    Args:
        shared: Folder with the sets' Parquet files.

    Returns:
        Set → ``faces`` of each label, ``looking_ahead``, ``areas`` (:func:`areas`) and ``mouth_to_eyes``, mean and
        standard deviation in eye distances; and :func:`pose_slopes` of the sets of :data:`UPRIGHT_SETS`.
    """
    found, neutral = {}, []
    for name, files in SETS.items():
        values, labels, poses, heights = measured_faces([shared / file for file in files])
        if name in UPRIGHT_SETS:
            upright = labels == NEUTRAL
            neutral.append((values.loc[upright, list(MEASURE_COLUMNS)].to_numpy(np.float64), poses[upright]))
        ahead = np.asarray((np.abs(poses) <= FRONTAL_DEG).all(axis=1))
        found[name] = {
            "faces": {
                str(label): int(count) for label, count in zip(*np.unique(labels, return_counts=True), strict=True)
            },
            "looking_ahead": int(ahead.sum()),
            "areas": areas(values, labels, ahead),
            "mouth_to_eyes": [round(float(heights.mean()), 3), round(float(heights.std()), 3)],
        }
    measured, turned = (np.concatenate(parts) for parts in zip(*neutral, strict=True))
    return found, pose_slopes(measured, turned)


def pose_slopes(values: NDArray[np.float64], poses: NDArray[np.floating]) -> dict[str, Any]:
    """Return how much measures of neutral faces change with the head's pose, by regression on yaw and pitch.

    Args:
        values: ``(n, m)`` measures.
        poses: ``(n, 2)`` yaw and pitch, degrees.

    Returns:
        ``faces`` and ``largest_per_10_deg``, the largest change of any measure per 10° of either angle.
    """
    design = np.column_stack([np.ones(len(poses)), poses])
    slopes = np.linalg.lstsq(design, values, rcond=None)[0][1:]
    return {"faces": len(values), "largest_per_10_deg": round(float(np.abs(slopes).max()) * 10, 4)}


def measured_faces(files: Sequence[Path]) -> tuple[pd.DataFrame, NDArray[np.str_], FloatArray, NDArray[np.float64]]:
    """Return measures and openness, labels, yaw and pitch (degrees), and the distance from mouth to eyes.

    The distance is in eye distances. Only faces that the mesh confirms are measured.
    """
    mesh, eyes = FaceMesh(), EyeModel()
    points, labels, poses, openness = [], [], [], []
    for luma, label in _pictures(files):
        fitted = _fitted(mesh, luma)
        if fitted is None:
            continue
        pose = head_pose(fitted.points)
        points.append(fitted.points)
        labels.append(label)
        poses.append((pose.yaw, pose.pitch))
        found = eyes(luma, eye_corners(fitted.points), rotation(pose))
        openness.append([getattr(found, column) for column in OPENNESS])
    meshes = np.stack(points)
    values = pd.DataFrame(measures(meshes), columns=list(MEASURE_COLUMNS))
    values[OPENNESS] = openness
    heights = frontal(meshes)[:, [MOUTH_LEFT, MOUTH_RIGHT], 1].mean(axis=1)
    return values, np.array(labels), np.array(poses, np.float32), heights


def _fitted(mesh: FaceMesh, luma: Image) -> Mesh | None:
    """Return the mesh of the face in the middle of a picture, or None if there is no confident fit."""
    height, width = luma.shape[:2]
    for scale in _SCALES:
        found = fit_twice(mesh, luma, Roi(width / 2, height / 2, min(height, width) * scale, 0.0))
        if found.presence >= MIN_PRESENCE:
            return found
    return None


def _pictures(files: Sequence[Path]) -> Iterator[tuple[Image, str]]:
    tables = [pq.read_table(file) for file in files]
    labels = np.concatenate([_labels(table) for table in tables])
    cells = [cell for table in tables for cell in table.column("image").to_pylist()]
    known = np.flatnonzero(labels != "")
    for row in np.sort(np.random.default_rng(0).permutation(known)[:FACES]):
        image = decode_cell(cells[row])
        if image is not None:
            yield to_luma(image), str(labels[row])


def _labels(table: Any) -> NDArray[np.str_]:
    """Return each face's label, ``""`` where FER+'s taggers have no majority."""
    if "label" in table.column_names:
        return np.array(table.column("label").to_pylist())
    votes = np.stack([table.column(name).to_numpy() for name in VOTE_COLUMNS], axis=1)
    return np.array([*FERPLUS_LABELS, ""])[majority_labels(votes)]


def areas(values: pd.DataFrame, labels: NDArray[np.str_], ahead: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Return the area under the ROC curve of each of :data:`PAIRS`.

    The score is the movement with its sign, before it is cut off at 0. Several movements are added, each in standard
    deviations of the neutral faces.

    ``eye_openness`` is that of the iris model, the mean of both eyes, and ``eye_narrowing`` its negative. Faces whose
    eyes are too small for it are left out where it is used.

    Args:
        values: Measures and :data:`OPENNESS`, a row per face.
        labels: ``(n,)`` expressions.
        ahead: ``(n,)`` whether a face is frontal.

    Returns:
        ``{expression, movements, hoped, against_neutral, against_neutral_ahead, against_rest}``, areas of 0–1; None
        where a set has no such faces.
    """
    moved = pd.DataFrame({movement.name: _signed(movement, values) for movement in MOVEMENTS})
    moved["eye_openness"] = values[OPENNESS].mean(axis=1)
    moved["eye_narrowing"] = -moved["eye_openness"]
    scaled = moved / moved[labels == NEUTRAL].std()
    rows = []
    for expression, names, hoped in PAIRS:
        score = scaled[list(names)].sum(axis=1, skipna=False).to_numpy(np.float64)
        known = np.isfinite(score)
        shown, neutral = known & (labels == expression), known & (labels == NEUTRAL)
        rows.append(
            {
                "expression": expression,
                "movements": list(names),
                "hoped": hoped,
                "against_neutral": _area(score, shown, neutral),
                "against_neutral_ahead": _area(score, shown & ahead, neutral & ahead),
                "against_rest": _area(score, shown, known & ~shown),
            }
        )
    return rows


def _signed(movement: Movement, values: pd.DataFrame) -> pd.Series:
    columns = [column for measure in MEASURES if measure.name in movement.measures for column in measure.columns]
    return movement.sign * values[columns].mean(axis=1)


def _area(score: NDArray[np.float64], shown: NDArray[np.bool_], others: NDArray[np.bool_]) -> float | None:
    if not shown.any() or not others.any():
        return None
    chosen = shown | others
    return round(float(roc_auc_score(shown[chosen], score[chosen])), 3)


if __name__ == "__main__":
    main()
