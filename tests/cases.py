"""Inputs from public bug reports: for each folder of the shared cases a command, what came out and the right answer.

``python -m tests.cases [FOLDER ...]`` prints them as a table; ``tests/test_cases.py`` makes a test of each.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

# pylibsrtp, which it loads, crashes where TensorFlow was loaded before.
import aiortc  # noqa: F401
import numpy as np
import pandas as pd

from emotion.analytics.abstention import unclear_rows
from emotion.analytics.files import load_parquet
from emotion.analytics.summary import summarise
from emotion.cli.main import main as emotion_main
from emotion.paths import ROOT
from emotion.types import Analysis
from emotion.vision.decode.video import frame_at
from training.cli.main import main as training_main
from training.datasets.readers.parquet import read_dataset

CASES = Path(os.environ.get("EMOTION_SHARED_DATA") or ROOT.parent / "shared" / "data").parent / "cases"
BOX = ["x1", "y1", "x2", "y2"]
FACE = (256, 106, 387, 257)
"""Where the face of the shared clips of 640 × 360 px is."""
PORTRAIT = (178, 67, 272, 174)
"""Where the face of the shared portrait is."""
TOLERANCE_PX = 5

Judged = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Ran:
    """How a case's command ended: exit status, what it printed, where its files are, and its input folder."""

    status: int
    text: str
    out: Path
    case: Path

    @property
    def films(self) -> list[Analysis]:
        return [load_parquet(file) for file in sorted(self.out.glob("*.timeline.parquet"))]

    @property
    def pictures(self) -> dict[str, list[dict]]:
        """Name of a picture's file → its faces."""
        suffix = ".faces.json"
        found = sorted(self.out.glob(f"*{suffix}"))
        return {file.name.removesuffix(suffix): json.loads(file.read_text())["faces"] for file in found}


@dataclass(frozen=True, slots=True)
class Case:
    """A folder, a command in which ``{case}`` is the folder and ``{out}`` an empty one, and the right answer."""

    folder: str
    command: str
    right: str
    judge: Callable[[Ran], Judged]


def run(case: Case, out: Path) -> Ran:
    """Run a case's commands, after ``&&`` only where the one before succeeded; in this process but for ``python``."""
    folder, status, text = CASES / case.folder, 0, io.StringIO()
    with (
        mock.patch.dict(os.environ, {"EMOTION_MODELS": str(out / "models")})
        if "import" in case.command
        else (contextlib.nullcontext())
    ):
        for step in re.split(r" (?=&& |; )", case.command.format(case=folder, cases=CASES, out=out)):
            if step.startswith("&& ") and status:
                break
            words = [word for part in shlex.split(step.lstrip("&; ")) for word in _expanded(part)]
            status = _run(words[0], words[1:], text)
    return Ran(status, text.getvalue(), out, folder)


def _expanded(word: str) -> list[str]:
    """Return the files that a pattern means, or the word itself."""
    return sorted(map(str, Path("/").glob(word.removeprefix("/")))) if "*" in word else [word]


def _run(program: str, arguments: Sequence[str], text: io.StringIO) -> int:
    if program == "python":
        command, environment = [sys.executable, *arguments], os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
        text.write(done.stdout + done.stderr)
        return done.returncode
    main = {"emotion": emotion_main, "training": training_main}[program]
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text), warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        return main(list(arguments))


def last_line(ran: Ran) -> str:
    return next((line.strip() for line in reversed(ran.text.splitlines()) if line.strip()), "")


def error_of(ran: Ran) -> str:
    found = [line for line in ran.text.splitlines() if re.match(r"(error|emotion):", line)]
    return found[-1] if found else last_line(ran)


def is_near(box: Sequence[float], right: Sequence[float], within: float = TOLERANCE_PX) -> bool:
    return bool(np.abs(np.asarray(box, np.float64) - np.asarray(right)).max() <= within)


def written(box: Sequence[float]) -> str:
    return "{:.0f},{:.0f}..{:.0f},{:.0f}".format(*box)


