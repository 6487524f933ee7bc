"""Judges of cases whose inputs are videos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from emotion.analytics.abstention import unclear_rows
from emotion.analytics.summary import summarise
from emotion.types import Analysis
from emotion.vision.decode.video import frame_at
from tests.cases.command import Judged, Ran, error_of, is_near, written

BOX = ["x1", "y1", "x2", "y2"]

FACE = (256, 106, 387, 257)
"""Box of the face in the shared clips of 640 × 360 px."""

LENGTHS = {"late-picture": 5.5, "mdhd-30x-short": 4.0, "no-duration": 4.0, "vfr": 3.92}


def described(film: Analysis) -> str:
    figures = summarise(film)
    return (
        f"{film.source}: {film.info.width}×{film.info.height}, {film.info.duration_s:.2f} s, "
        f"{figures['frames']} frames, {figures['frames_with_face']} with a face, {len(figures['tracks'])} person, "
        f"{figures['dominant']}"
    )


def films(
    frames: int,
    *,
    length_s: float | None = None,
    box: Sequence[float] | None = FACE,
    size: tuple[int, int] = (640, 360),
) -> Callable[[Ran], Judged]:
    """Judge videos, each with one smiling person in every frame."""

    def is_right(film: Analysis) -> bool:
        return (
            (film.info.width, film.info.height) == size
            and len(film.frames) == frames
            and bool((film.frames["faces"] == 1).all())
            and film.timeline["track_id"].nunique() == 1
            and bool((film.timeline["emotion"] == "happiness").all())
            and (length_s is None or abs(film.info.duration_s - length_s) < 0.05)
            and (box is None or is_near(film.timeline[BOX].mean(), box))
        )

    def judge(ran: Ran) -> Judged:
        texts = [f"{described(film)}, at {written(film.timeline[BOX].mean())}" for film in ran.films]
        return "; ".join(texts) or error_of(ran), ran.status == 0 and bool(texts) and all(map(is_right, ran.films))

    return judge


def judge_pixels(ran: Ran) -> Judged:
    text, right = films(100)(ran)
    least = [float(film.timeline["p_happiness"].min()) for film in ran.films]
    text += f"; least happiness {' and '.join(f'{value:.2f}' for value in least)}"
    return text, right and abs(least[0] - least[1]) < 0.05


def judge_glitch(ran: Ran) -> Judged:
    (film,) = ran.films
    times = film.frames["time_s"].to_numpy()
    own = np.arange(31, 100) / 25
    right = len(times) == 100 and np.abs(times[31:] - own).max() <= 0.04 and times.max() < 5
    mended = film.info.mended or "nothing mended"
    return f"{described(film)}; frames 31 to 99 at {times[31]:.2f}..{times[-1]:.2f} s; {mended}", bool(right)


def judge_sparse_glitch(ran: Ran) -> Judged:
    (film,) = ran.films
    return f"{len(film.frames)} frames, the last at {film.frames['time_s'].max():.2f} s", (
        len(film.frames) in (20, 21) and film.frames["time_s"].max() < 5
    )


def judge_light(ran: Ran) -> Judged:
    text, right = films(25, box=None)(ran)
    whites = [float(np.percentile(frame_at(file, 0.5), 99.5)) for file in sorted(ran.case.glob("*.mp4"))]
    return f"{text}; white {whites}", right and min(whites) > 235


def judge_one_video(ran: Ran) -> Judged:
    files = sorted(file.name for file in ran.out.rglob("*.parquet") if "timeline" in str(file))
    return f"{len(files)} timeline; exit {ran.status}", ran.status == 0 and len(files) == 1


def judge_narrow(ran: Ran) -> Judged:
    summary = pd.read_csv(ran.out / "summary.csv")
    rows = {
        Path(row["file"]).name: f"{row['frames_with_face']:.0f} of {row['frames']:.0f}" for _, row in summary.iterrows()
    }
    right = ran.status == 0 and rows["a_narrow.mp4"].startswith("0 of") and not rows["b_ok.mp4"].startswith("0 of")
    return f"frames with a face {rows}, summary.csv; exit {ran.status}", right


def judge_stems(ran: Ran) -> Judged:
    found = {film.source: len(film.frames) for film in ran.films}
    return f"frames {found}", ran.status == 0 and found == {"clip.mov": 25, "clip.mov.mp4": 20, "clip.mp4": 1}


def judge_turned(ran: Ran) -> Judged:
    (film,) = ran.films
    box, roll = film.timeline[BOX].mean(), float(film.timeline["roll"].mean())
    right = is_near(box, (105, 255, 255, 385)) and abs(roll + 93) < 4
    return f"{described(film)}, at {written(box)}, roll {roll:.0f}°", right


def judge_flipped(ran: Ran) -> Judged:
    """At most two frames may have an upright face, without a clear answer."""
    (film,) = ran.films
    upright = film.timeline[film.timeline["roll"].abs() < 90]
    clear = int((~unclear_rows(upright, film.abstain_below)).sum())
    text = f"upright in {len(upright)} frames, with a clear answer in {clear}"
    return f"{described(film)}; {text}", len(upright) <= 2 and not clear


def judge_sizes(ran: Ran) -> Judged:
    (film,) = ran.films
    halves = [rows[BOX].mean() for rows in (film.timeline[:100], film.timeline[100:])]
    right = film.timeline["track_id"].nunique() == 1 and all(is_near(box, FACE) for box in halves)
    return f"{described(film)}; halves at {' and '.join(map(written, halves))}", right and len(film.timeline) == 200


def judge_lengths(ran: Ran) -> Judged:
    found = {Path(film.source).stem: (film.info.duration_s, float(film.frames["time_s"].max())) for film in ran.films}
    right = found.keys() == LENGTHS.keys() and all(
        LENGTHS[name] - 0.001 <= length <= LENGTHS[name] + 0.5 and last <= length
        for name, (length, last) in found.items()
    )
    return ", ".join(f"{name} {length:.2f} s (last frame {last:.2f})" for name, (length, last) in found.items()), right


VIDEO, IMAGE = "emotion video {case} --out {out}", "emotion image {case}/{files} --out {out}"
