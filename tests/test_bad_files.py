"""One bad file does not stop the others, and no result overwrites another."""

from __future__ import annotations

import json
import os
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from emotion.analytics.files import load_parquet
from emotion.bad_file import sentence_for
from emotion.cli.main import main
from emotion.errors import VideoError
from emotion.samples import sample_image
from emotion.vision.decode import image
from emotion.vision.encode import write_video
from tests.shared_data import CASES
from tests.training.conftest import made_faces
from training.cli.main import main as training_main

pytestmark = pytest.mark.slow

SHADOW = bytes.fromhex("00051607 00020000") + b"Mac OS X        "
"""First bytes of an AppleDouble file (RFC 1740)."""


def clip(path: Path, frames: int = 2) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_video(path, [sample_image()[:360, :480]] * frames, fps=25)


def case(name: str) -> Path:
    if not (CASES / name).is_dir():
        pytest.skip(f"the folder of cases is missing: {CASES / name}")
    return CASES / name


@pytest.mark.slow
def test_shadow_files_are_not_videos(tmp_path: Path) -> None:
    clip(tmp_path / "in" / "a.mp4")
    (tmp_path / "in" / "._a.mp4").write_bytes(SHADOW)
    (tmp_path / "in" / "__MACOSX").mkdir()
    (tmp_path / "in" / "folder.mp4").mkdir()
    for command in ("video", "batch"):
        out = tmp_path / command
        assert main([command, str(tmp_path / "in"), "--out", str(out)]) == 0
    assert pd.read_csv(tmp_path / "video" / "summary.csv")["file"].map(lambda file: Path(file).name).tolist() == [
        "a.mp4"
    ]


