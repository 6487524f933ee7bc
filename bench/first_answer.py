"""``python -m bench.first_answer``: clicks and seconds to the first answer on each page, and the pages' heights.

It starts the app with an empty library and uses it in Chromium like a new visitor. Choosing files counts as a click.
``--data`` is a folder of ``photos`` and ``videos``; ``--json`` writes the figures to a file.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page

from bench.common.chromium import open_chromium, served, settle
from training.datasets.readers.parquet import default_data_dir

WIDTH, HEIGHT = 1280, 900
PATIENCE_MS = 600_000
MANY = 64
CLIP = "one_face_720p.mp4"

_PAGE_HEIGHT = "() => Math.round(document.querySelector('[data-testid=stMain]').scrollHeight)"


@dataclass
class Visit:
    """A new visitor on one page; counts clicks."""

    page: Page
    clicks: int = 0

    def click(self, target: Locator) -> None:
        """Click an element once the page is idle."""
        target.wait_for(timeout=PATIENCE_MS)
        settle(self.page)
        target.click()
        self.clicks += 1

    def button(self, name: str) -> Locator:
        """Return a button by its exact name."""
        return self.page.get_by_role("button", name=name, exact=True).first

    def choose(self, files: list[Path]) -> None:
        """Upload files; open the uploader first if it is behind a button."""
        settle(self.page)
        field = self.page.locator("input[type=file]")
        if not field.count():
            self.click(self.page.get_by_role("button", name="Add").first)
            field.first.wait_for(state="attached")
        field.first.set_input_files(list(files))
        self.clicks += 1

    def consent(self) -> None:
        """Accept the notice before the first analysis."""
        self.click(self.page.get_by_text("Testing with sample material"))
        settle(self.page)
        self.click(self.page.get_by_text("agrees.").last)

    @property
    def height_px(self) -> int:
        """Height of the whole page."""
        settle(self.page)
        return int(self.page.evaluate(_PAGE_HEIGHT))


def from_home(visit: Visit, data: Path) -> Locator:
    """Open the demo from the home page."""
    visit.click(visit.button("See a demo"))
    return visit.page.locator(".lane").first


def one_photo(visit: Visit, data: Path) -> Locator:
    """Upload one photo."""
    visit.choose(photos(data)[:1])
    visit.consent()
    return visit.page.get_by_text("Face 1", exact=True).first


def many_photos(visit: Visit, data: Path) -> Locator:
    """Upload many photos."""
    visit.choose(photos(data))
    visit.consent()
    return visit.page.get_by_text(f"{MANY} pictures ·").first


def own_video(visit: Visit, data: Path) -> Locator:
    """Upload a video."""
    visit.choose([data / "videos" / CLIP])
    visit.consent()
    visit.click(visit.button("Analyse"))
    return visit.page.locator(".lane").first


def come_back(visit: Visit, data: Path) -> Locator:
    """Open the video page while the library has finished analyses."""
    return visit.page.locator(".lane").first


def from_library(visit: Visit, data: Path) -> Locator:
    """Open the newest analysis of the library."""
    table = visit.page.locator("[data-testid=stDataFrame]").first
    table.wait_for()
    settle(visit.page)
    box = table.bounding_box()
    assert box is not None
    visit.page.mouse.click(box["x"] + 200, box["y"] + 55)
    visit.clicks += 1
    return visit.page.locator(".lane").first


ANSWERS: dict[str, tuple[str, Callable[[Visit, Path], Locator]]] = {
    "Home: an analysed video": ("", from_home),
    "Pictures: one photo": ("image", one_photo),
    f"Pictures: {MANY} photos": ("image", many_photos),
    "Video: one clip": ("video", own_video),
    "Video: what was analysed last": ("video", come_back),
    "Library: the newest analysis": ("library", from_library),
}
"""Question → page, and the function that opens the answer there."""


def photos(data: Path) -> list[Path]:
    """Return the photos to upload, repeated until there are enough."""
    there = sorted((data / "photos").glob("*.jpg"))
    return [there[index % len(there)] for index in range(MANY)]


def measure(browser: Browser, url: str, data: Path, questions: list[str]) -> dict[str, dict[str, float]]:
    """Return clicks, seconds and page height of each answer."""
    found = {}
    for question in questions:
        place, way = ANSWERS[question]
        page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{url}/{place}")
        page.locator("h1").first.wait_for()
        visit = Visit(page)
        empty_px, begun_s = visit.height_px, time.perf_counter()
        answer = way(visit, data)
        answer.wait_for()
        seconds = time.perf_counter() - begun_s
        # The player is built again when its video is ready.
        page.wait_for_timeout(2000)
        box = answer.bounding_box() or {"y": 0.0}
        found[question] = {
            "clicks": visit.clicks, "seconds": round(seconds, 1), "answer_at_px": round(box["y"]),
            "page_px": visit.height_px, "page_before_px": empty_px,
        }  # fmt: skip
        print(question, found[question], flush=True)
        page.context.close()
    return found


def main() -> None:
    """Measure, and print or write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=default_data_dir().parent)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", choices=ANSWERS, action="append", help="may be given several times")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as library,
        served("server.py", EMOTION_LIBRARY=library) as url,
        open_chromium() as browser,
    ):
        found = measure(browser, url, options.data, options.only or list(ANSWERS))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
