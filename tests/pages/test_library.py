"""The library page: empty and filled, search, paging, queue, days, storage."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from emotion.analytics.edits import Edits
from emotion.library import State
from emotion.library.jobs.outcomes import Outcome, finish
from emotion.library.jobs.queue import claim_next, resume
from tests.conftest import ROOT
from tests.library.libraries import put
from ui.common.entries import state_text
from ui.studies.jobs import FiguresJob, ImportJob
from ui.video.video_source import VideoSource

pytestmark = pytest.mark.slow


def visit() -> AppTest:
    page = AppTest.from_file(str(ROOT / "pages" / "library.py"), default_timeout=60).run()
    assert not page.exception
    return page


def titles(page: AppTest) -> list[str]:
    return page.dataframe[0].value["title"].tolist()


def test_an_empty_library_says_so(library):
    page = visit()
    assert [info.value for info in page.info] == [
        "No video was analysed yet.",
        "Days appear here once a video is analysed.",
    ]
    assert page.metric[0].value == "0 bytes"


def test_a_library_that_cannot_be_opened_is_reported(monkeypatch):
    monkeypatch.setenv("EMOTION_DATABASE_URL", "mysql://nobody@nowhere/nothing")
    page = visit()
    assert "cannot be opened" in page.error[0].value


def test_the_list_shows_pages_and_searches(repository, video):
    for number in range(27):
        put(repository, video, f"clip {number:02}.mp4", tags=["even" if number % 2 == 0 else "odd"])
    page = visit()
    page = page.selectbox(key="library_sort").select("title").run()
    assert titles(page) == [f"clip {number:02}" for number in range(25)]
    assert "1–25 of 27" in [caption.value for caption in page.caption]
    turned = next(button for button in page.button if button.label == "Next").click().run()
    assert titles(turned) == ["clip 25", "clip 26"]
    found = turned.text_input(key="library_text").input("clip 2 odd").run()
    assert titles(found) == ["clip 21", "clip 23", "clip 25"]
    nothing = found.text_input(key="library_text").input("absent").run()
    assert nothing.info[0].value == "No analysis matches these words and tags."


def test_a_row_summarises_the_analysis(repository, video):
    put(repository, video, "talk.mp4", tags=["course"])
    row = visit().dataframe[0].value.iloc[0]
    assert (row["title"], row["state"], row["people"], row["dominant"]) == ("talk", "done", 2, "happiness")
    assert list(row["tags"]) == ["course"]


def test_why_an_action_of_the_queue_failed_stays_until_dismissed(library, repository, video):
    broken = repository.add(video, "broken.mp4")
    finish(library, claim_next(library, 1), Outcome(State.INTERRUPTED, "Its process ended.", keeps_video=True))
    page = visit()
    # Meanwhile, another page resumes it, and a worker takes it.
    resume(repository, broken.id)
    claim_next(library, 1)
    page.button(key=f"drop_{broken.id}").click().run()
    for _ in range(2):
        assert "broken is still being analysed" in page.error[0].value
        page.text_input(key="library_text").input("broken").run()
    assert not page.button(key="queue_error_dismiss").click().run().error


def test_queued_jobs_can_be_cancelled_and_interrupted_ones_resumed(library, repository, video):
    waiting = repository.add(video, "waiting.mp4")
    page = visit()
    assert any("**waiting**" in text.value for text in page.markdown)
    page.button(key=f"stop_{waiting.id}").click().run()
    assert repository.get(waiting.id).state is State.CANCELLED

    broken = repository.add(video, "broken.mp4")
    claim = claim_next(library, 1)
    finish(library, claim, Outcome(State.INTERRUPTED, "Its process ended.", keeps_video=True))
    page = visit()
    assert any("**broken** · Its process ended." in text.value for text in page.markdown)
    page.button(key=f"resume_{broken.id}").click().run()
    assert repository.get(broken.id).state is State.QUEUED


def test_deleting_an_interrupted_analysis_leaves_nothing(library, repository, video):
    broken = repository.add(video, "broken.mp4")
    finish(library, claim_next(library, 1), Outcome(State.FAILED, "No room.", keeps_video=True))
    visit().button(key=f"drop_{broken.id}").click().run()
    assert repository.search().total == 0


def test_days_have_a_calendar_and_a_trend(repository, video):
    put(repository, video)
    page = visit()
    charts = [element.type for element in page.main if "vega" in element.type] or page.get("arrow_vega_lite_chart")
    assert len(charts) == 2
    page = page.selectbox(key="library_day_colour").select("happiness").run()
    assert any("larger share of happiness" in text.value for text in page.markdown)


def test_retention_changes_only_after_confirmation(repository, video):
    put(repository, video)
    page = visit().selectbox(key="library_retention").select(30).run()
    assert repository.retention_days() is None
    assert "older ones are deleted" in page.warning[0].value
    next(button for button in page.button if button.label == "Confirm").click().run()
    assert repository.retention_days() == 30
    assert repository.search().entries[0].kept_until is not None
    page = visit().selectbox(key="library_retention").select(0).run()
    next(button for button in page.button if button.label == "Confirm").click().run()
    assert repository.retention_days() is None


def erase_button(page: AppTest) -> Button:
    return next(button for button in page.button if button.label == "Delete everything")


def test_everything_is_deleted_only_after_typed_confirmation(repository, video):
    put(repository, video, "Mein Film.mp4", tags=["Musterfrau"])
    page = visit()
    assert erase_button(page).disabled
    assert "this deletes what everyone has analysed" in page.warning[-1].value
    page = page.text_input(key="library_erase_confirmation").input("delete").run()
    assert erase_button(page).disabled
    page = page.text_input(key="library_erase_confirmation").input("Delete everything ").run()
    page = erase_button(page).click().run()
    assert not page.exception
    assert page.success[0].value.startswith("Everything was deleted: 1 analysis,")
    assert repository.search().total == 0
    assert erase_button(page).disabled, "it must be requested again"


def test_the_period_of_deleted_settings_is_not_offered_again(repository, video):
    put(repository, video)
    page = visit().selectbox(key="library_retention").select(7).run()
    page = next(button for button in page.button if button.label == "Confirm").click().run()
    page = page.text_input(key="library_erase_confirmation").input("delete everything").run()
    page = erase_button(page).click().run()
    assert repository.retention_days() is None
    assert page.selectbox(key="library_retention").value == 0
    assert all(button.label != "Confirm" for button in page.button)


def test_deleting_everything_clears_the_session(library, tmp_path):
    page = AppTest.from_file(str(ROOT / "pages" / "library.py"), default_timeout=60)
    draft, begun = VideoSource("a.mp4", io.BytesIO(b"text")), VideoSource("b.mp4", io.BytesIO(b"text"))
    page.session_state["pending_videos"] = [draft]
    page.session_state["begun_videos"] = {"0" * 32: begun}
    page.session_state["pictures"] = ["a picture"]
    page.session_state["pending_typed"] = {id(draft): {"name": "Musterfrau"}}
    page.session_state["study_import_job"] = importing = ImportJob("study.zip", io.BytesIO(b"text"))
    page.session_state["study_pairs_job"] = FiguresJob("figures with names")
    page.session_state["lab_photo"] = ("Musterfrau.jpg", b"text")
    page = page.run().text_input(key="library_erase_confirmation").input("delete everything").run()
    page = erase_button(page).click().run()
    assert not page.exception
    assert not draft.path.exists()
    assert not begun.path.exists()
    assert not importing.path.exists()
    assert page.session_state["pictures"] == []
    for name in ("pending_typed", "study_import_job", "study_pairs_job", "lab_photo"):
        assert name not in page.session_state


def test_a_damaged_video_is_marked_with_how_much_was_read(repository, video):
    entry = put(repository, video, "talk.mp4")
    damaged = replace(entry, summary=entry.summary | {"complete": False, "analysed_s": 3.2, "duration_s": 10.0})
    assert state_text(damaged) == "damaged: 3.2 s of 10.0 s analysed"
    assert state_text(entry) == "done"


def test_hiding_and_merging_show_in_the_list(repository, video):
    entry = put(repository, video, "talk.mp4")
    repository.save_edits(entry.id, Edits(hidden=frozenset({2})))
    assert visit().dataframe[0].value.iloc[0]["people"] == 1
    repository.save_edits(entry.id, Edits(merged={2: 1}))
    assert visit().dataframe[0].value.iloc[0]["people"] == 1
    repository.save_edits(entry.id, Edits())
    assert visit().dataframe[0].value.iloc[0]["people"] == 2
