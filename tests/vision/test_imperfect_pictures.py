"""Intact pictures in imperfect files are read; only damaged ones are called damaged."""

from __future__ import annotations

import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from emotion.errors import ImageError
from emotion.samples import sample_image
from emotion.vision.decode.image import load_image
from emotion.vision.decode.repair import as_orientation, exif_orientation, without_metadata
from tests.vision.encoded_pictures import encoded

SIX = 6
"""EXIF orientation of pictures that must be turned clockwise to be upright."""


@pytest.fixture
def gradient() -> np.ndarray:
    """A picture that looks different from every side."""
    rows, columns = np.mgrid[0:80, 0:120]
    return np.stack([rows * 3, columns * 2, 255 - rows * 3], axis=-1).astype(np.uint8)


@pytest.fixture
def stored(gradient: np.ndarray) -> np.ndarray:
    """Return the gradient as a camera on its side stores it."""
    return np.ascontiguousarray(np.rot90(gradient))


def tag(number: int, kind: int, count: int, value: bytes) -> bytes:
    return struct.pack("<HHI4s", number, kind, count, value)


ORIENTATION = tag(0x0112, 3, 1, struct.pack("<HH", SIX, 0))
BLOCKS = {
    "width as text": [tag(0x0100, 2, 4, b"abc\0"), ORIENTATION],
    "negative short": [tag(0x0100, 8, 1, struct.pack("<hh", -5, 0)), ORIENTATION],
    "negative long": [tag(0x0100, 9, 1, struct.pack("<i", -5)), ORIENTATION],
    "pointer past the end": [ORIENTATION, tag(0x010F, 2, 5000, struct.pack("<I", 999_999))],
    "sub-directory past the end": [ORIENTATION, tag(0x8769, 4, 1, struct.pack("<I", 999_999))],
    "unknown type": [tag(0x0100, 77, 1, b"abcd"), ORIENTATION],
    "rational past the end": [tag(0x011A, 5, 1, struct.pack("<I", 999_999)), ORIENTATION],
    "text past the end": [tag(0x010F, 2, 5000, struct.pack("<I", 999_999)), ORIENTATION],
    "orientation of no values": [tag(0x0112, 3, 0, struct.pack("<HH", SIX, 0))],
    "rational by nothing": [ORIENTATION, tag(0x011A, 5, 1, struct.pack("<I", 8))],
    "orientation as long": [tag(0x0112, 4, 1, struct.pack("<I", SIX))],
    "orientation as byte": [tag(0x0112, 1, 1, b"\x06\0\0\0")],
    "orientation as text": [tag(0x0112, 2, 2, b"6\0\0\0")],
    "orientation twice": [tag(0x0112, 3, 2, struct.pack("<HH", SIX, SIX))],
}


def exif_block(entries: list[bytes], announced: int | None = None) -> bytes:
    """Return an EXIF block with one directory, which may state more entries than it has."""
    header = b"II*\0" + struct.pack("<IH", 8, announced or len(entries))
    return header + b"".join(entries) + bytes(4)


def with_exif(jpeg: bytes, tiff: bytes) -> bytes:
    segment = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]


def png_chunk(kind: bytes, data: bytes, crc: int | None = None) -> bytes:
    found = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", found)


def with_chunk(png: bytes, chunk: bytes) -> bytes:
    """Return a PNG with an additional chunk after its header."""
    return png[:33] + chunk + png[33:]


