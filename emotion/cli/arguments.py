"""Lets argparse report the errors of this package's parsers."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeVar

from emotion.errors import EmotionError

T = TypeVar("T")


def argument(parse: Callable[[str], T]) -> Callable[[str], T]:
    """Return a ``type`` for argparse from a function that raises :class:`EmotionError`."""

    def parsed(text: str) -> T:
        try:
            return parse(text)
        except EmotionError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parsed
