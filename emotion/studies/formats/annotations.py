"""Writes spans with labels as ELAN ``.eaf``, Praat TextGrid and BORIS' tabular events."""

from __future__ import annotations

import datetime as dt
import mimetypes
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from emotion.errors import JOINERS, InputError, printable_line


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled span of time.

    Attributes:
        start_s: Its start, s.
        end_s: Its end, s; the start for a moment.
        label: What it is.
    """

    start_s: float
    end_s: float
    label: str

    def __post_init__(self) -> None:
        if not 0 <= self.start_s <= self.end_s < float("inf"):
            raise InputError(f"expected a span that ends after it starts; got {self.start_s}–{self.end_s} s")


Tiers = Mapping[str, Sequence[Mark]]
"""Tier → its marks, such as ``{"Ada": [Mark(0, 1.5, "happiness")]}``."""

MOMENT_MS = 1
"""Moments are written as spans of this length, ms, because ELAN and Praat's interval tiers have none."""

_ROUNDING_S = 1e-9


def follows(mark: Mark, earlier: Mark) -> bool:
    """Return whether a mark starts no earlier than another ends, in every format, so that both fit on one tier."""
    return mark.start_s >= _praat_end(earlier) - _ROUNDING_S and _limits_ms(mark)[0] >= _limits_ms(earlier)[1]


