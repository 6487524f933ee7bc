"""Counts faces in pictures with and without people, before and after the check of new faces, and fits that check."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from bench.faces.pictures import Picture, with_people, without_people
from emotion.engine.face_follower import FaceFollower
from emotion.types import Face, FloatArray, Frame, Image
from emotion.vision.detection.confirm import (
    CONFIRM_FILE,
    FEATURES,
    MIN_VISIBLE,
    FaceCheck,
    Weights,
    load_weights,
    visible_share,
)
from emotion.vision.detection.detect import BlazeFace
from emotion.vision.landmarks import FaceMesh, Mesh

_EVERYTHING = Weights((0.0,) * len(FEATURES), 0.0)
_LOG_EVERY = 500


class _Recorder(FaceCheck):
    """Accepts every face, and records what the check measures of it."""

    def __init__(self, mesh: FaceMesh) -> None:
        super().__init__(mesh, BlazeFace(small=True), _EVERYTHING)
        self.rows: list[tuple[FloatArray, bool, FloatArray]] = []

    def __call__(self, luma: Image, rgb: Image, detection: Face, fits: Sequence[Mesh]) -> bool:
        judged = visible_share(fits[-1].points, luma) >= MIN_VISIBLE
        box = np.concatenate([fits[-1].points[:, :2].min(axis=0), fits[-1].points[:, :2].max(axis=0)])
        self.rows.append((self.measure(luma, rgb, detection, fits), judged, box))
        return True


def record_faces(pictures: Iterable[Picture]) -> pd.DataFrame:
    """Return a row for each face that the detector and the mesh model find.

    Returns:
        ``group``, ``name``, ``half``, ``picture`` (number), ``judged`` (whether enough of the face is in the picture),
        and the features of the check in logits; for each picture also a row without features.
    """
    rows = []
    detector, mesh = BlazeFace(), FaceMesh()
    for number, picture in enumerate(pictures):
        recorder = _Recorder(mesh)
        luma = cv2.cvtColor(picture.image, cv2.COLOR_RGB2GRAY)
        frame = Frame(0, 0.0, luma, lambda image=picture.image: image)  # type: ignore[misc]
        boxes = [face.box_xyxy for face in FaceFollower(detector, mesh, check=recorder)(frame)]
        about = {"group": picture.group, "name": picture.name, "half": picture.half, "picture": number}
        rows.append(about | {"judged": False} | dict.fromkeys(FEATURES, np.nan))  # one row even if nothing is found
        rows += [
            about | {"judged": judged} | dict(zip(FEATURES, map(float, features), strict=True))
            for features, judged, box in recorder.rows
            if any(np.array_equal(box, kept) for kept in boxes)
        ]
        if number % _LOG_EVERY == 0:
            print(f"{picture.group}: {number} pictures", file=sys.stderr, flush=True)
    return pd.DataFrame(rows)


def fit_check(false: pd.DataFrame, true: pd.DataFrame) -> Weights:
    """Return the weights of a check that separates false from true faces and accepts all of these true ones.

    The weights are from logistic regression, in which each picture without people counts once, however many faces are
    found in its copies. The limit is the lowest score of a true face.
    """
    false, true = (table[table["judged"]] for table in (false, true))
    each = 1 / false.groupby("name")["name"].transform("size")
    weights = np.concatenate([each / each.sum(), np.full(len(true), 1 / len(true))]) * len(true)
    features = np.concatenate([false[list(FEATURES)], true[list(FEATURES)]])
    truth = np.repeat([0, 1], [len(false), len(true)])
    fitted = LogisticRegression(C=0.3, max_iter=2000).fit(features, truth, sample_weight=weights)
    found = tuple(round(float(weight), 3) for weight in fitted.coef_[0])
    scores = true[list(FEATURES)].to_numpy() @ np.array(found)
    return Weights(found, float(np.floor(scores.min() * 1000) / 1000))


def counts(table: pd.DataFrame, weights: Weights) -> dict[str, dict[str, int]]:
    """Return ``pictures``, and faces ``before`` and ``after`` the check, for each group and half."""
    finds = table[table[FEATURES[0]].notna()]
    scores = finds[list(FEATURES)].to_numpy() @ np.array(weights.weights)
    kept = finds[(scores >= weights.limit) | ~finds["judged"]]
    found: dict[str, dict[str, int]] = {}
    for (group, half), rows in table.groupby(["group", "half"], sort=False):
        mine = [each[(each["group"] == group) & (each["half"] == half)] for each in (finds, kept)]
        row = {"pictures": int(rows["picture"].nunique()), "before": len(mine[0]), "after": len(mine[1])}
        found[f"{group}, {'chosen on' if half == 0 else 'held out'}"] = row
    return found


def measure_faces(folders: Sequence[Path], data: Path, copies: int, faces: int, fit: bool) -> dict[str, dict[str, Any]]:
    """Return the number of faces before and after the check, per group and half.

    Args:
        folders: Folders of pictures without people.
        data: Folder of the shared data.
        copies: Varied copies of each picture without people.
        faces: Maximum number of faces from each data set.
        fit: Whether to fit the check on one half, and to write its weights.
    """
    false = record_faces(without_people(folders, data / "photos", copies, drawings=60))
    true = record_faces(with_people(data, faces))
    if fit:
        _write(fit_check(false[false["half"] == 0], true[true["half"] == 0]))
    weights = load_weights()
    return {
        f"{kind}: {group}": row
        for kind, table in (("nobody", false), ("people", true))
        for group, row in counts(table, weights).items()
    }


def _write(weights: Weights) -> None:
    record = {
        "source": "python -m bench false-faces --fit",
        "weights": dict(zip(FEATURES, weights.weights, strict=True)),
        "limit": weights.limit,
    }
    CONFIRM_FILE.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
