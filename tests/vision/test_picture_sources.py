"""Types from which a picture is read, and types that are refused."""

from __future__ import annotations

import array
import io
import mmap
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion.errors import ImageError, TooLargeError
from emotion.vision.decode.image import load_image

RAMP = np.stack(np.mgrid[0:40, 0:60], axis=-1).astype(np.uint8) * 4
COLOUR = np.dstack([RAMP, 255 - RAMP[..., :1]])
GREY = COLOUR[..., 0]


@pytest.fixture(scope="module")
def png() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(COLOUR).save(buffer, "PNG")
    return buffer.getvalue()


class Reader:
    """A file object that can only be read, such as a connection."""

    def __init__(self, content: bytes) -> None:
        self.read = io.BytesIO(content).read


@dataclass
class BytesPath:
    """A path object with a path of bytes."""

    path: bytes

    def __fspath__(self) -> bytes:
        return self.path


class Tensor:
    """An array-like object, as other libraries use."""

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return COLOUR


def test_bytes_and_file_objects_are_read(png: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png)
    at_end = io.BytesIO(png)
    at_end.seek(0, io.SEEK_END)
    with path.open("rb") as file, path.open("r+b", buffering=0) as raw, mmap.mmap(raw.fileno(), 0) as mapped:
        sources = [
            png,
            bytearray(png),
            memoryview(png),
            io.BytesIO(png),
            at_end,
            Reader(png),
            file,
            raw,
            mapped,
            str(path),
        ]
        sources += [BytesPath(os.fsencode(path))]
        for source in [*sources, path, memoryview(array.array("B", png))]:
            assert np.array_equal(load_image(source), COLOUR), type(source)


def test_a_device_is_refused_before_it_is_read() -> None:
    with pytest.raises(ImageError, match="null cannot be opened: it is a device; expected a file"):
        load_image("/dev/null")


@pytest.mark.parametrize(
    "mode", ["RGB", "L", "1", "P", "CMYK", "I", "I;16", "F", "LA", "RGBA", "YCbCr", "HSV", "La", "RGBa"]
)
def test_pillow_images_of_every_mode(mode: str) -> None:
    assert load_image(
        Image.fromarray(COLOUR).convert({"I;16": "L", "La": "LA", "RGBa": "RGBA"}.get(mode, mode)).convert(mode)
    ).shape == (
        40,
        60,
        3,
    )


def test_exif_orientation_of_pillow_images_is_applied(png: bytes) -> None:
    held = Image.fromarray(np.ascontiguousarray(np.rot90(COLOUR)))
    held.getexif()[0x0112] = 6
    assert np.array_equal(load_image(held), COLOUR)
    assert np.array_equal(load_image(Image.open(io.BytesIO(png))), COLOUR)


def test_an_undecodable_pillow_image_is_refused(png: bytes) -> None:
    with pytest.raises(ImageError, match="cannot be decoded"):
        load_image(Image.open(io.BytesIO(png[: len(png) // 2])))
    closed = Image.open(io.BytesIO(png))
    closed.close()
    with pytest.raises(ImageError, match="cannot be decoded"):
        load_image(closed)
    with pytest.raises(TooLargeError):
        load_image(Image.new("1", (20_000, 6_000)))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (COLOUR, COLOUR),
        (COLOUR[::-1, :, ::-1], COLOUR[::-1, :, ::-1]),
        (Tensor(), COLOUR),
        (GREY, np.dstack([GREY] * 3)),
        (GREY[..., None], np.dstack([GREY] * 3)),
        (COLOUR.astype(np.int64), COLOUR),
        (COLOUR / 255, COLOUR),
        ((COLOUR / 255).astype(np.float16), COLOUR),
        ((COLOUR / np.float32(255)).astype(">f4"), COLOUR),
        ((COLOUR.astype(np.uint16) * 257).astype(">u2"), COLOUR),
        (COLOUR / 255 * 1.0001, COLOUR),
        (GREY > 100, np.dstack([(GREY > 100) * np.uint8(255)] * 3)),
        (COLOUR.astype(np.uint16) * 257, COLOUR),
        ((COLOUR / 255 * 4095).round().astype(np.uint16), COLOUR),
        (np.dstack([COLOUR, np.full(GREY.shape, 255, np.uint8)]), COLOUR),
        (np.dstack([COLOUR, np.zeros(GREY.shape, np.uint8)]), np.full_like(COLOUR, 255)),
        (np.dstack([COLOUR / 255, np.zeros(GREY.shape)]), np.full_like(COLOUR, 255)),
        (np.ma.masked_array(GREY, GREY > 5), np.dstack([GREY] * 3)),
    ],
)
def test_array_values_are_read_by_dtype(given, shown) -> None:
    read = load_image(given)
    assert read.dtype == np.uint8
    assert read.flags.c_contiguous
    assert np.abs(read.astype(int) - shown).max() <= 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (np.zeros((0, 4, 3), np.uint8), r"an array of shape \(H, W\).*; got uint8 \(0, 4, 3\)"),
        (np.zeros((3, 40, 60), np.uint8), "move the channels to the end"),
        (np.zeros((2, 40, 60, 3), np.uint8), "an array of shape"),
        (np.zeros((40, 60, 2), np.uint8), "an array of shape"),
        (np.zeros(40, np.uint8), "an array of shape"),
        (COLOUR.astype(np.float32), "floats of 0 to 1 in a picture; got 0 to 255"),
        (COLOUR / 127.5 - 1, "floats of 0 to 1 in a picture; got -1 to 1"),
        (np.full((4, 4), np.nan), "floats of 0 to 1 in a picture; got nan"),
        (np.full((4, 4), np.inf), "floats of 0 to 1 in a picture; got inf"),
        (COLOUR.astype(np.int32) * 2 - 5, "whole numbers of 0 to 255 in an array of int32; got -5 to 505"),
        (np.zeros((4, 4), complex), "got complex128"),
        (np.full((4, 4), "a"), "got <U1"),
        (np.full((4, 4), None), "got object"),
        (Image.new("RGB", (0, 0)), "a picture with pixels; the picture has 0 × 0"),
        (None, "got NoneType"),
        (7, "got int"),
        ([[1, 2], [3, 4]], "got list"),
        (b"", "is empty"),
        (io.BytesIO(), "is empty"),
        (io.StringIO("a picture"), "binary reading; StringIO gives str"),
        ("a\0b.jpg", "cannot be opened"),
        ("\ud800.jpg", "cannot be opened"),
        ("", "cannot be opened"),
        ("x" * 5000, "cannot be opened"),
        ("https://example.org/a.jpg", "cannot be opened"),
    ],
)
def test_anything_else_is_refused_in_one_sentence(given, words) -> None:
    with pytest.raises(ImageError, match=words) as caught:
        load_image(given)
    assert len(str(caught.value)) < 300


def test_files_that_cannot_be_read_are_refused_in_one_sentence(tmp_path: Path, png: bytes) -> None:
    closed = io.BytesIO(png)
    closed.close()
    with (tmp_path / "a.png").open("wb") as writing:
        for file in (closed, writing):
            with pytest.raises(ImageError, match="open for binary reading"):
                load_image(file)