def eaf_text(tiers: Tiers, media: str = "") -> str:
    """Return an ELAN annotation file (EAF 3.0).

    Args:
        tiers: The marks, to the millisecond; marks of one tier may overlap.
        media: Name of the video, which ELAN looks for beside the file.
    """
    moment = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    root = ET.Element("ANNOTATION_DOCUMENT", {
        "AUTHOR": "", "DATE": moment, "FORMAT": "3.0", "VERSION": "3.0",
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
        "xsi:noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
    })  # fmt: skip
    header = ET.SubElement(root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    if media:
        url = f"./{_xml_text(media)}"
        urls = {"MEDIA_URL": url, "RELATIVE_MEDIA_URL": url}
        ET.SubElement(header, "MEDIA_DESCRIPTOR", {**urls, "MIME_TYPE": _video_type(media)})
    ordered = {name: sorted(marks, key=lambda each: (each.start_s, each.end_s)) for name, marks in tiers.items()}
    # Annotations that share a time slot would move together in ELAN.
    limits = [ms for marks in ordered.values() for mark in marks for ms in _limits_ms(mark)]
    slots = {place: f"ts{number}" for number, place in enumerate(np.argsort(limits, kind="stable").tolist(), start=1)}
    order = ET.SubElement(root, "TIME_ORDER")
    for place, slot in slots.items():
        ET.SubElement(order, "TIME_SLOT", {"TIME_SLOT_ID": slot, "TIME_VALUE": str(limits[place])})
    number = 0
    for name, marks in ordered.items():
        tier = ET.SubElement(root, "TIER", {"LINGUISTIC_TYPE_REF": "default-lt", "TIER_ID": _xml_text(name)})
        for mark in marks:
            start, end = slots[2 * number], slots[2 * number + 1]
            number += 1
            ids = {"ANNOTATION_ID": f"a{number}", "TIME_SLOT_REF1": start, "TIME_SLOT_REF2": end}
            annotation = ET.SubElement(ET.SubElement(tier, "ANNOTATION"), "ALIGNABLE_ANNOTATION", ids)
            ET.SubElement(annotation, "ANNOTATION_VALUE").text = _xml_text(mark.label)
    kind = {"GRAPHIC_REFERENCES": "false", "LINGUISTIC_TYPE_ID": "default-lt", "TIME_ALIGNABLE": "true"}
    ET.SubElement(root, "LINGUISTIC_TYPE", kind)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def textgrid_text(tiers: Tiers, end_s: float | None = None) -> str:
    """Return a Praat TextGrid in the long format, with an interval tier for each tier.

    Args:
        tiers: The marks. Marks of one tier must not overlap, as Praat allows one label at a time.
        end_s: End of the recording (default: the last mark's end).

    Raises:
        InputError: Marks of a tier overlap, or one ends after the recording.
    """
    last = max((_praat_end(mark) for marks in tiers.values() for mark in marks), default=0.0)
    end = max(last, 0.001) if end_s is None else end_s
    if last > end + 1e-9:
        raise InputError(f"expected marks until {end:g} s; got one until {last:g} s")
    lines = [
        'File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {end!r}",
        "tiers? <exists>", f"size = {len(tiers)}", "item []:",
    ]  # fmt: skip
    for number, (name, marks) in enumerate(tiers.items(), start=1):
        lines += _praat_tier(number, name, _filled(name, marks, end), end)
    return "\n".join(lines) + "\n"


def boris_table(tiers: Tiers, media: str, duration_s: float, fps: float, observation: str = "") -> pd.DataFrame:
    """Return marks as BORIS' *tabular events*: a row for each start, stop and point.

    Args:
        tiers: Subject → marks.
        media: Name of the video.
        duration_s: Its length, s.
        fps: Its frames per second.
        observation: ID of the observation (default: the video's name).
    """
    rows = []
    for subject, marks in tiers.items():
        for mark in marks:
            is_point = mark.end_s == mark.start_s
            times = {"POINT": mark.start_s} if is_point else {"START": mark.start_s, "STOP": mark.end_s}
            rows += [
                (
                    observation or media, media, duration_s, fps, subject, mark.label, "", kind, round(time, 3),
                    round(time * fps), "",
                )
                for kind, time in times.items()
            ]  # fmt: skip
    columns = [
        "Observation id", "Media file name", "Media duration (s)", "FPS", "Subject", "Behavior", "Behavioral category",
        "Behavior type", "Time", "Image index", "Comment",
    ]  # fmt: skip
    # A stable sort keeps the stop of one expression before the start of the next one at the same time.
    return pd.DataFrame(rows, columns=columns).sort_values("Time", kind="stable", ignore_index=True)


def _video_type(name: str) -> str:
    guessed = mimetypes.guess_type(name)[0] or ""
    return guessed if guessed.startswith("video/") else "video/mp4"


def _limits_ms(mark: Mark) -> tuple[int, int]:
    # Rounded twice, so that an end and a start that differ by a rounding error are the same millisecond.
    start, end = (round(round(time_s * 1000, 6)) for time_s in (mark.start_s, mark.end_s))
    return start, max(end, start + MOMENT_MS)


def _praat_end(mark: Mark) -> float:
    return mark.end_s if mark.end_s > mark.start_s else mark.start_s + MOMENT_MS / 1000


def _filled(name: str, marks: Sequence[Mark], end: float) -> list[tuple[float, float, str]]:
    """Return intervals without gaps, as Praat needs them; those between marks have no text."""
    filled, time = [], 0.0
    for mark in sorted(marks, key=lambda each: each.start_s):
        if mark.start_s < time - _ROUNDING_S:
            raise InputError(f"expected marks of {name!r} one after another; two overlap at {mark.start_s:g} s")
        # Ends are sums of durations, so that rounding may put one just before the start of the next mark.
        if mark.start_s > time + _ROUNDING_S:
            filled.append((time, mark.start_s, ""))
            time = mark.start_s
        filled.append((time, _praat_end(mark), mark.label))
        time = _praat_end(mark)
    if time < end - _ROUNDING_S or not filled:
        return [*filled, (time, end, "")]
    return [*filled[:-1], (filled[-1][0], end, filled[-1][2])]


def _praat_tier(number: int, name: str, intervals: Sequence[tuple[float, float, str]], end: float) -> list[str]:
    lines = [
        f"    item [{number}]:", '        class = "IntervalTier"', f"        name = {_praat_text(name)}",
        "        xmin = 0", f"        xmax = {end!r}", f"        intervals: size = {len(intervals)}",
    ]  # fmt: skip
    for place, (start, stop, label) in enumerate(intervals, start=1):
        lines += [
            f"        intervals [{place}]:", f"            xmin = {start!r}", f"            xmax = {stop!r}",
            f"            text = {_praat_text(label)}",
        ]  # fmt: skip
    return lines


def _praat_text(text: str) -> str:
    return '"' + printable_line(text, JOINERS).replace('"', '""') + '"'


def _xml_text(text: str) -> str:
    return "".join(sign if sign.isprintable() or sign in JOINERS else " " for sign in text)
