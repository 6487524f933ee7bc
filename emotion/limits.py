"""How much one person, one file and one process may take: environment variables, all of them here.

Each holds a number; ``none`` takes the limit away. Megabytes are 10⁶ bytes, megapixels 10⁶ pixels.

- ``EMOTION_MAX_UPLOAD_MB``: size of one uploaded file; default 500
- ``EMOTION_MAX_PICTURE_MEGAPIXELS``: of a picture; default 100, which is 300 MB of RGB
- ``EMOTION_MAX_FRAME_MEGAPIXELS``: of a video's frame; default 36, which 8K cinema has
- ``EMOTION_MAX_DURATION_S``: of the part of a video that is analysed; default 21600, six hours
- ``EMOTION_MAX_QUEUED``: how many analyses of one person wait; default 100
- ``EMOTION_QUOTA_MB``: room that all analyses of one person take on the storage; default 20000
- ``EMOTION_FREE_MB``: what stays free on the disk of uploads and of the library's files; default 1000
- ``EMOTION_MEMORY_MB``: of a process that decodes what somebody uploaded; default 4096
- ``EMOTION_STALL_S``: after so many seconds without a frame, an analysis is given up; default 600

How many analyses run at once is ``EMOTION_JOBS`` (:mod:`emotion.settings`).
"""

from __future__ import annotations

import math
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from emotion.errors import SettingsError, TooLargeError

