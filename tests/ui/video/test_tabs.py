from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from emotion.analytics.edits import Edits, Event, Span
from emotion.analytics.files import save_parquet
from emotion.analytics.people import offered_people
from emotion.samples import make_clip
from tests.conftest import make_analysis
from tests.shown import as_shown
from ui.common.drafts import with_changes
from ui.video.tabs.events import event_table, events_of
from ui.video.tabs.people import fingerprint
from ui.video.tabs.people_editor import Decision, with_decisions
from ui.video.tabs.thumbnails import face_pictures

SHOWN = [["happiness", "neutral"]] * 20 + [["neutral", "sadness"]] * 20 + [["happiness"]] * 20
TABS = [
    *("Overview", "People", "Over time", "Episodes", "Presence", "Eyes and movements", "Events", "Baseline", "Compare"),
]


class Holder:
    """Holds edits, like a job."""

    def __init__(self, edits: Edits) -> None:
        self.edits = edits
        self.generation = 0


def script() -> None:
    import streamlit as st

    from ui.video.tabs.insight import show_insight

    show_insight(st.session_state["analysis"], st.session_state["holder"], "test", downloads=lambda: None)


@pytest.fixture(autouse=True)
def empty_caches():
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


def opened(tab: str, edits: Edits | None = None, shown=SHOWN, person: int = 0) -> AppTest:
    test = AppTest.from_function(script, default_timeout=60)
    test.session_state["analysis"] = make_analysis(shown)
    test.session_state["holder"] = Holder(edits or Edits())
    if person:  # chosen on another tab, as the field is disabled on some
        ran(ran(test).selectbox[0].set_value(person))
    test.session_state["test_tabs"] = tab
    return ran(test)


def ran(test) -> AppTest:
    test = test.run()
    assert not test.exception
    return test


def words(test: AppTest) -> str:
    kinds = (test.markdown, test.caption, test.info, test.warning, test.error)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def press(test: AppTest, label: str) -> AppTest:
    return ran(next(button for button in test.button if button.label == label).click())


@pytest.mark.slow
@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("person", [0, 1])
def test_every_tab_has_content(tab, person):
    test = opened(tab, person=person)
    assert test.session_state["test_tabs"] == tab
    assert words(test)
    assert not test.error


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_works_when_edits_leave_no_face(tab):
    test = opened(tab, Edits(hidden=frozenset({1, 2})))
    assert "Edits leave no face" in words(test)


def test_names_appear_in_selector_and_table():
    test = opened("People", Edits(names={1: "Ada"}))
    assert "Ada" in test.selectbox[0].options
    assert "Ada" in test.dataframe[-1].value["person"].tolist()


def test_merged_people_are_one_in_every_figure():
    test = opened("People", Edits(merged={2: 1}))
    assert test.dataframe[-1].value["track_id"].tolist() == [1]


def test_the_table_has_whole_percentages_and_its_download_all_digits(monkeypatch):
    saved = {}
    monkeypatch.setattr("ui.video.tabs.people.csv_button", lambda label, table, *_, **__: saved.update({label: table}))
    table = opened("People").dataframe[-1].value
    assert table["smile_index"].tolist() == [0.67, 0]
    assert saved["People"]["smile_index"].tolist() == pytest.approx([2 / 3, 0])


def test_circular_merges_show_an_error_and_lose_nothing():
    assert "cycle" in words(opened("People", Edits(merged={1: 2, 2: 1})))


@pytest.mark.slow
def test_the_editor_shows_and_changes_edits():
    edits = Edits(names={1: "Ada"}, merged={2: 1}, hidden=frozenset({2}), events=(Event("x", Span(1, 2)),))
    test = opened("People", edits)
    holder = test.session_state["holder"]
    assert holder.edits == edits
    assert test.text_input(key="test_people_name_1").value == "Ada"
    assert test.selectbox(key="test_people_whole_2").value == 1
    test = ran(test.text_input(key="test_people_name_1").set_value("  Ben "))
    assert holder.edits == replace(edits, names={1: "Ben"})
    test = ran(test.selectbox(key="test_people_whole_2").set_value(0))
    test = ran(test.checkbox(key="test_people_hide_2").uncheck())
    assert holder.edits == Edits(names={1: "Ben"}, events=edits.events)
    assert "Ben" in test.dataframe[-1].value["person"].tolist()
    assert ran(test.text_input(key="test_people_name_1").set_value("")).session_state["holder"].edits.names == {}


def test_the_editor_refuses_circular_merges():
    test = opened("People", Edits(merged={1: 2}))
    test = ran(test.selectbox(key="test_people_whole_2").set_value(1))
    assert "cycle" in words(test)
    assert test.session_state["holder"].edits.merged == {1: 2}


def test_a_track_is_not_merged_into_itself():
    assert with_decisions(Edits(), {1: Decision(merged_into=1)}) == Edits()


