"""The player alone in Chromium: what it shows, its position, and the events it sends to the page."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bench.common.chromium import served
from emotion.labels import COLOURS, FERPLUS_LABELS
from tests.browser.clips import BITS, BLOCK, EVERY, HEIGHT, WIDTH, analysis_of, times_of, write_clip
from tests.browser.conftest import NewPage, assert_fits_a_phone

pytestmark = pytest.mark.browser

_STRIPES = f"""video => {{
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    const pen = canvas.getContext("2d");
    pen.drawImage(video, 0, 0);
    const bits = Array.from({{length: {BITS}}}, (_, bit) => pen.getImageData((bit + 0.5) * {BLOCK}, 120, 1, 1).data[0]);
    return bits.reduce((number, value, bit) => number + (value > 127 ? 2 ** bit : 0), 0);
}}"""

_DRAWN = """canvas => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let count = 0;
    for (let place = 3; place < pixels.length; place += 4) if (pixels[place]) count++;
    return count;
}"""

_DRAWN_INSIDE = """(canvas, [x1, y1, x2, y2]) => {
    const {width, height} = canvas;
    const [left, top] = [Math.ceil(x1 * width) + 1, Math.ceil(y1 * height) + 1];
    const [right, bottom] = [Math.floor(x2 * width) - 1, Math.floor(y2 * height) - 1];
    const pixels = canvas.getContext("2d").getImageData(left, top, right - left, bottom - top).data;
    let count = 0;
    for (let place = 3; place < pixels.length; place += 4) if (pixels[place]) count++;
    return count;
}"""

_NAMELESS = """root => {
    const nameOf = element => element.getAttribute("aria-label") || element.closest("label")?.textContent.trim()
        || element.textContent.trim();
    const controls = root.querySelectorAll("button, input, summary, output, [tabindex='0'], [role]");
    return [...controls].filter(element => !nameOf(element) && element.role !== "status").map(item => item.outerHTML);
}"""


@pytest.fixture(scope="module")
def player_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("clips")
    for clip in ("steady", "varying"):
        write_clip(folder, clip)
    with served("tests/browser/player_page.py", PLAYER_CLIPS=str(folder), PYTHONPATH=".") as url:
        yield url


@dataclass
class Player:
    """The player on a page, and what it shows."""

    page: Page
    clip: str

    @property
    def chart(self) -> Locator:
        return self.page.get_by_role("slider", name="Timeline")

    @property
    def frame(self) -> int:
        return int(self.page.locator(".frame").inner_text().removeprefix("frame ").replace(",", ""))

    def x_of(self, share: float) -> tuple[float, float]:
        box = self.chart.bounding_box()
        assert box is not None
        return box["x"] + share * box["width"], box["y"] + 40

    def click_chart(self, share: float) -> None:
        self.page.mouse.click(*self.x_of(share))
        self.settle()

    def press(self, *keys: str) -> None:
        self.chart.focus()
        for key in keys:
            self.page.keyboard.press(key)
        self.settle()

    def settle(self) -> None:
        """Wait for the requested frame."""
        self.page.wait_for_timeout(50)
        self.page.wait_for_function("video => !video.seeking", arg=self.page.locator("video").element_handle())
        self.page.wait_for_timeout(50)

    def assert_agrees(self) -> None:
        """Assert that the video's time, its frame, the readout and the cursor are at the same analysed frame."""
        times = times_of(self.clip)
        time_s = self.page.locator("video").evaluate("video => video.currentTime")
        picture = self.page.locator("video").evaluate(_STRIPES)
        standing = bisect.bisect_right(times, time_s) - 1
        assert picture == standing
        assert self.frame == standing - standing % (EVERY if self.clip == "steady" else 1)
        box, cursor = self.chart.bounding_box(), self.page.locator(".cursor").bounding_box()
        assert box is not None
        assert cursor is not None
        duration_s = self.page.locator("video").evaluate("video => video.duration")
        cursor_s = (cursor["x"] + cursor["width"] / 2 - box["x"]) / box["width"] * duration_s
        # Chart and cursor are each rounded to 1 px.
        assert cursor_s == pytest.approx(time_s, abs=2 * duration_s / box["width"])
        minutes, seconds = self.page.locator(".time").inner_text().split(":")
        assert 60 * int(minutes) + float(seconds) == pytest.approx(time_s, abs=0.011)

    def says(self, text: str) -> None:
        expect(self.page.get_by_test_id("stText").filter(has_text=text)).to_have_count(1)

    def runs(self) -> int:
        return int(self.page.get_by_test_id("stText").filter(has_text="runs:").inner_text().split()[-1])


