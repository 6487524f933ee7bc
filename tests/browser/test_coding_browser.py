"""The player for coding in Chromium: real videos are coded by keys and buttons, on the exact times of frames."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bench.common.chromium import served
from emotion.labels import EMOTIONS
from emotion.vision.frame_times import frame_times
from tests.browser.clips import write_clip
from tests.browser.conftest import NewPage, assert_fits_a_phone
from tests.browser.test_player_browser import _NAMELESS, _STRIPES

pytestmark = pytest.mark.browser

Coded = tuple[str, float, float]
ELSEWHERE: Coded = ("sadness", 0.0, 0.2)
"""What the page stores for another tab."""


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("clips")
    for clip in ("steady", "varying"):
        write_clip(folder, clip)
    return folder


@pytest.fixture(scope="module")
def coding_url(clips: Path) -> Iterator[str]:
    with served("tests/browser/coding_page.py", CODING_CLIPS=str(clips), PYTHONPATH=".") as url:
        yield url


@dataclass
class Player:
    """The player for coding on a page, and the actions of a coder."""

    page: Page
    times: list[float]
    """When each frame begins, and when the last one ends, s."""

    @property
    def frame(self) -> int:
        return int(self.page.locator(".frame").inner_text().removeprefix("frame ").replace(",", ""))

    def press(self, *keys: str) -> None:
        self.page.get_by_role("slider", name="Position in the video").focus()
        for key in keys:
            self.page.keyboard.press(key)
        self.settle()

    def go_to(self, frame: int) -> None:
        """Step to a frame, whose number its picture shows."""
        self.press(*itertools.repeat("ArrowRight" if frame > self.frame else "ArrowLeft", abs(frame - self.frame)))
        assert self.frame == frame
        assert self.page.locator("video").evaluate(_STRIPES) == frame

    def settle(self) -> None:
        """Wait for the requested frame."""
        self.page.wait_for_timeout(50)
        self.page.wait_for_function("video => !video.seeking", arg=self.page.locator("video").element_handle())
        self.page.wait_for_timeout(50)

    def coded(self, *spans: Coded) -> None:
        """Assert that the page has exactly these spans, to the last digit."""
        expected = [f"span: {code} {start_s!r} {end_s!r}" for code, start_s, end_s in spans]
        expect(self.page.get_by_test_id("stText").filter(has_text="span:")).to_have_text(expected)

    def says(self, text: str) -> None:
        expect(self.page.get_by_test_id("stText").filter(has_text=text)).to_have_count(1)

    def runs(self) -> int:
        return int(self.page.get_by_test_id("stText").filter(has_text="runs:").inner_text().split()[-1])

    def button(self, code: str) -> Locator:
        return self.page.locator(f".code[data-code={code}]")

    def span(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)


@pytest.fixture
def open_player(browser: Browser, new_page: NewPage, coding_url: str, clips: Path) -> Iterator[Callable[..., Player]]:
    phones, errors = [], []

    def visit(clip: str = "steady", *, scheme: str = "light", phone: bool = False) -> Player:
        if phone:
            phones.append(browser.new_page(viewport={"width": 400, "height": 900}, has_touch=True))
        page = phones[-1] if phone else new_page()
        page.emulate_media(color_scheme=scheme)
        page.set_default_timeout(30_000)
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{coding_url}?clip={clip}")
        expect(page.locator(".code-lane")).to_have_count(3, timeout=60_000)
        page.wait_for_function("video => video.readyState >= 2", arg=page.locator("video").element_handle())
        return Player(page, frame_times(clips / f"{clip}.mp4").tolist())

    yield visit
    for page in phones:
        page.close()
    assert errors == []


def test_the_keys_of_a_slider_move_the_ruler(open_player):
    player = open_player()
    for key, frame in (("ArrowUp", 1), ("ArrowUp", 2), ("ArrowDown", 1), ("PageUp", 74), ("PageDown", 0)):
        player.press(key)
        assert player.frame == frame


@pytest.mark.parametrize("clip", ["steady", "varying"])
def test_keys_code_states_and_points_on_exact_frames(open_player, clip):
    player = open_player(clip)
    times = player.times
    player.go_to(10)
    player.press("h")
    player.says("open: happiness")
    expect(player.button("happiness")).to_have_attribute("aria-pressed", "true")
    player.go_to(25)
    player.press("s")
    player.says("open: sadness")
    player.coded(("happiness", times[10], times[25]))
    player.go_to(30)
    player.press("b")
    player.go_to(40)
    player.press("s")
    expect(player.button("sadness")).to_have_attribute("aria-pressed", "false")
    player.coded(
        ("happiness", times[10], times[25]), ("sadness", times[25], times[40]), ("blink", times[30], times[30])
    )


def test_undo_and_delete(open_player):
    player = open_player()
    times = player.times
    for frame, key in ((5, "h"), (15, "h"), (20, "b"), (30, "b")):
        player.go_to(frame)
        player.press(key)
    every = [("happiness", times[5], times[15]), ("blink", times[20], times[20]), ("blink", times[30], times[30])]
    player.coded(*every)
    player.press("Backspace")
    player.coded(*every[:2])
    player.press("z")
    player.coded(*every[:1])
    player.span("happiness, 0:00.20 to 0:00.60").click()
    player.page.keyboard.press("Delete")
    player.coded()
    player.press("Backspace")
    player.coded(*every[:1])
    player.press("End", ",")
    player.settle()
    assert player.frame == 5, "the span before is selected, and the video stands at its start"
    player.page.get_by_role("button", name="Delete").click()
    player.coded()


def test_a_span_takes_the_place_of_other_states(open_player):
    player = open_player()
    times = player.times
    for frame, key in ((5, "h"), (45, "h"), (20, "s"), (30, "s")):
        player.go_to(frame)
        player.press(key)
    player.coded(
        ("happiness", times[5], times[20]), ("sadness", times[20], times[30]), ("happiness", times[30], times[45])
    )


def test_coding_while_it_plays_does_not_run_the_page(open_player):
    player = open_player()
    player.press("-", "-", "-")
    runs = player.runs()
    player.page.keyboard.press(" ")
    player.page.wait_for_timeout(600)
    player.page.keyboard.press("h")
    player.page.wait_for_timeout(900)
    player.page.keyboard.press("h")
    player.page.wait_for_timeout(300)
    assert player.runs() == runs
    player.page.keyboard.press(" ")
    span = player.page.get_by_test_id("stText").filter(has_text="span:")
    expect(span).to_have_count(1)
    start_s, end_s = map(float, span.inner_text().split()[2:])
    assert {start_s, end_s} <= set(player.times), "the times of frames, although it played"
    assert start_s < end_s


def test_open_states_end_with_the_video(open_player):
    player = open_player()
    player.go_to(60)
    player.press("h", " ")
    player.coded(("happiness", player.times[60], player.times[-1]))
    player.says("open:")
    expect(player.button("happiness")).to_have_attribute("aria-pressed", "false")


def test_buttons_code_by_touch(open_player):
    player = open_player(phone=True)
    player.button("happiness").tap()
    for _ in range(3):
        player.page.get_by_role("button", name="Next frame").tap()
        player.settle()
    player.button("happiness").tap()
    player.button("blink").tap()
    player.coded(("happiness", player.times[0], player.times[3]), ("blink", player.times[3], player.times[3]))
    assert_fits_a_phone(player.page)


def test_spans_of_another_tab_come_in_and_stay(open_player):
    player = open_player()
    player.go_to(50)
    player.press("b")
    player.coded(("blink", player.times[50], player.times[50]))
    player.page.get_by_role("button", name="Store elsewhere").click()
    expect(player.span("sadness, 0:00.00 to 0:00.20")).to_have_count(1)
    player.go_to(60)
    player.press("b")
    player.coded(
        ELSEWHERE,
        *(("blink", player.times[frame], player.times[frame]) for frame in (50, 60)),
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_controls_have_names_and_the_page_shows_no_answer(open_player, scheme, tmp_path):
    player = open_player(scheme=scheme)
    player.go_to(5)
    player.press("h")
    player.go_to(20)
    player.press("h", "b")
    expect(player.page.locator(".coded")).to_have_count(2)
    assert player.page.locator(".player").evaluate(_NAMELESS) == []
    text = player.page.locator(".player").inner_text()
    assert [label for label in EMOTIONS if label in text] == ["happiness", "sadness"], "only the codebook's"
    assert player.page.locator(".player canvas").count() == 0
    player.page.screenshot(path=tmp_path / f"coding_{scheme}.png")
