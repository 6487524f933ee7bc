"""Pictures that need gigabytes are decoded in another process; the server holds at most one 8-bit picture."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile

from emotion.errors import ImageError
from emotion.evaluation.user_evaluation.run import Framing, run_user_evaluation
from emotion.evaluation.user_evaluation.zip_folders import ZipFolders
from emotion.paths import ROOT
from emotion.report.stills import encode_png
from emotion.sandbox.runner import end_idle_processes
from emotion.vision.decode import image
from emotion.vision.decode.image import load_image
from emotion.vision.uploaded import load_uploaded
from tests.fakes import FakeAnalyzer
from ui.pictures.session import Picture, Unreadable, analyse_picture

SIDE = 5_000
PICTURE_MB = SIDE * SIDE * 3 / 1e6
DECODED_BY_THE_SERVER = ("load_image", "imdecode", "imread", "Image.open", "Pillow.open")


def float_tiff() -> bytes:
    return _tiff(np.broadcast_to(np.linspace(0, 1, SIDE, dtype=np.float32)[:, None], (SIDE, SIDE)))


def colour_float_tiff() -> bytes:
    ramp = np.linspace(0, 1, SIDE // 2, dtype=np.float32)[:, None, None]
    return _tiff(np.broadcast_to(ramp, (SIDE // 2, SIDE, 3)), photometric="rgb")


def deep_png() -> bytes:
    """A PNG with four 16-bit channels."""
    packed = zlib.compressobj(1)
    rows = b"".join(packed.compress(b"\0" + b"\x12\x34" * SIDE * 4) for _ in range(SIDE)) + packed.flush()
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 16, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _tiff(values: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, compression="zlib", rowsperstrip=64, **options)
    return buffer.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


_PEAK = """
import resource, sys
from pathlib import Path
from emotion.report.stills import encode_png
from tests.fakes import FakeAnalyzer
from ui.pictures.session import BOXES_ALONE, analyse_picture
import numpy as np
small = analyse_picture(FakeAnalyzer(), "small.png", encode_png(np.zeros((100, 100, 3), np.uint8)))
small.annotated_png()
contents = [Path(path).read_bytes() for path in sys.argv[1:]]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for content in contents:
    picture = analyse_picture(FakeAnalyzer(), "picture", content)
    print(picture.result.width, picture.result.height)
    picture.shown(BOXES_ALONE)
    picture.annotated_png()
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3)
"""


@pytest.mark.slow
def test_the_server_grows_by_one_eight_bit_picture_at_most(tmp_path: Path) -> None:
    """Analysed, shown and downloaded; decoding in the server would take the memory of five to nine pictures."""
    files = []
    for make in (float_tiff, colour_float_tiff, deep_png):
        files.append(tmp_path / make.__name__)
        files[-1].write_bytes(make())
        assert files[-1].stat().st_size < 3_000_000
    command = [sys.executable, "-c", _PEAK, *map(str, files)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert answer[:-1] == [str(side) for side in (SIDE, SIDE, SIDE, SIDE // 2, SIDE, SIDE)]
    assert float(answer[-1]) < PICTURE_MB + 40


@pytest.fixture
def own_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make decoding fail in this process only."""

    def refuse(*_: object) -> object:
        raise AssertionError("expected another process to decode this")

    monkeypatch.setattr(image, "read_bytes", refuse)
    with pytest.raises(AssertionError):
        load_image(b"x")


def picture_file(value: int = 200) -> bytes:
    return encode_png(np.full((60, 80, 3), value, np.uint8))


@pytest.mark.usefixtures("own_decoder")
def test_pictures_of_visitors_are_decoded_elsewhere() -> None:
    picture = analyse_picture(FakeAnalyzer(), "a.png", picture_file())
    assert isinstance(picture, Picture)
    assert (picture.result.width, picture.result.height) == (80, 60)
    assert picture.annotated_png().startswith(b"\x89PNG")
    assert picture.shown(frozenset()).startswith(b"\xff\xd8")


@pytest.mark.usefixtures("own_decoder")
def test_labelled_pictures_of_visitors_are_decoded_elsewhere(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for label in ("happy", "sad"):
            archive.writestr(f"{label}/1.png", picture_file())
        archive.writestr("sad/2.png", b"no picture")
    trial = run_user_evaluation(ZipFolders(tmp_path / "a.zip"), {}, lambda _: None, Framing.CUT_OUT)
    assert trial.names == ("happy/1.png", "sad/1.png")
    (unread,) = trial.unread
    assert "is not a picture" in unread.reason


def test_the_pixels_are_those_that_a_local_caller_gets() -> None:
    values = np.random.default_rng(0).integers(0, 255, (37, 53, 3), np.uint8)
    assert np.array_equal(load_uploaded(encode_png(values)), values)
    with pytest.raises(ImageError, match="the picture is not a picture"):
        load_uploaded(b"text")


@pytest.mark.slow
@pytest.mark.parametrize("limit_mb", ["250", "400", "500"])
def test_a_picture_that_takes_too_much_memory_is_refused_alone(limit_mb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for less than one copy of the decoded picture (200 MB), for one, and for almost two."""
    monkeypatch.setenv("EMOTION_MEMORY_MB", limit_mb)
    end_idle_processes()
    try:
        refused = analyse_picture(FakeAnalyzer(), "deep.png", deep_png())
        assert isinstance(refused, Unreadable)
        assert "memory" in refused.error
        assert isinstance(analyse_picture(FakeAnalyzer(), "a.png", picture_file()), Picture)
    finally:
        end_idle_processes()


def test_pages_decode_no_picture_files() -> None:
    files = [path for folder in ("ui", "pages") for path in (ROOT / folder).rglob("*.py")]
    found = {path.name: name for path in files for name in DECODED_BY_THE_SERVER if name in path.read_text("utf-8")}
    assert found == {}
