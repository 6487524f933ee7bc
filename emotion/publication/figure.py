"""Charts as figures for print: SVG and PDF of a given width in millimetres, in colour or in greyscale."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import altair as alt

from emotion.errors import InputError
from emotion.fonts import FAMILY
from emotion.labels import ANSWER_COLOURS
from emotion.publication.formats import FigureFormat
from emotion.publication.patterns import in_greyscale
from emotion.publication.render import svg_to_pdf, to_svg

SMALLEST_PT = 7.0
"""Smallest font size at any width, pt."""

_MM_PER_INCH, _PX_PER_INCH, _PT_PER_INCH = 25.4, 96, 72
_INK, _PAPER = "#1A1A1A", "#FFFFFF"
_NAME_PX, _LEGEND_ROW_PX = 90, 17


def figure(chart: alt.TopLevelMixin, chosen: FigureFormat) -> bytes:
    """Return a chart as a file.

    The chart is laid out again for its width, so text has its usual size in print.

    Args:
        chart: One of :mod:`emotion.charts`.
        chosen: File format, width and colours.
    """
    spec = _for_print(chart.to_dict(), chosen.width_mm)
    svg = to_svg(spec)
    if chosen.greyscale:
        svg = in_greyscale(svg, _categories(spec), dashes="strokeDash" not in _channels(spec))
    if chosen.kind == "svg":
        return _sized(svg, chosen.width_mm, "mm").encode()
    return svg_to_pdf(_sized(svg, chosen.width_mm / _MM_PER_INCH * _PT_PER_INCH, ""))


def _for_print(spec: dict[str, Any], width_mm: float) -> dict[str, Any]:
    spec = _with_ink(spec)
    width_px = round(width_mm / _MM_PER_INCH * _PX_PER_INCH)
    legends = [_add_legend(encoding, max(width_px // _NAME_PX, 1)) for encoding in _encodings(spec)]
    spec |= {"width": width_px, "background": _PAPER, "padding": 5}
    if isinstance(spec.get("height"), int | float):
        # Without more height, the legend would shrink the chart.
        spec["height"] += max(legends, default=0)
    # Calendars have a height per row.
    stepped = isinstance(spec.get("height"), dict)
    spec["autosize"] = {"type": "fit-x" if stepped else "fit", "contains": "padding"}
    spec["config"] = _merged(spec.get("config", {}), _print_config())
    return spec


def _print_config() -> dict[str, Any]:
    small, usual = (pt * _PX_PER_INCH / _PT_PER_INCH for pt in (SMALLEST_PT, SMALLEST_PT + 1))
    label = {"labelFontSize": usual, "titleFontSize": usual, "titleFontWeight": "normal"}
    line = {"domainColor": "#868D96", "tickColor": "#868D96", "gridColor": "#E3E5E8"}
    return {
        "font": f"{FAMILY}, Arial, sans-serif",
        "background": _PAPER,
        "axis": label | line,
        "legend": label | {"symbolSize": 90, "symbolStrokeWidth": 1},
        "text": {"fontSize": small},
    }


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    return dict(base) | {
        key: _merged(base.get(key, {}), value) if isinstance(value, dict) else value for key, value in over.items()
    }


def _with_ink(value: Any) -> Any:
    """Replace the page's text colour with one for paper."""
    if isinstance(value, dict):
        return {key: _with_ink(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_ink(one) for one in value]
    return _INK if value == "currentColor" else value


def _add_legend(encoding: dict[str, Any], columns: int) -> int:
    """Add the legend that pages show beside a chart, unless an axis names the expressions; return its height, px."""
    colour = encoding.get("color", {})
    named = {encoding.get(axis, {}).get("field") for axis in ("x", "y")}
    if not _answers(colour) or colour.get("legend", ()) is not None or colour.get("field") in named:
        return 0
    colour["legend"] = {"title": None, "orient": "bottom", "columns": columns, "symbolType": "square"}
    return _LEGEND_ROW_PX * (1 + -(-len(colour["scale"]["domain"]) // columns))


def _answers(colour: Mapping[str, Any]) -> bool:
    scale = colour.get("scale") or {}
    return bool(scale.get("domain")) and set(scale["domain"]) <= set(ANSWER_COLOURS)


def _categories(spec: Mapping[str, Any]) -> list[str]:
    """Return the colours of a chart's categories."""
    colours: dict[str, None] = {}
    for encoding in _encodings(spec):
        colour = encoding.get("color", {})
        if colour.get("type") == "nominal" and isinstance(colour.get("scale"), dict):
            colours |= dict.fromkeys(colour["scale"].get("range", ()))
    return list(colours)


def _channels(spec: Mapping[str, Any]) -> set[str]:
    return {channel for encoding in _encodings(spec) for channel in encoding}


def _encodings(spec: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "encoding" in spec:
        yield spec["encoding"]
    for layer in spec.get("layer", ()):
        yield from _encodings(layer)


def _sized(svg: str, width: float, unit: str) -> str:
    """Return an SVG element of a given width; its view box has the px of its layout."""
    head = re.match(r'<svg[^>]*?viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*>', svg)
    if head is None:
        raise InputError("expected an SVG element with a view box; there is none")
    tag, height = head[0], width * float(head[2]) / float(head[1])
    for side, length in (("width", width), ("height", height)):
        tag = re.sub(rf'(\s{side}=")[^"]*"', rf'\g<1>{length:.2f}{unit}"', tag, count=1)
    return tag + svg[head.end() :]
