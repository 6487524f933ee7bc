"""The readers of uploaded files. Each may read a file or refuse it with one sentence; any other error is a find."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from emotion.analytics.files import load_edits, load_parquet
from emotion.errors import EmotionError
from emotion.evaluation.user_evaluation.zip_folders import LabelledFile, Limits, ZipFolders
from emotion.report.events_csv import from_csv
from emotion.vision.decode.image import load_image
from emotion.vision.decode.video import frame_at, probe, read_video, recorded_at

FRAMES = 12
"""Number of frames read from a video: the files are small, so decoders fail early."""
LONGEST = 400
"""Maximum length of an error message, characters."""
_SMALL = Limits(files=50, file_bytes=1_000_000, total_bytes=4_000_000)


def picture(content: bytes) -> None:
    """Read a picture."""
    load_image(content)


def video(content: bytes) -> None:
    """Read a video's metadata, its first frames, and the frame in its middle."""
    with _as_file(content) as path:
        facts = probe(path)
        recorded_at(path)
        for frame in itertools.islice(read_video(path), FRAMES):
            frame.rgb()
        frame_at(path, facts.duration_s / 2)


def archive(content: bytes) -> None:
    """Unpack an archive of labelled pictures and read the pictures."""
    with _as_file(content) as path, contextlib.closing(ZipFolders(path, limits=_SMALL)) as folders:
        for file in folders:
            if isinstance(file, LabelledFile):
                _error_of(load_image, file.content)


def timeline(content: bytes) -> None:
    """Load a saved timeline and its edits."""
    with _as_file(content) as path:
        load_parquet(path)
        load_edits(path)


def events(content: bytes) -> None:
    """Read an event table; undecodable bytes are replaced here, but the page refuses them earlier."""
    from_csv(content.decode("utf-8-sig", errors="replace"))


TARGETS: dict[str, Callable[[bytes], None]] = {
    read.__name__: read for read in (picture, video, archive, timeline, events)
}


def attempt(target: str, content: bytes) -> str | None:
    """Return the error message with which a target refused some bytes; None if it accepted them.

    Args:
        target: One of :data:`TARGETS`.
        content: Any bytes.

    Raises:
        AssertionError: The message could not be shown to a person.
    """
    return _error_of(TARGETS[target], content)


def _error_of(read: Callable[[bytes], object], content: bytes) -> str | None:
    try:
        read(content)
    except EmotionError as error:
        sentence = str(error)
        assert sentence.isprintable() and len(sentence) <= LONGEST, f"expected one short line; got {sentence!r}"
        assert tempfile.gettempdir() not in sentence, f"expected no path; got {sentence!r}"
        return sentence
    return None


@contextlib.contextmanager
def _as_file(content: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content)
        yield path