def test_edits_of_tracks_on_other_pages_are_kept():
    shown = [["happiness"] * 10] * 3
    edits = Edits(names={10: "Zoe"}, merged={10: 9}, hidden=frozenset({9}))
    test = opened("People", edits, shown)
    names = [field.key for field in test.text_input]
    assert names == [f"test_people_name_{track}" for track in range(1, 9)]
    test = ran(test.text_input(key="test_people_name_1").set_value("Ada"))
    assert test.session_state["holder"].edits == replace(edits, names={1: "Ada", 10: "Zoe"})


def test_the_selector_offers_longest_seen_and_named_tracks():
    shown = [["happiness"] * 6] * 2 + [["happiness"] * 2] * 3
    timeline = make_analysis(shown).timeline
    assert offered_people(timeline, {6: "Zoe", 99: "Nobody"}, limit=2) == [1, 2, 6]


def test_different_values_have_different_fingerprints():
    assert fingerprint([1, "a"]) == fingerprint([1, "a"]) != fingerprint([1, "b"])


def test_short_episodes_can_be_left_out():
    test = opened("Episodes")
    assert len(test.dataframe[0].value) == 5
    assert "No episode lasts 5.0 s" in words(ran(test.slider(key="test_episodes_min_s").set_value(5.0)))


def test_without_a_change_there_is_no_matrix():
    assert "never changed" in words(opened("Episodes", shown=[["fear"]] * 10))


def test_smoothing_does_not_change_the_analysis():
    test = opened("Episodes", shown=[["neutral"]] * 9 + [["anger"]] * 3 + [["neutral"]] * 9)
    test = ran(test.slider(key="test_episodes_min_s").set_value(0.0))
    assert len(test.dataframe[0].value) == 3
    before = test.session_state["analysis"].timeline.copy()
    test = ran(test.selectbox(key="test_method").set_value("mean"))
    test = ran(test.slider(key="test_smooth_s").set_value(1.0))
    assert len(test.dataframe[0].value) == 1
    assert test.session_state["analysis"].timeline.equals(before)


@pytest.mark.slow
def test_derived_measures_are_per_person_and_cite_their_formula():
    assert "under the dashed line, 0.6" in words(opened("Presence")).lower()
    assert "Choose a person" in words(opened("Over time"))
    assert "FaceReader" in words(opened("Over time", person=1))


@pytest.mark.slow
def test_a_baseline_is_set_shown_and_removed():
    test = opened("Baseline", person=1)
    assert "Person 1 has no baseline yet" in words(test)
    test = press(test, "Set as baseline")
    assert test.session_state["holder"].edits.baselines == {1: Span(0.0, 3.0)}
    assert "the face at rest" in words(test)
    assert len(test.dataframe) == 1
    assert press(test, "Remove").session_state["holder"].edits.baselines == {}


def test_a_baseline_ending_before_its_start_is_refused():
    test = opened("Baseline", person=1)
    test = ran(test.number_input[0].set_value(5.0))
    test = press(test, "Set as baseline")
    assert "ends after it starts" in test.error[0].value
    assert test.session_state["holder"].edits == Edits()


@pytest.mark.parametrize(
    ("start_s", "end_s", "reason"), [(1.0, 1.0, "ends after it starts"), (50.0, 60.0, "the person is visible")]
)
def test_a_span_that_cannot_be_a_baseline_is_refused(start_s: float, end_s: float, reason: str):
    test = opened("Baseline", person=1)
    test.number_input[0].set_value(start_s)
    test = ran(test.number_input[1].set_value(end_s))
    test = press(test, "Set as baseline")
    assert reason in test.error[0].value
    assert test.session_state["holder"].edits == Edits()


def test_a_baseline_without_the_person_shows_an_error():
    assert "the person is visible" in words(opened("Baseline", Edits(baselines={2: Span(5, 6)}), person=2))


@pytest.mark.slow
def test_events_come_from_csv_and_a_bad_row_is_named():
    test = opened("Events")
    good = b"start_s,end_s,label,excluded\n1,2,joke,\n3,4,break,true\n"
    test = ran(test.file_uploader[0].set_value(("events.csv", good, "text/csv")))
    events = test.session_state["holder"].edits.events
    assert [(event.label, event.excluded) for event in events] == [("joke", False), ("break", True)]
    test = ran(test.file_uploader[0].set_value(("events.csv", b"start_s,label\nsoon,x\n", "text/csv")))
    assert "row 2" in test.error[0].value
    assert test.session_state["holder"].edits.events == events
    test = ran(test.file_uploader[0].set_value(("events.csv", b"\xff\xfe\xff", "text/csv")))
    assert "UTF-8" in as_shown(test.error[0].value)


@pytest.mark.slow
def test_events_have_figures_and_before_vs_after():
    test = opened("Events", Edits(events=(Event("joke", Span(2, 3)), Event("clap", Span(4, 4)))))
    assert test.dataframe[-1].value["label"].tolist() == ["joke"]
    assert "95% interval" in words(test)
    assert "No event yet" in words(opened("Events"))


