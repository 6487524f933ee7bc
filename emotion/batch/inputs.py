"""Lists the videos of a batch: files, folders, globs, URLs that fsspec opens, or a manifest."""

from __future__ import annotations

import hashlib
import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import fsspec
from fsspec.implementations.local import LocalFileSystem

from emotion.errors import InputError
from emotion.input_files import is_litter
from emotion.paths import unicode_name
from emotion.studies.text_tables import TableLimits, read_text_table

_ENDINGS = "mp4 m4v mov avi mkv webm mpg mpeg vob ts mts m2ts wmv asf flv ogv 3gp 3g2 h264 hevc"
VIDEO_ENDINGS = frozenset(f".{ending}" for ending in _ENDINGS.split())
"""Suffixes of videos in a folder."""
COLUMN = "video"
"""Column of a manifest with a path or URL in each row."""
_MANIFEST = ".csv"
_MOST = TableLimits(rows=10_000_000)
_MAGIC = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Video:
    """A video of a batch.

    Attributes:
        source: An absolute path, or the URL as given.
        stamp: Digest of the file's size, times and tags according to the file system, which changes with the file;
            empty if the file system reports none.
    """

    source: str
    stamp: str = ""

    @property
    def name(self) -> str:
        """Display name."""
        path = urlsplit(self.source).path if is_url(self.source) else self.source
        return unicode_name(posixpath.basename(path) or self.source)

    @property
    def shown(self) -> str:
        """The source without its password, as results show it."""
        if not is_url(self.source):
            return unicode_name(self.source)
        parts = urlsplit(self.source)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def is_url(text: str) -> bool:
    """Return whether this is a URL and not a path."""
    return "://" in text


def place_of(text: str) -> tuple[Any, str]:
    """Return the file system of a path or URL, and the path within it.

    Raises:
        InputError: No file system of that kind is installed, or it cannot be reached.
    """
    if not is_url(text):
        return LocalFileSystem(), str(Path(text).absolute())
    try:
        fs, path = fsspec.core.url_to_fs(text)
    except (ImportError, ValueError, OSError) as error:
        raise InputError(f"expected a URL that fsspec opens; got {Video(text).shown}: {error}") from error
    return fs, str(path)


def find_videos(inputs: Sequence[str]) -> list[Video]:
    """Return the videos of all inputs, without duplicates, in the order of the inputs and by name within each.

    Args:
        inputs: Files, folders (searched recursively), globs, or URLs of these; or a single manifest.

    Raises:
        InputError: An input does not exist, contains no video, or is ambiguous.
    """
    manifests = [text for text in inputs if _is_manifest(text)]
    if manifests and len(inputs) > 1:
        got = f"{Video(manifests[0]).shown} and {len(inputs) - 1} more"
        raise InputError(f"expected one manifest alone, or videos without one; got {got}")
    videos = _listed(manifests[0]) if manifests else [video for text in inputs for video in _found(text)]
    counts = Counter(video.shown for video in videos)
    if twice := [source for source, count in counts.items() if count > 1]:
        got = f"{twice[0]} {counts[twice[0]]} times" + (f", and {len(twice) - 1} more duplicates" if twice[1:] else "")
        raise InputError(f"expected every video once; got {got}")
    return videos


def _is_manifest(text: str) -> bool:
    return text.lower().endswith(_MANIFEST) and not _MAGIC & set(text)


def _found(text: str) -> Iterable[Video]:
    """Return the videos of one input."""
    fs, path = place_of(text)
    try:
        if fs.isdir(path):
            return _inside(text, fs, path, fs.find(path, detail=True), "in")
        if fs.exists(path):
            return [_video(text, fs, path, fs.info(path))]
        if _MAGIC & set(path):
            return _inside(text, fs, path, fs.glob(path, detail=True), "matching")
    except OSError as error:
        raise InputError(f"{Video(text).shown} cannot be listed: {error.strerror or error}") from error
    raise InputError(f"expected a video, folder, glob, URL or manifest; nothing exists at {Video(text).shown}")


def _inside(text: str, fs: Any, path: str, found: dict[str, dict[str, Any]], how: str) -> list[Video]:
    """Return the files with a video's suffix, without hidden ones."""
    if "::" in text:
        raise InputError(f"expected a folder or glob of a single file system; got {Video(text).shown}")
    videos = [
        _video(_as_given(text, path, name, fs), fs, name, about)
        for name, about in sorted(found.items())
        if about["type"] == "file" and is_video(name.removeprefix(path))
    ]
    if not videos:
        endings = ", ".join(sorted(VIDEO_ENDINGS))
        raise InputError(f"expected videos {how} {Video(text).shown}; there are none ({endings})")
    return videos


def is_video(path: str) -> bool:
    """Return whether a file counts as a video, by its path relative to the folder."""
    return posixpath.splitext(path)[1].lower() in VIDEO_ENDINGS and not is_litter(path)


def _as_given(text: str, path: str, found: str, fs: Any) -> str:
    """Return the URL of a file found below another URL, with that URL's host and user."""
    root = text.rstrip("/")
    if root.endswith(path):
        return root.removesuffix(path) + found
    return str(fs.unstrip_protocol(found))


def _video(text: str, fs: Any, path: str, about: dict[str, Any]) -> Video:
    said = "\n".join(f"{key}={about[key]}" for key in sorted(about))
    return Video(
        path if isinstance(fs, LocalFileSystem) else text, hashlib.sha256(unicode_name(said).encode()).hexdigest()[:16]
    )


def _listed(manifest: str) -> list[Video]:
    """Return the videos of a manifest; missing files are only noticed when they are analysed."""
    return [_known(source) for source in _sources(manifest)]


def _known(source: str) -> Video:
    fs, path = place_of(source)
    try:
        return _video(source, fs, path, fs.info(path))
    except OSError:
        return Video(path if isinstance(fs, LocalFileSystem) else source)


def _sources(manifest: str) -> Iterator[str]:
    """Yield the column of a manifest; paths are relative to its folder."""
    fs, path = place_of(manifest)
    try:
        table = read_text_table(fs.cat_file(path), _MOST)
    except (OSError, InputError) as error:
        raise InputError(f"{Video(manifest).shown} cannot be read as a manifest: {error}") from error
    names = [str(name) for name in table.columns]
    column = next((name for name in names if name.lower() == COLUMN), None)
    if column is None:
        raise InputError(f"expected a column {COLUMN!r} in {Video(manifest).shown}; it has {', '.join(names)}")
    sources = [source.strip() for source in table[column]]
    if not sources or not all(sources):
        raise InputError(f"expected a path or URL in every row of {Video(manifest).shown}; got {_gap(sources)}")
    for source in sources:
        yield source if is_url(source) or source.startswith("/") else _beside(manifest, path, source)


def _gap(sources: list[str]) -> str:
    return f"an empty field in row {sources.index('') + 1}" if sources else "no row"


def _beside(manifest: str, path: str, name: str) -> str:
    if is_url(manifest):
        return f"{posixpath.dirname(manifest)}/{name}"
    return str(Path(path).parent / name)
