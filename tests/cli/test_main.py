"""The command line of ``emotion``."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pandas as pd
import pytest
from PIL import Image
from rich.console import Console

import emotion
from emotion.analytics.behaviour.sampling import NO_EYES, NO_MOVEMENTS
from emotion.analytics.files import load_parquet
from emotion.analytics.summary import summarise
from emotion.analytics.timeline import EYES, MEASURES
from emotion.cli import doctor
from emotion.cli.common.output import console, faces_table, progress_bar, summary_table
from emotion.cli.main import COMMANDS, main
from emotion.engine.exclusive import exclusive
from emotion.errors import Cancelled, InputError
from emotion.labels import EMOTIONS, UNCLEAR
from emotion.models.registry import load_card
from emotion.paths import ROOT
from emotion.samples import make_clip, sample_image
from emotion.types import Progress
from tests.conftest import make_analysis
from tests.tflite_files import classifier
from tests.vision.clips import grey_levels, write_clip


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "eine Person – 人.png"
    Image.fromarray(sample_image()).save(path)
    return path


@pytest.mark.slow
def test_image_json_prints_only_json(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.jpg").write_text("no picture")
    status = main(["image", str(photo), str(tmp_path / "broken.jpg"), "--json"])
    captured = capsys.readouterr()
    good, bad = json.loads(captured.out)
    assert status == 2
    assert set(good) == {"file", "width", "height", "faces"}
    (face,) = good["faces"]
    assert set(face) == {
        *("box_xyxy", "confidence", "emotion", "unclear", "probabilities"),
        *("pose", "eyes", "mouth_openness", "measures"),
    }
    assert set(face["measures"]) == set(MEASURES)
    assert set(face["eyes"]) == set(EYES)
    assert max(face["probabilities"], key=face["probabilities"].get) == face["emotion"]
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert set(bad) == {"file", "error"}
    assert captured.err.count("\n") == 1
    assert "broken.jpg is not a picture" in captured.err


def test_image_prints_a_table_and_writes_files(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["image", str(photo), "--out", str(out)]) == 0
    assert "happiness" in capsys.readouterr().out
    assert Image.open(out / f"{photo.name}.annotated.png").size == (512, 512)
    assert len(pd.read_csv(out / f"{photo.name}.faces.csv")) == 1
    assert json.loads((out / f"{photo.name}.faces.json").read_text(encoding="utf-8"))["width"] == 512


def test_image_says_why_a_picture_failed_once(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_text("no picture")
    assert main(["image", str(broken)]) == 2
    alone = capsys.readouterr()
    assert (alone.out, alone.err.count("is not a picture")) == ("", 1)
    assert main(["image", str(photo), str(broken)]) == 2
    both = capsys.readouterr()
    assert "is not a picture" in " ".join(both.out.split())
    assert both.err == "emotion: 1 of 2 pictures cannot be analysed\n"


@pytest.mark.slow
def test_image_takes_the_pictures_of_a_folder(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / ".hidden.png").write_bytes(b"")
    assert main(["image", str(tmp_path), str(photo), "--json"]) == 0
    assert [record["file"] for record in json.loads(capsys.readouterr().out)] == [str(photo)]
    photo.unlink()
    assert main(["image", str(tmp_path)]) == 2
    assert f"expected pictures in {tmp_path}; there are none" in capsys.readouterr().err


@pytest.mark.slow
def test_video_writes_timeline_and_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = make_clip(tmp_path / "a clip.mp4")
    assert main(["video", str(clip), "--out", str(tmp_path / "out"), "--every", "5"]) == 0
    timeline = pd.read_parquet(tmp_path / "out" / "a clip.timeline.parquet")
    emotion.validate(timeline)
    written = pd.read_csv(tmp_path / "out" / "a clip.timeline.csv")
    assert len(written) == len(timeline)
    assert set(written["person"]) == {"Person 1"}, "the columns of an export"
    assert set(written["answer"]) <= {*EMOTIONS, UNCLEAR}
    summary = json.loads((tmp_path / "out" / "a clip.summary.json").read_text())
    assert summary["frames"] == 15
    assert summary["behaviour"]["movements"][0]["rest"] == "unknown", "she smiles in every frame"
    assert "here, there are 5" in summary["behaviour"]["notes"][0]
    assert load_parquet(tmp_path / "out" / "a clip.timeline.parquet").settings["every"] == 5
    shown = capsys.readouterr().out
    assert "smile index" in shown
    assert "not measured" in shown


@pytest.mark.slow
def test_video_leaves_out_eyes_and_movements_on_request(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4")
    assert main(["video", str(clip), "--out", str(tmp_path), "--every", "25", "--no-eyes", "--no-movements"]) == 0
    saved = load_parquet(tmp_path / "clip.timeline.parquet")
    assert saved.timeline[[*EYES, *MEASURES]].isna().all(axis=None)
    assert (saved.settings["eyes"], saved.settings["movements"]) == (False, False)
    notes = json.loads((tmp_path / "clip.summary.json").read_text())["behaviour"]["notes"]
    assert notes[0] == NO_EYES
    assert notes[-1] == NO_MOVEMENTS


@pytest.mark.slow
def test_corrected_times_are_reported_without_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = tmp_path / "videos", tmp_path / "out"
    folder.mkdir()
    clip = write_clip(folder / "restarted.ts", grey_levels([90] * 50))
    clip.write_bytes(clip.read_bytes() * 2)
    assert main(["video", str(clip), "--out", str(out), "--fps", "5"]) == 0
    summary = json.loads((out / "restarted.summary.json").read_text())
    assert (summary["frames"], summary["duration_s"]) == (20, pytest.approx(4.0, abs=0.05))
    assert "the clock restarts or jumps at 2.00 s" in summary["mended"]
    assert "time stamps" in capsys.readouterr().out
    assert main(["video", str(folder), "--out", str(out), "--fps", "5"]) == 0
    assert pd.read_csv(out / "summary.csv")["mended"][0] == summary["mended"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["video", "absent.mp4", "--out", "."], "no such file"),
        (["image", "x.png", "--model", "nonsense"], "expected a model from"),
        (["image", "x.png", "--detector", "magic"], "invalid choice"),
        (["video", "x.mp4", "--out", ".", "--every", "0"], "expected a whole number above 0; got 0"),
        (["video", "x.mp4", "--out", ".", "--every", "1.5"], "expected a whole number above 0; got 1.5"),
        (["video", "x.mp4", "--out", ".", "--fps", "nan"], "expected a number above 0; got nan"),
        (["video", "x.mp4", "--out", ".", "--every", "2", "--fps", "3"], "not allowed with"),
        (["video", "x.mp4", "--out", ".", "--start", "soon"], "expected seconds, m:ss or h:mm:ss; got soon"),
        (["video", "x.mp4", "--out", ".", "--start", "1:99"], "expected seconds, m:ss or h:mm:ss; got 1:99"),
        (["video", "x.mp4", "--out", ".", "--start", "1:00", "--end", "30"], "expected a part from 0 s on"),
        (["video", ".", "--out", "."], "expected videos in ."),
        (["models", "--add", "absent.tflite", "--labels", "fer2013"], "No such file"),
        (["models", "--add", "absent.tflite"], "expected --labels with --add"),
        (["models", "--name", "own"], "expected --add with --name"),
        (["--json", "image", "x.png"], "emotion: unrecognized arguments: --json (see --help)"),
        (["models", "--add", "absent.tflite", "--labels", "happy,hungry"], "expected an expression"),
        (["models", "--add", "absent.tflite", "--remove", "own"], "not allowed with"),
        (["models", "--remove", "ferplus-vgg"], "expected an imported model"),
        (["serve", "--days", "5"], "expected --days with --new-token"),
        (["app", "--address", "no such host"], "expected an address of this machine; got no such host"),
        (["app", "--address", "192.0.2.1"], "expected an address of this machine; got 192.0.2.1"),
        (["dance"], "invalid choice"),
    ],
)
def test_invalid_arguments_exit_with_two_and_one_line(
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        status = main(arguments)
    except SystemExit as stop:
        status = int(stop.code or 0)
    captured = capsys.readouterr()
    assert status == 2
    assert words in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


@pytest.mark.slow
def test_unclear_answers_are_shown_as_unclear(capsys: pytest.CaptureFixture[str]) -> None:
    face = {"box_xyxy": [0, 0, 9, 9], "confidence": 0.9, "emotion": "fear", "probabilities": {"fear": 0.34}}
    record = {"file": "a.png", "width": 9, "height": 9, "faces": [face | {"unclear": True}, face | {"unclear": False}]}
    Console(width=100).print(faces_table([record]))
    unclear, clear = capsys.readouterr().out.splitlines()[1:]
    assert unclear.split() == ["a.png", "1", "unclear", "fear", "34%", "0", "0", "9", "9"]
    assert clear.split() == ["a.png", "2", "fear", "34%", "0", "0", "9", "9"]

    analysis = replace(make_analysis([["fear"], ["fear"]]), settings={"abstain_below": 0.9})
    Console(width=100).print(summary_table(summarise(analysis), "clip.mp4"))
    shown = capsys.readouterr().out
    assert "dominant expression  unclear" in shown
    assert "smile index" not in shown


def test_names_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    names = ["clip [final].mp4", "b:smile:.jpg", "a[/b]/1.jpg", "c/1.jpg"]
    console().print(faces_table([{"file": name, "faces": []} for name in names]))
    with progress_bar(names[0]) as show:
        show(Progress(1, 1, 1.0))
    shown = capsys.readouterr()
    assert [name for name in names if name not in shown.out] == []
    assert names[0] in shown.err


def test_a_finished_bar_is_full_although_its_total_was_an_estimate(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("x.vtt") as show:
        show(Progress(1, 40, 1.0))
        show(Progress(3, 40, 1.0))
    shown = capsys.readouterr().err
    assert "100%" in shown
    assert "3/3" in shown


def test_models_and_doctor(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    assert emotion.list_models()[0] in capsys.readouterr().out
    assert main(["doctor"]) == 0
    assert "✗" not in capsys.readouterr().out


@pytest.mark.parametrize("columns", ["80", "140", ""])
def test_titles_of_models_are_whole(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a width, as in a pipe, a model is one line."""
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
    else:
        monkeypatch.delenv("COLUMNS", raising=False)
    assert main(["models"]) == 0
    shown = capsys.readouterr().out
    lines = [line.split() for line in shown.splitlines() if line.startswith("deep-3 ")]
    assert "…" not in shown
    assert " ".join(lines[-1]).endswith("three expressions: anger, neutral and" + " sadness" * (columns != "80"))
    assert len(lines) == (2 if columns == "80" else 1)


