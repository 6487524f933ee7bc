"""Draws mean movements on a face as SVG: a spot per movement, with an arrow in its direction."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from emotion.fonts import FAMILY
from emotion.vision.movement_codebook import MOVEMENTS, SIDES, Movement
from emotion.vision.movements import mean_face

MIN_SCALE = 0.05
"""Minimum upper end of the colour scale, in eye distances, so that jitter stays pale."""
NOTABLE = 0.005
"""Smallest movement that gets a spot; a face at rest jitters by about as much."""

HOW_TO_READ = (
    "A spot shows where the face moved, an arrow in which direction. Stronger colour: larger mean movement from the "
    "person's face at rest, in eye distances (0.05 is about 3 mm). Left and right are the person's own."
)

HUE = "124,108,240"
"""The theme's violet, which is visible on light and dark."""

_WIDTH, _HEIGHT, _PX = 360, 400, 132
_MIDDLE = (180.0, 150.0)
"""Position of the middle between the eyes, px; :data:`_PX` is one eye distance."""
_SPOT_PX, _ARROW_PX = 17.0, 20.0

_OVAL = [
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
]
_EYES = (
    [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466],
    [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246],
)
_BROWS = ([276, 283, 282, 295, 285, 336, 296, 334, 293, 300], [46, 53, 52, 65, 55, 107, 66, 105, 63, 70])
_LIPS = (
    [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185],
    [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191],
)
_NOSE = ([168, 6, 197, 195, 5, 4], [98, 97, 2, 326, 327])


@dataclass(frozen=True, slots=True)
class _Place:
    """Position of a movement: a point of the mesh on either side, with an offset, px, and the arrow's direction.

    Offset and direction are for the person's left side; x is mirrored for the right one.
    """

    left: int
    right: int
    towards: tuple[float, float]
    shift: tuple[float, float] = (0.0, 0.0)


_UP, _DOWN, _OUT, _IN = (0.0, -1.0), (0.0, 1.0), (1.0, 0.0), (-1.0, 0.0)
_PLACES = {
    "brow_inner_raise": _Place(336, 107, _UP, (-6, -16)),
    "brow_outer_raise": _Place(334, 105, _UP, (26, -16)),
    "brow_lower": _Place(282, 52, _DOWN, (-10, -4)),
    "lid_raise": _Place(386, 159, _UP, (10, 16)),
    "lip_corner_up": _Place(291, 61, _UP, (10, -24)),
    "lip_corner_down": _Place(291, 61, _DOWN, (10, 24)),
    "lip_stretch": _Place(291, 61, _OUT, (38, 0)),
    "lip_pucker": _Place(291, 61, _IN, (-8, 0)),
    "lip_press": _Place(13, 13, _DOWN, (0, -10)),
    "jaw_drop": _Place(17, 17, _DOWN, (0, 26)),
}


def face_map(means: Mapping[str, float], title: str) -> str:
    """Return an SVG element of a face with a spot for every movement.

    Lines have the colour of the surrounding text, so the drawing suits light and dark pages.

    Args:
        means: Column of the codebook's movements → mean, shares of the eye distance; NaN and absent ones are left out.
        title: What is shown; the text alternative starts with it.
    """
    spots = _spots(means)
    scale = max([MIN_SCALE, *(value for _, _, value in spots)])
    drawn = "".join(_spot(movement, side, value, scale) for movement, side, value in spots)
    described = escape(f"{title}. {spoken(means)}", quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" role="img" aria-label="{described}" font-family="{FAMILY}, system-ui, sans-serif" '
        f'font-size="13" fill="currentColor" style="max-width:100%;height:auto">'
        f"{_outline()}{drawn}{_sides()}{_legend(scale)}</svg>"
    )


def spoken(means: Mapping[str, float]) -> str:
    """Return the movements of a face as sentences, the strongest first."""
    spots = sorted(_spots(means), key=lambda spot: -spot[2])
    if not spots:
        return "No movement from rest."
    return " ".join(f"{_name(movement, side)} {value:.3f}." for movement, side, value in spots)


def _spots(means: Mapping[str, float]) -> list[tuple[Movement, str, float]]:
    """Return movement, side (empty for the whole face) and mean of every notable movement."""
    found = []
    for movement in MOVEMENTS:
        for side in SIDES if movement.sided else ("",):
            value = means.get(f"{movement.name}_{side}" if side else movement.name, math.nan)
            if value >= NOTABLE:
                found.append((movement, side, float(value)))
    return found


def _name(movement: Movement, side: str) -> str:
    return f"{movement.title}, {side}" if side else movement.title


def _spot(movement: Movement, side: str, value: float, scale: float) -> str:
    place = _PLACES[movement.name]
    out = -1.0 if side == "right" else 1.0
    x, y = _drawn(place.right if side == "right" else place.left)
    x, y = x + out * place.shift[0], y + place.shift[1]
    dx, dy = out * place.towards[0], place.towards[1]
    share = min(value / scale, 1.0)
    tip = x + dx * _ARROW_PX, y + dy * _ARROW_PX
    head = " ".join(f"{tip[0] - 7 * dx + turn * 5 * dy:.1f},{tip[1] - 7 * dy + turn * 5 * dx:.1f}" for turn in (-1, 1))
    return (
        f'<g><title>{escape(_name(movement, side))}: {value:.3f}</title><circle cx="{x:.1f}" cy="{y:.1f}" '
        f'r="{_SPOT_PX}" fill="rgb({HUE})" fill-opacity="{0.12 + 0.78 * share:.2f}"/>'
        f'<path d="M{x - dx * 8:.1f},{y - dy * 8:.1f} L{tip[0]:.1f},{tip[1]:.1f}" stroke="currentColor" '
        f'stroke-width="2"/><polygon points="{tip[0]:.1f},{tip[1]:.1f} {head}"/></g>'
    )


def _outline() -> str:
    closed = "".join(_path(line, closed=True) for line in (_OVAL, *_EYES, *_BROWS, *_LIPS))
    lines = closed + "".join(_path(line, closed=False) for line in _NOSE)
    return f'<g fill="none" stroke="currentColor" stroke-opacity="0.55" stroke-width="1.3">{lines}</g>'


def _path(points: list[int], *, closed: bool) -> str:
    corners = " L".join("{:.1f},{:.1f}".format(*_drawn(point)) for point in points)
    return f'<path d="M{corners}{" Z" if closed else ""}"/>'


def _drawn(point: int) -> tuple[float, float]:
    """Return where a point of the mean face is drawn, px."""
    x, y, _ = mean_face()[point].tolist()
    return _MIDDLE[0] + _PX * x, _MIDDLE[1] + _PX * y


def _sides() -> str:
    return (
        f'<text x="4" y="16" fill-opacity="0.8">person’s right</text>'
        f'<text x="{_WIDTH - 4}" y="16" text-anchor="end" fill-opacity="0.8">person’s left</text>'
    )


def _legend(scale: float) -> str:
    top = _HEIGHT - 16
    steps = "".join(
        f'<rect x="{40 + 24 * step}" y="{top - 11}" width="24" height="12" fill="rgb({HUE})" '
        f'fill-opacity="{0.12 + 0.78 * step / 4:.2f}"/>'
        for step in range(5)
    )
    return (
        f'<text x="32" y="{top}" text-anchor="end">0</text>{steps}'
        f'<text x="168" y="{top}">{scale:.2f} eye distances</text>'
    )
