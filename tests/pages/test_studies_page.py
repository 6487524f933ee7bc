"""The Studies page: empty, filled, edited, and its results."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pyreadstat
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Element

from emotion.analytics.edits import Edits
from emotion.errors import InputError
from emotion.library import JobSettings, Repository
from emotion.library.studies import SavedStudy, StudyRepository
from emotion.library.studies.codings import CodingRepository
from emotion.studies import Cell, Consent, Participant, Stimulus, Study
from emotion.studies.coding import DEFAULT_CODEBOOK, Code, CodedSpan, CodeKind, Coding
from emotion.studies.statistics.mixed import mixed_model
from tests.conftest import ROOT, make_analysis
from tests.library.libraries import put
from ui.studies import contrast
from ui.studies.codebook import _code

pytestmark = pytest.mark.slow

SHOWN = {
    ("p1", "comedy"): ["happiness"] * 20 + ["neutral"] * 10,
    ("p1", "news"): ["neutral"] * 30,
    ("p2", "comedy"): ["happiness"] * 25 + ["surprise"] * 5,
    ("p2", "news"): ["sadness"] * 30,
}


def visit(tab: str = "Videos") -> AppTest:
    page = AppTest.from_file(str(ROOT / "pages" / "studies.py"), default_timeout=60)
    page.session_state["study_tabs"] = tab
    page.run()
    if "study_results_job" in page.session_state and page.session_state["study_results_job"].running:
        # On a busy machine, the page does not wait for the results.
        page.session_state["study_results_job"].wait()
        page.run()
    assert not page.exception
    return page


def fill(repository: Repository, video: Path) -> SavedStudy:
    cells = [
        Cell(
            *key, put(repository, video, f"{key[0]}_{key[1]}.mp4", analysis=make_analysis([[one] for one in labels])).id
        )
        for key, labels in SHOWN.items()
    ]
    people = (Participant("p1", {"group": "a"}, Consent.GIVEN), Participant("p2", {"group": "b"}), Participant("p3"))
    return StudyRepository(repository).create(
        Study("Pilot", people, (Stimulus("comedy"), Stimulus("news")), tuple(cells))
    )


def titles_of(frame: Element) -> dict[str, str]:
    """Return column → title of a table on the page."""
    settings = json.loads(frame.proto.columns)
    return {name: settings.get(name, {}).get("label", name) for name in frame.value}


def test_without_a_study_one_is_created(repository):
    page = visit()
    assert "No study yet" in page.info[0].value
    page.text_input[0].input("Trailers")
    page.button[0].click().run()
    assert not page.exception
    assert [each.title for each in StudyRepository(repository).summaries()] == ["Trailers"]
    assert any("Add videos to see" in info.value for info in page.info)


def test_a_study_deleted_elsewhere_is_not_replaced_in_silence(repository):
    studies = StudyRepository(repository)
    gone, other = (studies.create(Study(title)) for title in ("Gone", "Other"))
    page = visit()
    page.query_params["study"] = gone.id
    assert not page.run().warning
    studies.delete(gone.id)
    page.run()
    assert "does not exist any more" in page.warning[0].value
    assert page.query_params["study"] == other.id
    page.run()
    assert not page.warning


def test_the_grid_shows_what_is_there_and_what_is_missing(repository, video):
    fill(repository, video)
    page = visit()
    assert any("3 participants × 2 stimuli · 4 analysed · **2 missing**" in text.value for text in page.markdown)
    grid = next(frame.value for frame in page.dataframe if "comedy" in frame.value)
    assert grid.to_dict("list") == {
        " participant": ["p1", "p2", "p3"],
        "comedy": ["100%", "100%", "missing"],
        "news": ["100%", "100%", "missing"],
    }


def test_a_stimulus_called_participant_hides_nobody(repository):
    people, stimuli = (Participant("p1"),), (Stimulus("participant"), Stimulus("film"))
    StudyRepository(repository).create(Study("S", people, stimuli))
    (frame,) = visit().dataframe
    assert list(titles_of(frame).values()) == ["Participant", "participant", "film"]
    assert frame.value.to_numpy().tolist() == [["p1", "missing", "missing"]]


def test_the_grid_says_who_is_not_seen(repository, video):
    """Track 1 has the participant's name and is hidden; the experimenter is no substitute."""
    shown = make_analysis([["happiness", "neutral"]] * 20)
    saved, studies = fill(repository, video), StudyRepository(repository)
    entry = put(repository, video, "p3_comedy.mp4", analysis=shown)
    repository.save_edits(entry.id, Edits(names={1: "p3", 2: "Experimenter"}, hidden=frozenset({1})))
    empty = put(repository, video, "p3_news.mp4", analysis=make_analysis([[]] * 20))
    cells = (*saved.study.cells, Cell("p3", "comedy", entry.id), Cell("p3", "news", empty.id))
    studies.save(saved, replace(saved.study, cells=cells))
    page = visit()
    grid = next(frame.value for frame in page.dataframe if "comedy" in frame.value)
    assert grid["comedy"].tolist() == ["100%", "100%", "⚠ not seen, 1 other person"]
    assert grid["news"].tolist() == ["100%", "100%", "⚠ not seen"]
    assert any("*Not seen*: the person with the participant's name" in caption.value for caption in page.caption)


