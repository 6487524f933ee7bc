"""Judges of cases whose inputs are pictures."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from tests.cases.command import Judged, Ran, error_of, is_near, written

PORTRAIT = (178, 67, 272, 174)
"""Box of the face in the shared portrait."""


def portraits(*names: str, box: Sequence[float] = PORTRAIT) -> Callable[[Ran], Judged]:
    """Judge pictures, each with one smiling face at a place."""

    def judge(ran: Ran) -> Judged:
        found = ran.pictures
        texts = [
            f"{name}: "
            + (", ".join(f"{face['emotion']} at {written(face['box_xyxy'])}" for face in faces) or "no face")
            for name, faces in found.items()
        ]
        good = [
            len(faces) == 1 and faces[0]["emotion"] == "happiness" and is_near(faces[0]["box_xyxy"], box)
            for faces in found.values()
        ]
        return "; ".join(texts) or error_of(ran), ran.status == 0 and len(found) == len(names) and all(good)

    return judge


def faces(**counts: int) -> Callable[[Ran], Judged]:
    """Judge pictures by how many faces each has."""

    def judge(ran: Ran) -> Judged:
        found = sorted(len(one) for one in ran.pictures.values())
        text = "; ".join(f"faces in {name}: {len(one)}" for name, one in ran.pictures.items())
        return f"{text}; exit {ran.status}", ran.status == 0 and found == sorted(counts.values())

    return judge


def judge_sources(ran: Ran) -> Judged:
    lines = [line for line in ran.text.splitlines() if re.search(r"(\d|told: .*|RAW .*)$", line)]
    given = [line for line in lines if line.split()[0] in {"BytesIO", "bytearray", "memoryview", "PIL"}]
    right = len(given) == 4 and all(line.endswith(" 1") for line in given) and "RAW" not in ran.text
    return "; ".join(lines), ran.status == 0 and right


def judge_upside_down(ran: Ran) -> Judged:
    text, right = (
        "; ".join(
            ", ".join(f"{face['emotion']} at {written(face['box_xyxy'])}" for face in one) or "no face"
            for one in ran.pictures.values()
        ),
        [len(one) == 1 and one[0]["emotion"] == "happiness" for one in ran.pictures.values()],
    )
    return text, right == [True]
