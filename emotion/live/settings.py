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
    """How the returned picture looks, what is measured, and how steady the figures are.

    Change one with ``dataclasses.replace``.

    Attributes:
        hide: Whether faces in the returned picture are made unrecognisable, and how.
        draw: What is drawn on it: nothing, boxes with expression and probabilities, or the mesh's points as well.
        mirror: Whether left and right change places, as in a mirror; text stays readable.
        eyes: Whether the eyes and the gaze are measured, if the analyzer measures them.
        movements: The same of the movements of brows, lids, lips and jaw.
        smoothing_s: Half-life of the smoothing of current values, in seconds; 0 for none. What is recorded is raw.

    Raises:
        LiveError: A value is not one of those allowed.
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