def test_the_table_of_events_round_trips():
    events = (Event("moment", Span(1, 1)), Event("span", Span(2, 3.5), excluded=True))
    assert events_of(event_table(events)) == events
    assert events_of(event_table(())) == ()


def test_incomplete_event_rows_are_ignored():
    table = event_table((Event("x", Span(1, 2)),))
    table.loc[1] = [5.0, None, None, False]
    table.loc[2] = [None, None, "no time", False]
    assert [event.label for event in events_of(table)] == ["x"]


@pytest.mark.slow
def test_two_people_are_compared():
    test = opened("Compare")
    labels = [choice.label for choice in test.selectbox]
    assert len(set(labels)) == len(labels), "screen readers tell fields apart by their names"
    chosen = {choice.label: choice.value for choice in test.selectbox}
    assert (chosen["First person"], chosen["Second person"]) == (1, 2)
    figures = test.dataframe[0].value.set_index("emotion")
    # For 2 s each: a smile and neutral, neutral and sad.
    assert figures.loc["sadness", "second"] - figures.loc["sadness", "first"] == pytest.approx(0.3, abs=0.02)
    assert "only one person" in words(opened("Compare", shown=[["fear"]] * 5))


@pytest.mark.slow
@pytest.mark.parametrize("tab", [*TABS, "Downloads"])
def test_fields_above_the_tabs_are_disabled_where_they_have_no_effect(tab):
    test = opened(tab, person=1)
    person, smoothing = test.selectbox[:2]
    assert (person.label, smoothing.label) == ("Person", "Smoothing")
    assert person.disabled == (tab in {"Compare", "Downloads"})
    assert smoothing.disabled == (tab in {"Presence", "Eyes and movements", "Downloads"})
    assert person.value == 1, "the choice stays for the other tabs"


@pytest.mark.slow
def test_another_analysis_is_compared_and_a_bad_file_is_refused(tmp_path):
    edits = Edits(names={1: "Ada"}, hidden=frozenset({2}))
    other = save_parquet(make_analysis(SHOWN, source="other.mp4"), tmp_path / "other.parquet", edits).read_bytes()
    test = opened("Compare")
    test = ran(test.segmented_control(key="test_compare_kind").set_value("Another analysis"))
    test = ran(test.file_uploader[0].set_value(("bad.parquet", b"text", "application/octet-stream")))
    assert "bad.parquet" in test.error[0].value
    test = ran(test.file_uploader[0].set_value(("other.parquet", other, "application/octet-stream")))
    assert "other.mp4" in words(test)
    assert len(test.dataframe[0].value) == 8
    people = next(box for box in test.selectbox if str(box.key).startswith("test_compare_other_person"))
    assert people.options == ["Everybody", "Ada"], "the hidden person is not offered"
    assert '"Ada"' in ran(people.set_value(1)).dataframe[0].proto.columns


@pytest.mark.slow
def test_faces_are_cut_out_of_the_video_once(tmp_path, monkeypatch):
    monkeypatch.setattr(st, "session_state", {})
    video = make_clip(tmp_path / "clip.mp4")
    analysis = make_analysis([["happiness"]] * 4)
    faces = face_pictures(analysis, video, "k")
    assert list(faces) == [1]
    assert faces[1].startswith("data:image/png;base64,")
    assert face_pictures(analysis, video, "k") is faces
    assert face_pictures(analysis, None, "k") == {}
    assert json.dumps(faces)
    assert io.BytesIO(faces[1].encode()).getbuffer().nbytes < 200_000


def test_a_callback_applies_the_changes_of_the_editor():
    table = event_table((Event("x", Span(1, 2)), Event("y", Span(3, 3)), Event("z", Span(4, 5), excluded=True)))
    changes = {
        "edited_rows": {0: {"label": "joke", "end_s": None}, 2: {"excluded": False}},
        "deleted_rows": [1],
        "added_rows": [{"start_s": 7, "label": "clap"}, {"start_s": 8}],
    }
    assert events_of(with_changes(table, changes)) == (
        Event("joke", Span(1, 1)), Event("z", Span(4, 5)), Event("clap", Span(7, 7)),
    )  # fmt: skip
    nothing = {"edited_rows": {}, "deleted_rows": [], "added_rows": []}
    assert events_of(with_changes(table, nothing)) == events_of(table)


@pytest.mark.slow
def test_the_overview_of_a_person_has_their_figures():
    def figures(person: int) -> dict[str, str]:
        return {each.label: each.value for each in opened("Overview", person=person).metric}

    explained = {each.label: each.help for each in opened("Overview").metric}
    assert "If several faces are seen, their mean counts" in explained["Smile index"]
    everybody, second = figures(0), figures(2)
    assert everybody["People"] == "2"
    assert (second["Dominant expression"], second["Smile index"]) == ("neutral", "0%")
    assert second["Frames with this face"] == "40"


@pytest.mark.slow
def test_only_the_chosen_person_is_said_not_to_have_moved():
    assert "Nobody moved" in words(opened("People"))
    assert "Person 2 did not move" in words(opened("People", person=2))
