"""A contact sheet of analysed pictures, from which one can be opened."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from emotion.analytics.abstention import face_answer
from emotion.labels import ANSWER_COLOURS, INKS, UNCLEAR, display_order
from ui.common.web_modules import component, keep_value
from ui.pictures.session import Picture, Unreadable

NO_ANSWERS = NO_FACE, UNREADABLE = "no face", "cannot be read"
"""Shown in place of expressions for pictures that have none."""

_mount = component("picture_sheet", __file__, "sheet")


def show_sheet(pictures: Sequence[tuple[int, Picture | Unreadable]], key: str) -> int | None:
    """Show small pictures with their expressions, and return the number of the one that was just opened.

    Args:
        pictures: Number and picture, in the order to show.
        key: Key of the sheet.
    """
    data = {"pictures": [_tile(number, picture) for number, picture in pictures]}
    state = _mount(key=key, data=data, on_opened_change=keep_value)
    return None if state.opened is None else int(state.opened)


def answers_of(picture: Picture | Unreadable) -> Counter[str]:
    """Return how often each expression is in a picture, or one :data:`NO_FACE` or :data:`UNREADABLE`."""
    if isinstance(picture, Unreadable):
        return Counter([UNREADABLE])
    return Counter(face_answer(face, picture.result) for face in picture.result.faces) or Counter([NO_FACE])


def in_order(answers: Iterable[str]) -> list[str]:
    """Return answers in the order of every legend, with pictures that show no expression last."""
    answers = set(answers)
    return [*display_order(answers & set(ANSWER_COLOURS)), *(other for other in NO_ANSWERS if other in answers)]


def _tile(number: int, picture: Picture | Unreadable) -> dict[str, Any]:
    counts = answers_of(picture)
    preview = base64.b64encode(picture.preview).decode() if isinstance(picture, Picture) else ""
    return {
        "number": number,
        "name": picture.name,
        "src": preview and f"data:image/jpeg;base64,{preview}",
        # The most frequent first, because narrow tiles have no room for all.
        "answers": [_chip(answer, counts[answer]) for answer in sorted(in_order(counts), key=lambda one: -counts[one])],
    }


def _chip(answer: str, count: int) -> dict[str, str]:
    text = answer if count == 1 else f"{count} {answer}"
    if answer not in ANSWER_COLOURS:
        return {"text": text, "kind": "none"}
    kind = "unclear" if answer == UNCLEAR else ""
    return {"text": text, "colour": ANSWER_COLOURS[answer], "ink": INKS[answer], "kind": kind}