def test_results_are_shown_and_compared(repository, video):
    fill(repository, video)
    page = visit("Means")
    assert not page.error
    (across,) = [frame.value for frame in page.dataframe if "SD" in frame.value]
    assert across["Stimulus"].tolist() == ["comedy", "news"]
    assert across["People"].tolist() == [2, 2]
    assert across["Mean"][0] > across["Mean"][1]
    cells = next(frame for frame in page.dataframe if "window_s" in frame.value)
    titles = titles_of(cells)
    assert titles["window_s"] == "Analysed, s"
    assert titles["happiness"] == "Happiness"
    assert titles.pop("group") == "group", "variables keep the researcher's names"
    assert not [title for title in titles.values() if "_" in title or title[0].islower()]
    page = visit("Contrast")
    assert any("difference in happiness between comedy and news" in text.value.lower() for text in page.markdown)
    table = page.dataframe[0].value
    assert "Happiness" in table["Measure"].tolist()
    assert [name for name in table if name[0].islower()] == ["t", "p", "p Holm"]
    page.selectbox(key="study_contrast_by").select("group").run()
    assert not page.exception
    assert any("expected at least two people in a" in info.value.lower() for info in page.info)
    page = visit("Curve")
    page.selectbox(key="study_curve_by").select("group").run()
    page.segmented_control(key="study_curve_kind").set_value("Share of people over").run()
    assert not page.exception


def test_clusters_and_mixed_models_are_shown_on_request(repository, video):
    fill(repository, video)
    page = visit("Contrast")
    assert any("With 2 people the smallest possible p is 0.500" in caption.value for caption in page.caption)
    page.toggle(key="study_clusters").set_value(True).run()
    page.toggle(key="study_mixed").set_value(True).run()
    assert not page.exception
    assert any("At no time was there a reliable difference" in text.value for text in page.markdown)
    assert any("stimulus: news − comedy" in text.value.replace("\\\\", "") for text in page.markdown)


def test_a_measure_without_a_model_hides_no_other(repository, video, monkeypatch):
    def picky(table, name, **options):
        if name == "happiness":
            raise InputError("expected values that vary")
        return mixed_model(table, name, **options)

    monkeypatch.setattr(contrast, "mixed_model", picky)
    fill(repository, video)
    page = visit("Contrast")
    page.toggle(key="study_mixed").set_value(True).run()
    assert not page.exception
    assert "happiness: Expected values that vary" in [info.value for info in page.info]
    assert any("stimulus: news − comedy" in text.value.replace("\\", "") for text in page.markdown)


def fill_groups(repository: Repository, video: Path, groups: dict[str, str]) -> SavedStudy:
    """A study of one film with a person per group name, each with another share of happiness."""
    people = tuple(Participant(name, {"group": group}) for name, group in groups.items())
    shown = [["happiness"] * (5 + 2 * place) + ["neutral"] * (15 - 2 * place) for place in range(len(groups))]
    cells = tuple(
        Cell(who.name, "film", put(repository, video, f"{who.name}.mp4", analysis=make_analysis([[x] for x in one])).id)
        for who, one in zip(people, shown, strict=True)
    )
    return StudyRepository(repository).create(Study("Groups", people, (Stimulus("film"),), cells))


