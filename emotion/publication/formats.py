"""File formats and widths of figures."""

from __future__ import annotations

from dataclasses import dataclass

from emotion.errors import InputError

NARROWEST_MM, WIDEST_MM = 60, 400

WIDTHS_MM: dict[str, int] = {"One column": 85, "One and a half": 120, "Page": 180}
"""Usual widths of figures in journals."""

MEDIA_TYPES = {"svg": "image/svg+xml", "pdf": "application/pdf"}


@dataclass(frozen=True, slots=True)
class FigureFormat:
    """Format of a figure.

    Attributes:
        kind: ``"svg"`` or ``"pdf"``.
        width_mm: Its width, :data:`NARROWEST_MM` to :data:`WIDEST_MM`.
        greyscale: Whether patterns replace colours.

    Raises:
        InputError: The kind is unknown, or the width out of range.
    """

    kind: str = "svg"
    width_mm: float = WIDTHS_MM["One column"]
    greyscale: bool = False

    def __post_init__(self) -> None:
        if self.kind not in MEDIA_TYPES:
            raise InputError(f"expected svg or pdf for a figure; got {self.kind!r}")
        if not NARROWEST_MM <= self.width_mm <= WIDEST_MM:
            raise InputError(f"expected a width from {NARROWEST_MM} to {WIDEST_MM} mm; got {self.width_mm:g}")
