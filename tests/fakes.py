"""An analyzer without models, for the parts that only show results."""

from __future__ import annotations

from emotion.labels import FERPLUS_LABELS
from emotion.types import FrameResult
from emotion.vision.decode.image import load_image
from tests.conftest import make_face


class FakeAnalyzer:
    """Finds one happy face in every picture that can be read."""

    labels = FERPLUS_LABELS
    faces = 1
    abstain_below = 0.0

    def image(self, source) -> FrameResult:
        height, width = load_image(source).shape[:2]
        faces = tuple(make_face(track_id=number, left=5.0 * number) for number in range(1, self.faces + 1))
        return FrameResult(0, 0.0, width, height, faces, FERPLUS_LABELS, self.abstain_below)
