"""Pictures of common formats, and broken ones."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion.errors import ImageError, TooLargeError
from emotion.vision.decode.image import load_image
from tests.vision.encoded_pictures import encoded


@pytest.fixture
def gradient() -> np.ndarray:
    """A picture that looks different from every side."""
    rows, columns = np.mgrid[0:40, 0:60]
    return np.stack([rows * 6, columns * 4, 255 - rows * 3], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP"])
def test_lossless_formats_keep_their_pixels(gradient: np.ndarray, kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    assert np.array_equal(load_image(encoded(Image.fromarray(gradient), kind, **options)), gradient)


def test_jpeg_is_close(gradient: np.ndarray) -> None:
    decoded = load_image(encoded(Image.fromarray(gradient), "JPEG", quality=95)).astype(int)
    assert np.abs(decoded - gradient).mean() < 4


@pytest.mark.parametrize(("orientation", "turn"), [(1, 0), (6, -1), (3, 2), (8, 1)])
def test_exif_rotation_is_applied(gradient: np.ndarray, orientation: int, turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = load_image(encoded(Image.fromarray(gradient), "PNG", exif=exif))
    assert np.array_equal(upright, np.rot90(gradient, turn))


def test_transparency_is_composed_over_white(gradient: np.ndarray) -> None:
    rgba = np.dstack([gradient, np.full(gradient.shape[:2], 255, np.uint8)])
    rgba[:10, :, 3] = 0
    shown = load_image(encoded(Image.fromarray(rgba), "PNG"))
    assert (shown[:10] == 255).all()
    assert np.array_equal(shown[10:], gradient[10:])


def test_sixteen_bits_keep_their_brightness() -> None:
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (16, 1))
    shown = load_image(encoded(Image.fromarray(ramp), "PNG"))
    assert shown.shape == (16, 64, 3)
    assert np.abs(shown[0, :, 0].astype(int) - np.linspace(0, 255, 64)).max() <= 1


def test_float_pictures_are_stretched() -> None:
    ramp = np.tile(np.linspace(-1, 1, 32, dtype=np.float32), (8, 1))
    shown = load_image(encoded(Image.fromarray(ramp), "TIFF"))
    assert (shown.min(), shown.max()) == (0, 255)


def test_palette_and_grey_and_cmyk_become_rgb(gradient: np.ndarray) -> None:
    picture = Image.fromarray(gradient)
    for data in (
        encoded(picture.convert("P"), "PNG"),
        encoded(picture.convert("L"), "PNG"),
        encoded(picture.convert("1"), "PNG"),
        encoded(picture.convert("CMYK"), "TIFF"),
    ):
        assert load_image(data).shape == (40, 60, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 97), (33, 2)])
def test_odd_sizes(size: tuple[int, int]) -> None:
    assert load_image(encoded(Image.new("RGB", size), "PNG")).shape == (size[1], size[0], 3)


def test_a_path_with_spaces_and_other_letters(tmp_path: Path, gradient: np.ndarray) -> None:
    path = tmp_path / "Ein Foto – 写真 (1).png"
    Image.fromarray(gradient).save(path)
    assert np.array_equal(load_image(path), gradient)


def test_arrays_are_accepted_and_grey_ones_repeated(gradient: np.ndarray) -> None:
    assert load_image(gradient) is gradient
    assert np.array_equal(load_image(gradient[..., 0])[..., 2], gradient[..., 0])


def test_broken_files_say_what_is_wrong(tmp_path: Path, gradient: np.ndarray) -> None:
    whole = encoded(Image.fromarray(gradient), "JPEG")
    cases = {
        "empty.jpg": (b"", "is empty"),
        "text.jpg": (b"this is a shopping list, not a picture", "is not a picture"),
        "half.jpg": (whole[: len(whole) // 2], "is damaged"),
        "noise.png": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not a picture"),
    }
    for name, (content, words) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ImageError, match=words) as caught:
            load_image(tmp_path / name)
        assert name in str(caught.value)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.png", tmp_path):
        with pytest.raises(ImageError, match="cannot be opened"):
            load_image(path)


def png_header(width: int, height: int) -> bytes:
    """Return a tiny PNG whose header states a size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("side", "words"), [(20_000, "at most 100 megapixels"), (12_000, "12000 × 12000")])
def test_a_huge_picture_is_refused_before_decoding(side: int, words: str) -> None:
    with pytest.raises(TooLargeError, match=words):
        load_image(png_header(side, side))
