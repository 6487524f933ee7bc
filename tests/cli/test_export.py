"""The command that writes a saved timeline in other formats."""

from __future__ import annotations

import json
import os
import re

import pandas as pd
import pytest

from emotion.analytics.edits import Edits
from emotion.analytics.files import save_parquet
from emotion.cli.main import main
from emotion.engine.checkpoint import Checkpoint
from emotion.engine.storage import Storage
from emotion.report.formats import FORMATS


@pytest.fixture
def saved(analysis, tmp_path):
    return save_parquet(analysis, tmp_path / "My talk.timeline.parquet", Edits(names={1: "Ada"}))


def test_out_folder_keeps_the_timelines_name(saved, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    assert main(["export", str(saved), "--format", "vtt", "--out", str(tmp_path / "out")]) == 0
    target = tmp_path / "out" / "My talk.vtt"
    assert capsys.readouterr().out.strip() == str(target)
    assert "Ada: happiness" in target.read_text(encoding="utf-8")


def test_out_name_is_kept_and_its_folder_created(saved, tmp_path):
    target = tmp_path / "new" / "Ergebnis – 1.txt"
    assert main(["export", str(saved), "--format", "csv", "--out", str(target)]) == 0
    assert set(pd.read_csv(target)["person"]) == {"Ada", "Person 2"}


def test_edits_are_read_from_a_file(saved, tmp_path):
    edits = tmp_path / "edits.json"
    edits.write_text(json.dumps(Edits(names={1: "Zoë"}, hidden=frozenset({2})).to_dict()), encoding="utf-8")
    target = tmp_path / "t.json"
    assert main(["export", str(saved), "--format", "json", "--out", str(target), "--edits", str(edits)]) == 0
    assert json.loads(target.read_text(encoding="utf-8"))["people"] == {"1": "Zoë"}


def test_tracks_that_a_timeline_lacks_are_reported(saved, tmp_path, capsys):
    edits = tmp_path / "edits.json"
    edits.write_text(json.dumps(Edits(names={1: "Zoë", 9: "Ida"}, hidden=frozenset({7})).to_dict()), encoding="utf-8")
    assert main(["export", str(saved), "--format", "csv", "--edits", str(edits)]) == 0
    assert "emotion: edits.json has tracks that are not in the timeline: 7, 9\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[", "expected edits as JSON in edits.json; they cannot be read: "),
        ("[]", "expected edits as an object of names, merged, hidden, baselines, events in edits.json; got \\[\\]"),
        ('{"video": 1, "edits": {}}', "expected edits as an object of names, merged, .*; got video"),
        ('{"names": 5}', 'expected names like {"1": "Ada"} in edits.json; got 5'),
        ('{"hidden": ["Ada"]}', r'expected hidden like \[2\] in edits.json; got \["Ada"\]'),
        ('{"hidden": [2.5]}', r"expected hidden like \[2\] in edits.json; got \[2.5\]"),
        ('{"names": {"1": 5}}', 'expected names like {"1": "Ada"} in edits.json; got {"1": 5}'),
        (
            '{"events": [{"label": "x", "span": {"start_s": 0, "end_s": 1}, "excluded": "false"}]}',
            "expected events like .* in edits.json; got .*",
        ),
        ('{"events": [{"label": "x"}]}', r'expected events like \[{"label": .* in edits.json; got \[{"label": "x"}\]'),
        ('{"baselines": {"1": {"start_s": 5, "end_s": 2}}}', "baselines in edits.json: expected a span .*; got 5–2 s"),
    ],
)
def test_edits_of_another_form_are_refused(saved, tmp_path, capsys, text, complaint):
    edits = tmp_path / "edits.json"
    edits.write_text(text, encoding="utf-8")
    assert main(["export", str(saved), "--format", "csv", "--edits", str(edits)]) == 2
    assert re.match(rf"emotion: {complaint}", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--format", "mp4"], "the video file"),
        (["--format", "html", "--blur"], "expected --blur with --format mp4 only; got html"),
        (["--format", "mp4", "--greyscale"], "expected --greyscale with --format figures only; got mp4"),
        (["--format", "pdf", "--width-mm", "90"], "expected --width-mm with --format figures only; got pdf"),
    ],
)
def test_errors_are_one_line(saved, tmp_path, capsys, arguments, complaint):
    assert main(["export", str(saved), *arguments]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and complaint in lines[0]


def test_a_foreign_file_is_refused(tmp_path, capsys):
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "x.parquet")
    assert main(["export", str(tmp_path / "x.parquet"), "--format", "csv"]) == 2
    assert "x.parquet" in capsys.readouterr().err


def test_help_names_every_format(capsys):
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    output = capsys.readouterr().out
    assert all(known.name in output for known in FORMATS)


def test_no_input_is_overwritten(saved, tmp_path, capsys):
    before = saved.read_bytes()
    video = tmp_path / "talk.mp4"
    video.write_bytes(b"the only copy")
    for target in (saved, video):
        arguments = ["export", str(saved), "--format", "csv", "--out", str(target), "--video", str(video)]
        assert main(arguments) == 2
        assert f"{target.name} is an input" in capsys.readouterr().err
    assert (saved.read_bytes(), video.read_bytes()) == (before, b"the only copy")


@pytest.mark.slow
def test_a_name_that_ends_in_a_slash_is_a_folder(saved, tmp_path):
    for name in ("csv", "json"):
        assert main(["export", str(saved), "--format", name, "--out", f"{tmp_path / 'new'}/"]) == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"My talk.timeline.csv", "My talk.timeline.json"}


def test_only_files_are_replaced(saved, tmp_path, capsys):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert main(["export", str(saved), "--format", "csv", "--out", str(pipe)]) == 2
    assert "expected a new file or one to replace; pipe is neither" in capsys.readouterr().err
    assert pipe.is_fifo()


def test_a_missing_timeline_is_named_once(tmp_path, capsys):
    assert main(["export", str(tmp_path / "none.parquet"), "--format", "csv"]) == 2
    assert capsys.readouterr().err == "emotion: expected a Parquet file; there is no none.parquet\n"


def test_what_an_interrupted_video_had_is_exported(analysis, tmp_path):
    Checkpoint(Storage(tmp_path), "talk.parts").append(analysis, None)
    assert main(["export", str(tmp_path / "talk.parts"), "--format", "csv"]) == 0
    assert len(pd.read_csv(tmp_path / "talk.timeline.csv")) == len(analysis.timeline)
