"""Downloads of an analysis in every format; slow ones with progress and cancel."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from emotion.analytics.edits import Edits
from emotion.errors import InputError
from emotion.publication.citation import bibtex
from emotion.publication.methods import methods_text
from emotion.report.file_names import file_name
from emotion.report.formats import FORMATS, Format, Options, format_named
from emotion.types import Analysis, Progress
from ui.common.charts import choose_size
from ui.common.errors import fragment
from ui.common.plain import plain
from ui.common.widgets import duration_text
from ui.video.export_job import ExportJob, ExportRequest

_JOB = "export_job"


@fragment()
def show_downloads(analysis: Analysis, edits: Edits, video: Path | None, stem: str) -> None:
    """Show the formats, with options and button of the chosen one.

    Args:
        analysis: The analysis without edits.
        edits: Its edits, which every format applies.
        video: The analysed file; None if only the timeline was kept.
        stem: Suggested file name, without an ending.
    """
    st.markdown("**Downloads**")
    _show_formats(analysis, edits, video, stem)
    _show_methods(analysis, edits)


def _show_formats(analysis: Analysis, edits: Edits, video: Path | None, stem: str) -> None:
    chosen = _choose_format()
    st.caption(chosen.about)
    if chosen.needs_video and video is None:
        st.info("This format needs the video, which was not kept.", icon=":material/videocam_off:")
        return
    options = _choose_options(chosen, video)
    target = _choose_name(stem, chosen.suffix)
    if target is None:
        return
    request = ExportRequest(chosen, analysis, edits, options)
    if chosen.slow:
        _offer_slow(request, target)
    else:
        _offer(target, request, lambda: _written(request))


def _show_methods(analysis: Analysis, edits: Edits) -> None:
    """Show how the analysis was made, to copy into a paper, and how to cite the program."""
    with st.expander("Methods and citation", icon=":material/format_quote:"):
        st.caption("Copy this into a paper. It describes the saved analysis, without this page's smoothing.")
        st.code(methods_text(analysis, edits), language=None, wrap_lines=True)
        st.code(bibtex(), language=None, wrap_lines=True)


def _choose_format() -> Format:
    titles = {known.name: known.title for known in FORMATS}
    name = st.pills(
        "Format",
        list(titles),
        default=FORMATS[0].name,
        required=True,
        format_func=titles.__getitem__,
        key="downloads_format",
        label_visibility="collapsed",
    )
    return format_named(str(name))


def _choose_options(chosen: Format, video: Path | None) -> Options:
    if chosen.name == "figures":
        return _choose_figures()
    return _choose_drawing(video) if chosen.needs_video else Options()


def _choose_figures() -> Options:
    width_mm, greyscale = choose_size("downloads", "Page")
    return Options(width_mm=width_mm, greyscale=greyscale)


def _choose_drawing(video: Path | None) -> Options:
    with st.container(horizontal=True):
        draw = st.toggle("Draw boxes and names", value=True, key="downloads_draw")
        blur = st.toggle(
            "Blur every face",
            key="downloads_blur",
            help="Blurs every detected face, also of hidden people; parts that were not analysed are blurred entirely. "
            "Undetected faces stay visible: check the video before you share it.",
        )
    return Options(video=video, blur=blur, draw=draw)


def _choose_name(stem: str, suffix: str) -> str | None:
    """Ask for the file name; show why it is invalid and return None if so."""
    # The key depends on the name, so that each video suggests its own.
    typed = st.text_input("File name", value=stem, key=f"downloads_name_{stem}", help=f"It will end in {plain(suffix)}")
    try:
        return file_name(typed, suffix)
    except InputError as error:
        st.error(plain(error), icon=":material/error:")
        return None


def _written(request: ExportRequest) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return request.write(Path(folder) / "export")


def _offer(target: str, request: ExportRequest, content: Callable[[], bytes]) -> None:
    st.download_button(
        "Download",
        content,
        target,
        request.chosen.mime,
        icon=":material/download:",
        type="primary",
        on_click="ignore",
    )


def _offer_slow(request: ExportRequest, target: str) -> None:
    job: ExportJob | None = st.session_state.get(_JOB)
    if job is not None and job.running:
        _follow(job)
    elif job is not None and job.file is not None and job.request.is_same(request):
        _offer(target, request, job.file.read_bytes)
    else:
        if job is not None and job.error and job.request.is_same(request):
            st.error(plain(job.error), icon=":material/error:")
        st.button("Prepare", icon=":material/hourglass_top:", type="primary", on_click=_start, args=(request,))


def _start(request: ExportRequest) -> None:
    forget_export()
    st.session_state[_JOB] = job = ExportJob(request)
    job.start()


def forget_export() -> None:
    """Cancel the current export, and delete its file."""
    old: ExportJob | None = st.session_state.pop(_JOB, None)
    if old is not None:
        old.close()


@fragment(run_every=0.5)
def _follow(job: ExportJob) -> None:
    if not job.running:
        st.rerun()
    share = job.progress.share if job.progress else 0.0
    chosen = job.request.chosen
    with st.container(border=True):
        st.progress(share, f"**{plain(chosen.title)}** · {_progress_text(job.progress, chosen.steps)}")
        st.button("Cancel", icon=":material/stop:", key="downloads_cancel", on_click=job.cancel)


def _progress_text(progress: Progress | None, steps: str) -> str:
    if progress is None:
        return "Starting …"
    return f"{progress.done:,} of {progress.total:,} {steps} · {duration_text(progress.remaining_s)} left"
