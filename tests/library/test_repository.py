"""The repository on both databases: analyses are stored, found only by their owner, and deleted."""

from __future__ import annotations

import datetime as dt
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import av
import pandas as pd
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text as sql

from emotion.analytics.edits import Edits, Event, Span
from emotion.errors import InputError, LibraryError, VideoError
from emotion.library import LOCAL, SORTS, JobSettings, Library, Repository, State, days
from emotion.library.orm import Base
from emotion.library.summary import list_figures
from tests import limited_calls
from tests.conftest import ROOT, make_analysis
from tests.library.libraries import BOTH, MakeLibrary, empty_database, put


def test_an_added_video_is_queued_with_its_settings(repository: Repository, video: Path) -> None:
    wanted = JobSettings(
        every=3, start_s=0.2, end_s=0.8, keep_video=True, captured_at=dt.datetime(2020, 5, 1, tzinfo=dt.UTC)
    )
    with video.open("rb") as file:
        entry = repository.add(file, "C:\\films\\Büro – 会議.mp4", wanted, tags=["work ", "a", "a"])
    assert repository.get(entry.id) == entry
    assert (entry.state, entry.title, entry.source) == (State.QUEUED, "Büro – 会議", "Büro – 会議.mp4")
    assert entry.settings == wanted
    assert entry.tags == ("a", "work")
    assert entry.info is not None
    assert (entry.info.width, entry.info.frame_count, entry.total) == (64, 25, 5)
    assert (entry.bytes, entry.happened_at) == (video.stat().st_size, wanted.captured_at)
    assert abs((entry.created_at - dt.datetime.now(dt.UTC)).total_seconds()) < 60


def test_the_recording_date_comes_from_the_file(repository: Repository, tmp_path: Path) -> None:
    moment = dt.datetime(2024, 3, 5, 10, 20, 30, tzinfo=dt.UTC)
    dated = tmp_path / "dated.mp4"
    with av.open(str(dated), "w") as container:
        container.metadata["creation_time"] = moment.isoformat()
        stream = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 32
        container.mux(stream.encode(av.VideoFrame(32, 32, "yuv420p")))
        container.mux(stream.encode())
    entry = repository.add(dated, "dated.mp4")
    assert (entry.happened_at, entry.settings.captured_at) == (moment, moment)
    stated = repository.add(dated, "dated.mp4", JobSettings(captured_at=moment.replace(year=2020)))
    assert stated.happened_at.year == 2020


@pytest.mark.parametrize("name", ["../../../etc/passwd", "..", "", "a\0b\n.mp4", "x" * 5000 + ".mp4", "/dev/null"])
def test_upload_names_are_never_used_as_paths(repository: Repository, video: Path, name: str, tmp_path: Path) -> None:
    entry = repository.add(video, name)
    stored = [path for path in (tmp_path / "storage").rglob("*") if path.is_file()]
    assert stored == [tmp_path / "storage" / entry.id / "video"]
    assert 0 < len(entry.title) <= 200
    assert entry.source.isprintable()


@pytest.mark.parametrize(
    "title",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0915\u094d\u200d\u0937",
        "👩🏽\u200d👩\u200d👧",
        "❤\ufe0f\u200d🔥",
    ],
)
def test_words_and_emojis_keep_their_joiners(repository: Repository, video: Path, title: str) -> None:
    entry = repository.add(video, f"{title}.mp4", tags=[title])
    assert (entry.title, entry.source, entry.tags) == (title, f"{title}.mp4", (title,))
    assert [found.id for found in repository.search(title).entries] == [entry.id]


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        *(("\u200d \u200c", "untitled"), ("a\u200d b", "a b"), ("\u200ba\u202eb\u2066", "a b"), ("a\u200d-b", "a-b")),
        *(("👩\u200d\u200d👧", "👩👧"), ("x" * 199 + "👩\u200d👧", "x" * 199 + "👩"), ("\u200da\u200d", "a")),
    ],
)
def test_other_invisible_characters_leave_titles(repository: Repository, video: Path, title: str, shown: str) -> None:
    assert repository.add(video, "a.mp4", title=title).title == shown


def test_an_invalid_video_is_refused_and_leaves_nothing(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"words\.mp4 is not a video"):
        repository.add(io.BytesIO(b"no video at all " * 50), "words.mp4")
    assert repository.search().total == 0
    assert not list((tmp_path / "storage").rglob("*"))


