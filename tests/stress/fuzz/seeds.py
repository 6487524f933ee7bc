"""Makes the seeds of a search: small valid files of every format that the app reads."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from hypothesis import strategies as st
from PIL import Image as Pillow
from pillow_heif import register_heif_opener

from emotion.analytics.edits import Event, Span
from emotion.analytics.files import save_parquet
from emotion.engine.analyzer import Analyzer
from emotion.report.events_csv import to_csv
from emotion.samples import make_clip, sample_image
from emotion.types import Image

SIZE = (48, 32)
"""Width and height of pictures and videos, px: in small files, mutations hit headers more often."""
VIDEO_FRAMES = 6
_PICTURES: dict[str, dict[str, Any]] = {
    "PNG": {},
    "JPEG": {"quality": 60},
    "WEBP": {},
    "BMP": {},
    "TIFF": {"compression": "tiff_lzw"},
    "GIF": {},
    "AVIF": {},
    "HEIF": {},
}
_VIDEOS = {"mp4": "h264", "mov": "mpeg4", "webm": "libvpx-vp9", "avi": "mjpeg", "mkv": "h264"}


def write_seeds(folder: Path) -> dict[str, Path]:
    """Write the seeds of every target and return the folder of each.

    Args:
        folder: Folder for the seeds; it is created if missing.
    """
    makers = {"picture": _pictures, "video": _videos, "archive": _archives, "timeline": _timelines, "events": _events}
    for target, make in makers.items():
        (folder / target).mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(make(folder)):
            (folder / target / f"seed-{number}").write_bytes(content)
    return {target: folder / target for target in makers}


def read_seeds(folder: Path) -> dict[str, list[bytes]]:
    """Write the seeds of every target and return their contents."""
    folders = write_seeds(folder)
    return {target: [path.read_bytes() for path in sorted(folder.iterdir())] for target, folder in folders.items()}


def damaged(draw: Callable[[st.SearchStrategy[Any]], Any], contents: Sequence[bytes]) -> bytes:
    """Return one of some files, cut off or overwritten in a place that Hypothesis draws."""
    content = bytearray(draw(st.sampled_from(contents)))
    if draw(st.booleans()):
        del content[draw(st.integers(0, len(content))) :]
    else:
        patch = draw(st.binary(min_size=1, max_size=8))
        place = draw(st.integers(0, max(len(content) - len(patch), 0)))
        content[place : place + len(patch)] = patch
    return bytes(content)


def _small() -> Image:
    return np.asarray(cv2.resize(sample_image(), SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def _pictures(folder: Path) -> Iterator[bytes]:
    del folder
    register_heif_opener()
    picture = Pillow.fromarray(_small())
    exif = Pillow.Exif()
    exif[0x0112] = 6  # rotated by 90°
    for kind, options in _PICTURES.items():
        yield _saved(picture, kind, **options)
    yield _saved(picture, "JPEG", exif=exif, progressive=True)
    yield _saved(picture.convert("P"), "PNG")
    yield _saved(Pillow.fromarray(_small()[..., 0].astype(np.uint16) << 8), "PNG")
    yield _saved(picture.convert("RGBA"), "WEBP", lossless=True)
    yield _saved(picture.convert("CMYK"), "JPEG")


def _saved(picture: Pillow.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _videos(folder: Path) -> Iterator[bytes]:
    for container, codec in _VIDEOS.items():
        path = folder / f"seed.{container}"
        with av.open(str(path), "w") as file:
            stream: Any = file.add_stream(codec, rate=10)
            stream.width, stream.height = SIZE
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            for step in range(VIDEO_FRAMES):
                frame = av.VideoFrame.from_ndarray(np.roll(_small(), step * 3, axis=1), format="rgb24")
                file.mux(stream.encode(frame))
            file.mux(stream.encode(None))
        yield path.read_bytes()
        path.unlink()


def _archives(folder: Path) -> Iterator[bytes]:
    del folder
    faces = [_saved(Pillow.fromarray(_small()), kind) for kind in ("PNG", "JPEG")]
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            for label, face in zip(("happy", "sad"), faces, strict=True):
                archive.writestr(f"set/{label}/1.png", face)
        yield file.getvalue()


def _timelines(folder: Path) -> Iterator[bytes]:
    clip, saved = make_clip(folder / "seed.mp4"), folder / "seed.parquet"
    save_parquet(Analyzer().video(clip, every=15), saved)
    yield saved.read_bytes()
    clip.unlink()
    saved.unlink()


def _events(folder: Path) -> Iterator[bytes]:
    del folder
    text = to_csv([Event("a laugh", Span(1.5, 2.0)), Event("a pause; long", Span(3.0, 9.25), excluded=True)])
    yield text.encode()
    yield "\ufeffLABEL;start_s\nè;1\n".encode()
