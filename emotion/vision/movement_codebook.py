"""The codebook of facial movements: what is measured of a face, and the movements that are read from it.

A *measure* is a signed distance in a face whose head pose was removed, as a share of its eye distance, minus that of
the mean neutral face, which therefore has the value 0. A *movement* is how far a measure has changed in one direction
from the person's face at rest; it is never negative. ``docs/movements.md`` shows the tables below, and how well
movements separate known groups of faces.
"""

from __future__ import annotations

from dataclasses import dataclass

SIDES = ("left", "right")
"""Sides as seen by the person."""
ASYMMETRY = "asymmetry"

UNIT = "share of the eye distance"
"""Unit of every measure and movement: the distance between the centres of the eyes."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A distance on the face.

    Attributes:
        name: Name of its columns, without the side.
        sided: Whether it is measured on either side: columns ``<name>_left`` and ``<name>_right``.
        meaning: What a larger value means.
    """

    name: str
    sided: bool
    meaning: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns."""
        return tuple(f"{self.name}_{side}" for side in SIDES) if self.sided else (self.name,)


@dataclass(frozen=True, slots=True)
class Movement:
    """A way in which a part of the face moves.

    Attributes:
        name: Name of its column; a sided one also has ``<name>_left``, ``<name>_right``, ``<name>_asymmetry``.
        title: Display name.
        measures: Names of the :class:`Measure` that it is the mean of.
        sign: 1 where they grow with the movement, −1 where they shrink.
        resembles: The FACS action unit that it resembles, as a reading aid. It was not validated on FACS-coded faces.
    """

    name: str
    title: str
    measures: tuple[str, ...]
    sign: int
    resembles: str

    @property
    def sided(self) -> bool:
        """Whether it is measured on either side."""
        return all(measure.sided for measure in MEASURES if measure.name in self.measures)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns: the whole face, then its sides and their difference, left minus right."""
        return (self.name, *(f"{self.name}_{part}" for part in (*SIDES, ASYMMETRY) if self.sided))


MEASURES = (
    Measure("brow_inner", True, "height of the brow's inner half above the corners of its eye"),
    Measure("brow_outer", True, "height of the brow's outer half above the corners of its eye"),
    Measure("lid_gap", True, "height of the upper lid above the lower one"),
    Measure("lip_corner_height", True, "height of the corner of the mouth against the tip of the nose"),
    Measure("lip_corner_reach", True, "distance of the corner of the mouth from the middle of the face, to the side"),
    Measure("lip_height", False, "height of the red of both lips in the middle, without the gap between them"),
    Measure("lip_gap", False, "gap between the lips in the middle"),
)

MOVEMENTS = (
    Movement("brow_inner_raise", "Inner brow raise", ("brow_inner",), 1, "AU 1"),
    Movement("brow_outer_raise", "Outer brow raise", ("brow_outer",), 1, "AU 2"),
    Movement("brow_lower", "Brow lowering", ("brow_inner", "brow_outer"), -1, "AU 4"),
    Movement("lid_raise", "Lid raise", ("lid_gap",), 1, "AU 5"),
    Movement("lip_corner_up", "Lip corner up", ("lip_corner_height",), 1, "AU 12"),
    Movement("lip_corner_down", "Lip corner down", ("lip_corner_height",), -1, "AU 15"),
    Movement("lip_stretch", "Lip stretch", ("lip_corner_reach",), 1, "AU 20"),
    Movement("lip_pucker", "Lip pucker", ("lip_corner_reach",), -1, "AU 18"),
    Movement("lip_press", "Lip press", ("lip_height",), -1, "AU 24"),
    Movement("jaw_drop", "Jaw drop", ("lip_gap",), 1, "AU 25–27"),
)

MEASURE_COLUMNS = tuple(column for measure in MEASURES for column in measure.columns)
"""Every column of measures, in order."""

MOVEMENT_COLUMNS = tuple(column for movement in MOVEMENTS for column in movement.columns)
"""Every column of movements, in order."""