@pytest.mark.slow
def test_a_video_that_crashes_the_decoder_is_refused_with_a_true_sentence(
    repository: Repository, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emotion.library.probe_upload._facts", limited_calls.crash)
    with pytest.raises(VideoError, match=r"^expected a video whose pictures can be read; its decoder crashed"):
        repository.add(video, "talk.mp4")


def test_a_stored_analysis_round_trips(repository: Repository, video: Path) -> None:
    analysis = make_analysis([["happiness"]] * 3 + [[]] + [["neutral", "anger"]] * 2)
    entry = put(repository, video, analysis=analysis)
    loaded = repository.load_analysis(entry.id)
    pd.testing.assert_frame_equal(loaded.timeline, analysis.timeline)
    pd.testing.assert_frame_equal(loaded.frames, analysis.frames)
    assert (loaded.info, loaded.labels, loaded.complete) == (analysis.info, analysis.labels, True)
    assert (entry.state, entry.done, entry.note) == (State.DONE, 6, "")
    assert entry.summary is not None
    assert entry.summary["people"] == 2
    assert entry.summary["faces_s"] == pytest.approx(0.7)
    assert entry.summary["shares"]["happiness"] == pytest.approx(3 / 7)
    assert entry.finished_at is not None


def test_a_video_is_kept_only_on_request(repository: Repository, video: Path) -> None:
    gone, kept = put(repository, video), put(repository, video, settings=JobSettings(keep_video=True))
    assert (gone.has_video, repository.video_path(gone.id)) == (False, None)
    path = repository.video_path(kept.id)
    assert path is not None
    assert path.read_bytes() == video.read_bytes()
    assert kept.bytes == gone.bytes + len(path.read_bytes())


def test_search_covers_titles_tags_names_and_events(repository: Repository, video: Path) -> None:
    one = put(repository, video, "Straße 100%.mp4", tags=["Interview"])
    two = put(repository, video, "interview_2.mp4")
    repository.save_edits(two.id, Edits(names={1: "Zoë"}, events=(Event("Große Pause", Span(0, 1)),)))

    def found(words: str) -> set[str]:
        return {entry.id for entry in repository.search(words).entries}

    assert found("") == found("INTERVIEW") == found("view int") == {one.id, two.id}
    assert found("strasse") == found("0%") == {one.id}
    assert found("zoë") == found("GROSSE pause") == found("_2") == {two.id}
    assert found("%%") == found("interview anger") == found("\\") == set()
    repository.rename(two.id, "Mu\u0308ller")  # as macOS may spell it
    assert found("m\u00fcller") == found("MU\u0308LLER") == {two.id}
    repository.rename(one.id, "  Other\ttitle ")
    assert repository.get(one.id).title == "Other title"
    assert found("title") == {one.id}


def test_tags_and_states_filter_a_search(repository: Repository, video: Path) -> None:
    one, two = put(repository, video, tags=["a", "b"]), put(repository, video, tags=["b"])
    waiting = repository.add(video, "later.mp4")
    assert repository.tags() == {"a": 1, "b": 2}
    assert [entry.id for entry in repository.search(tags=["a", "b"]).entries] == [one.id]
    assert {entry.id for entry in repository.search(tags=["b"]).entries} == {one.id, two.id}
    assert [entry.id for entry in repository.search(states=[State.QUEUED]).entries] == [waiting.id]
    repository.tag(one.id, ["c", "b"])
    assert repository.get(one.id).tags == ("b", "c")
    assert repository.tags() == {"b": 2, "c": 1}
    with pytest.raises(InputError, match="at most 100 characters"):
        repository.tag(one.id, ["t" * 101])


def test_sorting_and_paging(repository: Repository, video: Path) -> None:
    titles = ["b", "Ä", "a", "C", "_", "10", "9", "zz"]
    for title in titles:
        repository.add(video, "x.mp4", title=title)
    for sort in SORTS:
        up, down = repository.search(sort=sort).entries, repository.search(sort=f"-{sort}").entries
        assert {entry.id for entry in up} == {entry.id for entry in down}
    assert [entry.title for entry in repository.search(sort="title").entries] == sorted(titles, key=str.casefold)
    assert [entry.title for entry in repository.search(sort="-created").entries] == titles[::-1]
    pages = [repository.search(sort="title", limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert [page.total for page in pages] == [8] * 4
    assert [entry.title for page in pages for entry in page.entries] == sorted(titles, key=str.casefold)
    with pytest.raises(LibraryError, match="expected an order from created"):
        repository.search(sort="colour")


def test_owners_cannot_see_each_other(library: Library, repository: Repository, video: Path) -> None:
    mine, hers = put(repository, video, tags=["x"]), put(library.for_owner("her"), video, tags=["y"])
    assert [entry.id for entry in repository.search().entries] == [mine.id]
    assert [entry.id for entry in library.for_owner("her").search().entries] == [hers.id]
    assert repository.tags() == {"x": 1}
    assert library.for_owner("her").used_bytes() == hers.bytes
    for touch in (
        repository.get,
        repository.load_analysis,
        repository.delete,
        repository.video_path,
        lambda entry_id: repository.rename(entry_id, "taken"),
        lambda entry_id: repository.tag(entry_id, ["taken"]),
        lambda entry_id: repository.save_edits(entry_id, Edits()),
    ):
        with pytest.raises(LibraryError, match="there is no analysis"):
            touch(hers.id)
    assert library.for_owner("her").get(hers.id) == hers


def test_deleting_leaves_no_file(library: Library, repository: Repository, video: Path, tmp_path: Path) -> None:
    entry, other = put(repository, video, tags=["x"], settings=JobSettings(keep_video=True)), put(repository, video)
    assert repository.used_bytes() == entry.bytes + other.bytes
    repository.delete(entry.id)
    assert [path.name for path in (tmp_path / "storage").iterdir()] == [other.id]
    with pytest.raises(LibraryError, match="there is no analysis"):
        repository.get(entry.id)
    with library.database.reading() as session:
        assert session.execute(sql("SELECT count(*) FROM analysis_tags")).scalar() == 0
    assert repository.used_bytes() == other.bytes


@contextmanager
def without_power() -> Iterator[None]:
    """Drop root's privileges for the length of a block, because root can remove any file."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_analysis_whose_file_cannot_be_removed_stays_listed(
    repository: Repository, video: Path, tmp_path: Path
) -> None:
    entry = put(repository, video)
    folder = tmp_path / "storage" / entry.id
    folder.chmod(0o555)
    with without_power(), pytest.raises(LibraryError, match="could not be removed: Permission denied"):
        repository.delete(entry.id)
    folder.chmod(0o755)
    assert repository.get(entry.id) == entry
    repository.delete(entry.id)
    assert not folder.exists()


def test_exhausted_database_connections_are_reported(
    library: Library, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = library.database.engine.pool
    monkeypatch.setattr(pool, "_timeout", 0.1)
    with ExitStack() as taken, pytest.raises(LibraryError, match="no connection to it is free"):
        for _ in range(99):
            taken.enter_context(library.database.engine.connect())
            repository.search()
    assert repository.search().total == 0


def test_retention_deletes_old_analyses(library: Library, repository: Repository, video: Path) -> None:
    old, hers = put(repository, video), put(library.for_owner("her"), video)
    assert repository.retention_days() is None
    repository.set_retention_days(7)
    new, waiting = put(repository, video), repository.add(video, "later.mp4")
    for entry in (repository.get(old.id), new):
        assert entry.finished_at is not None
        assert entry.kept_until == entry.finished_at + dt.timedelta(days=7)
    assert waiting.kept_until is None
    now = dt.datetime.now(dt.UTC)
    assert library.sweep_expired(now + dt.timedelta(days=6)) == 0
    repository.set_retention_days(None)
    assert library.sweep_expired(now + dt.timedelta(days=9)) == 0
    repository.set_retention_days(8)
    assert library.sweep_expired(now + dt.timedelta(days=9)) == 2
    assert [entry.id for entry in repository.search().entries] == [waiting.id]
    assert library.for_owner("her").get(hers.id).kept_until is None
    with pytest.raises(LibraryError, match="expected 1 to 36500 days"):
        repository.set_retention_days(0)


@pytest.mark.slow
def test_days_sum_the_time_of_faces(library: Library, repository: Repository, video: Path) -> None:
    def on(day: int, shown: list[list[str]], hour: int = 12, owner: str = "local") -> None:
        captured = JobSettings(captured_at=dt.datetime(2024, 3, day, hour, tzinfo=dt.UTC))
        put(library.for_owner(owner), video, settings=captured, analysis=make_analysis(shown))

    on(2, [["happiness"]] * 10)
    on(2, [["neutral", "anger"]] * 15)
    on(1, [["sadness"]] * 10, hour=23)
    on(3, [[]] * 10)
    on(3, [["fear"]] * 10, owner="her")
    first, second, third = days(repository)
    assert [day.date.day for day in (first, second, third)] == [1, 2, 3]
    assert (second.analyses, second.faces_s) == (2, pytest.approx(4.0))
    assert second.shares["happiness"] == pytest.approx(0.25)
    assert second.shares["neutral"] == second.shares["anger"] == pytest.approx(0.375)
    assert (third.faces_s, set(third.shares.values())) == (0, {0.0})
    later = days(repository, zone=dt.timezone(dt.timedelta(hours=2)))
    assert [(day.date.day, day.analyses) for day in later] == [(2, 3), (3, 1)]


def shown(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


words = st.text(max_size=40)
tracks = st.integers(1, 10**6)
spans = st.tuples(st.floats(0, 1e5), st.floats(0, 1e5)).map(lambda ends: Span(min(ends), max(ends)))
edits = st.builds(
    Edits,
    names=st.dictionaries(tracks, words, max_size=4),
    merged=st.dictionaries(tracks, tracks, max_size=4),
    hidden=st.frozensets(tracks, max_size=4),
    baselines=st.dictionaries(tracks, spans, max_size=3),
    events=st.lists(st.builds(Event, words, spans, st.booleans()), max_size=4).map(tuple),
)


@pytest.fixture(scope="module", params=BOTH)
def lasting(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, video: Path
) -> Iterator[Repository]:
    folder = tmp_path_factory.mktemp("lasting")
    library = Library.open(empty_database(request, folder), str(folder / "storage"))
    repository = library.for_owner(LOCAL)
    put(repository, video)
    yield repository
    library.close()


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits=edits, title=words, tags=st.lists(st.text(max_size=30), max_size=4))
def test_arbitrary_text_round_trips(lasting: Repository, edits: Edits, title: str, tags: list[str]) -> None:
    (entry,) = lasting.search().entries
    lasting.save_edits(entry.id, edits)
    lasting.rename(entry.id, title)
    lasting.tag(entry.id, tags)
    after = lasting.get(entry.id)
    assert after.edits == edits
    assert set(after.tags) == {shown(tag) for tag in tags} - {""}
    # The figures follow the edits, like those of the page and the exports.
    assert after.summary == list_figures(lasting.load_analysis(entry.id), edits)
    unchanged = {"edits": entry.edits, "title": entry.title, "tags": entry.tags, "summary": entry.summary}
    unchanged |= {"edits_version": entry.edits_version}
    assert replace(after, **unchanged) == entry
    for name in edits.names.values():
        assert lasting.search(name).total == 1
    assert lasting.search(after.title).total == 1


@pytest.mark.slow
def test_several_processes_open_a_new_library_at_once(database_url: str, tmp_path: Path) -> None:
    program = 'from emotion.library import Library; print(Library.open().for_owner("local").search().total)'
    environment = os.environ | {"EMOTION_DATABASE_URL": database_url, "EMOTION_LIBRARY": str(tmp_path / "new")}
    running = [
        subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=environment, stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    assert [each.communicate()[0].strip() for each in running] == [b"0"] * 3


def test_migrations_match_the_tables(library: Library) -> None:
    with library.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_library_of_a_newer_version_is_refused(make_library: MakeLibrary) -> None:
    with make_library().database.writing() as session:
        session.execute(sql("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LibraryError, match="a newer one has changed it"):
        make_library()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://root@host/x", "expected EMOTION_DATABASE_URL of a postgresql or sqlite database"),
        ("nonsense", "expected EMOTION_DATABASE_URL like"),
        ("postgresql://me:secret@127.0.0.1:1/x", "does not answer"),
    ],
)
def test_a_database_error_does_not_contain_the_password(url: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=words) as caught:
        Library.open(url, str(tmp_path))
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unusable_storage_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for place in ("nosuchthing://bucket", str(tmp_path / "file")):
        with pytest.raises(LibraryError, match="expected EMOTION_STORAGE_URL"):
            Library.open(f"sqlite:///{tmp_path / 'x.db'}", place)


def test_the_storage_can_be_any_fsspec_url(tmp_path: Path, video: Path) -> None:
    library = Library.open(f"sqlite:///{tmp_path / 'x.db'}", "memory://emotion-test")
    repository = library.for_owner(LOCAL)
    entry = put(repository, video, settings=JobSettings(keep_video=True))
    assert len(repository.load_analysis(entry.id).frames) == 10
    assert repository.video_path(entry.id) is None
    assert entry.bytes == repository.used_bytes() > video.stat().st_size
    repository.delete(entry.id)
    assert library.storage.keys(entry.id) == []


@pytest.mark.parametrize("part", ["eyes", "movements"])
def test_settings_of_an_earlier_version_leave_out_what_it_did_not_measure(part: str) -> None:
    saved = JobSettings().to_dict()
    assert getattr(JobSettings.from_dict(saved), part)
    del saved[part]
    assert not getattr(JobSettings.from_dict(saved), part)


@pytest.mark.parametrize("folder", ["file", "file/below"])
def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path / folder))
    with pytest.raises(LibraryError, match="expected a folder for the library"):
        Library.open()
