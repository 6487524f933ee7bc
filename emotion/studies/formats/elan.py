"""Reads the annotations of ELAN files with the times at which ELAN shows them in the video."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Mapping, Sequence

from emotion.errors import InputError, brief

Times = dict[str, tuple[float, float]]
"""ID of an annotation → its start and end, s."""

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def elan_spans(text: str, tiers: Sequence[str] = ()) -> list[tuple[float, float, str]]:
    """Return start and end in the video, s, and text of every annotation.

    Args:
        text: The content of an ``.eaf`` file.
        tiers: Names of the tiers to read; all if empty.

    Raises:
        InputError: It is not such a file, or declares entities.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise InputError("expected an ELAN file without a document type; it has one")
    try:
        root = ET.fromstring(_DECLARATION.sub("", text))
    except ET.ParseError as error:
        raise InputError(f"expected an ELAN file; it cannot be read: {brief(error)}") from error
    times, origin_s = _times(root), _origin_s(root)
    found = []
    for tier in root.iter("TIER"):
        if tiers and tier.get("TIER_ID") not in tiers:
            continue
        for each in [*tier.iter("ALIGNABLE_ANNOTATION"), *tier.iter("REF_ANNOTATION")]:
            if (span := times.get(each.get("ANNOTATION_ID", ""))) is not None:
                label = (each.findtext("ANNOTATION_VALUE") or "").strip()
                found.append((span[0] + origin_s, span[1] + origin_s, label))
    return found


def _origin_s(root: ET.Element) -> float:
    """Return the time in the video that is 0 in the file; it differs from 0 if several media were synchronised."""
    media = list(root.iter("MEDIA_DESCRIPTOR"))
    videos = [each for each in media if each.get("MIME_TYPE", "").startswith("video")] or media
    return _milliseconds(videos[0].get("TIME_ORIGIN")) or 0.0 if videos else 0.0


def _milliseconds(text: str | None) -> float | None:
    try:
        return None if text is None else int(text) / 1000
    except ValueError:
        return None


def _times(root: ET.Element) -> Times:
    slots = {slot.get("TIME_SLOT_ID", ""): _milliseconds(slot.get("TIME_VALUE")) for slot in root.iter("TIME_SLOT")}
    times: Times = {}
    for tier in root.iter("TIER"):
        spans = [
            (each.get("ANNOTATION_ID", ""), each.get("TIME_SLOT_REF1", ""), each.get("TIME_SLOT_REF2", ""))
            for each in tier.iter("ALIGNABLE_ANNOTATION")
        ]
        at = _filled([slot for _, first, last in spans for slot in (first, last)], slots)
        times |= {name: (at[first], at[last]) for name, first, last in spans if first in at and last in at}
    return _with_children(root, times)


def _filled(order: Sequence[str], slots: Mapping[str, float | None]) -> dict[str, float]:
    """Return the times of a tier's slots; slots without a time are spaced evenly between those with one."""
    names = list(dict.fromkeys(order))
    known = [place for place, name in enumerate(names) if slots.get(name) is not None]
    at = {names[place]: slots[names[place]] or 0.0 for place in known}
    for first, last in itertools.pairwise(known):
        step = (at[names[last]] - at[names[first]]) / (last - first)
        at |= {names[place]: at[names[first]] + step * (place - first) for place in range(first + 1, last)}
    return at


def _with_children(root: ET.Element, times: Times) -> Times:
    """Add the annotations that refer to a parent annotation; several of them in a tier divide its time equally."""
    waiting: dict[tuple[int, str], list[str]] = defaultdict(list)
    for number, tier in enumerate(root.iter("TIER")):
        for each in tier.iter("REF_ANNOTATION"):
            waiting[number, each.get("ANNOTATION_REF", "")].append(each.get("ANNOTATION_ID", ""))
    while ready := [key for key in waiting if key[1] in times]:
        for key in ready:
            names, (start, end) = waiting.pop(key), times[key[1]]
            step = (end - start) / len(names)
            times |= {name: (start + step * place, start + step * (place + 1)) for place, name in enumerate(names)}
    return times
