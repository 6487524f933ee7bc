"""Charts as figures for print."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import pandas as pd
import pytest
from PIL import ImageColor
from pypdf import PdfReader

from emotion.analytics.edits import Span
from emotion.charts.calendar import calendar_chart, day_table
from emotion.charts.events import relative_chart
from emotion.charts.insight import heat_chart
from emotion.charts.lab import MODEL_COLOURS, training_curves
from emotion.charts.timeline import probability_bars, share_donut, timeline_chart
from emotion.errors import InputError
from emotion.labels import COLOURS, EMOTIONS
from emotion.publication.figure import SMALLEST_PT, figure
from emotion.publication.formats import WIDTHS_MM, FigureFormat
from emotion.publication.patterns import in_greyscale
from tests.conftest import make_analysis
from tests.lab_models import HISTORY

SHARES = dict(zip(EMOTIONS, [0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05], strict=True))
MM_PER_PT = 25.4 / 72


def charts() -> dict:
    analysis = make_analysis([["fear", "anger"], ["anger", "neutral"], [], ["disgust"]] * 5)
    history = pd.read_csv(io.StringIO(HISTORY))
    days = day_table([("2026-03-02", 2, 60.0, SHARES), ("2026-03-21", 1, 60.0, SHARES)])
    return {
        "bars": probability_bars(SHARES, abstain_below=0.4),
        "donut": share_donut(SHARES),
        "timeline": timeline_chart(analysis),
        "heat": heat_chart(analysis),
        "calendar": calendar_chart(days),
        "relative": relative_chart(analysis, 1, Span(0, 0.1), ["fear", "anger"]),
        "training": training_curves(dict.fromkeys("ab", history), "accuracy", "Accuracy", ["a", "b"]),
    }


CHARTS = charts()


def svg_of(name: str, width_mm: float = 85, *, greyscale: bool = False) -> ElementTree.Element:
    return ElementTree.fromstring(figure(CHARTS[name], FigureFormat("svg", width_mm, greyscale)))


def colours_of(svg: ElementTree.Element) -> set[str]:
    return {value for element in svg.iter() for name in ("fill", "stroke") if (value := element.get(name))}


@pytest.mark.parametrize("width_mm", WIDTHS_MM.values())
@pytest.mark.parametrize("name", CHARTS)
def test_figures_have_their_width_and_text_that_can_be_read(name, width_mm):
    svg = svg_of(name, width_mm)
    assert svg.get("width") == f"{width_mm:.2f}mm"
    width_px = float(svg.get("viewBox").split()[2])
    pt_per_px = width_mm / MM_PER_PT / width_px
    sizes = [float(size) for text in svg.iter() if (size := (text.get("font-size") or "").removesuffix("px"))]
    assert sizes
    assert min(sizes) * pt_per_px >= SMALLEST_PT - 0.05


@pytest.mark.parametrize("name", CHARTS)
def test_a_pdf_has_the_same_size_and_its_fonts(name):
    page = PdfReader(io.BytesIO(figure(CHARTS[name], FigureFormat("pdf", 120)))).pages[0]
    assert float(page.mediabox.width) * MM_PER_PT == pytest.approx(120, abs=0.1)
    fonts = str(page["/Resources"])
    assert "Font" in fonts or "XObject" in fonts


def test_a_pdf_has_text_that_can_be_searched():
    page = PdfReader(io.BytesIO(figure(CHARTS["bars"], FigureFormat("pdf", 85)))).pages[0]
    assert "happiness" in page.extract_text()


@pytest.mark.parametrize("name", CHARTS)
def test_greyscale_has_no_colour(name):
    for colour in colours_of(svg_of(name, greyscale=True)):
        if colour.startswith("url("):
            continue
        if rgba := re.fullmatch(r"rgba\((\d+),(\d+),(\d+),[\d.]+\)", colour):
            assert len(set(rgba.groups())) == 1
        elif colour not in {"none", "transparent"}:
            assert len(set(ImageColor.getrgb(colour)[:3])) == 1, colour


def test_every_expression_has_a_pattern_of_its_own():
    svg = svg_of("donut", greyscale=True)
    used = {fill for fill in colours_of(svg) if fill.startswith("url(")}
    assert len(used) == len(COLOURS)
    tiles = [ElementTree.tostring(tile) for tile in svg.iter() if tile.tag.endswith("pattern")]
    assert len({re.sub(rb'id="[^"]*"', b"", tile) for tile in tiles}) == len(COLOURS)


def test_an_expression_has_the_same_pattern_in_every_chart():
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><rect fill="{COLOURS["anger"]}"/></svg>'
    alone, among = (
        ElementTree.fromstring(in_greyscale(svg, categories))[-1].get("fill")
        for categories in ([COLOURS["anger"]], [MODEL_COLOURS[0], *COLOURS.values()])
    )
    assert alone == among
    assert alone.startswith("url(#")


def test_lines_are_distinguished_by_dashes():
    svg = svg_of("relative", greyscale=True)
    lines = [one for one in svg.iter() if "mark-line" in (one.get("class") or "")]
    looks = {(path.get("stroke"), path.get("stroke-dasharray")) for line in lines for path in line}
    assert len(looks) >= 2


def test_colours_stay_without_greyscale():
    assert set(COLOURS.values()) <= colours_of(svg_of("donut"))
    assert MODEL_COLOURS[0] in colours_of(svg_of("training"))


def test_the_legend_names_what_only_colours_show():
    assert {"happiness", "contempt"} <= {text.text for text in svg_of("timeline").iter() if text.text}
    names = [text.text for text in svg_of("bars").iter() if text.text == "happiness"]
    assert len(names) == 1, "the axis already names the bars"


def test_wrong_formats_are_refused():
    with pytest.raises(InputError, match="60 to 400 mm; got 10"):
        FigureFormat("svg", 10)
    with pytest.raises(InputError, match="svg or pdf"):
        FigureFormat("png")


@pytest.mark.parametrize(("colour", "grey"), [("#FF0000", "#363636"), ("#00FF00", "#B6B6B6"), ("#0000FF", "#121212")])
def test_a_grey_is_as_light_as_its_colour(colour, grey):
    """Luma of ITU-R BT.709: 0.2126, 0.7152 and 0.0722 of 255."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><rect fill="{colour}"/></svg>'
    assert ElementTree.fromstring(in_greyscale(svg, []))[-1].get("fill") == grey
