"""Agreement of coders, with the model as one more coder."""

from __future__ import annotations

import math
from functools import partial

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from emotion.errors import InputError
from emotion.library.studies import SavedStudy, StudyRepository
from emotion.library.studies.agreement import (
    ICC_FORM,
    AgreementOptions,
    StudyAgreement,
    cells_of_spans,
    joined_spans,
    study_agreement,
)
from emotion.library.studies.codings import CodingRepository, SavedCoding
from emotion.library.studies.read_uploads import read_uploaded_log
from emotion.studies.agreement.codings import NO_CODE
from emotion.studies.agreement.kappa import Agreement
from emotion.studies.formats.coded_files import (
    is_table_of_all,
    spans_of_codings,
    spans_of_files,
    spans_of_table,
    suggest_coded_pattern,
)
from emotion.studies.formats.event_tables import Columns, LoggedEvent, kind_of, read_table, table_columns
from emotion.studies.names import NamePattern
from emotion.studies.results import StudyResults
from emotion.studies.statistics.resampling import MIN_PEOPLE
from ui.common.plain import plain, sentence
from ui.common.session_cache import session_cached
from ui.common.tables import csv_button, with_minus
from ui.common.uploads import named
from ui.common.widgets import warn_unmatched
from ui.studies.differences import show_differences
from ui.studies.jobs import computed
from ui.studies.logs import LOG_TYPES

_EMPTY = {"no code": NO_CODE, "neutral": "neutral", "not coded (left out)": None}
_TITLES = {
    "first": "First coder",
    "second": "Second coder",
    "kappa": "κ",
    "code": "Code",
    "icc": ICC_FORM,
    "low": "95% from",
    "high": "95% to",
    "observed": "Observed agreement",
    "expected": "Expected by chance",
    "people": "People",
    "units": "Units",
    "recordings": "Videos",
}
"""Column → its title; downloads keep the columns' names."""

_EXAMPLE = "coder,participant,stimulus,code,start_s,end_s\nanna,p01,comedy,happiness,3.2,7.9\n"


def show_agreement(studies: StudyRepository, saved: SavedStudy, results: StudyResults) -> None:
    """Show the agreement of coders and the model, from codings made in the app and from uploaded files."""
    stored = _stored(studies, saved)
    with st.expander("Codes from files", icon=":material/upload_file:", expanded=not stored):
        uploads = named(st.file_uploader(
            "Codes of people: one file per coder and video, or one table of all", LOG_TYPES,
            accept_multiple_files=True, key="study_codes", max_upload_size=20,
        ))  # fmt: skip
        if not uploads:
            _explain_uploads()
    if not uploads and not stored:
        return
    try:
        spans = joined_spans(_read(uploads) if uploads else None, [each.coding for each in stored])
    except InputError as error:
        st.error(sentence(error), icon=":material/error:")
        return
    _, unknown = cells_of_spans(saved, spans)
    if unknown:
        names = ", ".join(plain(" · ".join(key)) for key in unknown[:5])
        st.warning(f"The study has no video of {names}.", icon=":material/search_off:")
    options = _ask_options()
    _compare(studies, saved, results, spans, options, (_marks(uploads), _marks_of(stored)))


def _explain_uploads() -> None:
    st.caption(
        "ELAN, BORIS or CSV files with times in the video, named like anna_p01_comedy.eaf; or one CSV file with the "
        "columns coder, participant, stimulus, code, start_s and end_s. Uploaded codes are not stored; those of "
        "*Coding* are, and count once a coder has marked a video as finished."
    )
    st.download_button(
        "Example table", _EXAMPLE, "codes.csv", "text/csv", icon=":material/download:", on_click="ignore",
        key="study_codes_example",
    )  # fmt: skip


def _stored(studies: StudyRepository, saved: SavedStudy) -> list[SavedCoding]:
    """Return the finished codings of people who count, and say how many there are."""
    counted = {cell.key for cell in saved.study.counted_cells()}
    codings = [each for each in CodingRepository(studies).all(saved.id) if each.coding.key in counted]
    finished = [each for each in codings if each.coding.finished]
    left_out = sum(bool(each.coding.spans) for each in codings) - sum(bool(each.coding.spans) for each in finished)
    if finished or left_out:
        coders = ", ".join(plain(name) for name in dict.fromkeys(each.coding.coder for each in finished))
        words = f"From *Coding*: {len(finished)} finished{f', by {coders}' if coders else ''}"
        st.markdown(f"{words}; {left_out} not finished and left out." if left_out else f"{words}.")
        if finished:
            csv_button(
                "Finished codes", lambda: spans_of_codings(each.coding for each in finished), "study_codings_csv",
                exact=True,
            )  # fmt: skip
    return finished