MEGA = 10**6
NONE = "none"
_DEFAULTS = {
    "EMOTION_MAX_UPLOAD_MB": 500.0,
    "EMOTION_MAX_PICTURE_MEGAPIXELS": 100.0,
    "EMOTION_MAX_FRAME_MEGAPIXELS": 36.0,
    "EMOTION_MAX_DURATION_S": 21_600.0,
    "EMOTION_MAX_QUEUED": 100.0,
    "EMOTION_QUOTA_MB": 20_000.0,
    "EMOTION_FREE_MB": 1_000.0,
    "EMOTION_MEMORY_MB": 4_096.0,
    "EMOTION_STALL_S": 600.0,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for one upload; infinite where there is no limit.

    Attributes:
        upload_bytes: Of the file.
        duration_s: Of the part of it that is analysed.
        queued: How many analyses of its owner wait.
        quota_bytes: Room of all analyses of its owner.
        free_bytes: What stays free on the disk.
    """

    upload_bytes: float
    duration_s: float
    queued: float
    quota_bytes: float
    free_bytes: float

    def check_size(self, size: float, name: str) -> None:
        """Refuse a file that is too large.

        Raises:
            TooLargeError: It is.
        """
        if size > self.upload_bytes:
            expected = f"expected a file of at most {_megabytes(self.upload_bytes)}"
            raise TooLargeError(f"{expected}; {name} has {_megabytes(size)} or more")

    def check_free(self, folder: Path, size: float = 0.0) -> None:
        """Refuse what would fill a disk.

        Args:
            folder: On the disk.
            size: Bytes that are to come.

        Raises:
            TooLargeError: Too little would stay free.
        """
        free = shutil.disk_usage(folder).free
        if free - size < self.free_bytes:
            room = f"{_megabytes(size)} to come and " if size else ""
            expected = f"expected room for {room}{_megabytes(self.free_bytes)} to stay free on the server's disk"
            raise TooLargeError(f"{expected}; {_megabytes(free)} are free")

    def check_duration(self, seconds: float, name: str) -> None:
        """Refuse a part of a video that is too long.

        Raises:
            TooLargeError: It is.
        """
        if seconds > self.duration_s:
            expected = f"expected at most {_hours(self.duration_s)} of video"
            raise TooLargeError(f"{expected}; {name} has {_hours(seconds)} to analyse. Choose a part of it")

    def check_quota(self, used: float, coming: float) -> None:
        """Refuse what no longer fits into its owner's share of the storage.

        Args:
            used: Bytes of all that the owner has there.
            coming: Bytes that are to come.

        Raises:
            TooLargeError: It does not fit.
        """
        if used + coming > self.quota_bytes:
            expected = f"expected all that you keep here to take at most {_megabytes(self.quota_bytes)}"
            raise TooLargeError(
                f"{expected}; it takes {_megabytes(used)} and {_megabytes(coming)} would come. Delete some of it"
            )

    def check_queue(self, waiting: int) -> None:
        """Refuse one more analysis in the queue.

        Raises:
            TooLargeError: Its owner has enough of them there.
        """
        if waiting >= self.queued:
            expected = f"expected at most {self.queued:,.0f} of your analyses to wait"
            raise TooLargeError(f"{expected}; {waiting:,} do already. Try again when some are done")


UNLIMITED = Limits(math.inf, math.inf, math.inf, math.inf, -math.inf)
"""For what this program made itself."""


def limits() -> Limits:
    """Return what the environment says.

    Raises:
        SettingsError: A setting is no number above 0.
    """
    free = setting("EMOTION_FREE_MB") * MEGA
    return Limits(
        upload_bytes=setting("EMOTION_MAX_UPLOAD_MB") * MEGA,
        duration_s=setting("EMOTION_MAX_DURATION_S"),
        queued=setting("EMOTION_MAX_QUEUED"),
        quota_bytes=setting("EMOTION_QUOTA_MB") * MEGA,
        free_bytes=-math.inf if free == math.inf else free,
    )


def setting(name: str) -> float:
    """Return a setting's number; infinity for ``none``.

    Raises:
        SettingsError: It is no number above 0.
    """
    given = os.environ.get(name)
    if not given:
        return _DEFAULTS[name]
    if given.strip().lower() == NONE:
        return math.inf
    value = above_zero(given)
    if value is None:
        raise SettingsError(f"expected {name} to be a number above 0, or {NONE}; got {given!r}")
    return value


def above_zero(text: str) -> float | None:
    """Return the number above 0 that a text says; None if it says none, or no end of it."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < math.inf else None


def check_settings() -> None:
    """Read every limit, so that a server with one that cannot be read does not start.

    Raises:
        SettingsError: One is no number above 0.
    """
    for name in _DEFAULTS:
        setting(name)


def max_upload_mb() -> int:
    """Return the size of an upload in whole megabytes, rounded up; a terabyte for none."""
    return math.ceil(min(setting("EMOTION_MAX_UPLOAD_MB"), MEGA))


def check_picture(width: int, height: int, name: str) -> None:
    """Refuse a picture before it is decoded.

    Raises:
        TooLargeError: It has too many pixels.
    """
    _check_pixels(width, height, name, "a picture", setting("EMOTION_MAX_PICTURE_MEGAPIXELS"))


def check_frame(width: int, height: int, name: str) -> None:
    """Refuse a video before it is decoded.

    Raises:
        TooLargeError: Its frames have too many pixels.
    """
    _check_pixels(width, height, name, "frames", setting("EMOTION_MAX_FRAME_MEGAPIXELS"))


def memory_bytes() -> float:
    """Return how much memory a process may take that decodes what somebody uploaded."""
    return setting("EMOTION_MEMORY_MB") * MEGA


def no_memory_words(expected: str = "a video that is decoded") -> str:
    """Return what people are told where that does not suffice; ``expected`` is what they should have brought."""
    allowed = memory_bytes() / MEGA
    return f"expected {expected} within {allowed:,.0f} MB of memory; this one asks for more"


def stall_s() -> float:
    """Return after how many seconds without a frame an analysis is given up."""
    return setting("EMOTION_STALL_S")


def _check_pixels(width: int, height: int, name: str, what: str, megapixels: float) -> None:
    if width * height > megapixels * MEGA:
        size = f"{width} × {height} ({width * height / MEGA:,.1f})"
        raise TooLargeError(f"{name} is too large: expected {what} of at most {megapixels:g} megapixels; it has {size}")


def _megabytes(size: float) -> str:
    return f"{size / MEGA:,.1f} MB" if size < 100 * MEGA else f"{size / MEGA:,.0f} MB"


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds:.0f} s"
