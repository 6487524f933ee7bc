"""Facts about a data set: counts, pixel statistics, sample pictures, agreement and duplicates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion.labels import NO_LABEL
from emotion.progress import OnProgress
from training import provenance
from training.datasets.face_set import FACE_SIZE, FaceSet
from training.datasets.manifest import FACTS_FILE, load_manifest, reduced_size
from training.datasets.readers.parquet import read_dataset
from training.preparation.agreement import agreement
from training.preparation.duplicates import count_duplicates
from training.preparation.fact_pictures import write_pictures

_HISTOGRAM_BINS = 32
_BLOCK = 4096


def write_facts(data: Path, out: Path, report: OnProgress | None = None) -> dict[str, Any]:
    """Measure a data set, write ``facts.json`` and its pictures, and return the facts.

    Pictures larger than FER2013's are reduced to its size first, to limit memory.

    Args:
        data: Prepared folder, or folder of FER2013's files.
        out: Output folder. Its pictures show faces of the data set; do not commit them.
        report: Receives the progress of the search for duplicates.
    """
    manifest = load_manifest(data)
    splits = read_dataset(data, size=reduced_size(data, FACE_SIZE))
    first = next(iter(splits.values()))
    out.mkdir(parents=True, exist_ok=True)
    facts = {
        "name": data.resolve().name,
        "format": manifest.format if manifest else "parquet",
        "labels": list(first.label_set.labels),
        "picture_size": manifest.size if manifest else first.size,
        "measured_size": first.size,
        "colour": first.is_colour,
        "splits": {name: describe_split(faces) for name, faces in splits.items()},
        "skipped": manifest.skipped if manifest else {},
        "pictures": {"split": first.split, **write_pictures(first, out)},
        "agreement": agreement(splits),
        "duplicates": count_duplicates(splits, report),
        "command": provenance.command(),
        "commit": provenance.commit(),
    }
    (out / FACTS_FILE).write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return facts


def describe_split(faces: FaceSet) -> dict[str, Any]:
    """Return the numbers of faces in total, per class and without label, and pixel statistics."""
    per_class = np.bincount(faces.labels[faces.labels != NO_LABEL], minlength=len(faces.label_set))
    return {
        "faces": len(faces),
        "classes": dict(zip(faces.label_set.labels, per_class.tolist(), strict=True)),
        "unlabelled": int((faces.labels == NO_LABEL).sum()),
        "with_votes": 0 if faces.votes is None else int(faces.votes.any(axis=1).sum()),
        "pixels": pixel_statistics(faces.images),
    }


def pixel_statistics(images: NDArray[np.uint8]) -> dict[str, Any]:
    """Return ``mean`` and ``deviation`` (0–255), a ``histogram`` of shares, and the number of ``blank`` pictures.

    Args:
        images: ``(n, s, s)`` or ``(n, s, s, 3)`` uint8; colour channels are pooled.
    """
    counts, blank = np.zeros(256, np.int64), 0
    for start in range(0, len(images), _BLOCK):
        block = images[start : start + _BLOCK].reshape(len(images[start : start + _BLOCK]), -1)
        counts += np.bincount(block.ravel(), minlength=256)
        blank += int((block.min(axis=1) == block.max(axis=1)).sum())
    shares = counts / max(counts.sum(), 1)
    mean = float(shares @ np.arange(256))
    deviation = float(np.sqrt(shares @ (np.arange(256) - mean) ** 2))
    histogram = shares.reshape(_HISTOGRAM_BINS, -1).sum(axis=1)
    return {
        "mean": round(mean, 3),
        "deviation": round(deviation, 3),
        "histogram": histogram.round(5).tolist(),
        "blank": blank,
    }
