"""``python -m bench.demo``: writes the demo's film and its analysis into ``data/samples``."""

from __future__ import annotations

from bench.demo.film import FPS, frames
from emotion.analytics.edits import Edits, Event, Span
from emotion.analytics.files import save_parquet
from emotion.analytics.summary import summarise
from emotion.engine.analyzer import Analyzer
from emotion.samples.demo import DEMO_TIMELINE, DEMO_VIDEO
from emotion.vision.encode import write_video

NAMES = ("Eileen", "Grace")
"""In the order in which they are first seen."""

EVENTS = (
    Event("Grace joins", Span(2.5, 2.5)),
    Event("Good news", Span(7.5, 11.5)),
    Event("Bad news", Span(13.5, 18.0)),
)

_QUALITY = 26


def make_demo() -> str:
    """Draw, analyse and store the demo, and return what was found, one person per line."""
    analyzer = Analyzer()
    DEMO_VIDEO.parent.mkdir(parents=True, exist_ok=True)
    write_video(DEMO_VIDEO, frames(analyzer), FPS, _QUALITY)
    analysis = analyzer.video(DEMO_VIDEO)
    tracks = summarise(analysis)["tracks"]
    people = sorted(tracks, key=lambda track: track["first_s"])
    edits = Edits(names={one["track_id"]: name for one, name in zip(people, NAMES, strict=False)}, events=EVENTS)
    save_parquet(analysis, DEMO_TIMELINE, edits)
    return "\n".join(f"{one['track_id']}: {one['seconds']:.1f} s, {one['shares']}" for one in people)


if __name__ == "__main__":
    print(make_demo())
