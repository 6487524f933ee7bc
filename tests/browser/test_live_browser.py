"""The live page in Chromium with the sample portrait as the camera, and one seat, to test that it is freed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserType, expect

from bench.common.chromium import served
from bench.live.visitor import FRAME, Visitor, visitor
from emotion.samples import sample_image
from tests.browser.conftest import assert_fits_a_phone

PATIENT_MS = 60_000

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of the portrait, moved slightly."""
    path = tmp_path_factory.mktemp("camera") / "portrait.y4m"
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W320 H240 F15:1 Ip A1:1 C420\n")
        for index in range(30):
            left = 60 + abs(15 - index)
            image = np.ascontiguousarray(sample_image()[20:320, left : left + 400])
            planes = cv2.cvtColor(cv2.resize(image, (320, 240), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2YUV_I420)
            file.write(b"FRAME\n" + planes.tobytes())
    return path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    library = str(tmp_path_factory.mktemp("library"))
    with served("server.py", EMOTION_LIBRARY=library, EMOTION_LIVE_VISITORS="1") as url:
        yield url


@pytest.fixture
def chromium(browser: Browser) -> BrowserType:
    """Starts browsers with cameras."""
    return browser.browser_type


_UNPLUG = "video => video.ownerDocument.defaultView.tracks.forEach(track => track.stop())"


def press(person: Visitor, label: str) -> None:
    person.page.get_by_role("button", name=label, exact=True).click(timeout=PATIENT_MS)


def says(person: Visitor, text: str) -> None:
    expect(person.page.locator(".notices")).to_contain_text(text, timeout=PATIENT_MS)


_NOTE_NEWS = """news => {
    window.spoken = [];
    new MutationObserver(() => window.spoken.push(news.textContent)).observe(news, {childList: true});
}"""
"""Keeps what the board announces: another notice may follow at once."""


def test_a_face_is_analysed_held_and_recorded_and_the_seat_freed(chromium, server, camera):
    with visitor(chromium, server, camera) as first, visitor(chromium, server, camera) as second:
        first.enter()
        first.start()
        leading = first.page.locator('.person[data-person="1"] .leading')
        expect(leading).to_have_text("happiness", timeout=PATIENT_MS)
        press(first, "Hold")
        says(first, "On hold")
        expect(first.page.get_by_role("button", name="Resume", exact=True)).to_be_focused(timeout=PATIENT_MS)
        press(first, "Resume")
        first.page.locator(".news").evaluate(_NOTE_NEWS)
        press(first, "Record")
        says(first, "Recording the timeline, 2")
        spoken = first.page.evaluate("() => window.spoken")
        assert sum("Recording the timeline" in text for text in spoken) == 1, "announced once, not every second"
        expect(first.page.get_by_role("button", name="Stop recording", exact=True)).to_be_focused(timeout=PATIENT_MS)
        press(first, "Stop recording")
        expect(first.page.get_by_text("Open the timeline")).to_be_visible(timeout=PATIENT_MS)
        assert_fits_a_phone(first.page)

        second.agree()
        expect(second.page.get_by_text("All places are taken")).to_be_visible(timeout=PATIENT_MS)
        first.page.set_viewport_size({"width": 1280, "height": 900})
        first.open_link("Home")
        expect(first.page.locator(FRAME)).to_have_count(0, timeout=PATIENT_MS)
        # The server notices within two seconds that a page was left, and the next visitor gets the seat.
        expect(second.start_button).to_be_visible(timeout=PATIENT_MS)
        second.start()
        expect(second.page.locator(".person")).to_have_count(1, timeout=PATIENT_MS)

        first.open_link("Live")
        first.tick_consent()
        expect(first.page.get_by_text("All places are taken")).to_be_visible(timeout=PATIENT_MS)
        # It notices a browser that crashed only after half a minute.
        second.stop()
        expect(first.start_button).to_be_visible(timeout=PATIENT_MS)


def test_choosing_a_camera_is_no_fault_but_a_camera_that_ends_is(chromium, server, camera):
    with visitor(chromium, server, camera) as person:
        person.enter()
        person.start()
        # The component's own style has capitals.
        expect(person.frame.get_by_role("button", name="Choose camera")).to_have_css("text-transform", "none")
        person.frame.get_by_role("button", name="Choose camera").click()
        person.page.wait_for_timeout(1000)
        person.frame.get_by_role("button", name="Done").click()
        returned = person.figures()["returned"]
        # Longer than it takes to call a camera unplugged.
        person.page.wait_for_timeout(4000)
        assert person.watch() == ""
        assert person.figures()["returned"] > returned
        person.frame.locator("video").evaluate(_UNPLUG)
        expect(person.page.locator(".watch .title")).to_contain_text("stopped sending frames", timeout=PATIENT_MS)
        # Frees the only seat for the next test.
        person.stop()
        expect(person.start_button).to_be_visible(timeout=PATIENT_MS)


@pytest.mark.parametrize(
    ("how", "words"),
    [({"allowed": False}, "denies this page access to the camera"), ({"found": False}, "finds no camera")],
)
def test_camera_errors_are_explained(chromium, server, how, words):
    with visitor(chromium, server, None, **how) as person:
        # Waits for the seat, which the visitor of another test may still have.
        person.enter()
        person.start_button.click()
        expect(person.page.locator(".watch .title")).to_contain_text(words, timeout=PATIENT_MS)
        assert_fits_a_phone(person.page)