@pytest.mark.parametrize("entries", BLOCKS.values(), ids=BLOCKS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_malformed_exif_keeps_the_orientation(gradient, stored, entries, kind) -> None:
    tiff = exif_block(entries)
    if kind == "JPEG":
        content = with_exif(encoded(Image.fromarray(stored), "JPEG", quality=95), tiff)
    elif kind == "PNG":
        content = with_chunk(encoded(Image.fromarray(stored), "PNG"), png_chunk(b"eXIf", tiff))
    else:
        content = encoded(Image.fromarray(stored), "WEBP", lossless=True, exif=b"Exif\0\0" + tiff)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shown = load_image(content)
    assert shown.shape == gradient.shape
    assert np.abs(shown.astype(int) - gradient).mean() < 4


@pytest.mark.parametrize(
    "tiff",
    [
        exif_block([ORIENTATION], announced=900),
        exif_block([ORIENTATION])[:-4],
        b"MM\0*" + struct.pack(">IH", 8, 1) + struct.pack(">HHIHH", 0x0112, 3, 1, SIX, 0),
    ],
    ids=["too many entries announced", "no next directory", "big-endian and cut"],
)
def test_a_truncated_exif_directory_keeps_the_orientation(gradient, stored, tiff) -> None:
    shown = load_image(with_exif(encoded(Image.fromarray(stored), "JPEG", quality=95), tiff))
    assert np.abs(shown.astype(int) - gradient).mean() < 4


@pytest.mark.parametrize("tiff", [b"", b"II", b"nonsense, and more of it", b"II*\0\xff\xff\xff\xff", bytes(40)])
def test_invalid_exif_is_ignored(stored, tiff) -> None:
    shown = load_image(with_exif(encoded(Image.fromarray(stored), "JPEG", quality=95), tiff))
    assert shown.shape == stored.shape


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_all_eight_orientations(gradient, orientation, kind) -> None:
    """Every EXIF orientation gives the same upright picture."""
    turns = {
        1: gradient, 2: gradient[:, ::-1], 3: gradient[::-1, ::-1], 4: gradient[::-1],
        5: gradient.swapaxes(0, 1), 6: np.rot90(gradient), 7: np.rot90(gradient, 2).swapaxes(0, 1),
        8: np.rot90(gradient, -1),
    }  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "JPEG" else {}
    held = Image.fromarray(np.ascontiguousarray(turns[orientation]))
    shown = load_image(encoded(held, kind, exif=exif, **options))
    assert shown.shape == gradient.shape
    assert np.abs(shown.astype(int) - gradient).mean() < (4 if kind == "JPEG" else 0.01)


@pytest.mark.parametrize("value", [0, 9, -1, 65535, "", "x", b"", (), None, float("nan"), 2.5])
def test_an_invalid_orientation_is_ignored(value) -> None:
    assert as_orientation(value) == 1


def long_text(png: bytes) -> dict[str, bytes]:
    text = b"all work and no play " * 100_000
    return {
        "zTXt": png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(text)),
        "iTXt": png_chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(text)),
        "iCCP": png_chunk(b"iCCP", b"profile\0\0" + zlib.compress(text)),
        "many zTXt": png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(text[:900_000])) * 80,
        "a text that is not compressed at all": png_chunk(b"zTXt", b"Comment\0\0" + text[:5000]),
        "a text of a wrong checksum": png_chunk(b"tEXt", b"Comment\0hello", crc=1),
        "an unknown part of a wrong checksum": png_chunk(b"prVt", b"hello", crc=1),
        "physical size of a wrong length": png_chunk(b"pHYs", b"\0\0"),
        "a profile of no method": png_chunk(b"iCCP", b"profile\0\7abc"),
    }


@pytest.mark.parametrize("fault", long_text(b""))
def test_png_text_and_profiles_never_prevent_reading(gradient, fault) -> None:
    png = encoded(Image.fromarray(gradient), "PNG")
    assert np.array_equal(load_image(with_chunk(png, long_text(png)[fault])), gradient)


