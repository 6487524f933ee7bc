"""Agreement of a study's coders with each other and with the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from emotion.analytics.edits import Edits, Event, Span
from emotion.errors import InputError
from emotion.library import LOCAL, Library
from emotion.library.studies import StudyRepository
from emotion.library.studies.agreement import (
    AgreementOptions,
    StudyAgreement,
    cells_of_spans,
    joined_spans,
    study_agreement,
)
from emotion.library.studies.read_uploads import read_uploaded_log
from emotion.library.studies.results import study_results
from emotion.sandbox.runner import end_idle_processes
from emotion.studies import Cell, Participant, Stimulus, Study
from emotion.studies.coding import CodedSpan, Coding
from emotion.studies.formats.event_tables import LoggedEvent
from tests import limited_calls
from tests.conftest import make_analysis
from tests.library.libraries import put

COLUMNS = ["coder", "participant", "stimulus", "code", "start_s", "end_s"]
SHOWN = ["neutral"] * 10 + ["happiness"] * 20


@pytest.fixture
def studies(tmp_path: Path) -> Iterator[StudyRepository]:
    library = Library.open(f"sqlite:///{tmp_path / 'library.db'}", str(tmp_path / "storage"))
    yield StudyRepository(library.for_owner(LOCAL))
    library.close()


@pytest.fixture
def study_id(studies: StudyRepository, video: Path) -> str:
    people = tuple(Participant(name) for name in ("p1", "p2"))
    analysis = make_analysis([[label] for label in SHOWN])
    cells = [
        Cell(who.name, what, put(studies.analyses, video, f"{who.name}_{what}.mp4", analysis=analysis).id)
        for who in people
        for what in ("film", "news")
    ]
    return studies.create(Study("S", people, (Stimulus("film"), Stimulus("news")), tuple(cells))).id


def spans_of(rows: list[tuple]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def compare(studies: StudyRepository, study_id: str, rows: list[tuple], **options: object) -> StudyAgreement:
    saved = studies.get(study_id)
    return study_agreement(studies, saved, study_results(studies, saved), spans_of(rows), AgreementOptions(**options))


def test_the_model_agrees_with_a_coder_who_saw_the_same(studies: StudyRepository, study_id: str) -> None:
    rows = [("ann", "P1", "film", "Happiness", 1.0, 3.0), ("ann", "p2", "news", "happiness", 1.0, 3.0)]
    found = compare(studies, study_id, rows, empty="neutral")
    assert found.coders == ("ann", "model")
    assert found.recordings == 2
    assert found.pairs[["first", "second"]].to_numpy().tolist() == [["ann", "model"]]
    assert found.pairs["kappa"][0] == pytest.approx(1)
    assert found.overall[0].value == pytest.approx(1)
    assert np.isnan(found.overall[0].low), "two people are too few for an interval"
    assert found.differences.empty
    assert found.icc.empty, "a coder without any difference between videos"


def test_two_coders_are_compared_as_scikit_learn_does(studies: StudyRepository, study_id: str) -> None:
    rows = [
        ("ann", "p1", "film", "smile", 0.5, 2.0), ("bob", "p1", "film", "smile", 1.0, 2.5),
        ("ann", "p2", "film", "smile", 0.0, 1.0), ("bob", "p2", "film", "", np.nan, np.nan),
        ("ann", "p1", "news", "smile", 0.0, 0.4),
    ]  # fmt: skip
    found = compare(studies, study_id, rows, model=False)
    units = np.arange(30)
    ann = [*((units >= 5) & (units < 20)), *(units < 10)]
    bob = [*((units >= 10) & (units < 25)), *np.zeros(30, bool)]
    assert found.pairs["kappa"][0] == pytest.approx(cohen_kappa_score(ann, bob))
    assert found.pairs["units"][0] == 60, "what bob did not code is left out"
    first = found.differences.iloc[0]
    assert (first["participant"], first["stimulus"], first["start_s"], first["end_s"]) == ("p1", "film", 0.5, 1.0)
    assert (first["ann"], first["bob"]) == ("smile", "")
    assert dict(zip(found.icc["code"], found.icc["recordings"], strict=True)) == {"smile": 2, "": 2}


def test_names_without_a_video_are_reported_and_one_coder_is_refused(studies: StudyRepository, study_id: str) -> None:
    rows = [("ann", "p1", "film", "smile", 0.5, 2.0), ("ann", "p9", "film", "smile", 0.5, 2.0)]
    cells, unknown = cells_of_spans(studies.get(study_id), spans_of(rows))
    assert ([cell.key for cell in cells.values()], unknown) == ([("p1", "film")], [("p9", "film")])
    with pytest.raises(InputError, match="expected codes of at least two coders; got those of ann"):
        compare(studies, study_id, rows, model=False)
    with pytest.raises(InputError, match="expected codes of participants and stimuli"):
        compare(studies, study_id, rows[1:])
    with pytest.raises(InputError, match="expected coders with other names than 'model'"):
        compare(studies, study_id, [("model", *rows[0][1:])])


@pytest.mark.slow
def test_an_uploaded_log_is_read_in_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    end_idle_processes()
    log = b"film.started,film.stopped\n1,2\n"
    assert read_uploaded_log(log, "p1.csv", "psychopy") == [LoggedEvent(1.0, 2.0, "film")]
    with pytest.raises(InputError, match="expected an E-Prime table"):
        read_uploaded_log(log, "p1.csv", "eprime")
    with pytest.raises(InputError, match="expected"):
        read_uploaded_log(b"XDF: no", "p1.xdf", "xdf")
    monkeypatch.setattr("emotion.library.studies.read_uploads._rows_of", limited_calls.crash)
    with pytest.raises(InputError, match=r"^expected a log that can be read; its decoder crashed"):
        read_uploaded_log(log, "p1.csv", "psychopy")
    end_idle_processes()


def test_codings_of_the_app_count_with_uploaded_files(studies: StudyRepository, study_id: str) -> None:
    saved = studies.get(study_id)
    stored = [
        Coding("bob", "p1", "film", (CodedSpan(1.0, 3.0, "happiness"), CodedSpan(2.0, 2.0, "nod")), finished=True)
    ]
    uploaded = spans_of([("ann", "P1", "film", "happiness", 1.0, 2.0)])
    joined = joined_spans(uploaded, stored)
    found = study_agreement(studies, saved, study_results(studies, saved), joined, AgreementOptions(empty="neutral"))
    assert found.coders == ("ann", "bob", "model")
    kappas = found.pairs.set_index(["first", "second"])["kappa"]
    assert kappas["bob", "model"] == pytest.approx(1.0)
    assert kappas["ann", "bob"] < 1
    alone = joined_spans(None, stored)
    assert alone["coder"].tolist() == ["bob", "bob"]


def test_codes_of_a_video_from_the_app_and_from_a_file_are_refused() -> None:
    stored = [Coding("ann", "p1", "film", finished=True)]
    uploaded = spans_of([("Ann", "P1", "film", "happiness", 1.0, 2.0), ("ann", "p2", "film", "fear", 0.0, 1.0)])
    with pytest.raises(
        InputError, match="expected the codes of ann for p1 · film once; got them from an uploaded file"
    ):
        joined_spans(uploaded, stored)
    assert len(joined_spans(uploaded.iloc[1:], stored)) == 2


@pytest.mark.slow
def test_the_model_codes_all_tracks_with_the_participants_name(studies: StudyRepository, video: Path) -> None:
    """A second track of the person begins at 1 s, when happiness does."""
    analysis = make_analysis([[label] for label in SHOWN])
    tracks = analysis.timeline["track_id"].mask(analysis.timeline["time_s"] > 0.95, 2).astype("int32")
    entry = put(studies.analyses, video, analysis=replace(analysis, timeline=analysis.timeline.assign(track_id=tracks)))
    studies.analyses.save_edits(entry.id, Edits(names={1: "p1", 2: "P1"}))
    study = Study("S", (Participant("p1"),), (Stimulus("film"),), (Cell("p1", "film", entry.id),))
    saved = studies.create(study)
    found = compare(studies, saved.id, [("ann", "p1", "film", "happiness", 1.0, 3.0)], empty="neutral")
    assert found.pairs["units"][0] == 30
    assert found.pairs["kappa"][0] == pytest.approx(1)


def test_the_model_codes_the_time_between_sampled_frames(studies: StudyRepository, video: Path) -> None:
    """At 5 fps, a frame's code lasts 0.2 s, which is two units: the model has as many as people do."""
    labels = ["neutral"] * 5 + ["happiness"] * 10 + [None] * 5
    analysis = make_analysis([[] if label is None else [label] for label in labels], step_s=0.2)
    entry = put(studies.analyses, video, analysis=analysis)
    study = Study("S", (Participant("p1"),), (Stimulus("film"),), (Cell("p1", "film", entry.id),))
    saved = studies.create(study)
    rows = [
        ("ann", "p1", "film", "neutral", 0.0, 1.0), ("ann", "p1", "film", "happiness", 1.0, 4.0),
        ("ben", "p1", "film", "neutral", 0.0, 2.0), ("ben", "p1", "film", "happiness", 2.0, 4.0),
    ]  # fmt: skip
    found = compare(studies, saved.id, rows)
    assert found.pairs["units"].tolist() == [40, 30, 30], "nobody is seen in the last second"
    assert found.pairs["observed"].tolist() == pytest.approx([30 / 40, 1.0, 20 / 30])
    (row,) = found.differences.to_dict("records")
    assert (row["start_s"], row["end_s"]) == (1.0, 2.0)
    assert (row["ann"], row["ben"], row["model"]) == ("happiness", "neutral", "happiness")


