"""Pictures of more than 8 bits: floats, no-data values, 10 or 12 bits in 16, colour, and memory use."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from emotion.errors import ImageError, TooLargeError
from emotion.samples import sample_image
from emotion.vision.decode.image import load_image

PORTRAIT = sample_image()
GREY = cv2.cvtColor(PORTRAIT, cv2.COLOR_RGB2GRAY)


def tiff(values: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, **options)
    return buffer.getvalue()


def png(values: np.ndarray) -> bytes:
    """Return a 16-bit PNG; colours are RGB or RGBA."""
    order = {2: slice(None), 3: (..., [2, 1, 0])}[values.ndim]
    if values.ndim == 3 and values.shape[2] == 4:
        order = (..., [2, 1, 0, 3])
    return cv2.imencode(".png", values[order])[1].tobytes()


def quiet(content: bytes) -> np.ndarray:
    """Return the picture, and fail on a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return load_image(content)


def likeness(shown: np.ndarray, wanted: np.ndarray) -> float:
    """Return the correlation of brightness: 1 for the same picture at any contrast."""
    return float(np.corrcoef(shown.astype(float).ravel(), wanted.astype(float).ravel())[0, 1])


BAD = [np.nan, np.inf, -np.inf, -9999, -32768, 1e20, -3.4028234663852886e38, 3.4028234663852886e38, -1]


@pytest.mark.slow
@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("region", ["pixel", "border"])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_no_data_values_do_not_affect_the_range(bad, region, kind) -> None:
    values = (GREY / 255).astype(kind)
    place = (slice(5, 6), slice(7, 8)) if region == "pixel" else (slice(0, 120), slice(None))
    values[place] = bad
    shown = quiet(tiff(values))
    assert likeness(shown[120:, :, 0], GREY[120:]) > 0.99
    assert shown[5, 7, 0] == (255 if bad > 1 else 0)


@pytest.mark.parametrize("bad", [-9999, -32768, -1])
def test_a_single_negative_value_is_no_data_in_any_range(bad) -> None:
    values = (GREY * 257.0).astype(np.float32)
    values[:120] = bad
    shown = quiet(tiff(values))
    assert np.abs(shown[120:, :, 0].astype(int) - GREY[120:]).mean() < 2
    assert not shown[:120].any()


def test_several_no_data_values_at_once() -> None:
    values = (GREY / 255).astype(np.float32)
    values[:20], values[20:40], values[40:60], values[60:80] = np.nan, -9999, -32768, 3.4e38
    assert likeness(quiet(tiff(values))[80:, :, 0], GREY[80:]) > 0.99


@pytest.mark.parametrize(("factor", "shift"), [(1 / 255, 0), (1, 0), (2 / 255, -1), (1e-4, 300), (257.0, 0)])
def test_floats_of_any_range_are_read(factor, shift) -> None:
    assert likeness(quiet(tiff((GREY * factor + shift).astype(np.float32)))[..., 0], GREY) > 0.99


def test_a_picture_without_finite_values_is_refused() -> None:
    with pytest.raises(ImageError, match="no pixel has a finite value"):
        quiet(tiff(np.full((40, 60), np.nan, np.float32)))


def test_few_finite_values_in_a_large_picture_are_used() -> None:
    values = np.full((2000, 600), np.nan, np.float32)
    values[1000:1040] = np.linspace(0, 1, 600)
    assert quiet(tiff(values))[1020, :, 0].tolist() == pytest.approx(np.linspace(0, 255, 600), abs=3)


@pytest.mark.slow
@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("write", [png, tiff])
def test_fewer_bits_in_sixteen_keep_their_brightness(bits, colour, write) -> None:
    picture = PORTRAIT if colour else GREY
    deep = (picture.astype(np.float64) / 255 * (2**bits - 1)).round().astype(np.uint16)
    options = {"photometric": "rgb"} if colour and write is tiff else {}
    shown = quiet(write(deep, **options))
    wanted = picture if colour else np.repeat(picture[..., None], 3, axis=2)
    assert np.abs(shown.astype(int) - wanted).max() <= 1


@pytest.mark.parametrize("hot", [65535, 4095])
def test_a_hot_pixel_does_not_change_the_bit_depth(hot) -> None:
    deep = GREY.astype(np.uint16) * 4
    deep[3, 3] = hot
    assert np.abs(quiet(png(deep))[10:, :, 0].astype(int) - GREY[10:]).max() <= 1


def test_no_data_in_whole_numbers() -> None:
    deep = GREY.astype(np.int16) * 4
    deep[:60] = -9999
    assert likeness(quiet(tiff(deep))[60:, :, 0], GREY[60:]) > 0.99


def test_transparent_deep_pictures_are_composed_over_white() -> None:
    deep = np.dstack([PORTRAIT.astype(np.uint16) * 4, np.full(GREY.shape, 65535, np.uint16)])
    deep[:50, :, 3] = 0
    shown = quiet(png(deep))
    assert (shown[:50] == 255).all()
    assert np.abs(shown[50:].astype(int) - PORTRAIT[50:]).max() <= 1


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_colours_as_floats(kind) -> None:
    values = (PORTRAIT / 255).astype(kind)
    values[0, 0] = np.nan
    assert likeness(quiet(tiff(values, photometric="rgb")), PORTRAIT) > 0.99


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_deep_colours_are_turned(orientation, kind) -> None:
    deep = (PORTRAIT.astype(np.uint16) * 4).astype(kind)
    turn = {1: 0, 3: 2, 6: 1, 8: -1}[orientation]
    held = np.ascontiguousarray(np.rot90(deep, turn))
    shown = quiet(tiff(held, photometric="rgb", extratags=[(274, 3, 1, orientation, True)]))
    assert likeness(shown, PORTRAIT) > 0.99


