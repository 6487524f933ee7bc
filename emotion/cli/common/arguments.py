"""Argument types for argparse, with errors that fit on one line."""

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


def whole(text: str) -> int:
    """Return a whole number of 0 or more; a ``type`` for argparse."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"expected a whole number of 0 or more; got {text}")
    return int(text)


def positive(kind: type[int] | type[float]) -> Callable[[str], float]:
    """Return a ``type`` for argparse that takes finite numbers above 0."""

    def parsed(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = 0
        if not 0 < value < float("inf"):
            what = "whole number" if kind is int else "number"
            raise argparse.ArgumentTypeError(f"expected a {what} above 0; got {text}")
        return value

    return parsed
