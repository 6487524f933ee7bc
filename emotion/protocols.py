"""What a detector and a classifier are, so that another one – or a fake in a test – is any object of that shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from emotion.types import Face, FloatArray, Image

Region = tuple[int, int, int, int]
"""Left, top, right, bottom of a part of a picture, px."""


class Detector(Protocol):
    """Finds faces in one picture."""

    def regions(self, width: int, height: int) -> list[Region]:
        """Return the parts of a picture that :meth:`detect` looks at in turn, the whole first."""
        ...

    def detect(self, image: Image, regions: Sequence[Region] | None = None) -> list[Face]:
        """Return the faces in RGB ``image``, most confident first, looking at ``regions`` (default: all)."""
        ...


class Classifier(Protocol):
    """Names what faces show."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Meaning of each probability column."""
        ...

    def predict(self, crops: list[Image]) -> FloatArray:
        """Return ``(n, k)`` float32 probabilities for ``n`` face crops of any size, RGB or grey."""
        ...
