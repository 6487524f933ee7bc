"""Refuses input that exceeds a limit, before any work is done.

The limits are settings (:mod:`emotion.settings`). Megabytes are 10⁶ bytes, megapixels 10⁶ pixels.
"""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from pathlib import Path

from emotion.errors import TooLargeError
from emotion.settings import read_settings

MEGA = 10**6


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one upload; infinity for no limit.

    Attributes:
        upload_bytes: Size of the file.
        duration_s: Length of the part that is analysed.
        queued: Number of queued analyses of the same owner.
        quota_bytes: Total size of all analyses of the same owner.
        free_bytes: Space that must stay free on the disk.
    """

    upload_bytes: float
    duration_s: float
    queued: float
    quota_bytes: float
    free_bytes: float

    def check_size(self, size: float, name: str) -> None:
        """Refuse a file that is too large.

        Raises:
        TooLargeError: The file is too large.
        """
        if size > self.upload_bytes:
            expected = f"expected a file of at most {_megabytes(self.upload_bytes)}"
            raise TooLargeError(f"{expected}; {name} has {_megabytes(size)} or more")

    def check_free(self, folder: Path, size: float = 0.0) -> None:
        """Refuse a file that would fill the disk.

        Args:
            folder: Any folder on the disk.
            size: Bytes still to be written.

        Raises:
            TooLargeError: Too little would stay free.
        """
        free = shutil.disk_usage(folder).free
        if free - size < self.free_bytes:
            room = f"{_megabytes(size)} for this file and " if size else ""
            expected = f"expected {room}{_megabytes(self.free_bytes)} to stay free on the server's disk"
            raise TooLargeError(f"{expected}; {_megabytes(free)} are free")

    def check_duration(self, seconds: float, name: str) -> None:
        """Refuse a part of a video that is too long.

        Raises:
        TooLargeError: The part is too long.
        """
        if seconds > self.duration_s:
            expected = f"expected at most {_hours(self.duration_s)} of video"
            raise TooLargeError(f"{expected}; {name} has {_hours(seconds)} to analyse. Choose a shorter part")

    def check_quota(self, used: float, coming: float) -> None:
        """Refuse a file that would exceed its owner's quota.

        Args:
            used: Size of the owner's analyses, bytes.
            coming: Bytes still to be written.

        Raises:
            TooLargeError: The quota would be exceeded.
        """
        if used + coming > self.quota_bytes:
            expected = f"expected your library to take at most {_megabytes(self.quota_bytes)}"
            raise TooLargeError(
                f"{expected}; it takes {_megabytes(used)}, and {_megabytes(coming)} would be added. "
                "Delete something first"
            )

    def check_queue(self, waiting: int) -> None:
        """Refuse one more analysis in the queue.

        Raises:
            TooLargeError: The owner already has too many queued analyses.
        """
        if waiting >= self.queued:
            expected = f"expected at most {self.queued:,.0f} queued analyses"
            raise TooLargeError(f"{expected}; you have {waiting:,}. Try again when some are done")


UNLIMITED = Limits(math.inf, math.inf, math.inf, math.inf, -math.inf)
"""No limits, for files that this program made itself."""


def limits() -> Limits:
    """Return the limits in the settings.

    Raises:
        SettingsError: A setting is not a number above 0.
    """
    settings = read_settings()
    free = settings.free_mb * MEGA
    return Limits(
        upload_bytes=settings.max_upload_mb * MEGA,
        duration_s=settings.max_duration_s,
        queued=settings.max_queued,
        quota_bytes=settings.quota_mb * MEGA,
        free_bytes=-math.inf if free == math.inf else free,
    )


def max_upload_mb() -> int:
    """Return the largest upload in whole megabytes, rounded up; a terabyte if there is no limit."""
    return math.ceil(min(read_settings().max_upload_mb, MEGA))


def check_picture(width: int, height: int, name: str) -> None:
    """Refuse a picture before it is decoded.

    Raises:
        TooLargeError: It has too many pixels.
    """
    _check_pixels(width, height, name, "a picture", read_settings().max_picture_megapixels)


def check_frame(width: int, height: int, name: str) -> None:
    """Refuse a video before it is decoded.

    Raises:
        TooLargeError: Its frames have too many pixels.
    """
    _check_pixels(width, height, name, "frames", read_settings().max_frame_megapixels)


def memory_bytes() -> float:
    """Return the memory limit of a process that decodes an upload, bytes."""
    return read_settings().memory_mb * MEGA


def out_of_memory_message(expected: str = "a video that is decoded") -> str:
    """Return the message for an upload whose decoding exceeds the memory limit; ``expected`` describes a valid one."""
    allowed = memory_bytes() / MEGA
    return f"expected {expected} within {allowed:,.0f} MB of memory; this one needs more"


def _check_pixels(width: int, height: int, name: str, what: str, megapixels: float) -> None:
    if width * height > megapixels * MEGA:
        size = f"{width} × {height} ({width * height / MEGA:,.1f})"
        raise TooLargeError(f"{name} is too large: expected {what} of at most {megapixels:g} megapixels; it has {size}")


def _megabytes(size: float) -> str:
    return f"{size / MEGA:,.1f} MB" if size < 100 * MEGA else f"{size / MEGA:,.0f} MB"


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds:.0f} s"