@pytest.mark.slow
def test_a_model_is_added_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / "library"))
    file = tmp_path / "My net.tflite"
    file.write_bytes(classifier(3))
    assert main(["models", "--add", str(file), "--labels", "Happy,sad,angry", "--normalisation", "symmetric"]) == 0
    assert capsys.readouterr().out.startswith("added as my-net\n")
    card = load_card("my-net")
    assert (card.labels, card.normalisation) == (("happiness", "sadness", "anger"), "symmetric")
    assert main(["models", "--remove", "my-net"]) == 0
    assert "my-net" not in capsys.readouterr().out


def test_a_damaged_card_hides_no_other_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path))
    (tmp_path / "models" / "broken").mkdir(parents=True)
    (tmp_path / "models" / "broken" / "card.json").write_text("{")
    assert main(["models"]) == 0
    shown = capsys.readouterr()
    assert emotion.list_models()[0] in shown.out
    assert shown.err.startswith("the card of model 'broken' cannot be read")


def test_doctor_lists_the_limits_of_the_settings_page(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    limits = page.partition("## Limits")[2].partition("\n## ")[0]
    monkeypatch.setenv("EMOTION_MAX_UPLOAD_MB", "12.5")
    monkeypatch.setenv("EMOTION_QUOTA_MB", "none")
    found = {each.subject: each.detail for each in map(doctor._limit, doctor.LIMITS)}
    assert list(found) == re.findall(r"^\| `(EMOTION_\w+)`", limits, re.MULTILINE)
    assert found["EMOTION_MAX_UPLOAD_MB"] == "12.5 MB of one uploaded file"
    assert found["EMOTION_QUOTA_MB"] == "none (MB of storage for all analyses of one person)"
    assert found["EMOTION_MAX_DURATION_S"] == "21,600 seconds of the part of a video that is analysed"


def test_doctor_lists_missing_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path))
    assert main(["doctor"]) == 2
    assert "default model" in capsys.readouterr().err


