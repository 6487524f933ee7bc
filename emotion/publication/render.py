"""Renders charts as SVG, PDF and PNG, without a browser."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import altair as alt
import vl_convert

from emotion.fonts import font_folder

_VL_VERSION = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
_SCALE = 2.5
"""Pixels of a PNG file per px of a chart."""


def to_svg(spec: Mapping[str, Any]) -> str:
    """Return a Vega-Lite chart as a self-contained SVG element."""
    return str(_library().vegalite_to_svg(dict(spec), vl_version=_VL_VERSION))


def to_png(spec: Mapping[str, Any]) -> bytes:
    """Return a Vega-Lite chart as a PNG file's bytes."""
    return bytes(_library().vegalite_to_png(dict(spec), vl_version=_VL_VERSION, scale=_SCALE))


def svg_to_png(svg: str) -> bytes:
    """Return an SVG element as a PNG file's bytes."""
    return bytes(_library().svg_to_png(svg, scale=_SCALE))


def svg_to_pdf(svg: str) -> bytes:
    """Return an SVG element as a PDF page with its fonts; each px becomes a point."""
    return bytes(_library().svg_to_pdf(svg))


@cache
def _library() -> Any:
    vl_convert.register_font_directory(str(font_folder()))
    return vl_convert
