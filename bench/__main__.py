"""``python -m bench``: every measurement in one run, written as JSON and as a Markdown table."""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.fer_package import measure_fer
from bench.library import measure_library
from bench.report import markdown
from bench.stages import measure_stages
from training import provenance
from training.datasets.parquet import default_data_dir

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).with_name("results")
REFERENCE_CLIP = "one_face_720p.mp4"
FER_FRAMES = 60
LOOPS = 10


def main() -> int:
    """Measure, write ``results/DATE-COMMIT.json`` and ``results/README.md``, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_data_dir().parent / "videos", help="folder of clips")
    parser.add_argument("--skip-fer", action="store_true", help="leave out the rival, whose environment is large")
    options = parser.parse_args()
    clips = sorted(path for path in options.data.glob("*") if path.suffix in {".mp4", ".mov"})
    if not clips:
        print(f"bench: expected clips (mp4, mov) in {options.data}; there are none", file=sys.stderr)
        return 2
    reference = next((clip for clip in clips if clip.name == REFERENCE_CLIP), clips[0])
    record = _facts() | {
        "clips": {clip.name: _clip(clip) for clip in clips},
        "stages": {"clip": reference.name, **measure_stages(reference)},
        "memory": {str(loops): _run("bench.clip", reference, "--loops", str(loops)) for loops in (1, LOOPS)},
        "library": measure_library(),
        "fer": None if options.skip_fer else _rival(reference),
    }
    _write(record)
    return 0


def _rival(clip: Path) -> dict[str, Any] | None:
    """Measure the rival; what was measured before is kept if it cannot be installed or run here."""
    try:
        return {"clip": clip.name, **measure_fer(clip, FER_FRAMES)}
    except (RuntimeError, subprocess.CalledProcessError) as error:
        print(f"bench: no row for fer: {error}", file=sys.stderr)
        return None


def _clip(clip: Path) -> dict[str, Any]:
    print(f"measuring {clip.name} …", file=sys.stderr)
    return _run("bench.clip", clip)


def _run(module: str, clip: Path, *options: str) -> dict[str, Any]:
    command = [sys.executable, "-m", module, str(clip), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def _facts() -> dict[str, Any]:
    hardware = provenance.hardware()
    return {
        "date": datetime.date.today().isoformat(),
        "commit": provenance.commit()[:10],
        "machine": hardware["machine"],
        "processor": hardware["cpu"],
        "cores": hardware["cores"],
        "python": platform.python_version(),
    }


def _write(record: dict[str, Any]) -> None:
    target = RESULTS / f"{record['date']}-{record['commit']}.json"
    target.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    table = markdown(record)
    (RESULTS / "README.md").write_text(table, encoding="utf-8")
    print(table)


if __name__ == "__main__":
    sys.exit(main())
