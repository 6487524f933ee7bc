"""Greyscale for print: patterns instead of colours in an SVG chart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from PIL import ImageColor

from emotion.labels import ANSWER_COLOURS

_SVG = "http://www.w3.org/2000/svg"
_TILE = 6
_INK = "#222222"

_MARKS: tuple[str, ...] = (
    '<rect width="6" height="6" fill="#D4D4D4"/>',
    '<circle cx="1.5" cy="1.5" r="1.1"/><circle cx="4.5" cy="4.5" r="1.1"/>',
    '<path d="M-1,1l2,-2M0,6l6,-6M5,7l2,-2"/>',
    '<rect width="6" height="6" fill="#6E6E6E"/>',
    '<rect width="6" height="6" fill="#222222"/>',
    '<path d="M-1,5l2,2M0,0l6,6M5,-1l2,2"/>',
    '<path d="M1.5,0v6M4.5,0v6"/>',
    '<path d="M0,1.5h6M0,4.5h6"/>',
    '<path d="M3,1v4M1,3h4"/>',
)
"""Tiles of the patterns, in the order of :data:`emotion.labels.ANSWER_COLOURS`."""

_ON_COLOURS = {"#000000", "#FFFFFF"}
_HALO = {"fill": _INK, "stroke": "#FFFFFF", "stroke-width": "3", "stroke-linejoin": "round", "paint-order": "stroke"}
"""Black or white text on a colour gets a white outline that separates it from the pattern."""

_DASHES = ("", "7 2", "2 2", "7 2 2 2", "", "4 2", "1 2", "9 3", "5 2 1 2")
_GREYS = ("#222222", "#222222", "#222222", "#222222", "#8A8A8A", "#222222", "#222222", "#8A8A8A", "#8A8A8A")
"""Dashes and greys of lines, in the same order."""


def in_greyscale(svg: str, categories: Sequence[str], *, dashes: bool = True) -> str:
    """Convert an SVG chart to greyscale: categories become patterns and dashes, other colours a grey of their luma.

    Args:
        svg: The chart.
        categories: Colours of categories, ``#rrggbb``; an expression has the same pattern in every chart.
        dashes: Whether lines are dashed by category; False if dashes already mean something else.
    """
    for prefix, uri in (("", _SVG), ("xlink", "http://www.w3.org/1999/xlink")):
        ElementTree.register_namespace(prefix, uri)
    root = ElementTree.fromstring(svg)
    places = _places(categories)
    for element in root.iter():
        _recolour(element, places, dashes=dashes)
        if element.tag.endswith("text") and element.get("fill") in _ON_COLOURS:
            element.attrib |= _HALO
    root.insert(0, _definitions(sorted(set(places.values()))))
    return ElementTree.tostring(root, encoding="unicode")


def _places(categories: Sequence[str]) -> dict[str, int]:
    """Return each category's colour with the index of its pattern."""
    own = {colour.upper(): place for place, colour in enumerate(ANSWER_COLOURS.values())}
    others = [colour.upper() for colour in categories if colour.upper() not in own]
    return {colour.upper(): own[colour.upper()] for colour in categories if colour.upper() in own} | {
        colour: place % len(_MARKS) for place, colour in enumerate(others)
    }


def _definitions(places: Sequence[int]) -> ElementTree.Element:
    return ElementTree.fromstring(f'<defs xmlns="{_SVG}">{"".join(map(_pattern, places))}</defs>')


def _pattern(place: int) -> str:
    marks = _MARKS[place]
    fill, stroke = ("none", _INK) if "path" in marks else (_INK, "none")
    return (
        f'<pattern id="pattern-{place}" width="{_TILE}" height="{_TILE}" patternUnits="userSpaceOnUse">'
        f'<rect width="{_TILE}" height="{_TILE}" fill="#FFFFFF"/>'
        f'<g fill="{fill}" stroke="{stroke}">{marks}</g></pattern>'
    )


def _recolour(element: ElementTree.Element, places: dict[str, int], *, dashes: bool) -> None:
    fill, stroke = (element.get(name, "") for name in ("fill", "stroke"))
    if fill.upper() in places:
        element.set("fill", f"url(#pattern-{places[fill.upper()]})")
        if not stroke:
            element.set("stroke", _INK)
            element.set("stroke-width", "0.5")
    elif fill:
        element.set("fill", _grey(fill))
    if stroke.upper() in places:
        place = places[stroke.upper()]
        element.set("stroke", _GREYS[place])
        if dashes and _DASHES[place] and not element.get("stroke-dasharray"):
            element.set("stroke-dasharray", _DASHES[place])
    elif stroke:
        element.set("stroke", _grey(stroke))


def _grey(colour: str) -> str:
    """Return the grey of a CSS colour's luma; anything else is returned unchanged."""
    rgba = re.fullmatch(r"rgba\((\d+), ?(\d+), ?(\d+), ?([\d.]+)\)", colour)
    try:
        rgb = tuple(map(int, rgba.groups()[:3])) if rgba else ImageColor.getrgb(colour)[:3]
    except ValueError:
        return colour
    level = round(0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2])
    return f"rgba({level},{level},{level},{rgba[4]})" if rgba else f"#{level:02X}{level:02X}{level:02X}"
