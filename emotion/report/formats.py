"""The list of export formats, for the pages and the command line."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotion.analytics.edits import Edits
from emotion.errors import InputError
from emotion.progress import OnProgress, ProgressReporter
from emotion.publication.formats import WIDTHS_MM
from emotion.report.annotated_video import write_annotated_video
from emotion.report.captions import write_captions
from emotion.report.edited import Edited, edit
from emotion.report.tables import write_codebook, write_csv, write_json, write_movements, write_parquet
from emotion.sandbox.runner import run_limited
from emotion.types import Analysis


@dataclass(frozen=True, slots=True)
class Options:
    """Options of an export.

    Attributes:
        video: The analysed video, for formats that need it.
        blur: Blur every detected face.
        draw: Draw boxes, names and expressions.
        width_mm: Width of figures, mm.
        greyscale: Write figures with patterns instead of colours.
    """

    video: Path | None = None
    blur: bool = False
    draw: bool = True
    width_mm: float = WIDTHS_MM["Page"]
    greyscale: bool = False


Writer = Callable[[Edited, Path, Options, OnProgress | None], None]


@dataclass(frozen=True, slots=True)
class Format:
    """An export format.

    Attributes:
        name: Name on the command line.
        title: Display name.
        about: Description in a sentence.
        suffix: File suffix, with its dot.
        mime: Media type (IANA).
        write: The function that writes it.
        needs_video: Whether the video file is needed.
        slow: Whether to show progress and a cancel button.
        steps: Unit of progress.
    """

    name: str
    title: str
    about: str
    suffix: str
    mime: str
    write: Writer
    needs_video: bool = False
    slow: bool = False
    steps: str = "rows"


def _lazy(module: str) -> Callable[..., None]:
    """Return the ``write_`` function of a module that is imported on first use, as its libraries load slowly."""

    def write(*args: Any) -> None:
        getattr(importlib.import_module(f"emotion.report.{module}"), f"write_{module}")(*args)

    return write


def _table(write: Callable[[Edited, Path, ProgressReporter], None]) -> Writer:
    """Adapt a function that writes the timeline's rows and has no options."""

    def writer(edited: Edited, path: Path, options: Options, on_progress: OnProgress | None) -> None:
        del options
        write(edited, path, ProgressReporter(len(edited.analysis.timeline), on_progress))

    return writer


def _report(write: Callable[[Edited, Path, OnProgress | None], None]) -> Writer:
    """Adapt a function that writes a report, whose steps are charts, and has no options."""

    def writer(edited: Edited, path: Path, options: Options, on_progress: OnProgress | None) -> None:
        del options
        write(edited, path, on_progress)

    return writer


def _write_mp4(edited: Edited, path: Path, options: Options, on_progress: OnProgress | None) -> None:
    if options.video is None:
        raise InputError("expected the video file for an annotated video; it is missing")
    progress = ProgressReporter(edited.analysis.info.frame_count, on_progress)
    write_annotated_video(edited, path, options.video, progress, blur=options.blur, draw=options.draw)


def _write_figures(edited: Edited, path: Path, options: Options, on_progress: OnProgress | None) -> None:
    charts = importlib.import_module("emotion.report.charts")
    charts.write_charts(edited, path, options.width_mm, on_progress, greyscale=options.greyscale)


