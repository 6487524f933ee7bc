"""Counts duplicate pictures within and across splits, and duplicates with different labels."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any

import numpy as np

from emotion.labels import NO_LABEL
from emotion.progress import OnProgress
from emotion.types import Progress
from training.datasets.face_set import FaceSet
from training.preparation.leaks import FULL_CORRELATION, SKETCH_CORRELATION, Duplicates, comparable, find_duplicates


def count_duplicates(splits: Mapping[str, FaceSet], report: OnProgress | None = None) -> dict[str, Any]:
    """Count exact copies, by pixels, and near copies, by correlation, including mirrored ones.

    Args:
        splits: Split name → faces of equal size.
        report: Receives the progress, in rows compared.

    Returns:
        ``within`` (split → ``exact`` and ``near``, numbers of pictures with an earlier copy), ``across`` (the same for
        pictures of the split ``of`` with a copy in the split ``in``), ``conflicts`` and ``thresholds``.
    """
    pairs = list(combinations(splits, 2))
    tick = _ticker(2 * sum(len(splits[name]) for name in [*splits, *(first for first, _ in pairs)]), report)
    grey = {name: comparable(faces.images) for name, faces in splits.items()}
    within = {name: _counts(find_duplicates(images, tick=tick)) for name, images in grey.items()}
    across = [
        {"of": first, "in": second} | _counts(find_duplicates(grey[first], grey[second], tick))
        for first, second in pairs
    ]
    return {
        "within": within,
        "across": across,
        "conflicts": count_conflicts(splits),
        "thresholds": {"sketch": SKETCH_CORRELATION, "full": FULL_CORRELATION},
    }


def count_conflicts(splits: Mapping[str, FaceSet]) -> dict[str, int]:
    """Count groups of equal pictures, without mirrored ones, and groups with different labels.

    Args:
        splits: Split name → faces.

    Returns:
        ``groups``, the ``pictures`` in them, and ``groups_with_different_labels``.
    """
    labels: dict[bytes, list[int]] = {}
    for faces in splits.values():
        for image, label in zip(faces.images, faces.labels.tolist(), strict=True):
            labels.setdefault(image.tobytes(), []).append(label)
    groups = [codes for codes in labels.values() if len(codes) > 1]
    return {
        "groups": len(groups),
        "pictures": sum(map(len, groups)),
        "groups_with_different_labels": sum(len({*codes} - {NO_LABEL}) > 1 for codes in groups),
    }


def _counts(copies: Duplicates) -> dict[str, int]:
    return {"exact": int(np.sum(copies.exact)), "near": int(np.sum(copies.near))}


def _ticker(total: int, report: OnProgress | None) -> Callable[[int], None]:
    """Return a function that adds up rows and reports them."""
    done, started = 0, time.monotonic()

    def tick(rows: int) -> None:
        nonlocal done
        done += rows
        if report is not None:
            report(Progress(done, total, time.monotonic() - started))

    return tick