def test_a_deep_png_is_turned() -> None:
    held = np.ascontiguousarray(np.rot90(PORTRAIT.astype(np.uint16) * 4))
    file = png(held)
    exif = Image.Exif()
    exif[0x0112] = 6
    block = exif.tobytes().removeprefix(b"Exif\0\0")
    chunk = struct.pack(">I", len(block)) + b"eXIf" + block + struct.pack(">I", zlib.crc32(b"eXIf" + block))
    shown = quiet(file[:33] + chunk + file[33:])
    assert np.abs(shown.astype(int) - PORTRAIT).max() <= 1


def test_an_unsupported_tiff_is_not_called_damaged() -> None:
    spectra = np.random.default_rng(0).random((30, 40, 7)).astype(np.float32)
    with pytest.raises(ImageError, match=r"unsupported format .*7 × 32 bits a pixel"):
        quiet(tiff(spectra, photometric="minisblack", planarconfig="contig"))


def test_a_huge_float_picture_is_refused_before_decoding(monkeypatch) -> None:
    content = tiff(np.zeros((900, 900, 3), np.float32), photometric="rgb", compression="zlib")
    monkeypatch.setenv("EMOTION_MAX_PICTURE_MEGAPIXELS", "1")
    with pytest.raises(TooLargeError, match=r"at most 8.0 MB when unpacked; it has 9.7 MB"):
        load_image(content)


_PEAK = """
import resource, sys
from emotion.vision.decode.image import load_image
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
picture = load_image(sys.argv[1])
print(picture.shape[0] * picture.shape[1], (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e3)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["float", "sixteen bits", "colour"])
def test_memory_stays_within_a_small_multiple_of_the_picture(tmp_path: Path, kind: str) -> None:
    """Per pixel 3 bytes for the result, and at most 4 + 4 for arrays of libraries; floats used to take 38."""
    ramp = np.tile(np.linspace(0, 1, 4000, dtype=np.float32), (4000, 1))
    file = tmp_path / ("a.tif" if kind == "float" else "a.png")
    if kind == "float":
        tifffile.imwrite(file, ramp, compression="zlib")
    elif kind == "sixteen bits":
        Image.fromarray((ramp * 65535).astype(np.uint16)).save(file)
    else:
        Image.fromarray(np.repeat((ramp * 255).astype(np.uint8)[..., None], 3, axis=2)).save(file)
    answer = subprocess.run([sys.executable, "-c", _PEAK, str(file)], capture_output=True, text=True, check=True)
    pixels, peak_mb = map(float, answer.stdout.split())
    assert pixels == 16_000_000
    assert peak_mb * 1e6 / pixels < 15


MASK = np.where(np.indices(GREY.shape)[0] < GREY.shape[0] // 2, 128, 255).astype(np.uint8)
OVER_WHITE = PORTRAIT * (MASK / 255)[..., None] + (255 - MASK)[..., None]


def deep(values: np.ndarray) -> np.ndarray:
    return values.astype(np.uint16) * 257


@pytest.mark.parametrize("values", [deep(255 - GREY), (1 - GREY / 255).astype(np.float32)])
def test_deep_pictures_whose_zero_is_white_are_no_negatives(values) -> None:
    assert likeness(quiet(tiff(values, photometric="miniswhite")), np.dstack([GREY] * 3)) > 0.99


def test_unsigned_32_bits_are_not_read_as_negative() -> None:
    assert likeness(quiet(tiff(deep(GREY).astype(np.uint32) << 16)), np.dstack([GREY] * 3)) > 0.99


@pytest.mark.parametrize(
    ("extra", "colours", "shown"),
    [
        ("unspecified", PORTRAIT, PORTRAIT),
        ("unassalpha", PORTRAIT, OVER_WHITE),
        ("assocalpha", PORTRAIT * (MASK / 255)[..., None], OVER_WHITE),
    ],
)
def test_only_alpha_of_a_deep_picture_is_transparency(extra, colours, shown) -> None:
    """Photoshop stores a selection as an extra channel of no kind."""
    values = deep(np.dstack([colours.round(), MASK]))
    read = quiet(tiff(values, photometric="rgb", extrasamples=[extra]))
    assert np.abs(read.astype(int) - shown).mean() < 2


@pytest.mark.parametrize("values", [deep(PORTRAIT), (PORTRAIT / 255).astype(np.float32)])
def test_deep_channels_stored_one_after_the_other_are_refused(values) -> None:
    content = tiff(np.ascontiguousarray(values.transpose(2, 0, 1)), photometric="rgb", planarconfig="separate")
    with pytest.raises(ImageError, match=r"an unsupported kind of TIFF .* stored one after the other"):
        load_image(content)


def test_inks_of_16_bits_are_read() -> None:
    inks = np.asarray(Image.fromarray(PORTRAIT).convert("CMYK"))
    assert np.abs(quiet(tiff(deep(inks), photometric="separated")).astype(int) - PORTRAIT).mean() < 2