FORMATS: tuple[Format, ...] = (
    Format(
        name="csv",
        title="CSV",
        about="One row per face and frame as plain text, for any program.",
        suffix=".timeline.csv",
        mime="text/csv",
        write=_table(write_csv),
    ),
    Format(
        name="movements",
        title="Movements (CSV)",
        about="Brows, lids, lips and jaw of every face, relative to the person's rest.",
        suffix=".movements.csv",
        mime="text/csv",
        write=_table(write_movements),
    ),
    Format(
        name="codebook",
        title="Codebook (CSV)",
        about="Unit and meaning of every column of the tables.",
        suffix=".codebook.csv",
        mime="text/csv",
        write=_table(write_codebook),
    ),
    Format(
        name="parquet",
        title="Parquet",
        about="The same rows with data types: small and fast; this program opens it again.",
        suffix=".timeline.parquet",
        mime="application/vnd.apache.parquet",
        write=_table(write_parquet),
    ),
    Format(
        name="json",
        title="JSON",
        about="Settings, figures and all rows as one object, for programs.",
        suffix=".timeline.json",
        mime="application/json",
        write=_table(write_json),
    ),
    Format(
        name="xlsx",
        title="Excel",
        about="A workbook: figures, people, eyes, head, movements, timeline, events, model, and a codebook.",
        suffix=".xlsx",
        mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        write=_table(_lazy("excel")),
        slow=True,
    ),
    Format(
        name="vtt",
        title="Captions",
        about="Names and expressions as WebVTT captions for video players.",
        suffix=".vtt",
        mime="text/vtt",
        write=_table(write_captions),
    ),
    Format(
        name="mp4",
        title="Video",
        about="The video with sound, boxes, names and expressions; faces can be blurred.",
        suffix=".annotated.mp4",
        mime="video/mp4",
        write=_write_mp4,
        needs_video=True,
        slow=True,
        steps="frames",
    ),
    Format(
        name="html",
        title="Report (HTML)",
        about="Figures, charts, people, events, model and limits on one page that works offline.",
        suffix=".report.html",
        mime="text/html",
        write=_report(_lazy("html")),
        slow=True,
        steps="charts",
    ),
    Format(
        name="pdf",
        title="Report (PDF)",
        about="The same report as numbered pages, for printing or sending.",
        suffix=".report.pdf",
        mime="application/pdf",
        write=_report(_lazy("pdf")),
        slow=True,
        steps="charts",
    ),
    Format(
        name="figures",
        title="Figures",
        about="Every chart as SVG and PDF for print, and a methods paragraph with versions and settings (ZIP).",
        suffix=".figures.zip",
        mime="application/zip",
        write=_write_figures,
        slow=True,
        steps="charts",
    ),
)


def format_named(name: str) -> Format:
    """Return a format by its name.

    Raises:
        InputError: There is no such format.
    """
    for known in FORMATS:
        if known.name == name:
            return known
    raise InputError(f"expected a format from {', '.join(known.name for known in FORMATS)}; got {name!r}")


def export(
    analysis: Analysis,
    path: str | Path,
    chosen: Format,
    edits: Edits | None = None,
    options: Options | None = None,
    on_progress: OnProgress | None = None,
) -> Path:
    """Write an analysis in one format, atomically.

    Args:
        analysis: The analysis without edits.
        path: The file, in an existing folder; replaced if it exists.
        chosen: One of :data:`FORMATS`.
        edits: Edits to apply.
        options: Options of the export.
        on_progress: Called after every step; may raise :class:`emotion.errors.Cancelled`, which leaves no file.

    Raises:
        InputError: The format needs the video, which is missing or another one; the edits contradict each other; or
            the path is taken by something that is not a file.
    """
    path, chosen_options = Path(path), options or Options()
    if path.exists() and not path.is_file():
        raise InputError(f"expected a new file or one to replace; {path.name} is neither")
    if chosen.needs_video and (chosen_options.video is None or not chosen_options.video.is_file()):
        raise InputError(f"expected the video file for the format {chosen.name}; it is missing")
    # A short name, as the chosen one may have the maximum length.
    partial = path.with_name(f".export-{abs(hash(path.name)):x}.partial")
    try:
        chosen.write(edit(analysis, edits), partial, chosen_options, on_progress)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def export_limited(
    analysis: Analysis, path: Path, chosen: Format, edits: Edits, options: Options, on_progress: OnProgress
) -> Path:
    """Run :func:`export`, which may decode a video, in a sandbox (:mod:`emotion.sandbox.runner`).

    Raises:
        InputError: See :func:`export`.
        VideoError: The video crashes the sandbox.
    """
    run_limited(_export_by_name, analysis, path, chosen.name, edits, options, on_step=on_progress)
    return path


def _export_by_name(
    analysis: Analysis, path: Path, name: str, edits: Edits, options: Options, on_step: OnProgress
) -> None:
    export(analysis, path, format_named(name), edits, options, on_step)
