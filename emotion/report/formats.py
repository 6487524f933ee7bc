"""Every format that an analysis can be exported to: one list that the pages and the command line walk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emotion.analytics.edits import Edits
from emotion.errors import InputError
from emotion.progress import OnProgress, ProgressReporter
from emotion.report.annotated_video import write_annotated_video
from emotion.report.captions import write_captions
from emotion.report.edited import Edited, edit
from emotion.report.tables import write_csv, write_json, write_parquet
from emotion.sandbox.runner import run_limited
from emotion.types import Analysis


@dataclass(frozen=True, slots=True)
class Options:
    """What a user chooses beyond the format.

    Attributes:
        video: The analysed video, for formats that show it.
        blur: Make every face that was found unrecognisable.
        draw: Draw boxes, names and expressions.
    """

    video: Path | None = None
    blur: bool = False
    draw: bool = True


Writer = Callable[[Edited, Path, Options, OnProgress | None], None]


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write an analysis.

    Attributes:
        name: For commands.
        title: For people, a word or two.
        about: What it is good for, in a sentence.
        suffix: Ending of the file's name, with its dot.
        mime: Media type (IANA).
        write: Writes it.
        needs_video: Whether the video itself must be at hand.
        slow: Whether it takes so long that progress and cancelling are wanted.
        steps: What progress counts, for people.
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


# Libraries of charts and documents take a second to load, and most commands need none of them: each
# of the three is imported when it is asked for.


def _write_excel(edited: Edited, path: Path, progress: ProgressReporter) -> None:
    from emotion.report.excel import write_excel  # noqa: PLC0415

    write_excel(edited, path, progress)


def _write_html(edited: Edited, path: Path, on_progress: OnProgress | None) -> None:
    from emotion.report.html import write_html  # noqa: PLC0415

    write_html(edited, path, on_progress)


def _write_pdf(edited: Edited, path: Path, on_progress: OnProgress | None) -> None:
    from emotion.report.pdf import write_pdf  # noqa: PLC0415

    write_pdf(edited, path, on_progress)


def _table(write: Callable[[Edited, Path, ProgressReporter], None]) -> Writer:
    """Return the writer of a format that holds the timeline's rows and needs no choices."""

    def writer(edited: Edited, path: Path, options: Options, on_progress: OnProgress | None) -> None:
        del options
        write(edited, path, ProgressReporter(len(edited.analysis.timeline), on_progress))

    return writer


def _report(write: Callable[[Edited, Path, OnProgress | None], None]) -> Writer:
    """Return the writer of a report, whose steps are its charts and which needs no choices."""

    def writer(edited: Edited, path: Path, options: Options, on_progress: OnProgress | None) -> None:
        del options
        write(edited, path, on_progress)

    return writer


def _write_mp4(edited: Edited, path: Path, options: Options, on_progress: OnProgress | None) -> None:
    if options.video is None:
        raise InputError("expected the video itself for an annotated one; it is not at hand")
    progress = ProgressReporter(edited.analysis.info.frame_count, on_progress)
    write_annotated_video(edited, path, options.video, progress, blur=options.blur, draw=options.draw)


FORMATS: tuple[Format, ...] = (
    Format(
        name="csv",
        title="CSV",
        about="Every face in every analysed frame as plain text, for any program.",
        suffix=".timeline.csv",
        mime="text/csv",
        write=_table(write_csv),
    ),
    Format(
        name="parquet",
        title="Parquet",
        about="The same rows with their types, small and quick to read; this program opens it again.",
        suffix=".timeline.parquet",
        mime="application/vnd.apache.parquet",
        write=_table(write_parquet),
    ),
    Format(
        name="json",
        title="JSON",
        about="Facts, settings, figures and every row as one object, for programs.",
        suffix=".timeline.json",
        mime="application/json",
        write=_table(write_json),
    ),
    Format(
        name="xlsx",
        title="Excel",
        about="A workbook: figures, people, timeline, frames, events, model and settings.",
        suffix=".xlsx",
        mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        write=_table(_write_excel),
        slow=True,
    ),
    Format(
        name="vtt",
        title="Captions",
        about="Who shows what as WebVTT captions, which players show under the video.",
        suffix=".vtt",
        mime="text/vtt",
        write=_table(write_captions),
    ),
    Format(
        name="mp4",
        title="Video",
        about="The video with boxes, names and expressions, its sound, and faces blurred if you wish.",
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
        write=_report(_write_html),
        slow=True,
        steps="charts",
    ),
    Format(
        name="pdf",
        title="Report (PDF)",
        about="The same report on numbered pages, to print or to send.",
        suffix=".report.pdf",
        mime="application/pdf",
        write=_report(_write_pdf),
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
    raise InputError(f"expected a format out of {', '.join(known.name for known in FORMATS)}; got {name!r}")


def export(
    analysis: Analysis,
    path: Path,
    chosen: Format,
    edits: Edits | None = None,
    options: Options | None = None,
    on_progress: OnProgress | None = None,
) -> Path:
    """Write an analysis in one format, all or nothing.

    Args:
        analysis: As it was made.
        path: The file, under exactly this name; its folder exists. A file of that name is replaced at the end.
        chosen: One of :data:`FORMATS`.
        edits: What a person added; names, merged and hidden people and excluded spans are honoured.
        options: What the user chose.
        on_progress: Told of every step; may raise :class:`emotion.errors.Cancelled`, which leaves nothing behind.

    Raises:
        InputError: The format needs the video and there is none, or the edits contradict themselves.
    """
    chosen_options = options or Options()
    if chosen.needs_video and (chosen_options.video is None or not chosen_options.video.is_file()):
        raise InputError(f"expected the video itself for the format {chosen.name}; it is not at hand")
    # Short, as the name that was chosen may be as long as a file system takes.
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
    """Write like :func:`export`, decoding the video in a process with limits (:mod:`emotion.sandbox.runner`).

    Args:
        analysis: As it was made.
        path: The file; its folder exists.
        chosen: One of :data:`FORMATS`.
        edits: What a person added.
        options: What the user chose.
        on_progress: Told of every step; may raise :class:`emotion.errors.Cancelled`.

    Raises:
        InputError: As by :func:`export`.
        VideoError: The video takes down the process that reads it.
    """
    run_limited(_export_by_name, analysis, path, chosen.name, edits, options, on_step=on_progress)
    return path


def _export_by_name(
    analysis: Analysis, path: Path, name: str, edits: Edits, options: Options, on_step: OnProgress
) -> None:
    export(analysis, path, format_named(name), edits, options, on_step)
