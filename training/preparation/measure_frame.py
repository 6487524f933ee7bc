"""Measures the framing of FER2013: mean positions of eyes, nose and mouth in its pictures, and the median pitch.

Run ``python -m training.preparation.measure_frame``, which writes the file for ``emotion.vision.fer2013_frame``.
"""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from emotion.types import FloatArray
from emotion.vision.fer2013_frame import FRAME_FILE
from emotion.vision.landmarks import MIN_PRESENCE, FaceMesh, Roi, five_points, head_pose
from training.datasets.face_set import FACE_SIZE
from training.datasets.readers.parquet import default_data_dir, read_split
from training.preparation.alignment import fit_twice

_POINTS = ("right eye", "left eye", "nose tip", "mouth right", "mouth left")


def fit_all(images: NDArray[np.uint8], mesh: FaceMesh) -> list[FloatArray]:
    """Return the ``(468, 3)`` points of every face that the mesh finds, px.

    Args:
        images: ``(n, 48, 48)`` uint8 grey.
        mesh: The face mesh.
    """
    middle = FACE_SIZE / 2
    whole = Roi(middle, middle, FACE_SIZE * 1.4, 0.0)
    fits = (fit_twice(mesh, image, whole) for image in images)
    return [fit.points for fit in fits if fit.presence >= MIN_PRESENCE]


def main() -> None:
    """Measure the training split and write :data:`FRAME_FILE`."""
    images = read_split(default_data_dir(), "train").images
    faces = fit_all(images, FaceMesh())
    places = np.stack([five_points(points).astype(np.float64) / FACE_SIZE for points in faces])
    # Averaged with its mirror image, to make the frame symmetric.
    mean = places.mean(axis=0)
    mirrored = mean[[1, 0, 2, 4, 3]] * [-1, 1] + [1, 0]
    record = {
        "source": "FER2013 training split, 468-point mesh",
        "pictures": len(images),
        "measured": len(places),
        "names": _POINTS,
        "points": ((mean + mirrored) / 2).round(4).tolist(),
        "pitch_deg": round(float(np.median([head_pose(points, 0.0).pitch for points in faces])), 1),
        "spread": places.std(axis=0).round(4).tolist(),
    }
    FRAME_FILE.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record))


if __name__ == "__main__":
    main()
