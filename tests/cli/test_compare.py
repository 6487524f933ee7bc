"""The command that compares two people of a saved timeline."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from emotion.analytics.edits import Edits, Span
from emotion.analytics.files import save_parquet
from emotion.cli.main import main
from emotion.studies.pair_figures import MEANINGS
from tests.conftest import make_analysis
from tests.pairs import following


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return save_parquet(following(0.4), tmp_path / "talk.timeline.parquet", Edits(names={1: "Anna", 2: "Ben"}))


def test_sentences_say_who_leads(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(saved)]) == 0
    shown = capsys.readouterr().out
    assert "Happiness of Anna moves with happiness of Ben" in shown
    assert "if Ben follows 0.4 s after Anna." in shown
    assert "It assumes that neither track has a trend" in shown


def test_people_are_named_or_numbered(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for people in (["ben", "Anna"], ["2", "1"]):
        assert main(["compare", str(saved), "--people", *people, "--measure", "valence", "--json"]) == 0
        figures = json.loads(capsys.readouterr().out)
        assert (figures["first"], figures["measure"]) == ("Ben", "valence")
        assert figures["lag_s"] == pytest.approx(-0.4)
        assert list(figures)[3:] == list(MEANINGS)


def test_figures_and_tracks_are_written(saved: Path, tmp_path: Path) -> None:
    table, tracks = tmp_path / "pair.csv", tmp_path / "tracks.csv"
    assert main(["compare", str(saved), "--out", str(table), "--tracks", str(tracks), "--smile-over", "0.7"]) == 0
    (row,) = pd.read_csv(table).to_dict("records")
    assert (row["lag_s"], row["smile_over"]) == (0.4, 0.7)
    assert pd.read_csv(tracks).columns.tolist() == ["time_s", "first", "second"]
    assert len(pd.read_csv(tracks)) == 600
    assert main(["compare", str(saved), "--out", str(tmp_path / "pair.JSON")]) == 0
    assert json.loads((tmp_path / "pair.JSON").read_text(encoding="utf-8"))[0]["second"] == "Ben"


def test_unknown_figures_are_null(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = save_parquet(following(0.0), tmp_path / "t.parquet")
    assert main(["compare", str(path), "--json", "--smile-over", "0.99"]) == 0
    assert json.loads(capsys.readouterr().out)["smiling_p"] is None


def test_baselines_are_subtracted_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edits = Edits(baselines={1: Span(0, 3), 2: Span(0, 3)})
    path = save_parquet(following(0.0), tmp_path / "t.parquet", edits)
    assert main(["compare", str(path), "--relative", "--smile-over", "0.2"]) == 0
    assert "happiness over 0.2 above the baseline" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--people", "Anna", "Carl"], "expected the name or number of one person: Anna, Ben; got 'Carl'"),
        (["--people", "1", "1"], "expected two different people"),
        (["--measure", "joy"], "expected a measure"),
        (["--smile-over", "2"], "expected a probability of happiness between 0 and 1; got 2"),
        (["--relative"], "expected baselines of both people"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    saved: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(["compare", str(saved), *arguments]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert words in line


def test_one_person_and_short_videos_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alone = save_parquet(make_analysis([["fear"]] * 100), tmp_path / "alone.parquet")
    assert main(["compare", str(alone)]) == 2
    assert "expected at least two people in the video; got 1" in capsys.readouterr().err
    short = save_parquet(following(0.0, seconds=5), tmp_path / "short.parquet")
    assert main(["compare", str(short)]) == 2
    assert "expected tracks of at least 9 s" in capsys.readouterr().err
