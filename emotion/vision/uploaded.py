"""Reads visitors' pictures in the sandbox (:mod:`emotion.sandbox.runner`).

Only the pixels come back, as ``(H, W, 3)`` uint8, read straight into the array that is returned.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from emotion.errors import ImageError
from emotion.limits import MEGA, check_picture
from emotion.sandbox.child import Subject
from emotion.sandbox.runner import IDLE, run_limited
from emotion.settings import read_settings
from emotion.types import Image
from emotion.vision.decode.image import load_bytes

_PICTURE = Subject(ImageError, "a picture that can be read")
_PILLOWS_MEGAPIXELS = 179
"""Pillow refuses larger pictures, whatever the settings allow."""
_PROCESSES = threading.BoundedSemaphore(IDLE)
"""Limits concurrent decoding to the number of processes that stay warm."""


def load_uploaded(content: bytes, name: str = "the picture") -> Image:
    """Decode an untrusted picture file; the result is that of :func:`emotion.vision.decode.image.load_image`.

    Args:
        content: The file's bytes.
        name: What messages call it.

    Raises:
        ImageError: It is not a readable picture, or reading it ends the process.
        TooLargeError: It has more pixels than the settings allow (:mod:`emotion.limits`).
    """
    image = np.asarray(run_on_picture(_pixels, content, name))
    # A compromised process may send anything, and native code works on the pixels.
    if image.ndim != 3 or image.shape[2] != 3:
        raise _PICTURE.failed("its decoder gave something else")
    check_picture(image.shape[1], image.shape[0], name)
    return image


def run_on_picture(function: Callable[..., memoryview], *arguments: object) -> memoryview:
    """Run a function on a picture file in a process with limits and return the uint8 array that it returns.

    Args:
        function: A module-level function.
        *arguments: Its arguments, the file's content among them.

    Raises:
        ImageError: The function raised it, or the process crashed, stalled or took too much memory.
        TooLargeError: The function raised it.
    """
    # An encoded picture may be a little larger than its pixels.
    most = 4 * MEGA * int(min(read_settings().max_picture_megapixels, _PILLOWS_MEGAPIXELS) + 1)
    with _PROCESSES:
        answer = run_limited(function, *arguments, subject=_PICTURE, most_array_bytes=most)
    if not isinstance(answer, memoryview):
        raise _PICTURE.failed("its decoder gave something else")
    return answer


def _pixels(content: bytes, name: str) -> memoryview:
    return np.ascontiguousarray(load_bytes(content, name)).data
