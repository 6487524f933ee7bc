"""``python -m bench``: runs the benchmarks and writes their results as JSON and as Markdown tables.

Without a section, it measures each clip, the stages, memory, the package fer and the library. The sections:

- ``library``: a library of 1,000 analyses
- ``long-video``: loops a clip into three hours and analyses it, which takes about an hour
- ``long-page``: the page that shows the result of ``long-video``
- ``live``: the live page in real browsers, which takes about ten minutes; ``--part`` selects parts
- ``batch``: analyses 200 short clips with one worker and with two, kills a worker, and estimates the cost of 1,000 and
  1,000,000 hours of video; ``--batch`` selects parts
- ``training``: steps of training two networks
- ``false-faces``: faces found in pictures without people and in pictures of people, before and after new faces are
  checked; ``--pictures`` adds folders to the drawings that it makes, ``--fit`` fits the check again
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.batch.guide import PRICE, given_price, write_guide
from bench.batch.measure import PARTS as BATCH_PARTS
from bench.batch.measure import measure_batch
from bench.common.process import run_module
from bench.common.records import BATCH, FALSE_FACES, LIBRARY, LIVE, LONG_VIDEO, RESULTS, TRAINING, facts, write_section
from bench.faces.measure import measure_faces
from bench.fer_package import measure_fer
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
_SECTIONS = ("library", "long-video", "long-page", "live", "batch", "training", "false-faces")


def main() -> int:
    """Measure the chosen section, write its results to ``bench/results``, and print the tables."""
    options = _parser().parse_args()
    clips = sorted(path for path in options.data.glob("*") if path.suffix in {".mp4", ".mov"})
    if not clips:
        print(f"bench: expected clips (mp4, mov) in {options.data}; there are none", file=sys.stderr)
        return 2
    if options.section == "library":
        write_section(LIBRARY, facts(), measure_library())
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
    elif options.section == "training":
        write_section(TRAINING, facts(), measure_training_step())
    else:
        _measure_all(clips, options.skip_fer)
    print(write_readme())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("section", nargs="?", choices=_SECTIONS)
    parser.add_argument("--part", choices=PARTS, action="append", help="part of live (repeatable)")
    parser.add_argument("--batch", choices=BATCH_PARTS, action="append", help="part of batch (repeatable)")
    parser.add_argument("--clips", type=int, default=200, help="number of clips in batch")
    parser.add_argument("--price", type=float, help=f"price of a core-hour for the costs in batch (default: {PRICE})")
    parser.add_argument("--pictures", type=Path, action="append", default=[], help="folder of pictures without people")
    parser.add_argument("--copies", type=int, default=6, help="varied copies of each picture without people")
    parser.add_argument("--faces", type=int, default=4000, help="maximum number of faces from each data set")
    parser.add_argument("--fit", action="store_true", help="fit the check of new faces again")
    parser.add_argument("--data", type=Path, default=default_data_dir().parent / "videos", help="folder of clips")
    parser.add_argument("--skip-fer", action="store_true", help="skip the package fer, whose environment is large")
    parser.add_argument("--clip", default=LONG_CLIP, help="the clip that the long video repeats")
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / "data/runs/long",
        help="for the long video's library; can be deleted afterwards",
    )
    return parser


def _measure_all(clips: list[Path], skip_fer: bool) -> None:
    reference = next((clip for clip in clips if clip.name == REFERENCE_CLIP), clips[0])
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
