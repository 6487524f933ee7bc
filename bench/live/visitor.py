"""A visitor of the live page: a separate Chromium whose camera plays a file."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserType, FrameLocator, Page, expect

from bench.common.chromium import OPTIONS as CHROMIUM_OPTIONS
from bench.common.chromium import chromium_path

OPTIONS = (*CHROMIUM_OPTIONS, "--use-fake-device-for-media-stream")
FRAME = 'iframe[title="streamlit_webrtc.component.webrtc_streamer"]'
CONSENT = "Everyone in front of the camera"

# Records connections and their tracks in the page and its frames, because WebRTC gives no list of them.
_RECORD_CONNECTIONS = """
    window.connections = [];
    const Native = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Native {
        constructor(...options) { super(...options); window.connections.push(this); }
    };
    window.tracks = [];
    const add = Native.prototype.addTrack;
    Native.prototype.addTrack = function (track, ...streams) {
        window.tracks.push(track);
        return add.call(this, track, ...streams);
    };
"""
_STATS = """async video => {
    const connection = video.ownerDocument.defaultView.connections.at(-1);
    const figures = {time_s: performance.now() / 1000};
    for (const report of (await connection.getStats()).values()) {
        if (report.kind !== "video") continue;
        if (report.type === "inbound-rtp") {
            figures.returned = report.framesDecoded;
            figures.width = report.frameWidth;
            figures.height = report.frameHeight;
        }
        if (report.type === "outbound-rtp") {
            figures.sent = report.framesSent;
            figures.limited = report.qualityLimitationReason;
        }
    }
    return figures;
}"""
_BOARD = """root => ({
    people: [...root.querySelectorAll(".person")].map(person => ({
        id: Number(person.dataset.person),
        leading: person.dataset.leading,
        here: !person.classList.contains("gone"),
    })),
    load: Object.fromEntries([...root.querySelectorAll(".load div")].map(
        item => [item.dataset.figure, item.querySelector("dd").textContent])),
    notices: [...root.querySelectorAll(".notices li")].map(item => item.textContent),
})"""


class Visitor:
    """A visitor with a camera.

    Args:
        page: Their browser page.
        url: Address of the server.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        page.set_default_timeout(60_000)

    @property
    def frame(self) -> FrameLocator:
        """The frame of streamlit-webrtc."""
        return self.page.frame_locator(FRAME)

    def enter(self, path: str = "/live") -> None:
        """Open a page, confirm consent if it is the live one, and wait until the camera can be started."""
        if path == "/live":
            self.agree()
        else:
            self.page.goto(f"{self.url}{path}")
        expect(self.start_button).to_be_visible(timeout=60_000)

    def agree(self) -> None:
        """Open the live page and confirm consent."""
        self.page.goto(f"{self.url}/live")
        self.tick_consent()

    def tick_consent(self) -> None:
        """Click the consent checkbox."""
        self.page.get_by_test_id("stCheckbox").filter(has_text=CONSENT).click()

    def open_link(self, title: str) -> None:
        """Open another page of the app by its link."""
        self.page.get_by_role("link", name=title).first.click()

    def choose_size(self, size: str) -> None:
        """Select a frame size by its label."""
        box = self.page.get_by_role("combobox", name="Size", exact=True)
        if box.input_value() != size:
            box.click()
            self.page.get_by_role("option", name=size).click()
            expect(box).to_have_value(size)
            self.page.wait_for_timeout(1000)

    def press(self, label: str) -> None:
        """Click a button of the page by its label."""
        self.page.get_by_role("button", name=label, exact=True).click()

    @property
    def start_button(self) -> Any:
        """The button that starts the camera."""
        return self.frame.get_by_role("button", name="Start")

    def start(self) -> None:
        """Start the camera and wait for the first returned frame.

        Raises:
            RuntimeError: None returned within 30 s.
        """
        self.start_button.click()
        self.frame.locator("video").wait_for(timeout=60_000)
        began = time.monotonic()
        while not self.figures().get("returned"):
            if time.monotonic() - began > 30:
                raise RuntimeError("no frame returned within 30 s")
            self.page.wait_for_timeout(200)

    def stop(self) -> None:
        """Stop the camera."""
        self.frame.get_by_role("button", name="Stop", exact=True).click()

    @property
    def has_board(self) -> bool:
        """Whether the page shows expressions."""
        return self.page.locator(".board").count() > 0

    def figures(self) -> dict[str, Any]:
        """Return counters of the connection from the browser: frames sent and returned, size and time, s."""
        return dict(self.frame.locator("video").evaluate(_STATS))

    def board(self) -> dict[str, Any]:
        """Return the people, load figures and notices on the board."""
        return dict(self.page.locator(".board").evaluate(_BOARD))

    def watch(self) -> str:
        """Return the page's message about why the camera does not work."""
        return " ".join(self.page.locator(".watch").inner_text().split())


@contextlib.contextmanager
def visitor(
    chromium: BrowserType, url: str, camera: Path | None, *, allowed: bool = True, found: bool = True
) -> Iterator[Visitor]:
    """Open a browser for a visitor.

    Args:
        chromium: Starts the browser.
        url: Address of the server.
        camera: File that the camera plays; None for Chromium's test pattern.
        allowed: Whether the visitor allows the camera.
        found: Whether the browser has a camera.
    """
    options = [*OPTIONS]
    if not found:
        options = [option for option in options if not option.startswith("--use-fake-device")]
    options += ["--use-fake-ui-for-media-stream"] if allowed else ["--deny-permission-prompts"]
    if camera is not None:
        options.append(f"--use-file-for-fake-video-capture={camera}")
    browser = chromium.launch(executable_path=chromium_path(), args=options)
    context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=["camera"] if allowed else [])
    context.add_init_script(_RECORD_CONNECTIONS)
    try:
        yield Visitor(context.new_page(), url)
    finally:
        browser.close()
