"""The tables of a batch: one row per video, also after interruptions."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotion.batch.inputs import Video
from emotion.batch.results import Results
from emotion.batch.settings import Settings
from emotion.batch.work import FILE, KILLED, MACHINE, MISSING, UNEXPECTED, Row, failure, timeline_key
from emotion.engine.storage import Storage
from emotion.errors import BatchError

NOW = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)


def done(video: Video, how: Settings, storage: Storage, **more: object) -> Row:
    """Return the row of a video with a timeline."""
    video_id = how.id_of(video.source)
    with storage.writing(timeline_key(video_id)) as file:
        file.write(b"a timeline")
    about = {"source": video.shown, "name": video.name, "settings": how.id, "stamp": video.stamp, "id": video_id}
    return about | {"timeline": timeline_key(video_id), "frames": 3, "finished_at": NOW, "share_neutral": 1.0} | more


def tables(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    return pd.read_parquet(folder / "summary.parquet"), pd.read_parquet(folder / "errors.parquet")


def test_empty_tables_have_all_columns(tmp_path: Path) -> None:
    Results(Storage(tmp_path)).write()
    summary, errors = tables(tmp_path)
    assert (len(summary), len(errors)) == (0, 0)
    assert {"source", "id", "timeline", "dominant", "finished_at"} <= set(summary)
    assert {"source", "kind", "reason", "tries"} <= set(errors)


def test_new_rows_replace_old_ones_and_others_stay(tmp_path: Path, settings: Settings) -> None:
    storage, other = Storage(tmp_path), Settings.of("deep")
    a, b = Video("/a.mp4", "1"), Video("/b.mp4", "1")
    first = Results(storage)
    for row in (done(a, settings, storage), failure(b, settings, FILE, "b is none"), done(a, other, storage)):
        first.add(row)
    first.write()
    second = Results(storage)
    second.add(done(b, settings, storage, share_fear=0.5))
    second.add(failure(Video("/a.mp4", "2"), settings, FILE, "a is none any more"))
    second.write()
    summary, errors = tables(tmp_path)
    assert list(zip(summary["source"], summary["settings"], strict=True)) == [
        ("/a.mp4", other.id),
        ("/b.mp4", settings.id),
    ]
    assert summary["share_fear"].fillna(0).tolist() == [0, 0.5], "models may have other labels"
    assert errors["source"].tolist() == ["/a.mp4"]
    assert errors["stamp"].tolist() == ["2"]
    assert second.count([a, b], settings.id) == (1, 0, 1)
    assert second.count([a], other.id) == (1, 0, 0)


def test_damaged_videos_are_marked_and_counted(tmp_path: Path, settings: Settings) -> None:
    storage = Storage(tmp_path)
    whole, broken, none = (Video(f"/{name}.mp4", "1") for name in ("whole", "broken", "none"))
    results = Results(storage)
    results.add(done(whole, settings, storage, complete=True, note="", duration_s=4.0, analysed_s=4.0))
    note = "broken.mp4 is damaged: it breaks off after 1.0 s"
    results.add(done(broken, settings, storage, complete=False, note=note, duration_s=4.0, analysed_s=1.0))
    results.add(failure(none, settings, FILE, "none.mp4 is no video"))
    results.write()
    summary, _ = tables(tmp_path)
    marked = summary.set_index("source").loc["/broken.mp4", ["complete", "note", "analysed_s", "duration_s"]]
    assert marked.tolist() == [False, note, 1.0, 4.0]
    assert Results(storage).count([whole, broken, none], settings.id) == (2, 1, 1)


def test_missing_lists_videos_without_timeline_or_with_a_retryable_error(tmp_path: Path, settings: Settings) -> None:
    storage = Storage(tmp_path)
    results = Results(storage)
    videos = {kind: Video(f"/{kind}.mp4", "1") for kind in (FILE, KILLED, UNEXPECTED, MACHINE, MISSING, "done", "lost")}
    for kind, video in videos.items():
        results.add(
            done(video, settings, storage) if kind in {"done", "lost"} else failure(video, settings, kind, "no")
        )
    storage.remove(timeline_key(settings.id_of("/lost.mp4")))
    results.write()
    results = Results(storage)
    everything = [*videos.values(), new := Video("/new.mp4", "1")]
    tried_again = [videos[MACHINE], videos[MISSING], videos["lost"], new]
    assert results.missing(everything, settings.id) == tried_again
    assert results.missing(everything, settings.id, retry=True) == [
        each for each in everything if each != videos["done"]
    ]
    assert results.missing(everything, "others") == everything
    changed = [Video(video.source, "2") for video in everything]
    assert results.missing(changed, settings.id) == changed
    unknown = [Video(video.source) for video in everything]
    assert results.missing(unknown, settings.id) == unknown, "videos with unknown stamps are analysed"


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), max_size=12))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_last_row_counts(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, bool, bool]]) -> None:
    storage, how = Storage(tmp_path_factory.mktemp("out")), Settings("m", "d", None, True, True, "id")  # type: ignore[arg-type]
    results, expected = Results(storage), {}
    for number, fails, restarts in steps:
        video = Video(f"/{number}.mp4", "1")
        results.add(failure(video, how, FILE, "no") if fails else done(video, how, storage))
        expected[video.source] = fails
        if restarts:
            results.write()
            results = Results(storage)
    results.write()
    summary, errors = tables(Path(storage.url))
    assert sorted(summary["source"]) == sorted(source for source, fails in expected.items() if not fails)
    assert sorted(errors["source"]) == sorted(source for source, fails in expected.items() if fails)


def test_a_damaged_table_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "summary.parquet").write_text("something else")
    with pytest.raises(BatchError, match=r"expected summary\.parquet as written by a batch"):
        Results(Storage(tmp_path))
    assert (tmp_path / "summary.parquet").read_text() == "something else"


def test_a_summary_with_the_old_threshold_column_is_read(tmp_path: Path, settings: Settings) -> None:
    storage = Storage(tmp_path)
    first = Results(storage)
    first.add(done(Video("/a.mp4", "1"), settings, storage, abstain_below=0.4))
    first.write()
    table = pq.read_table(tmp_path / "summary.parquet")
    earlier = ["unclear_below" if name == "abstain_below" else name for name in table.column_names]
    pq.write_table(table.rename_columns(earlier), tmp_path / "summary.parquet")
    second = Results(storage)
    second.add(done(Video("/b.mp4", "1"), settings, storage, abstain_below=0.5))
    second.write()
    summary, _ = tables(tmp_path)
    assert summary["abstain_below"].tolist() == [0.4, 0.5]
    assert "unclear_below" not in summary