def test_few_people_of_groups_are_warned_of_and_effects_are_named(repository, video):
    saved = fill_groups(repository, video, {"p1": "a", "p2": "a", "p3": "b", "p4": "b", "p5": "b"})
    page = visit("Contrast")
    page.selectbox(key="study_contrast_by").select("group").run()
    assert not page.exception
    few = "With 2 and 3 people the smallest possible p is 0.100: compare at least 4 people in each group."
    assert few in [caption.value for caption in page.caption]
    table = page.dataframe[0].value
    assert [name for name in table if "'" in name] == ["Cohen's d", "Hedges' g"]
    assert "Mean a" in table, "names of groups keep their case"
    studies = StudyRepository(repository)
    studies.delete(saved.id)
    fill_groups(repository, video, {f"p{number}": "ab"[number % 2] for number in range(7)})
    page = visit("Contrast")
    page.selectbox(key="study_contrast_by").select("group").run()
    assert not page.exception
    assert not [caption.value for caption in page.caption if "smallest possible p" in caption.value], "3 and 4: p 0.029"


def test_people_without_a_group_are_no_group(repository, video):
    fill_groups(
        repository, video, {"p1": "control", "p2": "control", "p3": "drug", "p4": "drug", "p5": "drug", "p6": ""}
    )
    page = visit("Contrast")
    page.selectbox(key="study_contrast_by").select("group").run()
    assert [box.options for box in page.selectbox if box.label in {"First", "Second"}] == [
        ["control", "drug"],
        ["drug"],
    ]
    page.toggle(key="study_mixed").set_value(True).run()
    assert not page.exception
    models = [
        text.value for text in page.markdown if "differ reliably" in text.value or "differs reliably" in text.value
    ]
    assert models and all("group: drug − control" in each for each in models)
    page = visit("Curve")
    page.selectbox(key="study_curve_by").select("group").run()
    assert not page.exception and not page.info


def test_a_variable_that_nobody_has_is_said(repository, video):
    fill_groups(repository, video, {"p1": "", "p2": ""})
    page = visit("Curve")
    page.selectbox(key="study_curve_by").select("group").run()
    assert [info.value for info in page.info] == ["Nobody has a value of group."]
    page = visit("Contrast")
    page.selectbox(key="study_contrast_by").select("group").run()
    assert not page.exception
    assert [info.value for info in page.info] == ["A contrast needs two conditions or groups."]


def test_effects_of_pairs_have_their_names(repository, video):
    fill(repository, video)
    table = visit("Contrast").dataframe[0].value
    assert [name for name in table if "'" in name] == ["Cohen's d_z", "Hedges' g_z"]


def test_analyses_of_the_library_are_added_by_their_names(repository, video):
    for name in ("a_x", "a_y", "b_x"):
        put(repository, video, f"{name}.mp4", analysis=make_analysis([["fear"]] * 5))
    studies = StudyRepository(repository)
    saved = studies.create(Study("S"))
    page = visit()
    page.segmented_control(key="study_source").set_value("The library").run()
    names = next(frame for frame in page.dataframe if "file" in frame.value)
    assert list(titles_of(names).values()) == ["File", "Participant", "Stimulus"]
    next(button for button in page.button if button.label == "Add 3 analyses").click().run()
    assert not page.exception
    assert {cell.key for cell in studies.get(saved.id).study.cells} == {("a", "x"), ("a", "y"), ("b", "x")}


def test_people_are_added_and_a_variable(repository, video):
    saved, studies = fill(repository, video), StudyRepository(repository)
    page = visit("People and stimuli")
    page.text_input(key="study_names").input("p4, p5").run()
    next(button for button in page.button if button.label == "Add").click().run()
    assert not page.exception
    assert [each.name for each in studies.get(saved.id).study.participants] == ["p1", "p2", "p3", "p4", "p5"]
    page.text_input(key="study_variable").input("age").run()
    next(button for button in page.button if button.label == "Add variable").click().run()
    assert "age" in studies.get(saved.id).study.variables("participants")
    assert studies.get(saved.id).study.participants[0].consent is Consent.GIVEN


