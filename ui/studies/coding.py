"""Coding by people: who codes, which video, and the player with keys, without any answer of the model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from emotion.errors import InputError, count_text, printable_line
from emotion.library.probe_upload import frame_times_of
from emotion.library.studies import SavedStudy, StudyRepository
from emotion.library.studies.codings import CodingRepository, SavedCodebook, SavedCoding, expect_coder
from emotion.library.studies.repository import AnalysisState
from emotion.studies import Cell
from emotion.studies.coding import Coding
from emotion.studies.formats.coded_files import spans_of_codings
from emotion.studies.study import MAX_NAME, Key
from ui.common.errors import fragment
from ui.common.plain import plain, sentence
from ui.common.session_cache import session_cached
from ui.common.tables import csv_button
from ui.player.coding import Spans, show_coding_player
from ui.studies import session
from ui.studies.codebook import show_codebook
from ui.video.open_analysis import follow_conversion, video_source_of
from ui.video.pending_uploads import KEEP

_CODER, _CELL, _LAST_CELL, _SEEN = "study_coder", "study_coding_cell", "study_coding_last", "study_coding_seen"
_ASKED = "study_coding_asked"
_FINISHED_MEANS = "Time without a code then counts as “no code”."
_REOPENED_MEANS = "It does not count in *Agreement* until it is finished again."


def show_coding(studies: StudyRepository, saved: SavedStudy, states: Mapping[str, AnalysisState]) -> None:
    """Ask who codes which video, show the video to code, and the codebook."""
    cells = {cell.key: cell for cell in saved.study.counted_cells() if cell.analysis in states}
    if not cells:
        st.info("Add videos to code them here.", icon=":material/keyboard:")
        return
    codings = CodingRepository(studies)
    book, others = codings.codebook(saved.id), codings.coders(saved.id)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        coder = _ask_coder()
        own = {} if coder is None else {each.coding.key: each.coding for each in codings.all(saved.id, coder)}
        key = None if coder is None else _ask_cell(list(cells), own)
    if coder is None or key is None:
        _show_others(others)
    else:
        _show_progress(coder, others, list(cells), own)
        _show_video(studies, codings, saved.id, book, coder, cells[key])
        # Read when it is clicked: the player stores codes without running the page again.
        csv_button(
            "My codes", lambda: spans_of_codings(each.coding for each in codings.all(saved.id, coder)),
            "study_coding_csv", exact=True,
        )  # fmt: skip
    show_codebook(codings, saved.id, book, is_used=bool(others))


def _ask_coder() -> str | None:
    """Ask for the coder's name, which the session remembers; None until there is a valid one."""
    name = printable_line(
        st.text_input(
            "Your name as a coder", st.session_state.get(_CODER, ""), max_chars=MAX_NAME, width=220,
            placeholder="Such as: ann", key="study_coder_name",
        )
    )  # fmt: skip
    st.session_state[_CODER] = name
    try:
        expect_coder(name)
    except InputError as error:
        if name:
            st.error(sentence(error), icon=":material/error:")
        return None
    return name


def _show_others(others: Sequence[str]) -> None:
    so_far = f" So far: {', '.join(map(plain, others))}." if others else ""
    st.info(
        f"Type your name to code videos. You see neither the model's answers nor what others coded.{so_far}",
        icon=":material/visibility_off:",
    )


def _ask_cell(keys: list[Key], own: Mapping[Key, Coding]) -> Key:
    """Ask which video to code; at first, the first one that is not finished."""
    left = [key for key in keys if key not in own or not own[key].finished]
    if st.session_state.get(_CELL) not in keys:
        last = st.session_state.get(_LAST_CELL)
        st.session_state[_CELL] = last if last in keys else (left or keys)[0]
    key: Key = st.selectbox(
        "Video", keys, key=_CELL, width=320, format_func=lambda one: f"{' · '.join(one)} – {_mark(own.get(one))}"
    )
    st.session_state[_LAST_CELL] = key
    place = keys.index(key)
    following = next((each for each in (*keys[place + 1 :], *keys[:place]) if each in left), None)
    st.button(
        "Next video not finished", icon=":material/skip_next:", disabled=following is None, on_click=_go_to,
        args=(following,), key="study_coding_next",
    )  # fmt: skip
    return key


def _go_to(key: Key) -> None:
    st.session_state[_CELL] = key


def _mark(coding: Coding | None) -> str:
    """Return how far a coder has got with a video, as text."""
    if coding is None:
        return "not coded"
    return "finished" if coding.finished else count_text(len(coding.spans), "span")


def _show_progress(coder: str, others: Sequence[str], keys: Sequence[Key], own: Mapping[Key, Coding]) -> None:
    finished = sum(key in own and own[key].finished for key in keys)
    words = f"{plain(coder)}: {finished} of {len(keys)} videos finished."
    if coder not in others and others:
        words += f" {plain(coder)} is a new coder; so far there are {', '.join(map(plain, others))}."
    st.caption(words)


