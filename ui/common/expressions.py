"""The one order in which lists, legends and charts show expressions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from emotion.labels import EMOTIONS, UNCLEAR

_ORDER = {label: place for place, label in enumerate((*EMOTIONS, UNCLEAR))}


def display_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Return labels in the order of :data:`emotion.labels.EMOTIONS`, whatever a model's own order is; UNCLEAR last."""
    return tuple(sorted(labels, key=_ORDER.__getitem__))


def in_display_order(values: Mapping[str, float]) -> dict[str, float]:
    """Return values by label in :func:`display_order`."""
    return {label: values[label] for label in display_order(values)}
