"""``python -m bench``: measurements written as JSON and as Markdown tables.

Without a section, everything but the long video is measured in one run. ``library`` measures a library of 1,000
analyses. ``long-video`` loops a clip into three hours and analyses it, which takes about an hour; ``long-page`` then
measures the page that shows the result. ``live`` drives the live page in real browsers, or the parts of it that
``--part`` names, and takes about ten minutes. ``batch`` analyses 200 short clips with one worker and with two, kills
one, and estimates what 1,000 and 1,000,000 hours cost; ``--batch`` names some of this. ``training`` times steps of a
training. ``false-faces`` counts faces in pictures without people, in folders that ``--pictures`` names beside its own
drawings, and in pictures of people, before and after new faces are confirmed; ``--fit`` chooses the confirmation's
weights anew.
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
from bench.common.records import (
    BATCH,
    FALSE_FACES,
    LIBRARY,
    LIVE,
    LONG_VIDEO,
    RESULTS,
    ROOT,
    TRAINING,
    facts,
    write_section,
)
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
from training.datasets.readers.parquet import default_data_dir

REFERENCE_CLIP = "one_face_720p.mp4"
LONG_CLIP = "concert_cuts_360p.mp4"
FER_FRAMES = 60
LOOPS = 10
_SECTIONS = (*("library", "long-video", "long-page", "live", "batch", "training", "false-faces"),)


def main() -> int:
    """Measure what is asked for, write it below ``results``, print the tables."""
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
    parser.add_argument("--part", choices=PARTS, action="append", help="of the live page; all if none is named")
    parser.add_argument("--batch", choices=BATCH_PARTS, action="append", help="of the batches; all if none is named")
    parser.add_argument("--clips", type=int, default=200, help="of the batches")
    parser.add_argument("--price", type=float, help=f"of a core-hour, for the batches' costs (default: {PRICE})")
    parser.add_argument("--pictures", type=Path, action="append", default=[], help="folder of pictures without people")
    parser.add_argument("--copies", type=int, default=6, help="of each picture without people, varied")
    parser.add_argument("--faces", type=int, default=4000, help="of each set of faces, at most")
    parser.add_argument("--fit", action="store_true", help="choose what tells false faces anew")
    parser.add_argument("--data", type=Path, default=default_data_dir().parent / "videos", help="folder of clips")
    parser.add_argument("--skip-fer", action="store_true", help="leave out the rival, whose environment is large")
    parser.add_argument("--clip", default=LONG_CLIP, help="the clip that the long video repeats")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "data/runs/long", help="of the long video's library; may be deleted after"
    )
    return parser


def _measure_all(clips: list[Path], skip_fer: bool) -> None:
    reference = next((clip for clip in clips if clip.name == REFERENCE_CLIP), clips[0])
    record = facts() | {
        "clips": {clip.name: _clip(clip) for clip in clips},
        "stages": {"clip": reference.name, **measure_stages(reference)},
        "memory": {str(loops): run_module("bench.clip", str(reference), "--loops", str(loops)) for loops in (1, LOOPS)},
        "fer": None if skip_fer else _rival(reference),
    }
    write_section(LIBRARY, facts(), measure_library())
    target = RESULTS / f"{record['date']}-{record['commit']}.json"
    target.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    README.write_text(markdown(record), encoding="utf-8")


def _rival(clip: Path) -> dict[str, Any] | None:
    """Measure the rival; what was measured before is kept if it cannot be installed or run here."""
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