def portraits(*names: str, box: Sequence[float] = PORTRAIT) -> Callable[[Ran], Judged]:
    """Judge pictures, each with one smiling face at a place."""

    def judge(ran: Ran) -> Judged:
        found = ran.pictures
        said = [
            f"{name}: "
            + (", ".join(f"{face['emotion']} at {written(face['box_xyxy'])}" for face in faces) or "no face")
            for name, faces in found.items()
        ]
        good = [
            len(faces) == 1 and faces[0]["emotion"] == "happiness" and is_near(faces[0]["box_xyxy"], box)
            for faces in found.values()
        ]
        return "; ".join(said) or error_of(ran), ran.status == 0 and len(found) == len(names) and all(good)

    return judge


def faces(**counts: int) -> Callable[[Ran], Judged]:
    """Judge pictures by how many faces each has."""

    def judge(ran: Ran) -> Judged:
        found = sorted(len(one) for one in ran.pictures.values())
        said = "; ".join(f"faces in {name}: {len(one)}" for name, one in ran.pictures.items())
        return f"{said}; exit {ran.status}", ran.status == 0 and found == sorted(counts.values())

    return judge


def film_words(film: Analysis) -> str:
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
        said = [f"{film_words(film)}, at {written(film.timeline[BOX].mean())}" for film in ran.films]
        return "; ".join(said) or error_of(ran), ran.status == 0 and bool(said) and all(map(is_right, ran.films))

    return judge


def judge_pixels(ran: Ran) -> Judged:
    said, right = films(100)(ran)
    least = [float(film.timeline["p_happiness"].min()) for film in ran.films]
    said += f"; least happiness {' and '.join(f'{value:.2f}' for value in least)}"
    return said, right and abs(least[0] - least[1]) < 0.05


def judge_glitch(ran: Ran) -> Judged:
    (film,) = ran.films
    times = film.frames["time_s"].to_numpy()
    own = np.arange(31, 100) / 25
    right = len(times) == 100 and np.abs(times[31:] - own).max() <= 0.04 and times.max() < 5
    mended = film.info.mended or "nothing mended"
    return f"{film_words(film)}; frames 31 to 99 at {times[31]:.2f}..{times[-1]:.2f} s; {mended}", bool(right)


def judge_sparse_glitch(ran: Ran) -> Judged:
    (film,) = ran.films
    return f"{len(film.frames)} frames, the last at {film.frames['time_s'].max():.2f} s", (
        len(film.frames) in (20, 21) and film.frames["time_s"].max() < 5
    )


def judge_spelling(ran: Ran) -> Judged:
    counts = {name: len(split) for name, split in read_dataset(ran.out).items()} if ran.status == 0 else {}
    return f"{counts or error_of(ran)}; exit {ran.status}", sum(counts.values()) == 30


def judge_sources(ran: Ran) -> Judged:
    lines = [line for line in ran.text.splitlines() if re.search(r"(\d|told: .*|RAW .*)$", line)]
    given = [line for line in lines if line.split()[0] in {"BytesIO", "bytearray", "memoryview", "PIL"}]
    right = len(given) == 4 and all(line.endswith(" 1") for line in given) and "RAW" not in ran.text
    return "; ".join(lines), ran.status == 0 and right


def judge_names(ran: Ran) -> Judged:
    content = (ran.out / "named.csv").read_bytes()
    has_bom, name = content.startswith(codecs.BOM_UTF8), pd.read_csv(io.BytesIO(content))["person"].iloc[0]
    return f"{'a BOM' if has_bom else 'no BOM'}; person {name[:24]}…", has_bom and name.startswith("'=HYPERLINK")


def judge_light(ran: Ran) -> Judged:
    said, right = films(25, box=None)(ran)
    whites = [float(np.percentile(frame_at(file, 0.5), 99.5)) for file in sorted(ran.case.glob("*.mp4"))]
    return f"{said}; white {whites}", right and min(whites) > 235


def judge_import(ran: Ran) -> Judged:
    models = [folder.name for folder in (ran.out / "models").iterdir()] if (ran.out / "models").is_dir() else []
    return f"model {models}; exit {ran.status}: {error_of(ran)}", ran.status == 0 and len(models) == 1


def judge_one_video(ran: Ran) -> Judged:
    files = sorted(file.name for file in ran.out.rglob("*.parquet") if "timeline" in str(file))
    return f"{len(files)} timeline; exit {ran.status}", ran.status == 0 and len(files) == 1


