"""Two people at once on the Studies page."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from emotion.library import Repository
from emotion.library.studies import StudyRepository
from emotion.progress import OnProgress, Progress
from emotion.studies import Cell, Participant, Stimulus, Study
from emotion.types import Analysis
from tests.conftest import ROOT, make_analysis
from tests.library.libraries import put
from tests.pairs import following
from tests.shown import as_shown

pytestmark = pytest.mark.slow


def visit() -> AppTest:
    page = AppTest.from_file(str(ROOT / "pages" / "studies.py"), default_timeout=60)
    page.session_state["study_tabs"] = "Two people"
    return finished(page.run())


def finished(page: AppTest) -> AppTest:
    """Wait for the results and the pairs, which threads compute."""
    for name in ("study_results_job", "study_pairs_job"):
        if name in page.session_state:
            page.session_state[name].wait()
            page = page.run()
    assert not page.exception
    return page


def fill(repository: Repository, video: Path, analyses: list[Analysis]) -> None:
    names = [f"d{place}" for place in range(len(analyses))]
    cells = [
        Cell(name, "talk", put(repository, video, f"{name}_talk.mp4", analysis=one).id, track=1)
        for name, one in zip(names, analyses, strict=True)
    ]
    people = tuple(map(Participant, names))
    StudyRepository(repository).create(Study("Dyads", people, (Stimulus("talk"),), tuple(cells)))


def words(page: AppTest) -> str:
    kinds = (page.markdown, page.caption, page.info, page.error)
    return as_shown("\n".join(str(element.value) for kind in kinds for element in kind))


def test_pairs_are_compared_with_shuffled_ones(repository: Repository, video: Path) -> None:
    copies = [following(0.4, seconds=30, seed=10 * seed) for seed in range(3)]
    fill(repository, video, [*copies, make_analysis([["fear"]] * 100)])
    page = visit()
    said = words(page)
    assert "talk: happiness of 3 pairs" in said
    assert "The test pairs each first person with second people of other videos" in said
    tests = next(frame.value for frame in page.dataframe if "p_holm" in frame.value)
    assert tests["pairs"].tolist() == [3]
    pairs = next(frame.value for frame in page.dataframe if "lag_s" in frame.value)
    assert pairs["participant"].tolist() == ["d0", "d1", "d2"]
    assert pairs["lag_s"].tolist() == [0.4] * 3
    page = finished(page.selectbox(key="study_pairs_measure").select("valence").run())
    assert "talk: valence of 3 pairs" in words(page)
    page = finished(page.number_input(key="study_pairs_over").set_value(0.8).run())
    assert "A face smiles if happiness is over 0.8" in words(page)


def test_videos_without_figures_are_said(repository: Repository, video: Path) -> None:
    fill(repository, video, [following(0.0, seconds=30), following(0.0, rate=2)])
    page = visit()
    assert "talk: 1 pair, mean r = 1.00; shuffled pairs need 3 or more." in words(page)
    assert [each.label for each in page.expander] == ["Videos without figures: 1"]
    assert "d1 · talk: expected at least 4 analysed frames per second; got 2" in words(page)


def test_studies_of_single_people_have_an_empty_state(repository: Repository, video: Path) -> None:
    fill(repository, video, [make_analysis([["fear"]] * 20)])
    assert "No video of this study shows two people." in words(visit())


def test_somebody_passing_by_is_no_pair(repository: Repository, video: Path) -> None:
    fill(repository, video, [make_analysis([["fear"]] * 100 + [["fear", "neutral"]] * 20)])
    assert "No video shows a second person for 9 s or more." in words(visit())


def test_comparing_is_stopped_and_started_again(
    repository: Repository, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ui.studies import pairs

    def endless(*_: object, on_step: OnProgress, **__: object) -> None:
        while True:
            on_step(Progress(1, 3, 1.0))

    real = pairs.study_pairs
    monkeypatch.setattr(pairs, "study_pairs", endless)
    fill(repository, video, [following(0.4, seconds=30)])
    page = AppTest.from_file(str(ROOT / "pages" / "studies.py"), default_timeout=60)
    page.session_state["study_tabs"] = "Two people"
    page.run()
    page.session_state["study_results_job"].wait()
    page.run()
    page.button(key="study_pairs_stop").click().run()
    page = finished(page)
    assert page.session_state["study_pairs_job"].found is None
    monkeypatch.setattr(pairs, "study_pairs", real)
    page = finished(page.button(key="study_pairs_start").click().run())
    assert "talk: 1 pair" in words(page)
