"""Jobs of the Studies page: figures, a study as ZIP, annotations for other programs, and an import."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Generic, TypeVar

import streamlit as st

from emotion.library.studies import SavedStudy, StudyRepository
from emotion.library.studies.annotations import write_annotations
from emotion.library.studies.archive import export_zip, import_zip, pack_folder
from emotion.progress import OnProgress
from ui.common.background import BackgroundJob, UploadJob
from ui.common.errors import fragment
from ui.common.plain import plain, sentence
from ui.common.widgets import progress_text
from ui.studies.session import SHORT_S

POLL_INTERVAL_S = 0.5
STUDY_KIND = "study"
T = TypeVar("T")


class FiguresJob(BackgroundJob, Generic[T]):
    """Computes figures of a study.

    Attributes:
        key: Identifies the figures; None lets the next run of the page start again.
        found: The figures; None while running, if cancelled and if failed.
    """

    def __init__(self, key: Hashable) -> None:
        super().__init__()
        self.key: Hashable = key
        self.found: T | None = None

    def start(self, compute: Callable[[OnProgress], T], after: BackgroundJob | None = None) -> None:
        """Start once another job has ended, so that they do not compute the same; returns at once."""
        self._start_thread(lambda: self._run(compute, after))

    def forget(self) -> None:
        """Let the next run of the page start again."""
        self.key = None

    def _run(self, compute: Callable[[OnProgress], T], after: BackgroundJob | None) -> None:
        if after is not None:
            after.wait()
        self.found = compute(self._report)


class ExportJob(BackgroundJob):
    """Writes a study or its annotations as one ZIP file.

    Attributes:
        key: Identifies the content of the file.
        file: The file; None while running, if cancelled and if failed.
        left_out: Number of analyses without a timeline.
    """

    def __init__(self, key: Hashable) -> None:
        super().__init__()
        self.key, self.left_out = key, 0
        self.file: Path | None = None

    def start(self, studies: StudyRepository, saved: SavedStudy, kind: str) -> None:
        """Start; returns at once."""
        self._start_thread(lambda: self._run(studies, saved, kind))

    def _run(self, studies: StudyRepository, saved: SavedStudy, kind: str) -> None:
        folder = Path(self._folder.name)
        target = folder / "export.zip"
        if kind == STUDY_KIND:
            self.left_out = len(export_zip(studies, saved, target, self._report))
        else:
            write_annotations(studies, saved, folder / kind, kind, self._report)
            pack_folder(folder / kind, target)
        self.file = target


class ImportJob(UploadJob):
    """Adds the study of an uploaded ZIP file.

    Attributes:
        saved: The study; None while running, if cancelled and if failed.
    """

    saved: SavedStudy | None = None

    def start(self, studies: StudyRepository) -> None:
        """Start; returns at once."""
        self._start_thread(lambda: self._run(studies))

    def _run(self, studies: StudyRepository) -> None:
        self.saved = import_zip(studies, self.path, self._report, Path(self._folder.name))


def computed(
    name: str, key: Hashable, compute: Callable[[OnProgress], T], *, title: str, steps: str, again: str
) -> T | None:
    """Return figures of a study once they are computed; until then, show the progress, an error, or how to start again.

    Args:
        name: Unique among the page's figures; prefix of the keys of the job and its buttons.
        key: What the figures are of; another key starts anew.
        compute: Computes them on a thread.
        title: Name of the work.
        steps: Unit of progress, such as ``analyses``.
        again: Label of the button that starts again after a stop or an error.
    """
    job: FiguresJob[T] | None = st.session_state.get(f"{name}_job")
    if job is None or job.key != key:
        if (old := job) is not None:
            old.close()
        # A new job rather than a restart, because two runs of the page may get here at once.
        job = st.session_state[f"{name}_job"] = FiguresJob(key)
        job.start(compute, old)
        job.wait(SHORT_S)
    if job.running:
        follow(job, title, steps, f"{name}_stop")
    elif job.found is None:
        if job.error:
            st.error(sentence(job.error), icon=":material/error:")
        st.button(plain(again), on_click=job.forget, icon=":material/calculate:", key=f"{name}_start")
    return None if job.running else job.found


def follow(job: BackgroundJob, title: str, steps: str, key: str) -> None:
    """Show the progress of a running job with a button to stop it; rerun the page when it ends.

    Args:
        job: The job.
        title: Name of the work.
        steps: Unit of progress, such as ``analyses``.
        key: Widget key of the button.
    """
    fragment(run_every=POLL_INTERVAL_S)(_follow)(job, title, steps, key)


def _follow(job: BackgroundJob, title: str, steps: str, key: str) -> None:
    if not job.running:
        st.rerun()
    share = 0.0 if job.progress is None else job.progress.share
    words, button = st.columns([6, 1], vertical_alignment="center")
    words.progress(share, f"**{plain(title)}** · {progress_text(job.progress, steps)}")
    button.button("Stop", icon=":material/stop:", on_click=job.cancel, width="stretch", key=key)
