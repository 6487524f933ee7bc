"""One video of a batch, analysed in this process."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

import fsspec
import pandas as pd
import pytest

import emotion
from emotion.analytics.behaviour.span_figures import behaviour_of
from emotion.analytics.behaviour.summary import HEADLINE, behaviour_headline
from emotion.analytics.files import load_parquet
from emotion.analytics.summary import summarise
from emotion.batch.inputs import Video, find_videos
from emotion.batch.settings import Settings
from emotion.batch.work import FILE, KILLED, MACHINE, MISSING, STOP, TRIES, UNEXPECTED, Job, Worker
from emotion.models.registry import load_card, resolve, save_card, sha256_of
from emotion.vision.decode.sampling import Sampling
from tests.batch.conftest import MakeFilm

pytestmark = pytest.mark.slow


@pytest.fixture
def job(tmp_path: Path, settings: Settings) -> Job:
    return Job(str(tmp_path / "out"), settings)


def one(path: Path) -> Video:
    (video,) = find_videos([str(path)])
    return video


def test_a_row_matches_its_timeline(portrait: Path, job: Job, settings: Settings) -> None:
    row = Worker(job)(one(portrait))
    assert row is not None
    assert row["timeline"] == f"timelines/{row['id'][:2]}/{row['id']}.parquet"
    analysis = load_parquet(Path(job.out) / row["timeline"])
    plain = emotion.Analyzer().video(portrait)
    pd.testing.assert_frame_equal(analysis.timeline, plain.timeline, check_exact=True)
    pd.testing.assert_frame_equal(analysis.frames, plain.frames, check_exact=True)
    assert (analysis.source, analysis.settings) == (plain.source, plain.settings)
    summary = summarise(analysis)
    assert row["sha256"] == sha256_of(portrait)
    assert row["id"] == settings.id_of(row["sha256"])
    assert (row["faces"], row["people"]) == (len(analysis.timeline), len(summary["tracks"]))
    assert {name: row[f"share_{name}"] for name in summary["shares"]} == summary["shares"]
    assert row["smile_index"] == summary["smile_index"]
    assert {name: row[name] for name in HEADLINE} == behaviour_headline(behaviour_of(analysis))
    assert (row["width"], row["height"], row["frames"], row["complete"]) == (640, 360, 75, True)
    assert row["work_s"] > 0
    assert sorted(path.name for path in Path(job.out).iterdir()) == ["parts", "timelines"]
    assert not list((Path(job.out) / "parts").iterdir())


def test_existing_timelines_are_read_and_damaged_ones_replaced(make_film: MakeFilm, tmp_path: Path, job: Job) -> None:
    worker = Worker(job)
    first = worker(one(make_film(tmp_path / "a.mp4")))
    same = worker(one((tmp_path / "a.mp4").rename(tmp_path / "called otherwise.mp4")))
    assert first is not None
    assert same is not None
    assert same["id"] == first["id"]
    assert same["work_s"] is None, "its timeline existed"
    assert same["name"] == "called otherwise.mp4"
    timeline = Path(job.out) / first["timeline"]
    timeline.write_bytes(timeline.read_bytes()[:100])
    again = worker(one(tmp_path / "called otherwise.mp4"))
    assert again is not None
    assert again["work_s"] > 0
    assert len(load_parquet(timeline).frames) == first["frames"]


def test_errors_have_a_kind_and_a_sentence(make_film: MakeFilm, tmp_path: Path, job: Job) -> None:
    (tmp_path / "broken.mp4").write_text("no video")
    (tmp_path / "closed").mkdir()
    worker = Worker(job)

    def error_of(video: Video) -> tuple[str, str]:
        row = worker(video)
        assert row is not None
        assert set(row) == {"source", "name", "settings", "stamp", "kind", "reason", "detail", "tries", "finished_at"}
        return row["kind"], row["reason"]

    kind, reason = error_of(one(tmp_path / "broken.mp4"))
    assert kind == FILE
    assert reason.startswith("broken.mp4 is not a video")
    assert error_of(Video("/nowhere/a.mp4")) == (MISSING, "a.mp4 cannot be opened: there is no such file")
    assert error_of(Video("memory://nowhere/b.mp4")) == (MISSING, "b.mp4 cannot be opened: there is no such file")
    assert error_of(Video(str(tmp_path / "closed"))) == (MACHINE, "closed: Is a directory")
    kind, reason = error_of(Video(str(tmp_path / "nul\0.mp4")))
    assert kind == UNEXPECTED
    assert "ValueError" in reason


def test_other_versions_and_missing_models_end_the_batch(make_film: MakeFilm, tmp_path: Path, job: Job) -> None:
    video = one(make_film(tmp_path / "a.mp4"))
    for settings, words in (
        (replace(job.settings, id="of another version"), "expected the same version of the program and of model"),
        (replace(job.settings, model="gone"), "expected a model from"),
    ):
        row = Worker(replace(job, settings=settings))(video)
        assert row is not None
        assert row["kind"] == STOP
        assert words in row["reason"]


def test_a_full_disk_ends_the_batch(make_film: MakeFilm, tmp_path: Path, job: Job) -> None:
    tries = Path(job.out) / "tries"
    tries.mkdir(parents=True)
    video = one(make_film(tmp_path / "a.mp4"))
    worker = Worker(job, counts=True)
    (mark,) = _marks(worker, video, tries)
    (tries / f".{mark}.partial").symlink_to("/dev/full")
    row = worker(video)
    assert row is not None
    assert row["kind"] == STOP
    assert "the disk is full" in row["reason"]


def test_tries_are_counted_until_a_row_exists(make_film: MakeFilm, tmp_path: Path, job: Job) -> None:
    tries = Path(job.out) / "tries"
    tries.mkdir(parents=True)
    video = one(make_film(tmp_path / "a.mp4"))
    worker = Worker(job, counts=True)
    (mark,) = _marks(worker, video, tries)
    (tries / mark).write_text(str(TRIES))
    row = worker(video)
    assert row is not None
    assert (row["kind"], row["tries"]) == (KILLED, TRIES)
    assert f"crashed {TRIES} times" in row["reason"]
    assert not list(tries.iterdir())
    (tries / mark).write_text(str(TRIES - 1))
    last = worker(video)
    assert last is not None
    assert "reason" not in last


def _marks(worker: Worker, video: Video, tries: Path) -> list[str]:
    """Return the attempt counts in the folder of results."""
    seen: list[str] = []
    stopping = Worker(Job(worker._out, worker._settings), lambda: bool(seen.extend(_names(tries))) or True, counts=True)
    assert stopping(video) is None
    return sorted(set(seen))


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_a_stopped_worker_keeps_checkpoints(long_portrait: Path, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_PART_S", "0.1")
    short = replace(job, settings=Settings.of(sampling=Sampling(every=4)))
    steps = iter([False] * 60)
    assert Worker(short, lambda: next(steps, True))(one(long_portrait)) is None
    assert list((Path(job.out) / "parts").glob("*/*.parquet"))
    assert not (Path(job.out) / "timelines").exists()
    row = Worker(short)(one(long_portrait))
    assert row is not None
    plain = emotion.Analyzer().video(long_portrait, every=4)
    resumed = load_parquet(Path(job.out) / row["timeline"])
    pd.testing.assert_frame_equal(resumed.timeline, plain.timeline, check_exact=True)


def test_videos_and_results_on_other_storages(make_film: MakeFilm, tmp_path: Path, settings: Settings) -> None:
    place = f"memory://{uuid.uuid4().hex}"
    film = make_film(tmp_path / "a.mp4").read_bytes()
    fsspec.filesystem("memory").pipe_file(f"{place}/films/a.mp4", film)
    (video,) = find_videos([f"{place}/films"])
    row = Worker(Job(f"{place}/out", settings))(video)
    assert row is not None
    assert (row["source"], row["bytes"]) == (f"{place}/films/a.mp4", len(film))
    with fsspec.open(f"{place}/out/{row['timeline']}") as file:
        assert "frame_index" in pd.read_parquet(file)


@pytest.mark.parametrize(
    ("model", "field", "value", "decides"),
    [
        ("fer2013-ensemble", "abstain_below", 0.99, True),
        ("fer2013-ensemble", "second_look_below", 9.0, True),
        ("fer2013-resvgg", "temperature", 9.0, True),
        ("fer2013-resvgg", "title", "Another", False),
    ],
    ids=["limit", "augmentation", "a member's temperature", "a member's title"],
)
def test_an_id_follows_the_cards(
    model: str, field: str, value: object, decides: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Settings.of("fer2013-ensemble").id
    cards = {name: load_card(name) for name in ("fer2013-ensemble", *load_card("fer2013-ensemble").members)}
    cards[model] = replace(cards[model], **{field: value})
    for name, card in cards.items():
        (tmp_path / name).mkdir()
        save_card(card, tmp_path / name)
    monkeypatch.setenv("EMOTION_MODELS", str(tmp_path))
    assert (Settings.of("fer2013-ensemble").id != before) == decides


def test_an_id_follows_the_settings_and_the_bytes(settings: Settings) -> None:
    others = [
        Settings.of("deep"),
        Settings.of(detector="haar"),
        Settings.of(sampling=Sampling(every=2)),
        Settings.of(sampling=Sampling(fps=5)),
        Settings.of(sampling=Sampling(end_s=9)),
        Settings.of(eyes=False),
        Settings.of(movements=False),
    ]
    assert len({each.id for each in [settings, *others]}) == 8
    assert Settings.of(resolve("default")).id == settings.id, "an alias and its name give the same results"
    assert settings.id_of("aa") != settings.id_of("ab")
    assert settings.id_of("aa") != others[0].id_of("aa")
    assert len(settings.id_of("aa")) == 32