def _marks_of(stored: list[SavedCoding]) -> tuple[object, ...]:
    return tuple((each.coding.coder, each.coding.key, each.version) for each in stored)


def _compare(
    studies: StudyRepository,
    saved: SavedStudy,
    results: StudyResults,
    spans: pd.DataFrame,
    options: AgreementOptions,
    marks: object,
) -> None:
    """Compare the coders in the background, and show the result."""
    found = computed(
        "study_agreement",
        (marks, st.session_state.get("study_codes_pattern"), options, results),
        partial(study_agreement, studies, saved, results, spans, options),
        title="Comparing coders", steps="videos", again="Compare",
    )  # fmt: skip
    if found is not None:
        _show(saved, found)


def _read(uploads: list[UploadedFile]) -> pd.DataFrame:
    """Return the spans of all files; ask for the pattern of file names unless all are tables of all coders."""
    tables, files = session_cached("study_codes", _marks(uploads), lambda: _parsed(uploads))
    parts = list(tables)
    if files:
        text = st.text_input(
            "Pattern of the file names", suggest_coded_pattern(list(files)), key="study_codes_pattern",
            help="Where {coder}, {participant} and {stimulus} are in the file names, without endings.",
        )  # fmt: skip
        spans, unmatched = spans_of_files(files, NamePattern(text))
        warn_unmatched(unmatched)
        parts.append(spans)
    return pd.concat(parts, ignore_index=True)


def _marks(uploads: list[UploadedFile]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((upload.name, hash(upload.getvalue())) for upload in uploads))


def _parsed(uploads: list[UploadedFile]) -> tuple[list[pd.DataFrame], dict[str, list[LoggedEvent]]]:
    """Return the spans of tables of all coders, and the events of all other files by name."""
    tables, files = [], {}
    for upload in uploads:
        name, content = upload.name, upload.getvalue()
        is_table = not name.casefold().endswith((".eaf", ".xdf"))
        if is_table and is_table_of_all(table_columns(content)):
            tables.append(spans_of_table(read_table(content)))
        else:
            files[name] = _events(name, content)
    return tables, files


def _events(name: str, content: bytes) -> list[LoggedEvent]:
    kind = kind_of(name, content)
    columns = Columns("start_s", "code", "end_s") if kind == "csv" else None
    return read_uploaded_log(content, name, kind, columns)


def _ask_options() -> AgreementOptions:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        tolerance = st.number_input("Tolerance, s", 0.0, 5.0, 0.0, 0.1, key="study_codes_tolerance", width=160)
        empty = st.selectbox("Time without a code counts as", list(_EMPTY), key="study_codes_empty", width=260)
        model = st.toggle("The model as one more coder", value=True, key="study_codes_model")
    if model:
        st.caption(
            "The model codes the leading expression, so it agrees only with codes that are named like expressions."
        )
    return AgreementOptions(tolerance_s=float(tolerance), model=model, empty=_EMPTY[empty])


def _show(saved: SavedStudy, found: StudyAgreement) -> None:
    coders, people = ", ".join(map(plain, found.coders)), found.overall[0].people
    for each in found.overall:
        st.markdown(f"- **{plain(each.name)}** of {coders}: {plain(_figure(each))}")
    st.markdown("**Each pair of coders: Cohen's κ**")
    st.dataframe(with_minus(found.pairs), hide_index=True, placeholder="–", column_config=_TITLES)
    if not found.icc.empty:
        st.markdown(f"**Share of a video with a code: {ICC_FORM}**")
        icc = found.icc.assign(code=found.icc["code"].replace({NO_CODE: "no code"}))
        st.dataframe(with_minus(icc), hide_index=True, placeholder="–", column_config=_TITLES)
    few = f" No interval with fewer than {MIN_PEOPLE} people." if people < MIN_PEOPLE else ""
    words = f"{found.recordings} videos of {people} people, in units of 0.1 s. Moments are left out."
    st.caption(plain(f"{words} Intervals: 95%, people are resampled.{few}"))
    show_differences(saved, found.differences)
    with st.container(horizontal=True):
        csv_button("Agreement", found.pairs, "study_agreement_csv")
        csv_button("Disagreements", found.differences, "study_disagreements_csv", exact=True)


def _figure(found: Agreement) -> str:
    if math.isnan(found.value):
        return "not defined, as only one code occurs"
    interval = "" if math.isnan(found.low) else f" (95% interval {found.low:.2f} to {found.high:.2f})"
    return f"{found.value:.2f}{interval}".replace("-", "−")