def test_a_png_with_long_text_keeps_orientation_and_transparency(gradient, stored) -> None:
    exif = Image.Exif()
    exif[0x0112] = SIX
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "all work and no play " * 100_000, zip=True)
    rgba = np.dstack([stored, np.full(stored.shape[:2], 255, np.uint8)])
    rgba[..., 3][np.rot90(np.arange(gradient.size // 3).reshape(gradient.shape[:2])) < 120 * 10] = 0
    shown = load_image(encoded(Image.fromarray(rgba), "PNG", exif=exif, pnginfo=text))
    assert (shown[:10] == 255).all()
    assert np.array_equal(shown[10:], gradient[10:])


ENDINGS = {
    "no end": lambda jpeg: jpeg[:-2],
    "half an end": lambda jpeg: jpeg[:-1],
    "zeros for an end": lambda jpeg: jpeg[:-2] + bytes(2),
    "zeros after no end": lambda jpeg: jpeg[:-2] + bytes(300),
    "text after no end": lambda jpeg: jpeg[:-2] + b"recorded by camera 7" * 3,
    "an end and more": lambda jpeg: jpeg + b"trailer" * 50,
}


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("spoil", ENDINGS.values(), ids=ENDINGS)
def test_a_jpeg_without_an_end_marker_is_read(spoil, progressive) -> None:
    jpeg = encoded(Image.fromarray(sample_image()), "JPEG", quality=90, progressive=progressive)
    assert np.array_equal(load_image(spoil(jpeg)), load_image(jpeg))


def test_a_jpeg_without_an_end_marker_keeps_malformed_exif_orientation(gradient, stored) -> None:
    jpeg = encoded(Image.fromarray(stored), "JPEG", quality=95)[:-2]
    shown = load_image(with_exif(jpeg, exif_block(BLOCKS["negative short"])))
    assert np.abs(shown.astype(int) - gradient).mean() < 4


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.9, 0.97])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_truncated_jpeg_is_damaged(share, progressive) -> None:
    jpeg = encoded(Image.fromarray(sample_image()), "JPEG", quality=90, progressive=progressive)
    with pytest.raises(ImageError, match="damaged"):
        load_image(jpeg[: int(len(jpeg) * share)])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_truncated_jpeg_is_damaged_in_every_orientation(orientation) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    jpeg = encoded(Image.fromarray(sample_image()), "JPEG", quality=90, exif=exif)
    with pytest.raises(ImageError, match="damaged"):
        load_image(jpeg[: len(jpeg) // 12])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "HEIF", "GIF", "TIFF", "BMP"])
def test_other_truncated_files_are_damaged(kind) -> None:
    if kind == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    whole = encoded(Image.fromarray(sample_image()), kind)
    with pytest.raises(ImageError, match=r"damaged|an unsupported kind of TIFF"):
        load_image(whole[: len(whole) // 2])


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_phone_pictures_are_read_upright(gradient, stored, kind) -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    held = Image.fromarray(stored)
    held.getexif()[0x0112] = SIX
    shown = load_image(encoded(held, kind, quality=95, **({"exif": held.getexif()} if kind == "AVIF" else {})))
    assert shown.shape == gradient.shape
    assert np.abs(shown.astype(int) - gradient).mean() < 6


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_phone_pictures_without_exif_are_read(gradient, kind) -> None:
    pytest.importorskip("pillow_heif").register_heif_opener()
    shown = load_image(encoded(Image.fromarray(gradient), kind, quality=95))
    assert np.abs(shown.astype(int) - gradient).mean() < 6


OTHERS = {
    "a PDF document": b"%PDF-1.7\n" + bytes(50),
    "an SVG drawing": b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>",
    "a JPEG XL picture": b"\xff\x0a" + bytes(50),
    "a JPEG 2000 picture": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(50),
    "a camera's raw picture": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(50),
    "a DICOM picture": bytes(128) + b"DICM" + bytes(50),
    "a Netpbm picture": b"P6\n2 2\n255\n" + bytes(12),
    "a Windows icon": b"\0\0\1\0\1\0" + bytes(50),
    "an OpenEXR picture": b"v/1\1" + bytes(50),
    "a Photoshop document": b"8BPS\0\1" + bytes(50),
    "a video": b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(50),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_file_types_are_named_not_called_damaged(kind) -> None:
    with pytest.raises(ImageError, match=f"is {kind}; expected a picture: JPEG, .* or HEIC") as caught:
        load_image(OTHERS[kind])
    assert "damaged" not in str(caught.value)


@pytest.mark.parametrize("mark", [{254: 1}, {50706: b"\1\4\0\0"}], ids=["a preview comes first", "a DNG"])
def test_a_raw_picture_is_refused_not_its_preview_read(gradient, mark) -> None:
    raw = encoded(Image.fromarray(gradient), "TIFF", tiffinfo=mark)
    with pytest.raises(ImageError, match="is a camera's raw picture, which begins with a preview; save it as PNG"):
        load_image(raw)


def test_stripping_metadata_keeps_the_pixels(gradient) -> None:
    jpeg = with_exif(encoded(Image.fromarray(gradient), "JPEG", comment=b"hello"), exif_block([ORIENTATION]))
    plain = without_metadata(jpeg)
    assert len(plain) < len(jpeg)
    assert (exif_orientation(jpeg), exif_orientation(plain)) == (SIX, 1)
    assert without_metadata(plain) == plain
    assert without_metadata(b"GIF89a") == b"GIF89a"