def judge_divergence(ran: Ran) -> Judged:
    return f"exit {ran.status}: {error_of(ran)}", ran.status == 2 and "choose a lower --learning-rate" in ran.text


def judge_empty_run(ran: Ran) -> Judged:
    return f"exit {ran.status}: {error_of(ran)}", ran.status == 2 and "Traceback" not in ran.text


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
    return f"{film_words(film)}, at {written(box)}, roll {roll:.0f}°", right


def judge_flipped(ran: Ran) -> Judged:
    """No face is taken for an upright one, but for a flicker without a clear answer."""
    (film,) = ran.films
    upright = film.timeline[film.timeline["roll"].abs() < 90]
    clear = int((~unclear_rows(upright, film.abstain_below)).sum())
    said = f"upright in {len(upright)} frames, with a clear answer in {clear}"
    return f"{film_words(film)}; {said}", len(upright) <= 2 and not clear


def judge_sizes(ran: Ran) -> Judged:
    (film,) = ran.films
    halves = [rows[BOX].mean() for rows in (film.timeline[:100], film.timeline[100:])]
    right = film.timeline["track_id"].nunique() == 1 and all(is_near(box, FACE) for box in halves)
    return f"{film_words(film)}; halves at {' and '.join(map(written, halves))}", right and len(film.timeline) == 200


def judge_upside_down(ran: Ran) -> Judged:
    said, right = (
        "; ".join(
            ", ".join(f"{face['emotion']} at {written(face['box_xyxy'])}" for face in one) or "no face"
            for one in ran.pictures.values()
        ),
        [len(one) == 1 and one[0]["emotion"] == "happiness" for one in ran.pictures.values()],
    )
    return said, right == [True]


LENGTHS = {"late-picture": 5.5, "mdhd-30x-short": 4.0, "no-duration": 4.0, "vfr": 3.92}


def judge_lengths(ran: Ran) -> Judged:
    found = {Path(film.source).stem: (film.info.duration_s, float(film.frames["time_s"].max())) for film in ran.films}
    right = found.keys() == LENGTHS.keys() and all(
        LENGTHS[name] - 0.001 <= length <= LENGTHS[name] + 0.5 and last <= length
        for name, (length, last) in found.items()
    )
    return ", ".join(f"{name} {length:.2f} s (last frame {last:.2f})" for name, (length, last) in found.items()), right


VIDEO, IMAGE = "emotion video {case} --out {out}", "emotion image {case}/{files} --out {out}"
TABLE = "training prepare fer2013-csv --source {cases}/nan-loss/fer2013.csv --out {out}/data"
TRAIN = "training train --model shallow --data {out}/data --runs {out}/runs --name n --epochs 1 --learning-rate 1e30"
SMILE = "one smiling person in every frame at 256,106..387,257"


def image(files: str) -> str:
    return IMAGE.replace("{files}", files)