@pytest.fixture
def open_player(browser: Browser, new_page: NewPage, player_url: str) -> Iterator[Callable[..., Player]]:
    phones, errors = [], []

    def visit(clip: str, *, phone: bool = False) -> Player:
        if phone:
            phones.append(browser.new_page(viewport={"width": 400, "height": 1000}, has_touch=True, is_mobile=True))
        page = phones[-1] if phone else new_page(1280, 1000)
        page.set_default_timeout(30_000)
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{player_url}?clip={clip}")
        expect(page.locator(".lane")).to_have_count(2, timeout=60_000)
        if clip != "long":
            page.wait_for_function("video => video.readyState >= 2", arg=page.locator("video").element_handle())
        return Player(page, clip)

    yield visit
    for page in phones:
        page.close()
    assert errors == []


@pytest.mark.parametrize("clip", ["steady", "varying"])
def test_frame_readout_and_cursor_agree_after_a_seek(open_player, clip):
    player = open_player(clip)
    player.assert_agrees()
    frames = set()
    for share in (0.9, 0.123, 0.5, 0.501, 0.77):
        player.click_chart(share)
        player.assert_agrees()
        frames.add(player.frame)
    assert len(frames) >= 4

    player.page.mouse.move(*player.x_of(0.2))
    player.page.mouse.down()
    for share in (0.3, 0.4, 0.45, 0.6, 0.62):
        player.page.mouse.move(*player.x_of(share))
    player.settle()
    player.assert_agrees()
    dragged = player.frame
    player.page.mouse.up()
    assert times_of(clip)[dragged] == pytest.approx(0.62 * times_of(clip)[-1], abs=0.25)
    player.page.mouse.move(*player.x_of(0.1))
    player.settle()
    assert player.frame == dragged

    for keys in (["ArrowRight"], ["Shift+ArrowLeft"], ["ArrowLeft"] * 3, ["Shift+ArrowRight"], ["End"], ["Home"]):
        player.press(*keys)
        player.assert_agrees()
    assert player.frame == 0


@pytest.mark.parametrize(("clip", "step"), [("steady", EVERY), ("varying", 1)])
def test_arrow_keys_step_through_frames(open_player, clip, step):
    player = open_player(clip)
    player.press("Home")
    for number in range(1, 9):
        player.press("ArrowRight")
        assert player.frame == number * step
        player.assert_agrees()
    player.press("ArrowLeft", "ArrowLeft", "ArrowLeft")
    assert player.frame == 5 * step
    player.assert_agrees()


def test_the_keys_of_a_slider_move_the_chart(open_player):
    player = open_player("long")
    for key, frame in (("PageUp", 50), ("ArrowUp", 51), ("ArrowDown", 50), ("PageUp", 100), ("PageDown", 50)):
        player.chart.press(key)
        expect(player.page.locator(".frame")).to_have_text(f"frame {frame}")
    # Elsewhere, they scroll the page.
    player.page.get_by_role("button", name="Play", exact=True).press("PageUp")
    player.page.wait_for_timeout(200)
    assert player.frame == 50


