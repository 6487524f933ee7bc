"""``python -m bench``: runs the benchmarks and writes their results as JSON and as Markdown tables."""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.avx2.measure import measure_avx2, why_not
from bench.batch.guide import PRICE, given_price, write_guide
from bench.batch.measure import PARTS as BATCH_PARTS
from bench.batch.measure import measure_batch
from bench.common.fer_package import measure_fer
from bench.common.process import run_module
from bench.common.records import (
    AVX2_ONLY,
    BATCH,
    FALSE_FACES,
    LIBRARY,
    LIVE,
    LONG_VIDEO,
    RESULTS,
    TRAINING,
    UPSIDE_DOWN,
    facts,
    write_section,
)
from bench.faces.measure import measure_faces
from bench.faces.pictures import cropped_tightly, with_people
from bench.faces.upside_down import measure_upside_down
from bench.library import measure_library
from bench.live.measure import PARTS, measure_live
from bench.long_page import measure_page
from bench.long_video import measure_long_video, open_library
from bench.report import README, markdown, write_readme
from bench.stages import measure_stages
from bench.training.measure import measure_training_step
from emotion.library import LOCAL
from emotion.paths import ROOT
from training.datasets.readers.parquet import default_data_dir

REFERENCE_CLIP = "one_face_720p.mp4"
LONG_CLIP = "concert_cuts_360p.mp4"
FER_FRAMES = 60
LOOPS = 10
_SECTIONS = {
    "avx2": "the reference clip and single faces with AVX-512 and VNNI hidden, and without (Intel's CPUs only)",
    "library": "a library of 1,000 analyses",
    "long-video": "repeats a clip for three hours and analyses it, which takes about an hour",
    "long-page": "the page with the result of long-video",
    "live": "the Live page in real browsers, which takes about ten minutes",
    "batch": "200 short clips with one and with two workers, a killed worker, and the cost of large batches",
    "training": "training steps of two networks",
    "false-faces": "faces found in pictures with and without people, before and after new faces are checked",
    "upside-down": "faces rejected as upside down, in pictures as they are and turned",
}
_ABOUT = "Runs the benchmarks and writes their results to bench/results as JSON and as tables in its README.md."
_WITHOUT = "Without a section: every clip, the stages, memory, the package fer and the library."


def main() -> int:
    """Measure the chosen section, write its results to ``bench/results``, and print the tables."""
    options = _parser().parse_args()
    clips = sorted(path for path in options.data.glob("*") if path.suffix in {".mp4", ".mov"})
    if not clips:
        print(f"bench: expected clips (mp4, mov) in {options.data}; there are none", file=sys.stderr)
        return 2
    if options.section == "library":
        write_section(LIBRARY, facts(), measure_library())
    elif options.section == "avx2":
        if reason := why_not():
            print(f"bench: {reason}", file=sys.stderr)
            return 2
        found = measure_avx2(_reference(clips), 0 if options.skip_fer else FER_FRAMES)
        write_section(AVX2_ONLY, facts(), found)
    elif options.section == "long-video":
        found = measure_long_video(options.data / options.clip, options.folder)
        write_section(LONG_VIDEO, facts(), {options.clip: found})
    elif options.section == "long-page":
        found = measure_page(open_library(options.folder).for_owner(LOCAL), Path(options.clip).stem)
        write_section(LONG_VIDEO, facts(), {options.clip: found})
    elif options.section == "live":
        write_section(LIVE, facts(), measure_live(options.data, options.part or PARTS))
    elif options.section == "batch":
        found = measure_batch(options.data, options.clips, options.batch or BATCH_PARTS)
        write_section(BATCH, facts(), found | given_price(options.price))
        write_guide()
    elif options.section == "false-faces":
        shared = options.data.parent
        found = measure_faces(options.pictures, shared, options.copies, options.faces, options.fit)
        write_section(FALSE_FACES, facts(), found)
    elif options.section == "upside-down":
        shared = options.data.parent
        people = itertools.chain(with_people(shared, options.faces), cropped_tightly(shared, options.faces))
        write_section(UPSIDE_DOWN, facts(), measure_upside_down(people))
    elif options.section == "training":
        write_section(TRAINING, facts(), measure_training_step())
    else:
        _measure_all(clips, options.skip_fer)
    print(write_readme())
    return 0


