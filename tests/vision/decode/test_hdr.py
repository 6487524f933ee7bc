"""HDR is converted to standard range: white stays white, and greys keep their brightness."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from emotion.vision.decode.hdr import HLG, PQ
from emotion.vision.decode.video import is_shown_as_stored, read_video

CODES = np.array([0, 32, 64, 128, 160, 192, 224, 255])


def signal(light: np.ndarray, transfer: int) -> np.ndarray:
    """Return the signal, 0–1, of light given as a share of diffuse white (ITU-R BT.2100, PQ and HLG)."""
    if transfer == PQ:
        power = (light * 203 / 10_000) ** 0.1593017578125
        return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    scene = light * 0.2646
    high = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), high)


def write_hdr(path: Path, transfer: int, light: np.ndarray, codec: str, pix_fmt: str) -> Path:
    """Write a video of grey stripes, coded with 10 bits in BT.2020."""
    height, stripe = 64, 16
    luma = np.repeat(np.rint(64 + 876 * signal(light, transfer)), stripe)[None].repeat(height, 0).astype("<u2")
    no_colour = np.full_like(luma[::2, ::2], 512)
    with av.open(str(path), "w") as container:
        quiet = {"x265-params": "log-level=none:lossless=1"} if codec == "libx265" else {"crf": "1"}
        stream = container.add_stream(codec, rate=25, options=quiet)
        stream.width, stream.height, stream.pix_fmt = luma.shape[1], height, pix_fmt
        context = stream.codec_context
        context.color_trc, context.color_primaries, context.colorspace, context.color_range = transfer, 9, 9, 1
        for _ in range(3):
            frame = av.VideoFrame(luma.shape[1], height, "yuv420p10le")
            for plane, values in zip(frame.planes, [luma, no_colour, no_colour], strict=True):
                rows = np.zeros((len(values), plane.line_size // 2), "<u2")
                rows[:, : values.shape[1]] = values
                plane.update(rows.tobytes())
            frame.color_trc, frame.color_primaries, frame.colorspace, frame.color_range = transfer, 9, 9, 1
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("transfer", [PQ, HLG])
@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "libx265"), ("a.mkv", "libx265"), ("b.mp4", "libx264")])
def test_greys_match_standard_range_video(tmp_path: Path, transfer: int, name: str, codec: str) -> None:
    clip = write_hdr(tmp_path / name, transfer, (CODES / 255) ** 2.4, codec, "yuv420p10le")
    frame = next(read_video(clip))
    for picture in (frame.luma, frame.rgb().mean(axis=2)):
        stripes = picture[8:-8].reshape(48, len(CODES), 16)[:, :, 4:-4].mean(axis=(0, 2))
        assert stripes[:-1] == pytest.approx(CODES[:-1], abs=3)
        assert 243 <= stripes[-1] <= 252, "there is headroom above diffuse white"
    assert not is_shown_as_stored(clip), "browsers differ in HDR"


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_highlights_keep_their_order(tmp_path: Path, transfer: int) -> None:
    light = np.array([0.5, 0.8, 0.9, 1.0, 1.3, 1.8, 2.5, 3.5])
    frame = next(read_video(write_hdr(tmp_path / "a.mp4", transfer, light, "libx265", "yuv420p10le")))
    stripes = frame.luma[8:-8].reshape(48, len(light), 16)[:, :, 4:-4].mean(axis=(0, 2))
    assert (np.diff(stripes) >= 0).all()
    assert (np.diff(stripes)[:5] > 0.5).all()