def _show_video(
    studies: StudyRepository, codings: CodingRepository, study_id: str, book: SavedCodebook, coder: str, cell: Cell
) -> None:
    """Show the player of a video, or why there is none."""
    entry = studies.analyses.get(cell.analysis)
    # While an analysis is queued or runs, the library has its video even if it will not be kept. Such a video cannot be
    # coded, because it could be deleted meanwhile.
    is_kept = entry.state.is_over or entry.settings.keep_video
    source = video_source_of(studies.analyses, entry) if is_kept else None
    if source is None:
        st.info(
            f"The video of {plain(' · '.join(cell.key))} was not kept, so it cannot be coded here. Add it again with "
            f"*{KEEP}*, or code it elsewhere and upload the codes in *Agreement*.",
            icon=":material/videocam_off:",
        )
    elif source.running:
        follow_conversion(source)
    elif source.playable is None:
        st.error(sentence(source.error), icon=":material/error:")
    else:
        with st.spinner("Reading the times of the frames …", show_time=False):
            times = _frame_times(source.playable)
        _show_player(codings, study_id, book, coder, cell, source.playable, times)


def _frame_times(path: Path) -> NDArray[np.float64]:
    return session_cached("study_coding_frames", (str(path), path.stat().st_mtime_ns), lambda: frame_times_of(path))


@fragment()
def _show_player(
    codings: CodingRepository,
    study_id: str,
    book: SavedCodebook,
    coder: str,
    cell: Cell,
    path: Path,
    times: NDArray[np.float64],
) -> None:
    """Show the player in a fragment, so that the page does not run again with each code."""
    seen = _Seen(codings, study_id, coder, cell)
    if (asked := st.session_state.pop(_ASKED, None)) is not None:
        seen.finish(finished=asked)
    still_open = show_coding_player(
        path, times, book.codebook, key=f"coding_{seen.mark}_{book.version}", spans=seen.exchange,
        start_s=cell.start_s or 0.0,
    )  # fmt: skip
    coding = seen.saved.coding
    with st.container(horizontal=True, vertical_alignment="center"):
        # One key and one type: otherwise the browser replaces the button, which loses the focus.
        st.button(
            "Continue coding" if coding.finished else "Mark as finished", type="primary",
            icon=":material/edit:" if coding.finished else ":material/check:",
            help=_REOPENED_MEANS if coding.finished else _FINISHED_MEANS,
            disabled=bool(still_open) and not coding.finished,
            on_click=_ask_finished, args=(not coding.finished,), key="study_coding_finish",
        )  # fmt: skip
        if coding.finished:
            st.markdown(":material/check_circle: Finished: it counts in *Agreement*.")
        names = ", ".join(map(plain, still_open))
        open_states = f" Still open: {names}. Press its key where it ends." if still_open else ""
        st.caption(f"{count_text(len(coding.spans), 'span')} saved.{open_states}")


def _ask_finished(finished: bool) -> None:
    """Ask for a state rather than its opposite: a double click asks for the same twice."""
    st.session_state[_ASKED] = finished


class _Seen:
    """One coder's coding of one video as this session last saw it.

    Attributes:
        mark: Identifies coder and video in keys of widgets.
    """

    def __init__(self, codings: CodingRepository, study_id: str, coder: str, cell: Cell) -> None:
        self._codings, self._study_id, self._coder, self._cell = codings, study_id, coder, cell
        self.mark = hashlib.sha256(repr((study_id, coder, cell.key, cell.analysis)).encode()).hexdigest()[:24]

    @property
    def saved(self) -> SavedCoding:
        """The coding as it was read or saved last."""
        known: dict[str, SavedCoding] = st.session_state.setdefault(_SEEN, {})
        if self.mark not in known:
            known[self.mark] = self._codings.get(self._study_id, self._coder, self._cell.key)
        return known[self.mark]

    @saved.setter
    def saved(self, saved: SavedCoding) -> None:
        st.session_state[_SEEN][self.mark] = saved

    def exchange(self, coded: Spans | None) -> Spans:
        """Store all spans that the player has, or read them if it has nothing new; return what is stored."""
        before = self.saved
        if coded is None:
            self.saved = self._codings.get(self._study_id, self._coder, self._cell.key)
        elif coded != before.coding.spans:
            self.saved = self._codings.save(self._study_id, replace(before.coding, spans=coded), before)
        return self.saved.coding.spans

    def finish(self, *, finished: bool) -> None:
        """Mark the coding as finished, or not, and run the page again."""
        before = self.saved
        self.saved = self._codings.save(self._study_id, replace(before.coding, finished=finished), before)
        if finished:
            session.queue_message(f"Finished: {' · '.join(self._cell.key)}.")
        st.rerun()