@pytest.mark.slow
def test_several_videos_share_one_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    films, out = tmp_path / "films", tmp_path / "out"
    films.mkdir()
    make_clip(films / "one.mp4")
    (films / "one.mkv").write_bytes((films / "one.mp4").read_bytes())
    (films / "broken.MOV").write_text("no video at all")
    (films / "notes.txt").write_text("not looked at")
    assert main(["video", str(films), "--out", str(out), "--fps", "5", "--start", "1", "--end", "0:02.5"]) == 2
    captured = capsys.readouterr()
    assert "1 of 3 videos: broken.MOV is not a video" in captured.err
    table = pd.read_csv(out / "summary.csv").set_index("file")
    assert [Path(file).name for file in table.index] == ["broken.MOV", "one.mkv", "one.mp4"]
    assert table["frames"].fillna(0).tolist() == [0, 8, 8]
    shares = [column for column in table.columns if column.startswith("share_")]
    assert table[shares].iloc[1:].sum(axis=1).tolist() == pytest.approx([1, 1], abs=1e-4)
    assert sorted(path.name for path in out.iterdir()) == [
        *(
            f"{name}.{end}"
            for name in ("one.mkv", "one.mp4")
            for end in ("summary.json", "timeline.csv", "timeline.parquet")
        ),
        "summary.csv",
    ]
    times = load_parquet(out / "one.mp4.timeline.parquet").frames["time_s"]
    assert times.between(1, 2.5, inclusive="left").all()