def test_playing_does_not_rerun_the_page(open_player):
    player = open_player("varying")
    player.press("Home", "ArrowRight")
    player.says("stands at: 0.067")
    before = player.runs()
    player.press(" ")
    expect(player.page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    player.page.wait_for_timeout(2500)
    assert player.runs() == before
    player.press(" ")
    expect(player.page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    player.says(f"runs: {before + 1}")
    assert player.frame > 5
    player.assert_agrees()


def test_a_player_that_nobody_touched_does_not_run_the_page(open_player):
    """A report that arrives while the visitor leaves the page makes Streamlit show an empty one."""
    player = open_player("steady")
    player.page.wait_for_timeout(2500)
    expect(player.page.get_by_text("runs: 1", exact=True)).to_be_visible()
    player.page.get_by_role("button", name="Go to 1 s").click()
    expect(player.page.get_by_text("stands at: 1.000", exact=True)).to_be_visible()
    player.page.wait_for_timeout(2500)
    expect(player.page.get_by_text("runs: 2", exact=True)).to_be_visible()
    player.press("ArrowRight")
    expect(player.page.get_by_text("runs: 3", exact=True)).to_be_visible()
    player.press("Home")
    expect(player.page.get_by_text("stands at: 0.000", exact=True)).to_be_visible()


def test_speed_has_keys_and_buttons(open_player):
    player = open_player("steady")
    speed = player.page.get_by_label("Speed", exact=True)
    player.page.get_by_role("button", name="Faster").click()
    expect(speed).to_have_text("1.25×")
    player.press("-", "-", "-")
    expect(speed).to_have_text("0.5×")
    assert player.page.locator("video").evaluate("video => video.playbackRate") == 0.5


def test_each_layer_draws_something(open_player):
    player = open_player("varying")
    player.click_chart(0.4)
    names = ("Boxes and names", "Expressions", "Head pose")
    drawn = player.page.locator(".overlay")
    for name in names:
        player.page.get_by_label(name).uncheck()
    assert drawn.evaluate(_DRAWN) == 0
    for name in names:
        player.page.get_by_label(name).check()
        assert drawn.evaluate(_DRAWN) > 50, name
        player.page.get_by_label(name).uncheck()
        assert drawn.evaluate(_DRAWN) == 0


@pytest.mark.parametrize("width", [1280, 400])
def test_words_never_cover_a_face(open_player, width):
    player = open_player("varying")
    player.page.set_viewport_size({"width": width, "height": 900})
    player.click_chart(0.4)
    for name in ("Boxes and names", "Head pose"):
        player.page.get_by_label(name).uncheck()
    overlay = player.page.locator(".overlay")
    expect(overlay).to_have_attribute("data-faces", "2")
    assert overlay.evaluate(_DRAWN) > 50
    # The second face does not move, the first one does: its box must be that of the displayed frame.
    timeline = analysis_of("varying").timeline
    for face in timeline[timeline["frame_index"] == player.frame].itertuples():
        box = [face.x1 / WIDTH, face.y1 / HEIGHT, face.x2 / WIDTH, face.y2 / HEIGHT]
        assert overlay.evaluate(_DRAWN_INSIDE, box) == 0


def test_a_frame_without_a_face_has_no_box(open_player):
    player = open_player("varying")
    player.click_chart(0.55)
    expect(player.page.get_by_text("No face", exact=True)).to_be_visible()
    assert player.page.locator(".overlay").evaluate(_DRAWN) == 0


def test_hiding_the_picture_keeps_the_overlay(open_player):
    player = open_player("steady")
    player.click_chart(0.8)
    overlay = player.page.locator(".overlay")
    before = overlay.evaluate(_DRAWN)
    assert overlay.evaluate("element => getComputedStyle(element).backgroundColor") == "rgba(0, 0, 0, 0)"
    player.page.get_by_label("Hide the picture").check()
    assert overlay.evaluate("element => getComputedStyle(element).backgroundColor") == "rgb(27, 28, 36)"
    assert overlay.evaluate(_DRAWN) == before
    player.assert_agrees()


def test_marked_events_reach_the_page_once(open_player):
    player = open_player("steady")
    player.click_chart(0.5)
    # Each mark asks for a name; Enter leaves it empty and returns the focus to the player.
    player.press("[", "Shift+ArrowRight", "]", "Enter", "Home", "m", "Enter")
    player.says("event: 0.000 to 0.000")
    player.says("event: 1.440 to 2.442")
    player.page.get_by_role("button", name="Mark", exact=True).click()
    expect(player.page.get_by_test_id("stText").filter(has_text="event: 0.00")).to_have_count(2)
    # An excluded break, a span, and two moments at the same place.
    expect(player.page.locator(".mark")).to_have_count(3)


def test_a_mark_asks_for_its_name_and_shows_it_below_the_lanes(open_player):
    player = open_player("steady")
    player.click_chart(0.9)
    player.page.get_by_role("button", name="Mark", exact=True).click()
    name = player.page.get_by_label("Name of the event")
    expect(name).to_be_focused()
    # In the text field, the player's keys type letters.
    player.page.keyboard.type("a meme [m]")
    player.page.keyboard.press("Enter")
    expect(name).to_be_hidden()
    expect(player.chart).to_be_focused()
    expect(player.page.locator(".flags span")).to_have_text(["Break", "a meme [m]"])
    player.says("name: a meme [m]")
    player.page.get_by_role("button", name="Mark", exact=True).click()
    player.page.keyboard.type("no")
    player.page.keyboard.press("Escape")
    expect(name).to_be_hidden()
    expect(player.page.get_by_test_id("stText").filter(has_text="name: no")).to_have_count(0)


_ON_TOP = """(name, x) => {
    const {top, bottom} = name.getBoundingClientRect();
    return name.contains(name.getRootNode().elementFromPoint(x, (top + bottom) / 2));
}"""


def test_the_mark_of_an_event_does_not_cross_a_persons_name(open_player):
    player = open_player("steady")
    player.click_chart(0.02)
    player.page.get_by_role("button", name="Mark", exact=True).click()
    player.page.keyboard.press("Escape")
    expect(player.page.locator(".mark:not(.excluded)")).to_have_count(1)
    name = player.page.locator(".lane > span").first
    name.scroll_into_view_if_needed()
    x = player.page.locator(".mark:not(.excluded)").bounding_box()["x"] + 1
    assert name.evaluate(_ON_TOP, x), "the mark is drawn over the name"


def test_the_page_can_seek_the_player(open_player):
    player = open_player("steady")
    player.page.get_by_role("button", name="Go to 1 s").click()
    expect(player.page.locator(".time")).to_have_text("0:01.00")
    player.says("stands at: 1.000")
    player.settle()
    player.click_chart(0.1)
    player.page.get_by_role("button", name="Go to 1 s").click()
    expect(player.page.locator(".time")).to_have_text("0:01.00")
    player.settle()
    assert player.page.locator("video").evaluate("video => video.currentTime") == pytest.approx(1.0)


def test_captions_can_be_switched(open_player):
    player = open_player("steady")
    mode = "video => [...video.textTracks].map(track => track.mode).join()"
    assert player.page.locator("video").evaluate(mode) == "hidden"
    player.page.get_by_label("Captions").check()
    assert player.page.locator("video").evaluate(mode) == "showing"
    player.page.wait_for_function(
        "video => video.textTracks[0].cues?.[0]?.text === 'A caption'",
        arg=player.page.locator("video").element_handle(),
    )
    expect(open_player("varying").page.get_by_label("Captions")).to_be_hidden()


def test_a_lane_has_its_persons_face(open_player):
    lanes = open_player("steady").page.locator(".lane")
    face = lanes.filter(has_text="Ada <b>").locator("img")
    expect(face).to_have_count(1)
    face.evaluate("image => image.decode()")
    assert face.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [8, 8]
    expect(lanes.filter(has_text="Person 2").locator("img")).to_have_count(0)


def test_unclear_and_not_seen_look_different_and_lanes_stack_from_the_top(open_player):
    page = open_player("steady").page
    meanings = ["unclear: no expression is probable enough", "not seen: no face was found"]
    assert page.locator(".legend li").all_inner_texts()[-2:] == meanings
    look = "element => getComputedStyle(element).backgroundImage"
    unclear, unseen = (page.locator(f".legend i.{name}").evaluate(look) for name in ("unclear", "unseen"))
    assert "135deg" in unclear
    assert "90deg" in unseen
    lane = page.locator(".lane canvas").first
    assert lane.evaluate(look) == unseen
    pixel = "(canvas, y) => [...canvas.getContext('2d').getImageData(1, y, 1, 1).data.slice(0, 3)]"
    # At the start, the first expression on top and the last at the bottom, as in charts and reports.
    colours = [tuple(bytes.fromhex(COLOURS[label][1:])) for label in (FERPLUS_LABELS[0], FERPLUS_LABELS[-1])]
    assert [tuple(lane.evaluate(pixel, y)) for y in (15, 50)] == colours


def test_three_hours_are_drawn_and_seek_fast(open_player):
    player = open_player("long")
    assert 0 < int(player.chart.get_attribute("data-marks")) < 5000
    asked: list[str] = []
    player.page.on("request", lambda request: asked.append(request.url) if "/media/" in request.url else None)
    # Read immediately after the click, without waiting.
    frames = player.chart.evaluate(
        """chart => [0.1, 0.7, 0.35].map(share => {
            const {left, width, top} = chart.getBoundingClientRect();
            const place = {clientX: left + share * width, clientY: top + 40, pointerId: 1, bubbles: true};
            chart.setPointerCapture = () => {};
            chart.dispatchEvent(new PointerEvent("pointerdown", place));
            return chart.getRootNode().querySelector(".frame").textContent;
        })"""
    )
    assert frames == ["frame 5,400", "frame 37,800", "frame 18,900"]
    assert asked == []


def test_controls_have_names_and_visible_focus(open_player):
    player = open_player("steady")
    root = player.page.locator("section.player")
    assert root.evaluate(_NAMELESS) == []
    assert "Ada <b>: neutral" in (player.chart.get_attribute("aria-valuetext") or "")
    for attribute in ("aria-valuemin", "aria-valuemax", "aria-valuenow", "aria-valuetext"):
        assert player.chart.get_attribute(attribute)
    player.chart.focus()
    player.page.keyboard.press("Shift+Tab")
    player.page.keyboard.press("Tab")
    assert player.chart.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"


def test_names_are_escaped(open_player):
    player = open_player("steady")
    expect(player.page.get_by_text("Ada <b>", exact=True)).to_be_visible()


def test_touch_seeks_on_a_phone(open_player):
    player = open_player("steady", phone=True)
    player.chart.scroll_into_view_if_needed()
    player.page.touchscreen.tap(*player.x_of(0.7))
    player.settle()
    player.assert_agrees()
    assert player.frame == 52
    assert_fits_a_phone(player.page)