def test_files_hold_the_results(repository, video):
    from emotion.library.studies.results import study_results
    from ui.studies.results import _sav, _zipped

    saved = fill(repository, video)
    results = study_results(StudyRepository(repository), saved)
    with zipfile.ZipFile(io.BytesIO(_zipped(results))) as archive:
        assert "means.sav" in archive.namelist()
    path = Path(repository.library.storage.url) / "x.sav"
    path.write_bytes(_sav(results))
    assert len(pyreadstat.read_sav(path)[0]) == 4


def test_a_study_is_downloaded_and_imported(repository, video):
    saved, studies = fill(repository, video), StudyRepository(repository)
    page = visit("Files")
    assert any("names of coders with what they coded" in caption.value for caption in page.caption)
    page.button(key="study_export_start").click().run()
    job = page.session_state["study_export_job"]
    job.wait()
    page.run()
    assert not page.exception and not page.error
    content = job.file.read_bytes()
    studies.delete(saved.id)
    page = visit()
    page.file_uploader[0].set_value(("pilot.zip", content, "application/zip")).run()
    page.button(key="study_import_first").click().run()
    if "study_import_job" in page.session_state:
        page.session_state["study_import_job"].wait()
        page.run()
    assert not page.exception and not page.error
    (again,) = studies.summaries()
    assert (again.title, again.cells) == ("Pilot", 4)
    assert page.query_params["study"] == again.id


def test_a_file_that_is_no_study_is_refused(repository):
    page = visit()
    page.file_uploader[0].set_value(("pilot.zip", b"PK nothing", "application/zip")).run()
    page.button(key="study_import_first").click().run()
    if "study_import_job" in page.session_state:
        page.session_state["study_import_job"].wait()
        page.run()
    assert any("Expected a ZIP file of an exported study" in error.value for error in page.error)


def test_annotations_are_written_for_other_programs(repository, video):
    fill(repository, video)
    page = visit("Files")
    page.pills(key="study_export_kind").set_value("eaf").run()
    (caption,) = (caption.value for caption in page.caption if "personal data" in caption.value)
    assert "codes, expressions and events of participants" in caption, "without variables and coders"
    page.button(key="study_export_start").click().run()
    job = page.session_state["study_export_job"]
    job.wait()
    with zipfile.ZipFile(job.file) as archive:
        assert sorted(archive.namelist()) == ["p1_comedy.eaf", "p1_news.eaf", "p2_comedy.eaf", "p2_news.eaf"]


CODES = """coder,participant,stimulus,code,start_s,end_s
ann,p1,comedy,happiness,0,2
bob,p1,comedy,happiness,0.5,2
ann,p2,comedy,happiness,0,2.5
bob,p2,comedy,happiness,0,2.4
ann,p9,comedy,happiness,0,1
"""


def test_coders_and_the_model_are_compared(repository, video):
    fill(repository, video)
    page = visit("Agreement")
    page.file_uploader(key="study_codes").set_value([("codes.csv", CODES.encode(), "text/csv")]).run()
    page.selectbox(key="study_codes_empty").select("neutral").run()
    page.session_state["study_agreement_job"].wait()
    page.run()
    assert not page.exception and not page.error
    assert any("p9" in warning.value for warning in page.warning)
    assert any("Krippendorff's α" in text.value and "ann, bob, model" in text.value for text in page.markdown)
    titles = [titles_of(frame) for frame in page.dataframe]
    assert not [title for each in titles for title in each.values() if "_" in title or title in {"kappa", "icc"}]
    pairs = next(frame.value for frame in page.dataframe if "kappa" in frame.value)
    assert pairs[["first", "second"]].to_numpy().tolist() == [["ann", "bob"], ["ann", "model"], ["bob", "model"]]
    assert (pairs["kappa"] > 0.5).all()
    assert next(each for each in titles if "kappa" in each)["observed"] == "Observed agreement"
    assert next(each for each in titles if "bob" in each)["start_s"] == "From, s"
    page.toggle(key="study_codes_model").set_value(False).run()
    assert not page.exception


def agreement_page(*upload: tuple[str, bytes, str]) -> AppTest:
    page = visit("Agreement")
    if upload:
        page.file_uploader(key="study_codes").set_value(list(upload)).run()
    if "study_agreement_job" in page.session_state:
        page.session_state["study_agreement_job"].wait()
        page.run()
    assert not page.exception
    return page