@pytest.mark.slow
def test_a_killed_run_resumes_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = tmp_path / "long.mp4"
    _repeat(make_clip(tmp_path / "sample.mp4"), clip, times=4)
    monkeypatch.setenv("EMOTION_PART_S", "0.1")
    arguments = ["video", str(clip), "--out", str(tmp_path / "out"), "--every", "2"]
    with subprocess.Popen([sys.executable, "-m", "emotion", *arguments], stderr=subprocess.DEVNULL) as running:
        while len(list((tmp_path / "out").glob("long.parts/*.parquet"))) < 3:
            assert running.poll() is None, "the run ended before it was killed"
            time.sleep(0.02)
        running.kill()
    assert main([*arguments, "--model", "deep", "--resume"]) == 2, "another model cannot continue it"
    assert main([*arguments, "--resume"]) == 0
    resumed, plain = load_parquet(tmp_path / "out" / "long.timeline.parquet"), emotion.Analyzer().video(clip, every=2)
    pd.testing.assert_frame_equal(resumed.timeline, plain.timeline, check_exact=True)
    pd.testing.assert_frame_equal(resumed.frames, plain.frames, check_exact=True)
    assert not (tmp_path / "out" / "long.parts").exists()
    written = (tmp_path / "out" / "long.timeline.parquet").stat().st_mtime_ns
    assert main([*arguments, "--resume"]) == 0, "a finished video is not analysed again"
    assert (tmp_path / "out" / "long.timeline.parquet").stat().st_mtime_ns == written


@pytest.mark.slow
def test_ctrl_c_keeps_the_analysed_part(tmp_path: Path) -> None:
    clip = tmp_path / "long.mp4"
    _repeat(make_clip(tmp_path / "sample.mp4"), clip, times=10)
    screen, terminal = pty.openpty()  # the progress bar appears only on a terminal
    command = [sys.executable, "-m", "emotion", "video", str(clip), "--out", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=terminal) as running:
        os.close(terminal)
        shown = b""
        while b"frames/s" not in shown:
            shown += os.read(screen, 1024)
        running.send_signal(signal.SIGINT)
        with contextlib.suppress(OSError):  # Linux answers EIO when the other end has closed
            while more := os.read(screen, 1024):
                shown += more
    assert running.returncode == 130
    assert b"Analysis stopped" in shown
    assert not load_parquet(tmp_path / "long.timeline.parquet").complete


@pytest.mark.parametrize(
    ("stop", "sentence"),
    [(KeyboardInterrupt(), "interrupted"), (Cancelled("Nothing was written."), "Nothing was written.")],
)
def test_a_stopped_command_says_so_in_one_line(
    stop: BaseException, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_options: object) -> None:
        raise stop

    monkeypatch.setattr("emotion.cli.image.run", interrupted)
    assert main(["image", "portrait.png"]) == 130
    assert capsys.readouterr().err == f"emotion: {sentence}\n"


def test_ctrl_c_while_a_command_is_imported_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("importlib.import_module", interrupted)
    assert main(["image", "portrait.png"]) == 130
    assert capsys.readouterr().err == "emotion: interrupted\n"


def _repeat(clip: Path, target: Path, times: int) -> None:
    """Write a clip with the same frames several times."""
    from emotion.vision.decode.video import read_video
    from emotion.vision.encode import write_video

    pictures = [frame.rgb() for frame in read_video(clip)]
    write_video(target, (picture for _ in range(times) for picture in pictures), fps=25)