def _parser() -> argparse.ArgumentParser:
    sections = "\n".join(f"  {name:<12} {about}" for name, about in _SECTIONS.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=f"{_ABOUT}\n{_WITHOUT}\n\nsections:\n{sections}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("section", nargs="?", choices=_SECTIONS, metavar="SECTION", help="one of the sections above")
    data_dir = default_data_dir().parent / "videos"
    parser.add_argument(
        "--data", type=Path, default=data_dir, metavar="DIR",
        help="folder of clips (default: videos in EMOTION_SHARED_DATA, or in ../shared/data)",
    )  # fmt: skip
    parser.add_argument("--skip-fer", action="store_true", help="skip the package fer, whose environment is large")
    _add_section_options(parser)
    return parser


def _add_section_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that belong to one section, which their help names."""
    parser.add_argument("--part", choices=PARTS, action="append", help="live: only this part; repeatable")
    parser.add_argument("--batch", choices=BATCH_PARTS, action="append", help="batch: only this part; repeatable")
    parser.add_argument(
        "--clips", type=int, default=200, metavar="N", help="batch: number of clips (default: %(default)s)"
    )
    parser.add_argument(
        "--price", type=float, metavar="P", help=f"batch: price of a core-hour (default: the last one, or {PRICE})"
    )
    parser.add_argument(
        "--pictures", type=Path, action="append", default=[], metavar="DIR",
        help="false-faces: folder of pictures without people, in addition to drawn ones; repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--copies", type=int, default=6, metavar="N",
        help="false-faces: varied copies of each picture without people (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--faces", type=int, default=4000, metavar="N",
        help="false-faces, upside-down: maximum number of faces from each data set (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--fit", action="store_true", help="false-faces: fit the check of new faces again")
    parser.add_argument(
        "--clip",
        default=LONG_CLIP,
        metavar="NAME",
        help="long-video, long-page: the repeated clip (default: %(default)s)",
    )
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "data/runs/long", metavar="DIR",
        help="long-video, long-page: folder of the library, which can be deleted afterwards (default: data/runs/long)",
    )  # fmt: skip


def _reference(clips: list[Path]) -> Path:
    return next((clip for clip in clips if clip.name == REFERENCE_CLIP), clips[0])


def _measure_all(clips: list[Path], skip_fer: bool) -> None:
    reference = _reference(clips)
    record = facts() | {
        "clips": {clip.name: _clip(clip) for clip in clips},
        "stages": {"clip": reference.name, **measure_stages(reference)},
        "memory": {str(loops): run_module("bench.clip", str(reference), "--loops", str(loops)) for loops in (1, LOOPS)},
        "fer": None if skip_fer else _fer(reference),
    }
    write_section(LIBRARY, facts(), measure_library())
    target = RESULTS / f"{record['date']}-{record['commit']}.json"
    target.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    README.write_text(markdown(record), encoding="utf-8")


def _fer(clip: Path) -> dict[str, Any] | None:
    """Measure the package fer; return None if it cannot be installed or run here."""
    try:
        return {"clip": clip.name, **measure_fer(clip, FER_FRAMES)}
    except (RuntimeError, subprocess.CalledProcessError) as error:
        print(f"bench: no row for fer: {error}", file=sys.stderr)
        return None


def _clip(clip: Path) -> dict[str, Any]:
    print(f"measuring {clip.name} …", file=sys.stderr)
    return dict(run_module("bench.clip", str(clip)))


if __name__ == "__main__":
    sys.exit(main())