@pytest.mark.slow
def test_equal_stems_give_a_timeline_each(tmp_path: Path) -> None:
    """The stem of the last file is the full name of another one."""
    frames = {"clip.mov": 2, "clip.mp4": 3, "clip.mov.mp4": 4}
    for name, count in frames.items():
        clip(tmp_path / "in" / name, count)
    assert main(["video", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 0
    found = [load_parquet(file) for file in (tmp_path / "out").glob("*.timeline.parquet")]
    assert {one.source: len(one.frames) for one in found} == frames


@pytest.mark.slow
@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_equal_names_in_two_folders_give_two_sets(tmp_path: Path, order: tuple[str, str]) -> None:
    for place, folder in enumerate("ab", start=1):
        clip(tmp_path / folder / "x.mp4", place + 1)
        Image.fromarray(np.full((40 * place, 60, 3), 90, np.uint8)).save(tmp_path / folder / "1.png")
    out = tmp_path / "out"
    assert main(["image", *(str(tmp_path / folder / "1.png") for folder in order), "--out", str(out)]) == 0
    records = {file.name: json.loads(file.read_text())["height"] for file in out.glob("*.json")}
    assert records == {"a-1.png.faces.json": 40, "b-1.png.faces.json": 80}
    assert main(["video", *(str(tmp_path / folder / "x.mp4") for folder in order), "--out", str(out)]) == 0
    assert len(load_parquet(out / "a-x.mp4.timeline.parquet").frames) == 2
    assert len(load_parquet(out / "b-x.mp4.timeline.parquet").frames) == 3


def test_results_never_overwrite_an_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.png", "a.png.annotated.png"):
        Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(tmp_path / name)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert main(["image", *map(str, sorted(tmp_path.iterdir())), "--out", str(tmp_path)]) == 2
    assert "a.png.annotated.png is an input" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.slow
def test_links_pipes_and_names_in_any_bytes_end_only_themselves(tmp_path: Path) -> None:
    """A link to itself, a pipe without a writer, and a name that is not UTF-8."""
    folder, out = tmp_path / "in", tmp_path / "out"
    odd = os.fsdecode(b"b\xff.mp4")
    clip(folder / "c.mp4")
    (folder / odd).write_bytes((folder / "c.mp4").read_bytes())
    Image.fromarray(sample_image()).save(folder / "c.png")
    (folder / os.fsdecode(b"b\xff.png")).write_bytes((folder / "c.png").read_bytes())
    for ending in ("mp4", "png"):
        (folder / f"loop.{ending}").symlink_to(f"loop.{ending}")
        os.mkfifo(folder / f"pipe.{ending}")
    assert main(["image", *map(str, sorted(folder.glob("*.png"))), "--out", str(out)]) == 2
    assert sorted(file.name for file in out.glob("*.json")) == ["b%FF.png.faces.json", "c.png.faces.json"]
    assert main(["video", str(folder), "--out", str(out)]) == 2
    table = pd.read_csv(out / "summary.csv")
    assert table["file"].map(lambda file: Path(file).name).tolist() == ["b%FF.mp4", "c.mp4", "loop.mp4", "pipe.mp4"]
    assert table["frames"].tolist()[:2] == [2, 2]
    assert table["note"][2:].str.contains("cannot be opened").all()
    assert main(["batch", str(folder), "--out", str(out / "batch"), "--workers", "1"]) == 0
    assert pd.read_parquet(out / "batch" / "summary.parquet")["name"].tolist() == ["b%FF.mp4", "c.mp4"]


@pytest.fixture
def foreign(monkeypatch: pytest.MonkeyPatch) -> str:
    """A file on which the libraries that read it raise unexpected errors."""
    opened, decoded = av.open, image.read_bytes

    def fail(where: object) -> None:
        content = where if isinstance(where, bytes) else b""
        if isinstance(where, str | Path) and Path(where).is_file():
            content = Path(where).read_bytes()
        if content == b"cursed":
            raise ZeroDivisionError("division by zero")

    def open_video(path: object, *rest: object, **options: object) -> object:
        fail(path)
        return opened(path, *rest, **options)

    def read_picture(content: bytes, name: str) -> object:
        fail(content)
        return decoded(content, name)

    monkeypatch.setattr(av, "open", open_video)
    monkeypatch.setattr(image, "read_bytes", read_picture)
    return "cursed"


@pytest.mark.slow
def test_unexpected_errors_are_one_row(tmp_path: Path, foreign: str, capsys: pytest.CaptureFixture[str]) -> None:
    clip(tmp_path / "b.mp4")
    Image.fromarray(sample_image()).save(tmp_path / "b.png")
    for name in ("a.mp4", "a.png"):
        (tmp_path / name).write_text(foreign)
    out = tmp_path / "out"
    assert main(["image", str(tmp_path / "a.png"), str(tmp_path / "b.png"), "--json", "--out", str(out)]) == 2
    captured = capsys.readouterr()
    bad, good = json.loads(captured.out)
    assert "a.png cannot be analysed; expected a picture that can be read; got ZeroDivisionError" in bad["error"]
    assert len(good["faces"]) == 1
    assert captured.err.count("\n") == 1
    assert main(["video", str(tmp_path / "a.mp4"), str(tmp_path / "b.mp4"), "--out", str(out)]) == 2
    table = pd.read_csv(out / "summary.csv")
    assert "got ZeroDivisionError" in table["note"][0]
    assert table["frames"][1] == 2


def test_a_data_set_is_prepared_without_its_bad_files(
    tmp_path: Path, foreign: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, face in enumerate(made_faces(8, 0)):
        folder = tmp_path / "in" / ("happy", "sad")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(face).save(folder / f"{number}.png")
    arguments = [
        "prepare",
        "folders",
        "--source",
        str(tmp_path / "in"),
        "--out",
        str(tmp_path / "out"),
        "--hold-out",
        "0",
    ]
    (tmp_path / "in" / "happy" / "._0.png").write_bytes(SHADOW)
    (tmp_path / "in" / "happy" / "Thumbs.db").write_bytes(b"x")
    assert training_main(arguments) == 0
    (tmp_path / "in" / "happy" / "cursed.png").write_text(foreign)
    (tmp_path / "in" / "happy" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    os.mkfifo(tmp_path / "in" / "happy" / "pipe.png")
    odd = tmp_path / "in" / "happy" / os.fsdecode(b"\xff.png")
    odd.write_bytes((tmp_path / "in" / "happy" / "0.png").read_bytes()[:60])
    capsys.readouterr()
    assert training_main(arguments) == 1
    shown = capsys.readouterr().out
    assert "happy/cursed.png" in shown and "ZeroDivisionError" in shown
    assert "happy/gone.png" in shown
    assert "happy/pipe.png" in shown
    assert "happy/%FF.png" in shown
    manifest = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert manifest["counts"]["train"]["all"] == 8


def test_a_shadow_file_of_the_index_is_ignored(tmp_path: Path) -> None:
    for number, face in enumerate(made_faces(4, 0)):
        Image.fromarray(face).save(tmp_path / f"{number}.png")
    rows = "\n".join(f"{number}.png,{('happy', 'sad')[number % 2]}" for number in range(4))
    (tmp_path / "labels.csv").write_text(f"file,label\n{rows}\n")
    (tmp_path / "._labels.csv").write_bytes(SHADOW)
    out = tmp_path.parent / f"{tmp_path.name}-out"
    assert training_main(["prepare", "index", "--source", str(tmp_path), "--out", str(out), "--hold-out", "0"]) == 0


def test_every_error_is_one_sentence() -> None:
    assert sentence_for(VideoError("a.mp4 is not a video"), "a.mp4") == "a.mp4 is not a video"
    assert (
        sentence_for(OSError(5, "Input/output error"), "a.mp4") == "a.mp4 cannot be written or read: Input/output error"
    )
    assert "memory" in sentence_for(MemoryError(), "a.mp4", "a video")
    long = sentence_for(ValueError("x\n" * 500), "a.mp4", "a video")
    assert long.startswith("a.mp4 cannot be analysed; expected a video that can be read; got ValueError: x x")
    assert len(long) < 250 and "\n" not in long
    assert sentence_for(KeyError(), "a.mp4").endswith("got KeyError")


@pytest.mark.parametrize("command", ["video", "batch"])
def test_case_mac_shadow_files(tmp_path: Path, command: str) -> None:
    assert main([command, str(case("mac-shadow-files")), "--out", str(tmp_path / "out")]) == 0


def test_case_same_stem_videos(tmp_path: Path) -> None:
    assert main(["video", str(case("same-stem-videos")), "--out", str(tmp_path)]) == 0
    found = [load_parquet(file) for file in tmp_path.glob("*.timeline.parquet")]
    assert {one.source: len(one.frames) for one in found} == {"clip.mov": 25, "clip.mov.mp4": 20, "clip.mp4": 1}


def test_case_same_name_pictures(tmp_path: Path) -> None:
    pictures = sorted(case("same-name-pictures").glob("*/1.jpg"))
    assert main(["image", *map(str, pictures), "--out", str(tmp_path)]) == 0
    faces = {file.name: len(json.loads(file.read_text())["faces"]) for file in tmp_path.glob("*.json")}
    assert faces == {"happy-1.jpg.faces.json": 1, "sad-1.jpg.faces.json": 0}