def test_doctor_names_missing_extras(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "EXTRAS", {"train": "no-such-package"})
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["doctor"]) == 0
    assert "pip install 'facial-expression-analytics[train]'" in capsys.readouterr().out


@pytest.mark.parametrize("port", ["0", "65536", "99999", "web"])
@pytest.mark.parametrize(
    "arguments",
    [["app", "--port"], ["serve", "--port"], ["live", "--file", "x.mp4", "--websocket"]],
    ids=lambda arguments: arguments[0],
)
def test_an_invalid_port_is_refused(arguments: list[str], port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, port])
    assert ended.value.code == 2
    assert f"expected a port, 1 to 65535; got {port}" in capsys.readouterr().err


def test_results_that_another_run_writes_are_left_to_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    clip = write_clip(tmp_path / "a.mp4", grey_levels([128] * 3, 160, 120))
    with exclusive(out / ".a.lock", InputError("taken")):
        assert main(["video", str(clip), "--out", str(out)]) == 2
    assert "expected results that no other run is writing" in capsys.readouterr().err
    assert {path.name for path in out.iterdir()} <= {".a.lock", "summary.csv"}


def test_a_video_without_a_face_has_no_shares(capsys: pytest.CaptureFixture[str]) -> None:
    Console(width=100).print(summary_table(summarise(make_analysis([[], [], []])), "clip.mp4"))
    shown = capsys.readouterr().out
    assert "3, 0 with a face" in shown
    assert "%" not in shown


def test_the_app_keeps_relative_settings_of_the_folder_in_which_it_was_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It serves from its own folder, in which a relative library would be lost with the installation."""
    started: dict[str, str] = {}

    def replace_process(program: str, command: list[str], environment: dict[str, str]) -> NoReturn:
        started.update(environment)
        raise SystemExit(0)

    monkeypatch.setattr(os, "execve", replace_process)
    relative = {"LIBRARY": "lib", "MODELS": "models", "STORAGE_URL": "files", "DATABASE_URL": "sqlite:///my list.db"}
    for name, value in relative.items():
        monkeypatch.setenv(f"EMOTION_{name}", value)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["app", "--headless"])
    assert {name: started[f"EMOTION_{name}"] for name in relative} == {
        "LIBRARY": f"{tmp_path}/lib",
        "MODELS": f"{tmp_path}/models",
        "STORAGE_URL": f"{tmp_path}/files",
        "DATABASE_URL": f"sqlite:///{tmp_path}/my list.db",
    }


def test_the_app_refuses_an_invalid_setting_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "execve", lambda *_: pytest.fail("the server would end with a traceback"))
    monkeypatch.setenv("EMOTION_METRICS_TOKEN", "short")
    assert main(["app", "--headless"]) == 2
    assert capsys.readouterr().err == "emotion: expected EMOTION_METRICS_TOKEN to have at least 16 characters; got 5\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--version"], ("numpy", "pandas", "cv2", "rich")),
        (["app", "--help"], ("numpy", "pandas", "cv2", "rich")),
        (["image", "--help"], ("sqlalchemy", "scipy", "streamlit", "tensorflow")),
        (["study", "--help"], ("scipy.stats", "statsmodels", "sklearn", "altair", "streamlit", "tensorflow")),
    ],
    ids=lambda value: value[0],
)
def test_commands_import_only_what_they_need(arguments: list[str], heavy: tuple[str, ...]) -> None:
    """Importing everything would take most of the time of a short command."""
    code = f"""import sys
from emotion.cli.main import main
try:
    main({arguments})
finally:
    sys.exit(', '.join(name for name in {heavy} if name in sys.modules) or 0)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
    assert done.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["card", "default", "--format", "html"], ["models"]])
def test_a_closed_pipe_ends_a_command_without_a_word(arguments: list[str]) -> None:
    """As in ``emotion card default | head -1``."""
    command = [sys.executable, "-m", "emotion", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == ""
        assert running.wait() == 141


def test_help_is_shown_where_the_encoding_lacks_its_characters() -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "emotion", "--help"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "\\u201cemotion doctor\\u201d lists them" in " ".join(done.stdout.split())


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            main([name, "--help"])
        assert ended.value.code == 0
        assert capsys.readouterr().out.startswith(f"usage: emotion {name} [-h]")
