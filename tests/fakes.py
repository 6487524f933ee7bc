"""An analyzer without models, for tests of pages that show results."""

from __future__ import annotations

from emotion.labels import FERPLUS_LABELS
from emotion.types import FrameResult
from emotion.vision.decode.image import load_image
from tests.conftest import make_face


class FakeAnalyzer:
    """Finds happy faces, by default one, in every readable picture."""

    labels = FERPLUS_LABELS
    faces = 1
    abstain_below = 0.0

    def image(self, source) -> FrameResult:
        height, width = load_image(source).shape[:2]
        faces = tuple(make_face(track_id=number, left=5.0 * number) for number in range(1, self.faces + 1))
        return FrameResult(0, 0.0, width, height, faces, FERPLUS_LABELS, self.abstain_below)
