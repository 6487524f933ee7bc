"""Known answers for box arithmetic, cuts and SSIM."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.metrics import structural_similarity

from emotion.vision.boxes import areas, bounding_box, covered
from emotion.vision.cuts import CutDetector
from emotion.vision.decode.video import read_video
from emotion.vision.similarity import SimilarityTo
from tests.overlap import iou


def test_iou_and_cover_known_answers() -> None:
    a = np.array([[0, 0, 10, 10]], np.float32)
    b = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [2, 2, 4, 4], [20, 20, 30, 30]], np.float32)
    assert iou(a, b)[0] == pytest.approx([1, 1 / 3, 0.04, 0], abs=1e-6)
    assert covered(a, b)[0] == pytest.approx([1, 0.5, 1, 0], abs=1e-6)


def test_bounding_box_and_areas() -> None:
    box = bounding_box(np.array([[3, 9], [1, 4], [2, 5]], np.float32))
    assert box.tolist() == [1, 4, 3, 9]
    assert areas(np.array([box, [5, 5, 4, 9]], np.float32)).tolist() == [10, 0]


boxes = st.tuples(*[st.floats(0, 100)] * 2, *[st.floats(1, 100)] * 2).map(
    lambda b: np.array([[b[0], b[1], b[0] + b[2], b[1] + b[3]]], np.float32)
)


@given(boxes, boxes)
def test_iou_is_symmetric_and_bounded(a: np.ndarray, b: np.ndarray) -> None:
    value = iou(a, b)[0, 0]
    assert value == pytest.approx(iou(b, a)[0, 0], abs=1e-5)
    assert -1e-6 <= value <= covered(a, b)[0, 0] + 1e-5 <= 1 + 2e-5


def test_ssim_matches_the_papers_formula() -> None:
    rng = np.random.default_rng(3)
    a = rng.integers(0, 256, (48, 48), np.uint8)
    b = np.clip(a.astype(int) + rng.integers(-40, 40, a.shape), 0, 255).astype(np.uint8)
    reference = structural_similarity(
        a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
    )
    assert SimilarityTo(b)(a) == pytest.approx(reference, abs=1e-4)
    assert SimilarityTo(a)(a) == pytest.approx(1, abs=1e-6)


def shots(*means: float, frames: int = 10) -> list[np.ndarray]:
    """Return frames of several shots, each a uniform picture with noise."""
    rng = np.random.default_rng(5)
    return [np.clip(rng.normal(mean, 3, (90, 160)), 0, 255).astype(np.uint8) for mean in means for _ in range(frames)]


def test_cuts_are_detected_at_shot_changes() -> None:
    is_cut = CutDetector()
    assert [index for index, luma in enumerate(shots(60, 140, 90)) if is_cut(luma)] == [10, 20]


def test_fades_and_camera_shake_are_no_cuts() -> None:
    texture = np.random.default_rng(1).integers(0, 256, (12, 20), np.uint8)
    wide = np.kron(texture, np.ones((12, 12), np.uint8))
    shaking = [np.roll(wide, 12 * (index % 2), axis=1) for index in range(20)][1:]
    fade = [np.full((90, 160), level, np.uint8) for level in range(0, 250, 10)]
    for frames in (shaking, fade):
        is_cut = CutDetector()
        found = [index for index, luma in enumerate(frames) if is_cut(luma)]
        assert found in ([], [1]), "only the first movement may count as a cut"


def test_the_cuts_of_a_real_clip(shared_data: Path) -> None:
    is_cut = CutDetector()
    clip = shared_data / "videos" / "concert_cuts_360p.mp4"
    assert [frame.index for frame in read_video(clip) if is_cut(frame.luma)] == [20, 82, 211]