CHECKS: tuple[Case, ...] = (
    Case("anamorphic", VIDEO, f"640×360, {SMILE}, happiness alike in both", judge_pixels),
    Case("broken-exif", image("*.jpg"), "both upright, a smile at 178,67..272,174", portraits("good", "bad")),
    Case("cat", image("cat.png"), "no face", faces(cat=0)),
    Case("clock-glitch", VIDEO, "100 frames; those after the glitch at 1.24..3.96 s ±0.04", judge_glitch),
    Case("clock-glitch", f"{VIDEO} --fps 5", "20 frames, or 21; none at 1001 s", judge_sparse_glitch),
    Case("cover-first", VIDEO, f"640×360, 100 of 100 frames, {SMILE}", films(100, length_s=4.0)),
    Case("cover-first", f"{VIDEO} --fps 5", "20 of 20 frames", films(20, length_s=4.0)),
    *(
        Case(
            "csv-spellings",
            f"training prepare fer2013-csv --source {{case}}/{name}.csv --out {{out}}",
            "30 faces read, or one sentence that names the spelling",
            judge_spelling,
        )
        for name in ("semicolon", "names", "float", "brack", "utf16")
    ),
    Case("file-like", "python {case}/try.py", "1 face for the first four, told for the rest, no RAW", judge_sources),
    Case(
        "float-tiff-nan", image("*.[tp][in][fg]"), "a smile at 178,66..273,175 in each; no warning", portraits(*"12345")
    ),
    Case(
        "formula-name",
        "emotion video {cases}/narrow/b_ok.mp4 --out {out} && emotion export {out}/b_ok.timeline.parquet --format csv "
        "--edits {case}/edits.json --out {out}/named.csv",
        "the name neutralised, a BOM",
        judge_names,
    ),
    Case("hdr-washed", VIDEO, "one smiling person in every frame; white near 255", judge_light),
    Case(
        "import-one-file",
        f"{TABLE} && training import --model {{case}}/model.h5 --name strangers --data {{out}}/data",
        "imported from the one file",
        judge_import,
    ),
    Case("jpeg-no-end", image("no-eoi.jpg"), "a smile at 178,66..273,175", portraits("no-eoi")),
    Case("mac-shadow-files", VIDEO, "one video, exit 0", judge_one_video),
    Case("mac-shadow-files", "emotion batch {case} --out {out} --workers 1", "one video, exit 0", judge_one_video),
    Case("nan-loss", f"{TABLE} && {TRAIN}", "one sentence (lower the rate), exit 2", judge_divergence),
    Case(
        "nan-loss",
        f"{TABLE} && {TRAIN} ; training export --run {{out}}/runs/n --data {{out}}/data",
        "refused in one sentence, exit 2",
        judge_empty_run,
    ),
    Case("narrow", VIDEO, "no face in a_narrow.mp4; b_ok.mp4 and summary.csv written; exit 0", judge_narrow),
    Case("narrow", image("*.png"), "no face in either, exit 0", faces(strip=0, w1=0)),
    Case("phone-formats", image("photo.avif"), "read: a smile at 178,67..272,174", portraits("photo")),
    Case("png-long-text", image("*.png"), "a smile at 179,67..272,174 in each", portraits(*"123")),
    Case("preview-stream-first", VIDEO, f"640×360, 100 of 100 frames, {SMILE}", films(100)),
    Case("same-name-pictures", image("*/1.jpg"), "two sets of results", faces(happy=1, sad=0)),
    Case("same-stem-videos", VIDEO, "three timelines, of 25, 20 and 1 frames", judge_stems),
    Case(
        "selfie-mirrored",
        "emotion video {case}/transpose.mp4 --out {out}",
        "box 105,255..255,385, roll -93°",
        judge_turned,
    ),
    Case(
        "selfie-mirrored",
        "emotion video {case}/vflip.mp4 --out {out}",
        "upside down as shown: no upright face with an answer",
        judge_flipped,
    ),
    Case(
        "size-change",
        "emotion video {case}/reschange.h264 --out {out}",
        "one person; both halves at 256,106..387,257",
        judge_sizes,
    ),
    Case("upside-down", image("upside.png"), "one smiling face, or a hint to turn the picture", judge_upside_down),
    Case("wrong-length", VIDEO, "4.0, 4.0, 5.5 to 6.0, at least 3.92 s", judge_lengths),
)


def outcomes(checks: Sequence[Case]) -> Iterator[tuple[Case, Judged, float]]:
    """Run cases one after the other: each with what came out, whether that is right, and how many seconds it took."""
    for case in checks:
        with tempfile.TemporaryDirectory() as out:
            started = time.monotonic()
            try:
                judged = case.judge(run(case, Path(out)))
            except Exception as error:  # whatever a command raises is what came out of it
                judged = (f"{type(error).__name__}: {error}", False)
            yield case, judged, time.monotonic() - started


def main(folders: Sequence[str]) -> int:
    """Print the table of some folders, or of all; the exit status says whether all is right."""
    checks = [case for case in CHECKS if not folders or case.folder in folders]
    print("| folder | command | what came out | right answer | right? |\n|---|---|---|---|---|", flush=True)
    wrong = 0
    for case, (came, is_right), took_s in outcomes(checks):
        wrong += not is_right
        command = case.command.format(case=case.folder, cases=".", out="OUT").replace("./", "")
        row = (case.folder, f"`{command}`", came.replace("|", "/"), case.right, "yes" if is_right else "**no**")
        print(f"| {' | '.join(row)} |", flush=True)
        print(f"{case.folder}: {took_s:.0f} s", file=sys.stderr, flush=True)
    print(f"\n{len(checks) - wrong} of {len(checks)} right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
