"""Measures the mean neutral face of the mesh, against which facial movements are measured.

Run ``python -m training.preparation.measure_mean_face``; it writes the file that ``emotion.vision.movements`` reads.
The faces are those of FER2013's training split whose FER+ majority is neutral. Pairs of mirrored points are derived
from these and from surprised faces, in which no two points of the lips coincide.
"""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from emotion.labels import FERPLUS_LABELS
from emotion.types import FloatArray
from emotion.vision.landmarks import MESH_POINTS, FaceMesh
from emotion.vision.movements import MEAN_FACE_FILE, fit_to, in_eye_distances
from training.datasets.face_set import FaceSet
from training.datasets.ferplus import majority_labels
from training.datasets.readers.parquet import default_data_dir, read_split
from training.preparation.measure_frame import fit_all

_FACES = {"neutral": 2500, "surprise": 300}
_ROUNDS = 5
_ALL = np.arange(MESH_POINTS)
_MIRROR = np.array([-1.0, 1.0, 1.0])


def main() -> None:
    """Measure the training split and write :data:`MEAN_FACE_FILE`."""
    faces, mesh = read_split(default_data_dir(), "train"), FaceMesh()
    fitted = {label: fit_all(_chosen(faces, label, count), mesh) for label, count in _FACES.items()}
    means = {label: _mean_of(np.stack(points)) for label, points in fitted.items()}
    mirror = _mirror_points(list(means.values()))
    neutral = _symmetrical(means["neutral"], mirror)
    record = {
        "source": "FER2013 training split, faces that most FER+ taggers call neutral; 468-point mesh",
        "measured": {label: len(points) for label, points in fitted.items()},
        "mirror": mirror.tolist(),
        "points": neutral.round(4).tolist(),
    }
    MEAN_FACE_FILE.write_text(json.dumps(record) + "\n", encoding="utf-8")
    print(record["source"], record["measured"])


def _chosen(faces: FaceSet, label: str, count: int) -> NDArray[np.uint8]:
    if faces.votes is None:
        raise ValueError("expected FER2013 with the votes of FER+; got faces without votes")
    rows = np.flatnonzero(majority_labels(faces.votes) == FERPLUS_LABELS.index(label))
    return faces.images[np.random.default_rng(0).permutation(rows)[:count]]


def _mean_of(points: FloatArray) -> NDArray[np.float64]:
    """Return the ``(468, 3)`` mean of ``(n, 468, 3)`` faces, each fitted to it (generalised Procrustes analysis)."""
    mean = in_eye_distances(np.asarray(points, np.float64)).mean(axis=0)
    for _ in range(_ROUNDS):
        mean = in_eye_distances(fit_to(points, mean, _ALL)).mean(axis=0)
    return np.asarray(mean)


def _mirror_points(faces: list[NDArray[np.float64]]) -> NDArray[np.int64]:
    """Return the index of each point's mirror image; points on the middle line are their own.

    Raises:
        ValueError: Two points are not each other's mirror image.
    """
    apart = sum(((face[:, None] * _MIRROR - face[None]) ** 2).sum(axis=2) for face in faces)
    mirror = np.asarray(linear_sum_assignment(apart)[1])
    if not np.array_equal(mirror[mirror], _ALL):
        raise ValueError(f"expected points in pairs; got none for {_ALL[mirror[mirror] != _ALL].tolist()}")
    return mirror


def _symmetrical(face: NDArray[np.float64], mirror: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean of a face and its mirror image, with level eyes and its plane of symmetry at x = 0."""
    mirrored = face[mirror] * _MIRROR
    mean = (face + fit_to(mirrored[None], face, _ALL)[0]) / 2
    # The fit turned one face fully, so the plane of symmetry is half of that rotation away from the axes.
    for _ in range(_ROUNDS):
        mean = (mean + fit_to(mean[None], mean[mirror] * _MIRROR, _ALL)[0]) / 2
    return np.asarray(in_eye_distances(((mean + mean[mirror] * _MIRROR) / 2)[None])[0])


if __name__ == "__main__":
    main()
