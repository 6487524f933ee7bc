"""Writes what ``python -m bench.eyes`` measured into docs/measures.md and docs/movements.md."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.common.records import EYES, read_section
from bench.eyes.heads import RATES
from emotion.analytics.behaviour.gaze import TOWARDS_DEG
from emotion.paths import ROOT
from training.guide import with_parts

GUIDE, MOVEMENTS_GUIDE = ROOT / "docs" / "measures.md", ROOT / "docs" / "movements.md"


def write_guides() -> None:
    """Write the figures into both guides."""
    for guide in (GUIDE, MOVEMENTS_GUIDE):
        write_guide(guide)


def write_guide(guide: Path) -> None:
    """Write the figures for which a guide has markers."""
    parts = {name: f"{part}\n" for name, part in figures().items()}
    guide.write_text(with_parts(guide.read_text(encoding="utf-8"), parts), encoding="utf-8")


def figures() -> dict[str, str]:
    """Return sentences and tables in Markdown, by marker; those with missing measurements are left out.

    Raises:
        FileNotFoundError: Nothing was measured.
    """
    record = read_section(EYES)
    if record is None:
        raise FileNotFoundError(f"expected bench/results/{EYES}.json; python -m bench.eyes writes it")
    found = record["found"]
    parts = {"measured": f"Measured on {record['date']} at commit {record['commit']}."}
    return parts | {name: write(found) for name, (write, needed) in _PARTS.items() if needed <= found.keys()}


def _lids(found: dict[str, Any]) -> str:
    of = found["lids"]
    return (
        "Open eyes vs. shut lids drawn over them, on faces of the test photographs with eyes of 10 px or more: "
        f"AUC {of['auc']:.3f} (n = {of['faces']})."
    )


def _blinks(found: dict[str, Any]) -> str:
    of = found["blinks"]
    return (
        f"On {of['clips']} clips (`portrait_*`), {of['blinks']} blinks and {of['winks']} winks were counted by hand on "
        f"{of['frames']:,} frames with a face (`bench/eyes/counted_blinks.json`): precision {of['precision']:.2f}, "
        f"recall {of['recall']:.2f}. The thresholds were chosen on these clips, so expect less on others."
    )


def _gaze(found: dict[str, Any]) -> str:
    held, turned, drawn = found["gaze"], found["gaze, turned heads"], found["drawn gaze"]
    rows = [
        "| measured on | error |",
        "|---|---|",
        f"| GENKI-4K (n = {held['faces']:,}), assuming that everybody looks into the camera | "
        f"mean {held['mean']:.1f}°, median {held['median']:.1f}°, 90% within {held['p90']:.1f}°; "
        f"yaw {held['yaw_error']:.1f}°, pitch {held['pitch_error']:.1f}° |",
        f"| the same with heads turned by over 20° (n = {turned['faces']:,}) | "
        f"mean {turned['mean']:.1f}°, median {turned['median']:.1f}° |",
        f"| irises drawn into {drawn['faces']} photographed faces, yaw ±30°, pitch ±10° | "
        f"mean {drawn['yaw_error']:.1f}° in yaw, {drawn['pitch_error']:.1f}° in pitch |",
        "",
        f"Drawn angles are understated: a degree of yaw is measured as {drawn['yaw_slope']:.2f}°, because the model "
        "moves the eye corners along with a drawn iris. Treat wide angles as a lower bound. No data with true gaze "
        "angles was available; others report errors of about 20° on such data without calibration.",
    ]
    return "\n".join(rows)


def _towards(found: dict[str, Any]) -> str:
    rest, held = found["rest"], found["gaze"]
    return (
        f"{held['towards_share']:.0%} of these GENKI-4K faces are within {TOWARDS_DEG:g}° of the camera. x₀, y₀ and "
        "0.21 were partly measured on the same faces; measured only on the other rows "
        f"({rest['faces']:,} faces), they are {rest['temple']:.3f}, {rest['up']:.3f} and "
        f"{rest['corners_forward']:.3f}."
    )


def _pose(found: dict[str, Any]) -> str:
    of = found["head pose"]
    errors = f"{of['yaw_error']:.1f}° and {of['pitch_error']:.1f}°"
    return (
        f"Mean difference of `yaw` and `pitch` from GENKI-4K's labels (n = {of['faces']:,}): {errors}. "
        f"Regressed on the labels, yaw has a slope of {of['yaw_slope']:.2f} (correlation {of['yaw_correlation']:.2f}) "
        f"and pitch of {of['pitch_slope']:.2f} ({of['pitch_correlation']:.2f})."
    )


def _cost(found: dict[str, Any]) -> str:
    cost, speed = found["cost"], found["speed"]
    names = {
        "mesh": "mesh",
        "classifier": "default classifier",
        "eyes": "both eyes, in one batch (`--no-eyes`)",
        "movements": "movements (`--no-movements`)",
    }
    return "\n".join(
        [
            "| multiply–adds per face | |",
            "|---|---:|",
            *(f"| {title} | {cost[name] / 1e6:.3g} M |" for name, title in names.items()),
            "",
            "| processor time per frame, 720p clip of one face | ms |",
            "|---|---:|",
            f"| neither eyes nor movements | {speed['neither_ms']:.2f} |",
            f"| with movements | {speed['movements_ms']:.2f} |",
            f"| with eyes | {speed['eyes_ms']:.2f} |",
            f"| with both | {speed['both_ms']:.2f} |",
            "",
            f"With everything on, the frames per second of processor time are {speed['ratio']:.2f} of those with "
            "nothing on.",
        ]
    )


def _heads(found: dict[str, Any]) -> str:
    rows = [
        f"| {fps:g} | {of['precision']:.2f} | {of['recall']:.2f} |"
        for fps in RATES
        for of in [found[f"heads, {fps:g}"]]
    ]
    return "\n".join(["| analysed frames per second | precision | recall |", "|---:|---:|---:|", *rows])


def _jitter(found: dict[str, Any]) -> str:
    of = found["jitter"]
    return (
        f"**From frame to frame**, measures of a face jitter by {of['least']:.4f}–{of['greatest']:.4f} (standard "
        f"deviation; 75 frames of a close-up\nand of a 720p clip), the head's angles by {of['least_deg']:.1f}–"
        f"{of['greatest_deg']:.1f}°."
    )


_PARTS: dict[str, tuple[Callable[[dict[str, Any]], str], set[str]]] = {
    "lids": (_lids, {"lids"}),
    "blinks": (_blinks, {"blinks"}),
    "gaze": (_gaze, {"gaze", "gaze, turned heads", "drawn gaze"}),
    "towards": (_towards, {"rest", "gaze"}),
    "head pose": (_pose, {"head pose"}),
    "cost": (_cost, {"cost", "speed"}),
    "jitter": (_jitter, {"jitter"}),
    "heads": (_heads, {f"heads, {fps:g}" for fps in RATES}),
}
"""Marker → function that writes the part, and the results that it needs."""
