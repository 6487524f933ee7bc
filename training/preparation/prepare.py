"""Converts a data set of any supported format to the prepared form for training."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from emotion.errors import DatasetError, InputError
from emotion.labels import LabelSet, subset_of
from emotion.progress import OnProgress
from emotion.types import Progress
from training.datasets.manifest import FACTS_FILE, MANIFEST_FILE, Manifest
from training.datasets.readers.formats import FORMATS
from training.datasets.readers.index import IndexOptions
from training.datasets.samples import Sample, Skipped, Source
from training.datasets.splits import HoldOut
from training.preparation.writer import PART, DatasetWriter, Layout
from training.provenance import command


@dataclass(frozen=True, slots=True)
class PrepareOptions:
    """Options of the preparation.

    Attributes:
        classes: Classes to keep, in order; all by default.
        size: Side of the pictures, px; the source's by default.
        colour: Whether they are RGB; as in the source by default.
        limit: Maximum number of rows or files to read.
        hold_out: Share of the training split for each missing validation or test split.
        seed: Seed of that draw.
        reader: Options of some formats.
    """

    classes: tuple[str, ...] | None = None
    size: int | None = None
    colour: bool | None = None
    limit: int | None = None
    hold_out: float = 0.1
    seed: int = 2024
    reader: IndexOptions = field(default_factory=IndexOptions)

    def __post_init__(self) -> None:
        if not 0 <= self.hold_out < 0.5:
            raise InputError(f"expected a held-out share of at least 0 and below 0.5; got {self.hold_out}")
        if self.size is not None and self.size < 8:
            raise InputError(f"expected pictures of at least 8 px; got {self.size}")


def prepare(
    format_name: str, source: Path, out: Path, options: PrepareOptions, report: OnProgress | None = None
) -> Manifest:
    """Read a data set, write its prepared form, and return its manifest.

    Args:
        format_name: One of :data:`~training.datasets.readers.formats.FORMATS`.
        source: File or folder of the data set.
        out: Folder to write; an earlier preparation in it is replaced.
        options: Options of the preparation.
        report: Receives the progress.

    Raises:
        DatasetError: The layout is not the format's, or no row is usable.
    """
    if not source.exists():
        raise DatasetError(f"expected a data set of the format {format_name}; there is no {source}")
    _expect_free(out, source)
    read = FORMATS[format_name].open(source, options.reader)
    with DatasetWriter(out, _layout(read, options)) as writer:
        for item in _reported(read, options.limit, report):
            writer.add(item)
        _expect_some(writer, format_name)
    manifest = _manifest(format_name, read, writer)
    manifest.save(out)
    return manifest


def _layout(read: Source, options: PrepareOptions) -> Layout:
    return Layout(
        read.columns,
        read.label_set,
        _labels(read, options.classes),
        options.size or read.size,
        read.colour if options.colour is None else options.colour,
        HoldOut.for_splits(read.splits, options.hold_out, options.seed),
    )


def _manifest(format_name: str, read: Source, writer: DatasetWriter) -> Manifest:
    layout, made = writer.layout, writer.layout.hold_out
    return Manifest(
        format=format_name,
        kind=read.kind,
        label_set=layout.labels,
        size=layout.size,
        colour=layout.colour,
        files=writer.files,
        counts=writer.ordered_counts(),
        left_out=dict(writer.left_out),
        skipped=writer.skipped,
        held_out={"splits": made.missing, "share": made.share, "seed": made.seed} if made.missing else {},
        command=command(),
    )


def _labels(read: Source, classes: Sequence[str] | None) -> LabelSet | None:
    if read.label_set is None and classes is not None:
        raise InputError("expected --classes only for labelled faces; keypoints have no classes")
    return read.label_set if classes is None or read.label_set is None else subset_of(read.label_set, classes)


def _expect_free(out: Path, source: Path) -> None:
    """Refuse an output folder with other content.

    Raises:
        InputError: It has other content, or is the source.
    """
    if out.resolve() == source.resolve():
        raise InputError(f"expected --out to be another folder than --source; got {out} for both")
    if out.is_file() or (out.is_dir() and _foreign(out)):
        raise InputError(f"expected a new, empty or earlier prepared folder for --out; {out} has other content")


def _foreign(folder: Path) -> bool:
    """Return whether a folder contains anything but a prepared data set, facts or unfinished files."""
    ours = any((folder / name).is_file() for name in (MANIFEST_FILE, FACTS_FILE))
    return not ours and any(path.suffix != PART for path in folder.iterdir())


def _reported(read: Source, limit: int | None, report: OnProgress | None) -> Iterator[Sample | Skipped]:
    """Yield at most ``limit`` items, and report the progress after each."""
    items: Iterable[Sample | Skipped] = islice(read.items, limit)
    total = read.total if limit is None else min(read.total, limit)
    started = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        if report is not None:
            report(Progress(done, total, time.monotonic() - started))


def _expect_some(writer: DatasetWriter, format_name: str) -> None:
    if writer.counts:
        return
    reasons = [
        f"{fault['count']} × expected {expected} ({fault['first'][0]})" for expected, fault in writer.skipped.items()
    ]
    reasons += [f"{count} × {label} left out by --classes" for label, count in writer.left_out.items()]
    raise DatasetError(
        f"expected at least one usable picture in the format {format_name}; got none: {'; '.join(reasons) or 'no rows'}"
    )
