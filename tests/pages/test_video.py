"""The video page: uploads and their settings, results from the library, edits."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import emotion
from emotion.analytics.edits import Edits, Event, Span
from emotion.analytics.files import save_parquet
from emotion.library import Entry, JobSettings, Repository, State
from emotion.library.jobs.queue import claim_next
from emotion.samples import make_clip
from emotion.types import Analysis
from tests.conftest import ROOT, make_analysis
from tests.library.libraries import end, put
from tests.pages.test_pages import press, texts
from ui.common.entries import entry_columns
from ui.player import Marked
from ui.video.analysis_context import AnalysisContext
from ui.video.open_analysis import _OF_LIBRARY, _OF_SESSION, _TITLE_PX, summary_table
from ui.video.result import with_marked

pytestmark = pytest.mark.slow

OPEN_PX = 655
"""Width of the table under *Open*: 690 px less what Streamlit's popover takes."""
SMILE = [["happiness"]] * 4 + [[]] * 2 + [["neutral", "surprise"]] * 4


def visit(**address: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / "pages" / "video.py"), default_timeout=60)
    for key, value in address.items():
        test.query_params[key] = value
    test.run()
    assert not test.exception
    return test


def shown(repository: Repository, video: Path, analysis: Analysis, **options: object) -> AppTest:
    return visit(analysis=put(repository, video, "Mein Film.mp4", analysis=analysis, **options).id)


def figures(test: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in test.metric}


def test_the_empty_page_explains_the_results(library):
    assert "A timeline" in texts(visit())


def test_a_url_opens_an_analysis(repository, video):
    test = shown(repository, video, make_analysis(SMILE))
    assert test.subheader[0].value == "Mein Film"
    assert figures(test)["Frames with a face"] == "8"
    assert figures(test)["People"] == "2"
    assert "The video was not kept" in texts(test)


def test_a_kept_video_is_played(repository, video):
    entry = put(repository, video, settings=JobSettings(keep_video=True), analysis=make_analysis(SMILE))
    test = visit(analysis=entry.id)
    for _ in range(50):
        if "The video appears in the player once" not in texts(test):
            break
        time.sleep(0.1)
        test.run()
    assert "The video was not kept" not in texts(test)
    assert repository.video_path(entry.id).is_file()


def test_recording_or_upload_date_is_shown(repository, video):
    captured = JobSettings(captured_at=dt.datetime(2024, 3, 5, 10, 20, tzinfo=dt.UTC))
    assert "Recorded on 5 March 2024, 10:20" in texts(visit(analysis=put(repository, video, settings=captured).id))
    added = put(repository, video)
    day = added.happened_at
    assert f"Added on {day.day} {day:%B %Y}" in texts(visit(analysis=added.id))


def test_an_unknown_url_says_so(library):
    assert "there is no analysis" in visit(analysis="0" * 32).error[0].value


def test_an_unclear_video_is_explained(repository, video):
    analysis = make_analysis([["happiness"]] * 5)
    limited = replace(analysis, settings={"abstain_below": 0.7})  # its face is happy at 0.65
    test = shown(repository, video, limited)
    names = ("Dominant expression", "Smile index", "Unclear")
    assert [figures(test)[name] for name in names] == ["unclear", "–", "100%"]
    assert "**Unclear** (striped)" in texts(test)


def test_without_a_threshold_unclear_is_not_mentioned(repository, video):
    test = shown(repository, video, make_analysis(SMILE))
    assert "nclear" not in texts(test)
    assert "Unclear" not in figures(test)


def test_corrected_times_are_reported(repository, video):
    analysis = make_analysis(SMILE)
    words = "Its time stamps were mended: 1 of 100 did not fit."
    mended = replace(analysis, info=replace(analysis.info, mended=words))
    assert words in [warning.value for warning in shown(repository, video, mended).warning]
    assert not shown(repository, video, analysis).warning


def test_a_video_without_a_face_says_so(repository, video):
    test = shown(repository, video, make_analysis([[]] * 10))
    assert "No face was found in this video" in texts(test)
    assert figures(test)["Smile index"] == "–"


def test_another_analysis_of_the_library_is_compared(repository, video):
    other = put(repository, video, "other.mp4", analysis=make_analysis([["sadness", "fear"]] * 10))
    repository.save_edits(other.id, Edits(names={2: "Zoe"}))
    entry = put(repository, video, analysis=make_analysis(SMILE))
    test = visit(analysis=entry.id)
    test.session_state["insight_tabs"] = "Compare"
    test = test.run()
    kind = next(control for control in test.segmented_control if control.label == "Compare with")
    test = kind.set_value("Another analysis").run()
    choice = next(box for box in test.selectbox if box.label == "Analysis")
    assert [option.partition(" · ")[0] for option in choice.options] == ["other", "A Parquet file"]
    person = test.selectbox[-1]
    assert (person.label, "Zoe" in person.options) == ("Second person", True)
    test = person.set_value(2).run()
    figures_of = next(table.value for table in test.dataframe if "correlation" in table.value).set_index("emotion")
    assert figures_of["second"].idxmax() == "fear"
    repository.save_edits(other.id, Edits(names={2: "Yan"}))
    assert "Yan" in test.run().selectbox[-1].options
    repository.delete(other.id)
    assert not test.run().exception


