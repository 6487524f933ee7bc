"""The page that shows hours of video: how long its script takes, what a browser draws, how soon it answers."""

from __future__ import annotations

import os
import time
from typing import Any

from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from bench.common.chromium import click_at, open_chromium, served, settle
from bench.common.records import ROOT
from emotion.analytics.edits import Span
from emotion.charts.ribbon import overview_chart
from emotion.charts.timeline import timeline_chart
from emotion.library import Repository

_PATIENCE_MS = 120_000


def measure_page(repository: Repository, title: str) -> dict[str, Any]:
    """Return what it takes to show the analysis of that title.

    Args:
        repository: Of the library at ``EMOTION_LIBRARY``.
        title: Of one analysis, the newest if there are several.
    """
    entry = repository.search(title, limit=1).entries[0]
    analysis = repository.load_analysis(entry.id)
    end_s = analysis.info.duration_s
    charts = {
        "overview_marks": overview_chart(analysis),
        "timeline_marks": timeline_chart(analysis, 0.0, legend=False),
        "part_marks": timeline_chart(analysis, 0.0, legend=False, span=Span(0.4 * end_s, 0.6 * end_s)),
    }
    marks = {name: sum(map(len, chart.to_dict()["datasets"].values())) for name, chart in charts.items()}
    return marks | _script(entry.id) | _browser(entry.id)


def _script(analysis_id: str) -> dict[str, float]:
    """Return the seconds of the page's first run, which reads the file, and of one more."""
    test = AppTest.from_file(str(ROOT / "pages" / "video.py"), default_timeout=300)
    test.query_params["analysis"] = analysis_id
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        test.run()
        seconds.append(time.perf_counter() - started)
        if test.exception:
            raise RuntimeError(str(test.exception[0].value))
    return {"first_run_s": seconds[0], "next_run_s": seconds[1]}


def _browser(analysis_id: str) -> dict[str, float]:
    environment = {"EMOTION_LIBRARY": os.environ["EMOTION_LIBRARY"]}
    with served("server.py", **environment) as url, open_chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(_PATIENCE_MS)
        # What every visit costs is not this video's.
        page.goto(f"{url}/video")
        settle(page)
        started = time.perf_counter()
        page.goto(f"{url}/video?analysis={analysis_id}")
        expect(page.locator(".chart[data-marks]")).to_be_visible(timeout=_PATIENCE_MS)
        shown_s = time.perf_counter() - started
        figures = {
            "shown_s": shown_s,
            "player_marks": int(page.locator(".chart").get_attribute("data-marks") or 0),
            "seek_ms": _seek_ms(page),
        }
        browser.close()
    return figures


def _seek_ms(page: Page) -> float:
    """Return how long after a click on the chart the readout has followed."""
    click_at(page, page.locator(".chart"), 0.3, 60)
    settle(page)
    return float(
        page.locator(".chart").evaluate(
            """(chart) => new Promise((resolve) => {
                const time = chart.getRootNode().querySelector(".time");
                const {left, top, width} = chart.getBoundingClientRect();
                const place = {clientX: left + 0.7 * width, clientY: top + 60, pointerId: 1, button: 0, bubbles: true};
                const before = time.textContent;
                const started = performance.now();
                new MutationObserver(() => time.textContent !== before && resolve(performance.now() - started))
                    .observe(time, {childList: true, characterData: true, subtree: true});
                chart.setPointerCapture = () => {};
                chart.dispatchEvent(new PointerEvent("pointerdown", place));
            })"""
        )
    )
