"""Accuracy by head angle, on RAF-DB's test faces and for smiles in GENKI's photographs."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image as Pillow

from emotion.engine.classify_faces import crop_face
from emotion.engine.face_follower import FaceFollower
from emotion.types import FloatArray, Frame, Image, ModelCard
from emotion.vision.classify import LiteRTClassifier, scaled_softmax
from emotion.vision.detection.detect import BlazeFace
from emotion.vision.landmarks import FaceMesh

RAFDB, GENKI = "rafdb-test", "genki4k-smiles"
FILES = {RAFDB: Path("rafdb/rafdb-test.parquet"), GENKI: Path("genki4k/genki4k.parquet")}
EDGES = {"yaw": (0, 10, 20, 30, 90), "pitch": (-90, -20, -10, 10, 20, 90)}
"""Bins in degrees: yaw to either side, pitch down (negative) and up."""

_BORDER = 0.5
"""Border that the detector needs around aligned faces, as a share of the side."""


def measure_angles(card: ModelCard, shared: Path) -> list[dict[str, Any]]:
    """Return accuracy by angle, one row per set and bin; missing sets are skipped.

    Args:
        card: Card of the model.
        shared: Folder with the sets' Parquet files of original pictures.

    Returns:
        ``{set, angle, from, to, faces, accuracy, answered}``: bin in degrees, number of faces, accuracy over all of
        them, and share of faces without abstention (0–1 both). Faces that the mesh does not find are left out.
    """
    return [
        row for name, file in FILES.items() if (shared / file).is_file() for row in _rows_of(card, name, shared / file)
    ]


def _rows_of(card: ModelCard, name: str, file: Path) -> list[dict[str, Any]]:
    table = pq.read_table(file)
    pictures = [_picture(each.as_py()["bytes"]) for each in table.column("image")]
    if name == RAFDB:
        pictures = [_with_border(picture) for picture in pictures]
        found, seen, probabilities = _answers(card, pictures)
        truth = np.array(table.column("label").to_pylist(), object)[found]
        known = np.isin(truth.astype(str), card.labels)
        right = np.array(card.labels, object)[probabilities.argmax(axis=1)] == truth
    else:
        if "happiness" not in card.labels:
            return []
        found, seen, probabilities = _answers(card, pictures)
        smiles = np.array(table.column("smile").to_pylist())[found] == 1
        known = np.ones(len(found), bool)
        right = (probabilities.argmax(axis=1) == card.labels.index("happiness")) == smiles
    answered = probabilities.max(axis=1) >= card.abstention_limit.required(*seen.T)
    return bins(name, seen[known, 0], seen[known, 1], right[known], answered[known])


def _answers(card: ModelCard, pictures: Sequence[Image]) -> tuple[NDArray[np.intp], FloatArray, FloatArray]:
    """Return rows of pictures with a face, ``(n, 4)`` yaw, pitch, box size (px) and confidence, and probabilities."""
    detector, mesh, classifier = BlazeFace(), FaceMesh(), LiteRTClassifier(card)
    found, seen, crops = [], [], []
    for index, rgb in enumerate(pictures):
        luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        frame = Frame(0, 0.0, luma, lambda image=rgb: image)  # type: ignore[misc]
        faces = FaceFollower(detector, mesh)(frame)
        if not faces:
            continue
        face = max(faces, key=lambda one: one.width)
        assert face.pose is not None, "the mesh gives every face a pose"
        found.append(index)
        seen.append((face.pose.yaw, face.pose.pitch, np.max(face.box_xyxy[2:] - face.box_xyxy[:2]), face.confidence))
        crops.append(crop_face(luma if card.colour == "grey" else rgb, face, card.input_size))
    probabilities = scaled_softmax(classifier.logits(crops), card.temperature)
    return np.array(found, np.intp), np.array(seen, np.float32).reshape(-1, 4), probabilities


def bins(
    name: str, yaw: FloatArray, pitch: FloatArray, right: NDArray[np.bool_], answered: NDArray[np.bool_]
) -> list[dict[str, Any]]:
    """Return a row for each bin of :data:`EDGES` that has faces.

    Args:
        name: Name of the set.
        yaw: ``(n,)`` degrees; left and right are pooled.
        pitch: ``(n,)`` degrees.
        right: ``(n,)``, whether the answer was right.
        answered: ``(n,)``, whether the model did not abstain.
    """
    rows = []
    for angle, values in (("yaw", np.abs(yaw)), ("pitch", pitch)):
        for low, high in zip(EDGES[angle], EDGES[angle][1:], strict=False):
            in_bin = (values >= low) & (values < high)
            if in_bin.any():
                shares = {"accuracy": float(right[in_bin].mean()), "answered": float(answered[in_bin].mean())}
                rows.append({"set": name, "angle": angle, "from": low, "to": high, "faces": int(in_bin.sum())} | shares)
    return rows


def _picture(data: bytes) -> Image:
    return np.array(Pillow.open(io.BytesIO(data)).convert("RGB"))


def _with_border(picture: Image) -> Image:
    around = round(len(picture) * _BORDER)
    return np.asarray(
        cv2.copyMakeBorder(picture, around, around, around, around, borderType=cv2.BORDER_REPLICATE), np.uint8
    )
