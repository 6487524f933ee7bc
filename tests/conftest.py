"""Fixtures shared by several folders: synthetic faces and analyses with known answers."""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

# Imported first: it loads pylibsrtp, which crashes if TensorFlow is loaded already, and tests run in any order.
import aiortc  # noqa: F401
import numpy as np
import pytest
from hypothesis import settings

from bench.common.postgres import Server, postgres_programs, running_postgres
from emotion.analytics.timeline import TimelineBuilder
from emotion.labels import FERPLUS_LABELS
from emotion.library import LOCAL, Library, Repository
from emotion.types import Analysis, Face, FrameResult, HeadPose, VideoInfo
from tests.shared_data import SHARED
from tests.steady_reports import pytest_runtest_makereport  # noqa: F401 – pytest finds it here
from ui.common.memory import freeze_loaded_objects

if TYPE_CHECKING:
    from playwright.sync_api import Browser

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[1]
_TESTS = itertools.count(1)
# No deadlines, because a busy machine is slow. `make test-fast` selects the second profile.
settings.register_profile("thorough", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=10)
settings.load_profile("thorough")

LONGEST = (
    *("training/networks/test_exam.py", "browser/test_app.py", "training/face_parts/test_part_run.py"),
    *("browser/test_player_browser.py", "serving/test_served.py", "browser/test_axe_browser.py"),
    *("library/test_servers.py", "browser/test_video_browser.py"),
    *("browser/test_sign_in_browser.py", "batch/test_ray.py", "browser/test_lab_browser.py"),
    *("training/fit/test_from_tflite.py", "browser/test_live_browser.py", "library/jobs/test_worker.py"),
    *("security/test_uploads.py", "http_api/test_schema.py", "browser/test_nginx_browser.py"),
    *("training/search/test_search_architecture.py", "browser/test_studies_browser.py", "batch/test_command.py"),
    *("browser/test_own_models_browser.py", "batch/test_pool.py", "browser/test_responsible_browser.py"),
    *("training/test_run.py", "security/test_plain_text.py", "training/test_two_heads.py"),
)
"""Files that take longest, in turn those that compute and those that wait for a browser. They come first, because two
processes share the files, and one would otherwise wait at the end for a long file of the other."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run :data:`LONGEST` first, and mark tests by what they need, so that ``make test-fast`` can leave them out."""
    place = {ROOT / "tests" / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))
    for item in items:
        folder = item.path.relative_to(ROOT / "tests").parts[0]
        if folder in {"browser", "training"}:
            item.add_marker(folder)
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        is_on_postgresql = any(isinstance(value, str) and value == "postgresql" for value in parameters)
        if is_on_postgresql or "postgres" in getattr(item, "fixturenames", ()):
            item.add_marker("postgresql")


@pytest.fixture(scope="module", autouse=True)
def settled_memory() -> None:
    """Exclude what is loaded so far from garbage collection, as the server does.

    Streamlit collects garbage after every run of a page. With all tests loaded, that takes half a second each time.
    """
    freeze_loaded_objects()


@pytest.fixture(scope="session", autouse=True)
def own_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep tests out of the user's library, and turn off the notice before the first analysis."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("library")
        patch.setenv("EMOTION_LIBRARY", str(folder))
        # It is shown once per session, and every test is a session. Tests of the notice turn it on.
        patch.setenv("EMOTION_NOTICE", "off")
        yield folder


@pytest.fixture(autouse=True)
def fresh_library(own_library: Path) -> Iterator[None]:
    """Give each test an empty default library, because a new database refuses a storage with files of another test.

    Fixtures of a module or of the session share one, which their servers keep.
    """
    with pytest.MonkeyPatch.context() as patch:
        folder = own_library / f"test {next(_TESTS)}"
        folder.mkdir()
        patch.setenv("EMOTION_LIBRARY", str(folder))
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a process, because Playwright allows only one at a time."""
    from bench.common.chromium import chromium_path, open_chromium

    if chromium_path() is None:
        pytest.skip("expected a Chromium for the browser tests; there is none on this machine's path")
    with open_chromium() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server for all tests of this process."""
    if postgres_programs() is None:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    with running_postgres() as server:
        yield server


@pytest.fixture
def repository(library: Library) -> Repository:
    """The local owner's repository of the test's library."""
    return library.for_owner(LOCAL)


@pytest.fixture(autouse=True)
def own_main() -> Iterator[None]:
    """Restore ``__main__``: a page under test replaces it, and spawned processes would run the page."""
    program = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = program


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of shared pictures and clips; skips the test if it is missing."""
    if not SHARED.is_dir():
        pytest.skip(f"the folder of shared data is missing: {SHARED}")
    return SHARED


def leaning(label: str, weight: float = 0.65) -> np.ndarray:
    """Probabilities that give `weight` to one label and share the rest evenly."""
    others = (1 - weight) / (len(FERPLUS_LABELS) - 1)
    return np.array([weight if name == label else others for name in FERPLUS_LABELS], np.float32)


def make_face(label: str = "happiness", track_id: int | None = 1, left: float = 10.0) -> Face:
    return Face(
        box_xyxy=np.array([left, 20, left + 40, 70], np.float32),
        confidence=0.9,
        pose=HeadPose(5.0, -2.0, 1.0),
        eye_openness_left=0.3,
        eye_openness_right=0.28,
        gaze_yaw=4.0,
        gaze_pitch=-3.0,
        mouth_openness=0.1,
        track_id=track_id,
        probabilities=leaning(label),
    )


def make_result(index: int, faces: Sequence[Face], step_s: float = 0.1) -> FrameResult:
    return FrameResult(index, index * step_s, 160, 120, tuple(faces), FERPLUS_LABELS)


def make_analysis(shown: Sequence[Sequence[str]], step_s: float = 0.1, source: str = "clip.mp4") -> Analysis:
    """Return an analysis whose frame i shows the labels `shown[i]`, one per person, tracks numbered from 1."""
    builder = TimelineBuilder(FERPLUS_LABELS)
    for index, labels in enumerate(shown):
        faces = [make_face(label, track, 10.0 + 60 * track) for track, label in enumerate(labels, start=1)]
        builder.add(make_result(index, faces, step_s))
    timeline, frames = builder.build()
    info = VideoInfo(160, 120, 1 / step_s, len(shown), len(shown) * step_s, codec="h264")
    return Analysis(info, timeline, frames, "fake", FERPLUS_LABELS, {"every": 1}, source)


@pytest.fixture
def analysis() -> Analysis:
    """Ten frames: a smile, two frames without a face, then two people."""
    return make_analysis([["happiness"]] * 4 + [[]] * 2 + [["neutral", "surprise"]] * 4)


def run_async(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on another thread, because browser tests leave an event loop running on this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