def test_an_uploaded_timeline_is_compared_and_other_files_are_refused(repository, video, tmp_path):
    test = visit(analysis=put(repository, video, analysis=make_analysis(SMILE)).id)
    test.session_state["insight_tabs"] = "Compare"
    test = test.run()
    kind = next(control for control in test.segmented_control if control.label == "Compare with")
    test = kind.set_value("Another analysis").run()
    choice = next((box for box in test.selectbox if box.label == "Analysis"), None)
    test = test if choice is None else choice.set_value("A Parquet file").run()
    brought = save_parquet(make_analysis([["sadness"]] * 10, source="far.mp4"), tmp_path / "t.parquet").read_bytes()
    for content, words in (
        (b"text", "mine.parquet is damaged or not one"),
        (brought, "far.mp4"),
    ):
        uploader = next(one for one in test.file_uploader if one.label == "Timeline as Parquet")
        test = uploader.set_value(("mine.parquet", content, "application/octet-stream")).run()
        assert not test.exception
        assert words in texts(test) + " ".join(error.value for error in test.error)
    assert not test.error


def test_stored_edits_are_applied(repository, video):
    entry = put(repository, video, analysis=make_analysis(SMILE))
    excluded = Event("break", Span(0.0, 0.4), excluded=True)
    repository.save_edits(entry.id, Edits(hidden=frozenset({2}), events=(excluded,)))
    assert figures(visit(analysis=entry.id))["Frames with a face"] == "4"


def test_uploads_wait_for_their_settings(repository, tmp_path):
    content = make_clip(tmp_path / "clip.mp4").read_bytes()
    test = visit()
    files = [("Mein Film.mp4", content, "video/mp4"), ("talk.mp4", b"text", "video/mp4")]
    test.file_uploader[0].set_value(files).run()
    assert test.file_uploader[0].value == []
    test.selectbox(key="pending_rate").select("5 frames per second").run()
    test.checkbox(key="pending_keep").check().run()
    test = press(test, "Analyse 2 videos")
    assert test.error[0].value.startswith("**talk.mp4** is not a video"), "the name is shown once"
    assert test.run().error, "it stays when the page runs by itself, as it does while the other one is analysed"
    (entry,) = repository.search().entries
    assert (entry.source, entry.title, entry.state) == ("Mein Film.mp4", "Mein Film", State.QUEUED)
    assert (entry.settings.fps, entry.settings.keep_video) == (5.0, True)
    assert "**Mein Film** · Starting soon" in texts(test)
    assert not press(test, "Dismiss").error


def test_what_was_typed_for_a_video_stays_when_settings_for_all_change(repository, tmp_path):
    content = make_clip(tmp_path / "clip.mp4").read_bytes()
    test = visit()
    test.file_uploader[0].set_value([("a.mp4", content, "video/mp4"), ("b.mp4", content, "video/mp4")]).run()
    typed = test.session_state["pending_typed"]  # AppTest cannot type into a table
    first, second = map(id, test.session_state["pending_videos"])
    assert typed[second]["name"] == "b"
    test.session_state["pending_typed"] = {first: {**typed[first], "name": "Interview", "end_s": 0.2, "tags": ["x"]}}
    test.selectbox(key="pending_rate").select("5 frames per second").run()
    press(test, "Analyse 2 videos")
    entries = {entry.title: entry for entry in repository.search().entries}
    assert set(entries) == {"Interview", "b"}
    assert (entries["Interview"].settings.end_s, entries["b"].settings.end_s) == (0.2, None)
    assert {entry.settings.fps for entry in entries.values()} == {5.0}
    assert list(entries["Interview"].tags) == ["x"]


def test_pending_uploads_can_be_discarded(library, tmp_path):
    test = visit()
    test.file_uploader[0].set_value([("a.mp4", b"text", "video/mp4")]).run()
    draft = test.session_state["pending_videos"][0].path
    test = press(test, "Discard")
    assert not draft.exists()
    assert "A timeline" in texts(test)


def test_clearing_deletes_only_this_sessions_video(repository):
    test = press(visit(), "Try the sample")
    (video_source,) = test.session_state["begun_videos"].values()
    assert video_source.path.is_file()
    test = press(test, "Clear")
    assert not video_source.path.exists()
    assert repository.search().total == 1


def test_the_newest_finished_analysis_opens_by_itself(repository, video):
    put(repository, video, "old.mp4", analysis=make_analysis(SMILE))
    newest = put(repository, video, "new.mp4", analysis=make_analysis(SMILE))
    repository.add(video, "waits.mp4")
    test = visit()
    assert (test.subheader[0].value, test.query_params["analysis"]) == ("new", newest.id)
    # The visitor asked for an empty page, which holds for this session.
    test = press(test, "Clear")
    assert not test.subheader
    assert "A timeline" in texts(test.run())
    assert visit().subheader[0].value == "new"