def test_stored_codings_count_at_once_and_disagreements_are_stepped_through(repository, video):
    saved, codings = fill(repository, video), CodingRepository(StudyRepository(repository))
    for coder, end_s, finished in (("ann", 2.0, True), ("bob", 1.0, True), ("carl", 3.0, False)):
        spans = (CodedSpan(0.0, end_s, "happiness"),)
        coding = Coding(coder, "p1", "comedy", spans, finished)
        codings.save(saved.id, coding, codings.get(saved.id, coder, coding.key))
    page = agreement_page()
    shown = [text.value for text in page.markdown]
    assert "From *Coding*: 2 finished, by ann, bob; 1 not finished and left out." in shown
    assert any("Krippendorff's α" in text and "ann, bob, model" in text for text in shown)
    page.toggle(key="study_codes_model").set_value(False).run()
    page.session_state["study_agreement_job"].wait()
    page.run()
    assert any("1 of 1: p1 · comedy, 1.0–2.0 s. ann: happiness; bob: no code" in text.value for text in page.markdown)
    page = agreement_page(("codes.csv", CODES.encode(), "text/csv"))
    words = "Expected the codes of ann for p1 · comedy once; got them from an uploaded file and from Coding"
    assert [error.value for error in page.error] == [words]


def test_disagreements_are_stepped_through_and_opened(repository, video):
    saved = fill(repository, video)
    page = agreement_page(("codes.csv", CODES.encode(), "text/csv"))
    (count,) = (int(text.value.split("(")[1].split()[0]) for text in page.markdown if "Where they" in text.value)
    assert count > 2
    assert page.button(key="study_difference_previous").disabled
    page.button(key="study_difference_next").click().run()
    page.button(key="study_difference_next").click().run()
    assert any(text.value.startswith(f"3 of {count}: ") for text in page.markdown)
    page.button(key="study_difference_previous").click().run()
    shown = next(text.value for text in page.markdown if text.value.startswith(f"2 of {count}: "))
    page.button(key="study_difference_open").click().run()
    participant, stimulus = shown.split(": ")[1].split(",")[0].split(" · ")
    (cell,) = (each for each in saved.study.cells if each.key == (participant, stimulus))
    assert page.session_state["open_analysis"] == cell.analysis
    assert f"{page.session_state['video_moment_s']:.1f}" in shown


def test_codes_without_a_coder_are_refused(repository, video):
    fill(repository, video)
    page = visit("Agreement")
    page.file_uploader(key="study_codes").set_value([("x.csv", b"a,b\n1,2\n", "text/csv")]).run()
    assert any("Expected a column" in error.value for error in page.error)


def test_events_of_a_log_are_added_to_a_video(repository, video):
    saved, studies = fill(repository, video), StudyRepository(repository)
    page = visit()
    log = b"clap.started,film.started,film.stopped\n100,101,102.5\n"
    uploader = next(one for one in page.file_uploader if one.label.startswith("Log"))
    uploader.set_value(("p2_comedy.csv", log, "text/csv")).run()
    page.selectbox(key="study_log_align").select("clap").run()
    page.number_input(key="study_log_at").set_value(0.5).run()
    assert not page.exception and not page.error
    next(button for button in page.button if button.label == "Add 2 events").click().run()
    assert not page.exception and not page.error
    cell = next(cell for cell in saved.study.cells if cell.key == ("p2", "comedy"))
    events = studies.analyses.get(cell.analysis).edits.events
    assert [(each.label, each.span.start_s, each.span.end_s) for each in events] == [
        ("clap", 0.5, 0.5),
        ("film", 1.5, 3.0),
    ]


def test_a_log_stays_with_its_video_when_another_one_is_taken_out(repository, video):
    saved, studies = fill(repository, video), StudyRepository(repository)
    page = visit()
    uploader = next(one for one in page.file_uploader if one.label.startswith("Log"))
    uploader.set_value(("p2_comedy.csv", b"film.started,film.stopped\n1,2\n", "text/csv")).run()
    studies.save(saved, saved.study.without_cells([("p1", "comedy")]))
    page.run()
    next(button for button in page.button if button.label.startswith("Add 1 event")).click().run()
    assert not page.exception and not page.error
    assert [cell.key for cell in saved.study.cells if repository.get(cell.analysis).edits.events] == [("p2", "comedy")]


