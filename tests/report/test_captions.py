from __future__ import annotations

import io
import itertools

import pytest
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion.analytics.edits import Edits, Event, Span
from emotion.analytics.flicker import steady_answers
from emotion.analytics.timeline import TimelineBuilder
from emotion.labels import FERPLUS_LABELS
from emotion.progress import ProgressReporter
from emotion.report.captions import MAX_LINES, SMOOTHED_S, captions_text, cue_lines, runs, timestamp, write_captions
from emotion.report.edited import edit
from emotion.types import Analysis, VideoInfo
from tests.conftest import make_analysis, make_face, make_result


def captions(tmp_path, analysis, edits=None):
    path = tmp_path / "c.vtt"
    write_captions(edit(analysis, edits), path, ProgressReporter(1))
    assert captions_text(edit(analysis, edits)) == path.read_text(encoding="utf-8")
    return webvtt.from_buffer(io.StringIO(path.read_text(encoding="utf-8"))).captions


def parsed(caption) -> tuple[float, float, str]:
    return caption.start_in_seconds, caption.end_in_seconds, caption.text


def test_one_cue_per_unchanged_set_of_expressions(tmp_path):
    shown = [["happiness"]] * 20 + [["happiness", "anger"]] * 15 + [[]] * 20 + [["neutral"]] * 15
    cues = captions(tmp_path, make_analysis(shown), Edits(names={1: "Ada", 2: "Жук"}))
    assert [cue.text for cue in cues] == ["Ada: happiness", "Ada: happiness\nЖук: anger", "Ada: neutral"]
    assert [cue.start for cue in cues] == ["00:00:00.000", "00:00:02.000", "00:00:05.500"]
    assert cues[1].end == "00:00:03.500", "nobody is in view after that"


def test_flicker_makes_no_cue(tmp_path):
    shown = [["happiness"]] * 20 + [["anger"]] * 2 + [["happiness"]] * 20
    cues = captions(tmp_path, make_analysis(shown))
    assert [cue.text for cue in cues] == ["Person 1: happiness"]


def test_hidden_people_and_excluded_spans_have_no_cue(tmp_path):
    analysis = make_analysis([["happiness", "anger"]] * 40)
    edits = Edits(hidden=frozenset({2}), events=(Event("pause", Span(1.0, 3.0), excluded=True),))
    cues = captions(tmp_path, analysis, edits)
    assert [(cue.start, cue.end, cue.text) for cue in cues] == [
        ("00:00:00.000", "00:00:01.000", "Person 1: happiness"),
        ("00:00:03.000", "00:00:04.000", "Person 1: happiness"),
    ]


@pytest.mark.parametrize("name", ["a --> b", "<b>Ada</b> & Co", "NOTE x", "two\n\nlines", "WEBVTT", "00:00.000"])
def test_names_are_escaped(tmp_path, name):
    (cue,) = captions(tmp_path, make_analysis([["happiness"]] * 20), Edits(names={1: name}))
    import html

    assert html.unescape(cue.raw_text) == f"{' '.join(name.split())}: happiness"


def test_a_crowd_is_counted():
    edited = edit(make_analysis([["happiness"] * 7]))
    lines = cue_lines(edited, tuple((track, "happiness") for track in range(1, 8)))
    assert lines[-1] == "and 4 more people"
    assert len(lines) == 4


def test_no_face_gives_a_valid_empty_file(tmp_path):
    assert captions(tmp_path, make_analysis([[]] * 5)) == []


@settings(deadline=None)
@given(st.floats(0, 360_000, allow_nan=False))
def test_times_round_trip_to_the_millisecond(seconds):
    hours, minutes, rest = timestamp(seconds).split(":")
    assert len(rest) == 6 and int(minutes) < 60 and float(rest) < 60
    assert int(hours) * 3600 + int(minutes) * 60 + float(rest) == pytest.approx(seconds, abs=0.000_51)


LABELS = ["happiness", "anger", "neutral", None]


@st.composite
def people(draw: st.DrawFn, shortest_s: float = 0.0):
    """Generate analyses of several people who come and go, each with runs of expressions."""
    step_s = draw(st.sampled_from([1 / 30, 0.04, 0.1, 1.0]))
    shortest = max(round(shortest_s / step_s + 0.499), 1)
    run = st.tuples(st.sampled_from(LABELS), st.integers(shortest, shortest + 12))
    lanes = []
    for _ in range(draw(st.integers(1, MAX_LINES))):
        lanes.append([label for label, count in draw(st.lists(run, min_size=1, max_size=6)) for _ in range(count)])
    frames = [[lane[place] if place < len(lane) else None for lane in lanes] for place in range(max(map(len, lanes)))]
    builder = TimelineBuilder(FERPLUS_LABELS)
    for index, labels in enumerate(frames):
        faces = [make_face(label, track, 60.0 * track) for track, label in enumerate(labels, start=1) if label]
        builder.add(make_result(index, faces, step_s))
    timeline, table = builder.build()
    info = VideoInfo(160, 120, 1 / step_s, len(frames), len(frames) * step_s, codec="h264")
    return Analysis(info, timeline, table, "fake", FERPLUS_LABELS, {"every": 1}, "clip.mp4")


def exact(text: str) -> float:
    hours, minutes, seconds = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def agreement(analysis, answers) -> dict[int, float]:
    """Return for each person the share of rows, except near changes, that the captions agree with."""
    cues = webvtt.from_buffer(io.StringIO(captions_text(edit(analysis)))).captions
    half = 1 / analysis.info.fps / 2
    right: dict[int, list[bool]] = {}
    # The library rounds seconds to whole numbers.
    spans = [(*(exact(text) for text in (cue.start, cue.end)), cue.text.splitlines()) for cue in cues]
    for track, time_s, answer in zip(analysis.timeline["track_id"], analysis.timeline["time_s"], answers, strict=True):
        lines = [parsed for start, end, parsed in spans if start <= time_s + half < end]
        right.setdefault(int(track), []).append(lines != [] and f"Person {track}: {answer}" in lines[0])
    return {track: sum(marks) / len(marks) for track, marks in right.items()}


@pytest.mark.slow
@settings(max_examples=20)
@given(people())
def test_captions_match_each_persons_smoothed_timeline(analysis):
    found = agreement(analysis, steady_answers(analysis, SMOOTHED_S))
    assert all(share >= 0.95 for share in found.values()), found


@pytest.mark.slow
@settings(max_examples=20)
@given(people(SMOOTHED_S))
def test_captions_match_the_timeline_without_short_runs(analysis):
    """Even if other people change often, and with any frames in between."""
    assert agreement(analysis, analysis.timeline["emotion"]) == dict.fromkeys(analysis.timeline["track_id"].unique(), 1)


@pytest.mark.slow
@settings(max_examples=20)
@given(people())
def test_cues_are_ordered_and_do_not_overlap(analysis):
    cues = list(runs(edit(analysis)))
    for cue, following in itertools.pairwise(cues):
        assert cue.start_s < cue.end_s <= following.start_s + 1e-6
        assert cue.state != following.state or following.start_s - cue.end_s > 1e-6


def test_alternating_changes_of_two_people_are_both_captioned():
    """Each changes once a second, half a second apart, so every state lasts half a second."""
    lanes = [["happiness"] * 10 + ["anger"] * 10, ["neutral"] * 5 + ["sadness"] * 10 + ["neutral"] * 5]
    shown = [list(pair) for pair in zip(*lanes, strict=True)] * 5
    analysis = make_analysis(shown)
    assert agreement(analysis, analysis.timeline["emotion"]) == {1: 1.0, 2: 1.0}
