"""``emotion study pairs``, with an empty library."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from emotion.cli.main import main
from emotion.library import LOCAL, Library
from emotion.studies.pair_results import TEST_MEANINGS
from tests.conftest import make_analysis
from tests.library.conftest import video  # noqa: F401 – a fixture
from tests.library.libraries import put
from tests.pairs import following


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "library"))
    return Library.open()


@pytest.fixture
def dyads(library: Library, video: Path) -> None:  # noqa: F811
    for place in range(3):
        analysis = following(0.4, seconds=30, seed=10 * place)
        put(library.for_owner(LOCAL), video, f"d{place}_talk.mp4", analysis=analysis)
    put(library.for_owner(LOCAL), video, "d3_talk.mp4", analysis=following(0.4, seconds=15, rate=2))
    assert main(["study", "create", "Dyads"]) == main(["study", "add", "Dyads", "--library", ""]) == 0


@pytest.mark.slow
@pytest.mark.usefixtures("dyads")
def test_tables_are_shown_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "pairs", "Dyads", "--out", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr()
    assert "talk: happiness of 3 pairs" in shown.out
    assert "The test pairs each first person" in shown.out
    assert "emotion: d3, talk: expected at least 4 analysed frames per second; got 2" in shown.err
    table = pd.read_csv(tmp_path / "out" / "pairs.csv")
    assert table["participant"].tolist() == ["d0", "d1", "d2"]
    # Both are in view equally long, so the person with the lower number is the participant.
    assert table["lag_s"].tolist() == [0.4] * 3
    tests = pd.read_csv(tmp_path / "out" / "pair_tests.csv")
    assert tests.columns.tolist() == ["stimulus", *TEST_MEANINGS]
    assert main(["study", "pairs", "Dyads", "--measure", "valence", "--json"]) == 0
    both = json.loads(capsys.readouterr().out)
    assert [row["partner"] for row in both["pairs"]] == ["Person 2"] * 3
    assert both["tests"][0]["pairs"] == 3


@pytest.mark.usefixtures("dyads")
def test_wrong_options_are_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["study", "pairs", "Dyads", "--smile-over", "2"]) == 2
    assert "expected a probability of happiness between 0 and 1; got 2" in capsys.readouterr().err


@pytest.mark.usefixtures("dyads")
def test_the_same_reason_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["study", "pairs", "Dyads", "--measure", "nope"]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("emotion: ")]
    assert len(lines) == 2
    assert lines[0].startswith("emotion: d0, talk; d1, talk; d2, talk; d3, talk: expected a measure: ")


def test_a_study_of_single_people_has_no_pairs(
    library: Library,
    video: Path,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    put(library.for_owner(LOCAL), video, "a_film.mp4", analysis=make_analysis([["fear"]] * 20))
    assert main(["study", "create", "Alone"]) == main(["study", "add", "Alone", "--library", ""]) == 0
    assert main(["study", "pairs", "Alone"]) == 2
    assert "expected two people in a video, each seen for 9 s; no pair can be compared" in capsys.readouterr().err