def test_without_a_name_nothing_can_be_coded(repository, video):
    fill(repository, video)
    page = visit("Coding")
    assert any("Type your name to code videos" in info.value for info in page.info)
    assert "study_coding_cell" not in [each.key for each in page.selectbox]
    page.text_input(key="study_coder_name").input("model").run()
    assert any("Expected a coder's name other than 'model'" in error.value for error in page.error)


def test_a_video_that_was_not_kept_cannot_be_coded(repository, video):
    fill(repository, video)
    page = visit("Coding")
    page.text_input(key="study_coder_name").input("ann").run()
    assert not page.exception and not page.error
    assert any("The video of p1 · comedy was not kept" in info.value for info in page.info)


def fill_kept(repository: Repository, video: Path) -> SavedStudy:
    """A study with two kept videos, one of them not analysed yet."""
    kept = JobSettings(keep_video=True)
    done = put(repository, video, "p1_film.mp4", kept, make_analysis([["fear"]] * 25))
    waiting = repository.add(video, "p2_film.mp4", kept)
    cells = (Cell("p1", "film", done.id), Cell("p2", "film", waiting.id))
    return StudyRepository(repository).create(
        Study("Pilot", (Participant("p1"), Participant("p2")), (Stimulus("film"),), cells)
    )


def choose_coder(name: str) -> AppTest:
    """Open the tab as a coder, once the video is ready for browsers."""
    page = visit("Coding")
    page.text_input(key="study_coder_name").input(name).run()
    for job in page.session_state["borrowed_video"].values():
        job.wait()
    page.run()
    assert not page.exception and not page.error
    return page


def test_coders_finish_their_videos_without_seeing_others(repository, video):
    saved, codings = fill_kept(repository, video), CodingRepository(StudyRepository(repository))
    bob = Coding("bob", "p1", "film", (CodedSpan(0.04, 0.4, "zeal"),))
    codings.save(saved.id, bob, codings.get(saved.id, "bob", bob.key))
    page = choose_coder("ann")
    assert page.selectbox(key="study_coding_cell").options == ["p1 · film – not coded", "p2 · film – not coded"]
    assert any("ann is a new coder; so far there are bob" in caption.value for caption in page.caption)
    assert any("0 spans saved." in caption.value for caption in page.caption)
    page.button(key="study_coding_finish").click().run()
    assert codings.get(saved.id, "ann", ("p1", "film")).coding.finished
    assert not codings.get(saved.id, "bob", ("p1", "film")).coding.finished
    assert page.selectbox(key="study_coding_cell").options[0] == "p1 · film – finished"
    assert "zeal" not in str(page.main), "what others coded is nowhere on the page"
    # The other video is coded before its analysis ends.
    page.button(key="study_coding_next").click().run()
    assert page.selectbox(key="study_coding_cell").value == ("p2", "film")
    for job in page.session_state["borrowed_video"].values():
        job.wait()
    page.run()
    assert not page.exception and not page.error
    assert page.button(key="study_coding_finish").label == "Mark as finished"


def test_a_codebook_is_changed_and_a_wrong_one_refused(repository, video):
    saved, codings = fill_kept(repository, video), CodingRepository(StudyRepository(repository))
    page = visit("Coding")
    page.toggle(key=f"study_codebook_exclusive_{saved.id}_0").set_value(False)
    next(button for button in page.button if button.label == "Save codebook").click().run()
    assert not page.exception and not page.error
    book = codings.codebook(saved.id)
    assert (book.version, book.codebook.exclusive) == (1, False)
    assert book.codebook.codes == DEFAULT_CODEBOOK.codes
    with pytest.raises(InputError, match="that the player does not use itself; got 'm'"):
        _code({"code": "mouth", "key": "M", "kind": "point"})
    assert _code({"code": "blink", "key": "B", "kind": "point"}) == Code("blink", "b", CodeKind.POINT)
    with pytest.raises(InputError, match="expected a code's name"):
        _code({"code": None, "key": float("nan"), "kind": None})
