"""The board beside the camera: everyone's current values and last 30 seconds, and the server's load."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from emotion.errors import count_text
from emotion.labels import UNCLEAR, answer_styles, display_order
from emotion.live import Load, PersonNow, Snapshot
from ui.common.web_modules import component, joined_modules
from ui.common.widgets import duration_text
from ui.live.calibration import calibration_notice
from ui.live.face_facts import face_facts
from ui.live.lanes import pack_lane

_PLAYER = Path(__file__).parents[1] / "player" / "web"
STALL_TIMEOUT_S = 2.0
"""Time without a frame after which the board shows a notice."""
_NOTABLE = 0.05
"""Smaller differences from the baseline are not shown."""

_SCRIPT = joined_modules(_PLAYER / "timeline.js", _PLAYER / "lanes.js", Path(__file__).with_name("web") / "board.js")

_mount = component("live_board", __file__, "board", js=_SCRIPT)


def show_board(snapshot: Snapshot, silent_s: float, key: str) -> None:
    """Show the current state of a session. Repeated calls update the board in place."""
    _mount(key=key, data=board_data(snapshot, silent_s))


def board_data(snapshot: Snapshot, silent_s: float) -> dict[str, Any]:
    """Return the data of the browser component; all texts are final.

    Args:
        snapshot: The current state of the session.
        silent_s: Seconds since the last frame.
    """
    return {
        "labels": list(display_order(snapshot.labels)),
        "colours": answer_styles(snapshot.labels),
        "people": [_person(person, snapshot) for person in snapshot.people],
        "notices": _notices(snapshot, silent_s),
        "empty": "No face in view yet." if snapshot.size else "Waiting for the first frame …",
        "load": _load(snapshot.load, snapshot.size),
    }


def _person(person: PersonNow, snapshot: Snapshot) -> dict[str, Any]:
    labels = display_order(snapshot.labels)
    return {
        "id": person.track_id,
        "in_view": person.in_view,
        "leading": person.leading,
        "share": "" if person.leading == UNCLEAR else f"{person.probabilities[person.leading]:.0%}",
        "shares": [round(float(person.probabilities[label]), 3) for label in labels],
        "figures": [_figure(person, label) for label in labels],
        "lane": pack_lane(person.series, snapshot.labels, snapshot.time_s, snapshot.abstain_below),
        "spoken": _text_alternative(person, snapshot.labels),
        "face": [] if person.face is None else face_facts(person.face),
    }


def _figure(person: PersonNow, label: str) -> str:
    """Return a probability, followed by its difference from the person's baseline if there is one."""
    share = f"{person.probabilities[label]:.0%}"
    if person.relative is None or abs(person.relative[label]) < _NOTABLE:
        return share
    return f"{share} ({person.relative[label] * 100:+.0f})".replace("-", "−")


def _text_alternative(person: PersonNow, labels: tuple[str, ...]) -> str:
    values = person.series.values
    if not len(values):
        return f"Person {person.track_id}: not seen in the last 30 seconds"
    means = dict(zip(labels, values.mean(axis=0), strict=True))
    most = sorted(means, key=lambda label: -means[label])[:2]
    shares = " and ".join(f"{label} {means[label]:.0%}" for label in most)
    return f"Person {person.track_id}, average of the last 30 seconds: {shares}"


def _notices(snapshot: Snapshot, silent_s: float) -> list[str]:
    notices = []
    if silent_s > STALL_TIMEOUT_S and snapshot.size:
        notices.append(f"No frame received for {silent_s:.0f} s.")
    if snapshot.load.quality:
        words = snapshot.load.quality_words.removeprefix("reduced: ")
        notices.append(f"Reduced quality, because the server is busy: {words}.")
    if snapshot.held:
        notices.append(f"On hold: {'values and recording are paused' if snapshot.records else 'values are frozen'}.")
    if snapshot.baseline is not None:
        left_s = math.ceil(snapshot.baseline.remaining_s)
        notices.append(snapshot.baseline.problem or f"Keep a neutral face: {left_s} …")
    if snapshot.gaze_calibration is not None:
        notices.append(calibration_notice(snapshot.gaze_calibration))
    if (recording := snapshot.recording) is not None:
        if recording.running:
            what = "Recording timeline and clip" if recording.with_clip else "Recording the timeline"
            marked = f", {count_text(recording.marks, 'event')}" if recording.marks else ""
            notices.append(f"● {what}, {duration_text(recording.seconds)}{marked}")
        if recording.problem:
            notices.append(recording.problem)
    return notices


def _load(load: Load, size: tuple[int, int] | None) -> list[tuple[str, str]]:
    return [
        ("Frame", "–" if size is None else f"{size[0]} × {size[1]}"),
        ("Received", f"{load.in_fps:.1f}/s"),
        ("Analysed", f"{load.analysed_fps:.1f}/s"),
        ("Returned", f"{load.out_fps:.1f}/s"),
        ("Server time", f"{_ms(load.median_ms)}, 95% within {_ms(load.p95_ms)}"),
        ("Dropped", f"{load.dropped:,}"),
        ("Quality", load.quality_words),
        ("Eyes", _cost(load.eyes_ms)),
        ("Movements", _cost(load.movements_ms)),
    ]


def _cost(ms: float) -> str:
    return "not measured" if math.isnan(ms) else f"{ms:.1f} ms per frame"


def _ms(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.0f} ms"