@pytest.mark.slow
def test_excluded_time_counts_for_no_coder(studies: StudyRepository, study_id: str) -> None:
    """Ann and Ben disagree for the first second of p1's film, which is excluded, and for half a second after it."""
    rows = [
        ("ann", "p1", "film", "happiness", 0.0, 3.0), ("ben", "p1", "film", "neutral", 0.0, 1.5),
        ("ben", "p1", "film", "happiness", 1.5, 3.0), ("ann", "p2", "film", "fear", 0.0, 3.0),
        ("ben", "p2", "film", "fear", 0.0, 3.0),
    ]  # fmt: skip
    analysis = studies.get(study_id).study.cells[0].analysis
    before = compare(studies, study_id, rows)
    assert before.pairs["units"].tolist() == [60, 60, 60]
    break_ = Event("technical break", Span(0.0, 1.0), excluded=True)
    studies.analyses.save_edits(analysis, Edits(events=(break_, Event("joke", Span(2.0, 3.0)))))
    found = compare(studies, study_id, rows)
    assert found.recordings == 2
    assert found.pairs["units"].tolist() == [50, 50, 50]
    assert found.pairs["observed"][0] == pytest.approx(45 / 50)
    between = found.differences[found.differences["ann"] != found.differences["ben"]]
    assert between[["participant", "start_s", "end_s"]].to_numpy().tolist() == [["p1", 1.0, 1.5]]
    assert (found.differences["start_s"] >= 1.0)[found.differences["participant"] == "p1"].all()


@pytest.mark.slow
def test_a_video_that_is_excluded_as_a_whole_is_not_compared(studies: StudyRepository, study_id: str) -> None:
    rows = [(coder, who, "film", "happiness", 1.0, 3.0) for coder in ("ann", "ben") for who in ("p1", "p2")]
    for cell in studies.get(study_id).study.cells:
        if cell.stimulus == "film":
            events = (Event("no sound", Span(0.0, 3.0), excluded=True),)
            studies.analyses.save_edits(cell.analysis, Edits(events=events))
            if cell.participant == "p1":
                found = compare(studies, study_id, rows)
                assert (found.recordings, found.pairs["units"].tolist()) == (1, [30, 30, 30])
    with pytest.raises(InputError, match="expected codes of participants and stimuli that have results in this study"):
        compare(studies, study_id, rows)
