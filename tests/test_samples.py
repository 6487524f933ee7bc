from __future__ import annotations

import numpy as np

from emotion.samples import CLIP_FPS, CLIP_FRAMES, clip_frames, make_clip, sample_image
from emotion.vision.decode.video import probe


def test_the_portrait_is_rgb():
    image = sample_image()
    assert image.shape == (512, 512, 3)
    assert image.dtype == np.uint8


def test_the_clip_plays_in_browsers(tmp_path):
    info = probe(make_clip(tmp_path / "clip.mp4"))
    assert (info.codec, info.width, info.height, info.frame_count) == ("h264", 640, 360, CLIP_FRAMES)
    assert info.duration_s * CLIP_FPS == CLIP_FRAMES


def test_the_clip_moves():
    first, *_, middle = (frame for index, frame in enumerate(clip_frames()) if index <= CLIP_FRAMES // 2)
    assert abs(first.astype(int) - middle).mean() > 20
