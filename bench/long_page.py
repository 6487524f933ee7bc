"""Measures the video page with hours of video: time of its script, number of marks drawn, and response time."""

from __future__ import annotations

import os
import time
from typing import Any

from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from bench.common.chromium import click_at, open_chromium, served, settle
from emotion.analytics.edits import Span
from emotion.charts.ribbon import overview_chart
from emotion.charts.timeline import timeline_chart
from emotion.library import Repository
from emotion.paths import ROOT

_TIMEOUT_MS = 120_000


def measure_page(repository: Repository, title: str) -> dict[str, Any]:
    """Return the number of marks and the times to show an analysis.

    Args:
        repository: Repository of the library at ``EMOTION_LIBRARY``.
        title: Title of the analysis; the newest one counts.
    """
    entry = repository.search(title, limit=1).entries[0]
    analysis = repository.load_analysis(entry.id)
    end_s = analysis.info.duration_s
    charts = {
        "overview_marks": overview_chart(analysis),
        "timeline_marks": timeline_chart(analysis),
        "part_marks": timeline_chart(analysis, span=Span(0.4 * end_s, 0.6 * end_s)),
    }
    marks = {name: sum(map(len, chart.to_dict()["datasets"].values())) for name, chart in charts.items()}
    return marks | _script(entry.id) | _browser(entry.id)


def _script(analysis_id: str) -> dict[str, float]:
    """Return the times of the page's first run, which reads the file, and of its second one, s."""
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
        page.set_default_timeout(_TIMEOUT_MS)
        # The first visit loads the page itself, which is not counted.
        page.goto(f"{url}/video")
        settle(page)
        started = time.perf_counter()
        page.goto(f"{url}/video?analysis={analysis_id}")
        expect(page.locator(".chart[data-marks]")).to_be_visible(timeout=_TIMEOUT_MS)
        shown_s = time.perf_counter() - started
        figures = {
            "shown_s": shown_s,
            "player_marks": int(page.locator(".chart").get_attribute("data-marks") or 0),
            "seek_ms": _seek_ms(page),
        }
        browser.close()
    return figures


def _seek_ms(page: Page) -> float:
    """Return the time between a click on the chart and the change of the time shown, ms."""
    click_at(page, page.locator(".chart"), 0.3, 60)
    settle(page)
    return float(
        page.locator(".chart").evaluate(
            """(chart) => new Promise((resolve) => {
                const time = chart.getRootNode().querySelector(".time");
                const {left, top, width} = chart.getBoundingClientRect();
                const click = {clientX: left + 0.7 * width, clientY: top + 60, pointerId: 1, button: 0, bubbles: true};
                const before = time.textContent;
                const started = performance.now();
                new MutationObserver(() => time.textContent !== before && resolve(performance.now() - started))
                    .observe(time, {childList: true, characterData: true, subtree: true});
                chart.setPointerCapture = () => {};
                chart.dispatchEvent(new PointerEvent("pointerdown", click));
            })"""
        )
    )
