"""Settings of a live session, changeable at any time: how the picture looks, and what is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from emotion.errors import LiveError

Hide = Literal["nothing", "blur", "silhouette"]
Draw = Literal["nothing", "boxes", "mesh"]
HIDE: tuple[Hide, ...] = get_args(Hide)
DRAW: tuple[Draw, ...] = get_args(Draw)


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """How the returned picture looks, what is measured, and how much figures are smoothed.

    Change a setting with ``dataclasses.replace``.

    Attributes:
        hide: Whether faces in the returned picture are made unrecognisable, and how.
        draw: What to draw on it: nothing, boxes with expressions and probabilities, or the mesh as well.
        mirror: Whether to mirror the picture; text stays readable.
        eyes: Whether to measure eyes and gaze, if the analyzer does. A recording keeps what it began with.
        movements: Whether to measure brows, lids, lips and jaw, likewise.
        smoothing_s: Half-life of the smoothing of current values, in seconds; 0 for none. Recordings are raw.

    Raises:
        LiveError: A value is not allowed.
    """

    hide: Hide = "nothing"
    draw: Draw = "boxes"
    mirror: bool = True
    smoothing_s: float = 0.3
    eyes: bool = True
    movements: bool = True

    def __post_init__(self) -> None:
        if self.hide not in HIDE:
            raise LiveError(f"expected faces hidden by one of {', '.join(HIDE)}; got {self.hide!r}")
        if self.draw not in DRAW:
            raise LiveError(f"expected one of {', '.join(DRAW)} to be drawn; got {self.draw!r}")
        if not 0 <= self.smoothing_s <= 10:
            raise LiveError(f"expected smoothing of 0 to 10 s; got {self.smoothing_s}")
