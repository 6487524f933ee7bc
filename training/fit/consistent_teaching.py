"""Distillation on augmented faces: teachers and network see the same rotation, scale and shift.

After L. Beyer, X. Zhai, A. Royer, L. Markeeva, R. Anil and A. Kolesnikov (Knowledge Distillation: A Good Teacher Is
Patient and Consistent, CVPR 2022, arXiv:2106.05237). They augment anew at every step; here each face has a fixed number
of versions, so that slow teachers are asked only once. Light, quality and covered parts vary for the network alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from emotion.errors import InputError
from emotion.models.registry import load_card
from emotion.types import FloatArray
from emotion.vision.classify import LiteRTClassifier
from emotion.vision.normalise import GREY, fit
from training.data.inputs import BATCH, InputForm, batchwise
from training.data.targets import Examples
from training.data.versions import Versions
from training.fit.distillation import save_answers
from training.recipes import Recipe

_SMALLEST = 1e-7
"""Keeps the logarithm of a probability finite."""


def taught_versions(examples: Examples, recipe: Recipe, folder: Path, form: InputForm) -> Versions | None:
    """Return versions of all faces with the teachers' answers; None if the recipe asks for no versions.

    Args:
        examples: Training faces.
        recipe: Names the teachers, their shares and the number of versions.
        folder: Folder of the run, in which the answers are cached.
        form: Form of the network's input. Teachers see larger faces if the examples are larger.

    Raises:
        InputError: A teacher has other labels than the first head.
        ModelError: There is no such model.
    """
    if not recipe.teacher_versions:
        return None
    teachers = [LiteRTClassifier(load_card(name), tta=False) for name in recipe.teachers]
    labels = examples.heads[0].label_set.labels
    if others := [teacher.card.name for teacher in teachers if teacher.labels != labels]:
        raise InputError(f"expected teachers that answer with {', '.join(labels)}; got {', '.join(others)}")
    images = np.stack([_version(examples.images, recipe, number) for number in range(recipe.teacher_versions)])
    answers = _answers(images, teachers, _shares(examples, recipe), folder)
    if images.shape[2] > form.size:
        images = np.stack([[fit(face, form.size, GREY) for face in version] for version in images])
    return Versions(images, answers, recipe.teacher_weight, recipe.augmentation)


def _version(images: NDArray[np.uint8], recipe: Recipe, number: int) -> NDArray[np.uint8]:
    """Return a version of all faces; the first is the faces themselves."""
    if number == 0:
        return images
    rng = np.random.default_rng((recipe.seed, 0, number))
    return batchwise(lambda faces: recipe.augmentation.move(faces, rng), images)


def _shares(examples: Examples, recipe: Recipe) -> NDArray[np.float64]:
    """Return the weight of each teacher for each face, ``(n, t)``."""
    own = recipe.teacher_shares or (1.0,) * len(recipe.teachers)
    if examples.origin is None:
        return np.tile(own, (len(examples), 1))
    others = {share.name: share.teacher_shares for share in recipe.sets}
    return np.array([others.get(name) or own for name in examples.sets])[examples.origin]


def _answers(
    images: NDArray[np.uint8],
    teachers: Sequence[LiteRTClassifier],
    shares: NDArray[np.float64],
    folder: Path,
) -> FloatArray:
    """Return the teachers' answers about each version, ``(v, n, k)``, from the cache where it has them."""
    asked = "".join(teacher.card.sha256 for teacher in teachers).encode() + shares.tobytes()
    names = (sha256(asked + sha256(np.ascontiguousarray(version).data).digest()).hexdigest()[:12] for version in images)
    files = [folder / f"taught-{name}-{number}.npz" for number, name in enumerate(names)]
    missing = [number for number, file in enumerate(files) if not file.is_file()]
    began = time.monotonic()
    for done, number in enumerate(missing, start=1):
        save_answers({"answers": _mean_answers(images[number], teachers, shares)}, files[number])
        minutes = (time.monotonic() - began) / 60 * (len(missing) - done) / done
        print(f"teachers: version {number + 1}/{len(images)} answered, about {minutes:.0f} min left", flush=True)
    return np.stack([_load(file) for file in files])


def _load(file: Path) -> FloatArray:
    with np.load(file) as stored:
        return np.asarray(stored["answers"])


def _mean_answers(
    images: NDArray[np.uint8], teachers: Sequence[LiteRTClassifier], shares: NDArray[np.float64]
) -> FloatArray:
    """Return the normalised geometric mean of the teachers' probabilities, ``(n, k)``.

    Args:
        images: ``(n, s, s)`` faces.
        teachers: ``t`` teachers.
        shares: ``(n, t)`` weight of each teacher for each face.
    """

    def ask(rows: slice) -> FloatArray:
        faces = list(images[rows])
        logs = np.stack([np.log(np.maximum(teacher.predict(faces), _SMALLEST)) for teacher in teachers], axis=1)
        weights = shares[rows] / shares[rows].sum(axis=1, keepdims=True)
        return softmax(np.einsum("ntk,nt->nk", logs, weights), axis=1).astype(np.float32)

    parts = [slice(start, start + BATCH) for start in range(0, len(images), BATCH)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # LiteRT releases the GIL
        return np.concatenate([*pool.map(ask, parts)])
