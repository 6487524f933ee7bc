from __future__ import annotations

import json
import re
import tracemalloc
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from emotion.analytics.edits import Edits, Event, Span
from emotion.analytics.files import load_edits, load_parquet
from emotion.analytics.timeline import EYES, MEASURES
from emotion.progress import ProgressReporter
from emotion.publication.methods import methods_text
from emotion.report.charts import write_charts
from emotion.report.content import build_report
from emotion.report.edited import edit
from emotion.report.formats import export, format_named
from emotion.report.tables import json_head, write_csv, write_json, write_parquet, write_records
from emotion.vision.movement_codebook import MOVEMENT_COLUMNS
from tests.conftest import make_analysis

EDITS = Edits(names={1: 'Ada, "A"'}, merged={2: 1}, events=(Event("pause", Span(0.0, 0.2), excluded=True),))


@pytest.fixture
def edited(analysis):
    return edit(analysis, EDITS)


def test_csv_is_the_edited_timeline_with_names(edited, tmp_path):
    write_csv(edited, tmp_path / "t.csv", ProgressReporter(1))
    table = pd.read_csv(tmp_path / "t.csv")
    assert list(table.columns) == [*edited.analysis.timeline.columns, "person", "answer"]
    assert table["frame_index"].tolist() == [2, 3, 6, 7, 8, 9]
    assert set(table["person"]) == {'Ada, "A"'}


def test_csv_without_a_face_still_has_its_header(tmp_path):
    write_csv(edit(make_analysis([[]])), tmp_path / "t.csv", ProgressReporter(1))
    assert len(pd.read_csv(tmp_path / "t.csv").columns) > 20


def test_parquet_round_trips_with_edits(edited, tmp_path):
    path = tmp_path / "t.parquet"
    write_parquet(edited, path, ProgressReporter(1))
    assert pq.read_table(path).num_rows == len(edited.analysis.timeline)
    back, edits = load_parquet(path), load_edits(path)
    pd.testing.assert_frame_equal(back.timeline, edited.analysis.timeline)
    assert edits.to_dict() == EDITS.to_dict()
    again = edit(back, edits)
    pd.testing.assert_frame_equal(again.analysis.timeline, edited.analysis.timeline)
    pd.testing.assert_frame_equal(again.analysis.frames, edited.analysis.frames)


def test_a_file_without_edits_has_none(analysis, tmp_path):
    from emotion.analytics.files import save_parquet

    assert load_edits(save_parquet(analysis, tmp_path / "t.parquet")).to_dict() == Edits().to_dict()


def test_json_has_all_parts(edited, tmp_path):
    write_json(edited, tmp_path / "t.json", ProgressReporter(1))
    content = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert content["people"] == {"1": 'Ada, "A"'}
    assert content["summary"]["frames"] == len(content["frames"]) == 8
    assert content["edits"] == EDITS.to_dict()
    first, row = content["timeline"][0], edited.analysis.timeline.iloc[0]
    assert first["p_happiness"] == pytest.approx(float(row["p_happiness"]), abs=1e-6)
    assert (first["emotion"], first["similarity"]) == (row["emotion"], None)


def test_json_without_a_row_is_valid(tmp_path):
    write_json(edit(make_analysis([])), tmp_path / "t.json", ProgressReporter(1))
    content = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    assert content["timeline"] == content["frames"] == []


def test_json_uses_constant_memory(tmp_path):
    path = tmp_path / "t.json"

    def peak(frames: int) -> int:
        rows = edit(make_analysis([["happiness"]] * frames)).named_timeline()
        tracemalloc.start()
        with path.open("w", encoding="utf-8") as file:
            write_records(file, "timeline", rows, ProgressReporter(1), chunk_rows=200)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(1)
    assert peak(2000) < 1.5 * peak(200)


@pytest.mark.parametrize("name", ["csv", "json", "xlsx"])
def test_eyes_gaze_and_measures_are_in_every_table(tmp_path, analysis, name):
    path = export(analysis, tmp_path / "x", format_named(name))
    content = path.read_bytes() if name != "xlsx" else b"".join(_sheets(path))
    for column in [*EYES, *MEASURES]:
        assert column.encode() in content
    assert not re.search(rb"eye_openness[^_]", content)
    saved = export(analysis, tmp_path / "y", format_named("parquet"))
    assert load_parquet(saved).timeline["gaze_yaw"].tolist() == analysis.timeline["gaze_yaw"].tolist()


def test_movements_are_written_relative_to_each_persons_rest(tmp_path):
    """Person 1 opens the mouth by 0.1 of the eye distance after six neutral frames; person 2 is never neutral."""
    analysis = make_analysis([["neutral", "anger"]] * 6 + [["surprise", "anger"]] * 2)
    timeline = analysis.timeline.copy()
    timeline[MEASURES] = np.float32(0.02)
    timeline.loc[timeline["frame_index"] >= 6, "lip_gap"] = np.float32(0.12)
    measured = replace(analysis, timeline=timeline)
    edits = Edits(names={1: "Ada"})
    table = pd.read_csv(export(measured, tmp_path / "m.csv", format_named("movements"), edits))
    book = pd.read_csv(export(measured, tmp_path / "c.csv", format_named("codebook"), edits))
    assert list(table.columns) == book.loc[book["table"] == "Movements over time", "column"].tolist()
    ada = table[table["person"] == "Ada"]
    assert ada["jaw_drop"].tolist() == [0] * 6 + [0.1] * 2
    assert ada["frame_index"].tolist() == list(range(8))
    assert set(ada["rest"]) == {"neutral"}
    assert set(table.loc[table["track_id"] == 2, "rest"]) == {"unknown"}
    assert table.loc[table["track_id"] == 2, list(MOVEMENT_COLUMNS)].isna().all(axis=None)


def test_json_has_figures_of_behaviour_and_the_codebook(tmp_path, analysis):
    content = json.loads(export(analysis, tmp_path / "x.json", format_named("json")).read_text(encoding="utf-8"))
    assert set(content["behaviour"]) == {"notes", "eyes_and_head", "movements", "episodes"}
    assert {entry["column"] for entry in content["codebook"] if entry["table"] == "Timeline"} == set(
        content["timeline"][0]
    )


def _sheets(path):
    with zipfile.ZipFile(path) as book:
        return [book.read(name) for name in book.namelist()]


def test_csv_neutralises_formulas_and_has_a_bom(tmp_path, analysis):
    """The bug report in the case formula-name."""
    edits = Edits(names={1: '=HYPERLINK("http://x","Zoë <script>alert(1)</script> --> &")', 2: "@SUM(1)"})
    path = export(analysis, tmp_path / "x", format_named("csv"), edits)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    read = pd.read_csv(path)
    assert set(read["person"]) == {"'" + name for name in edits.names.values()}
    assert pd.api.types.is_numeric_dtype(read["yaw"])


def test_every_output_has_the_same_methods_paragraph(tmp_path):
    """Ten frames, four of them in an excluded span."""
    raw = make_analysis([[]] * 10)
    edited = edit(raw, Edits(events=(Event("break", Span(0.2, 0.6), excluded=True),)))
    write_charts(edited, tmp_path / "figures.zip", 80)
    with zipfile.ZipFile(tmp_path / "figures.zip") as figures:
        texts = [figures.read("methods.txt").decode().strip()]
    texts += [json_head(edited)["methods"], build_report(edited).methods, methods_text(raw, edited.edits)]
    assert len(set(texts)) == 1
    assert "every frame was analysed: 6 frames outside excluded spans." in texts[0]
