"""The HTML report in a browser without network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from emotion.analytics.edits import Edits, Event, Span
from emotion.analytics.files import load_parquet
from emotion.models.registry import shipped_models
from emotion.report.formats import export, format_named
from emotion.samples.demo import DEMO_TIMELINE
from tests.conftest import make_analysis

HOSTILE = "<img src=http://example.com/x onerror=alert(1)>"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    analysis = make_analysis([["happiness", "anger"]] * 30 + [["sadness"]] * 30 + [[]] * 5)
    analysis = replace(analysis, model=shipped_models()[0], source="A talk – №1.mp4")
    edits = Edits(names={1: "Ζωή", 2: HOSTILE}, events=(Event(HOSTILE, Span(1, 2)),))
    return export(analysis, tmp_path_factory.mktemp("report") / "r.html", format_named("html"), edits)


@pytest.fixture(scope="module")
def demo_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    analysis = load_parquet(DEMO_TIMELINE)
    edits = Edits(names={1: "A participant with a long name, second interview", 2: "Bartholomew-Maximilian"})
    return export(analysis, tmp_path_factory.mktemp("report") / "demo.html", format_named("html"), edits)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_the_report_works_offline_without_scripts_and_requests(browser: Browser, report: Path, width: int, scheme: str):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    page = context.new_page()
    messages: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(report.as_uri())
    assert page.locator("svg").count() == 3
    assert page.get_by_role("heading", name="Ζωή").is_visible()
    assert page.locator("img, script").count() == 0, "a name is text"
    assert page.get_by_text(HOSTILE).count() >= 2
    shown = page.locator(".wide svg text").first.evaluate("text => getComputedStyle(text).fill")
    body = page.locator("body").evaluate("body => getComputedStyle(body).color")
    assert shown == body, "charts are written in the page's own colour"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert requests == [report.as_uri()]
    assert messages == []
    context.close()


def test_the_printed_report_is_dark_on_white(browser: Browser, report: Path):
    context = browser.new_context(color_scheme="dark", offline=True)
    page = context.new_page()
    page.goto(report.as_uri())
    page.emulate_media(media="print", color_scheme="light")
    assert page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf().startswith(b"%PDF")
    context.close()


@pytest.mark.parametrize(
    ("width", "media"),
    [(1280, "screen"), (800, "screen"), (660, "screen"), (400, "screen"), (672, "print"), (438, "print")],
)
def test_no_column_of_a_table_is_cut(browser: Browser, demo_report: Path, width: int, media: str):
    """The widths in print are those of A4 and A5 between the margins."""
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page = context.new_page()
    page.goto(demo_report.as_uri())
    page.emulate_media(media=media)
    tables = page.locator(".wide:has(table)")
    assert tables.count() >= 3
    assert tables.evaluate_all("all => all.map(each => each.scrollWidth - each.clientWidth)") == [0] * tables.count()
    context.close()