@pytest.mark.parametrize("shown", [_OF_LIBRARY, _OF_SESSION])
def test_the_list_under_open_is_not_cut_off(shown):
    columns = entry_columns(_TITLE_PX)
    assert sum(columns[name]["width"] for name in shown) <= OPEN_PX


def test_the_newest_of_several_videos_opens_once_it_is_finished(repository, video):
    put(repository, video, "old.mp4", analysis=make_analysis(SMILE))
    test = press(visit(), "Try the sample")
    (begun,) = test.session_state["begun_videos"]
    assert not test.subheader
    claim = claim_next(repository.library, 1)
    assert claim is not None
    assert claim.id == begun
    end(repository.library, claim, make_analysis(SMILE))
    assert test.run().subheader[0].value == "Sample"


def test_lanes_grow_while_a_video_is_analysed(repository, video):
    entry = repository.add(video, "talk.mp4")
    claim = claim_next(repository.library, 1)
    assert claim is not None
    assert not visit().get("vega_lite_chart")
    repository.library.checkpoint(entry.id).append(make_analysis(SMILE), None)
    assert len(visit().get("vega_lite_chart")) == 1


def test_uploads_show_their_length_and_an_estimate(repository, tmp_path):
    content = make_clip(tmp_path / "clip.mp4").read_bytes()
    test = visit()
    test.file_uploader[0].set_value([("a.mp4", content, "video/mp4")]).run()
    assert "3.0 s · 640 × 360 px · 25 frames/s · 75 frames to analyse, about 1 s" in texts(test)
    test.selectbox(key="pending_rate").select("5 frames per second").run()
    assert "15 frames to analyse, about 1 s" in texts(test)


def test_names_go_to_marked_events_that_have_only_a_number():
    moment, span = Span(1.0, 1.0), Span(2.0, 3.0)
    edits = with_marked(Edits(), [Marked("a", moment), Marked("b", span)])
    assert [event.label for event in edits.events] == ["Event 1", "Event 2"]
    edits = with_marked(edits, [Marked("a", moment, "Joke")])
    assert [event.label for event in edits.events] == ["Joke", "Event 2"]
    # Marking the same moment again adds another event.
    edits = with_marked(edits, [Marked("c", moment, "Laugh")])
    assert [event.label for event in edits.events] == ["Joke", "Event 2", "Laugh"]


def test_a_new_video_closes_the_open_analysis(repository, video):
    test = shown(repository, video, make_analysis(SMILE))
    test = press(test, "Try the sample")
    assert not test.subheader
    assert "analysis" not in test.query_params


def test_several_videos_share_one_summary(repository, video):
    entries: list[Entry] = [put(repository, video, name, analysis=make_analysis(SMILE)) for name in ("a.mp4", "b.mp4")]
    table = summary_table(entries)
    assert table["title"].tolist() == ["a", "b"]
    assert "source" not in table, "the same as file"
    repository.tag(entries[0].id, ["women", "pilot"])
    entry = repository.get(entries[0].id)
    (row,) = summary_table([entry]).to_dict("records")
    assert (row["tags"], row["recorded"]) == ("pilot, women", "")
    assert row["added"] == f"{entry.created_at:%Y-%m-%dT%H:%M:%S}+00:00"
    assert table["people"].tolist() == [2, 2]
    assert table.filter(like="share_").sum(axis=1).tolist() == pytest.approx([1, 1], abs=1e-5)


def test_a_damaged_video_is_marked_where_videos_and_people_are_listed(repository, video):
    damaged = replace(make_analysis(SMILE), note="talk.mp4 is damaged: it breaks off after 1.0 s.")
    damaged = replace(damaged, info=replace(damaged.info, duration_s=4.0))
    entry = put(repository, video, "talk.mp4", analysis=damaged)
    whole = put(repository, video, "whole.mp4", analysis=make_analysis(SMILE))
    marked = "damaged: 1.0 s of 4.0 s analysed"
    assert summary_table([entry, whole])["state"].tolist() == [marked, "done"]
    assert [marked in name for name in AnalysisContext(repository, whole, None).others().values()] == [True]
    assert [marked in name for name in AnalysisContext(repository, entry, None).others().values()] == [False]
    test = visit(analysis=entry.id)
    assert test.warning[0].value.startswith("talk.mp4 is damaged: it breaks off after 1.0 s.")
    test.session_state["insight_tabs"] = "People"
    test = test.run()
    assert "The analysis is not complete: 0:01.0 of 0:04.0 analysed." in texts(test)
    assert "not complete" not in texts(visit(analysis=whole.id))


@pytest.mark.slow
@pytest.mark.skipif(not emotion.list_models(), reason="no model is installed")
def test_the_sample_is_analysed_by_a_worker():
    test = press(visit(), "Try the sample")
    for _ in range(240):
        if test.subheader or test.error:
            break
        time.sleep(0.5)
        test.run()
    assert not test.exception
    assert test.subheader[0].value == "Sample"
    assert (figures(test)["Dominant expression"], figures(test)["People"]) == ("happiness", "1")
