from __future__ import annotations

import io
import itertools

import pytest
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion.analytics.edits import Edits, Event, Span
from emotion.report.captions import Cue, captions_text, cue_lines, readable, timestamp, write_captions
from emotion.report.edited import edit
from emotion.steps import Steps
from tests.conftest import make_analysis


def captions(tmp_path, analysis, edits=None):
    path = tmp_path / "c.vtt"
    write_captions(edit(analysis, edits), path, Steps(1))
    assert captions_text(edit(analysis, edits)) == path.read_text(encoding="utf-8")
    return webvtt.from_buffer(io.StringIO(path.read_text(encoding="utf-8"))).captions


def told(caption) -> tuple[float, float, str]:
    return caption.start_in_seconds, caption.end_in_seconds, caption.text


def test_a_cue_per_run_of_what_everybody_shows(tmp_path):
    shown = [["happiness"]] * 20 + [["happiness", "anger"]] * 15 + [[]] * 20 + [["neutral"]] * 15
    cues = captions(tmp_path, make_analysis(shown), Edits(names={1: "Ada", 2: "Жук"}))
    assert [cue.text for cue in cues] == ["Ada: happiness", "Ada: happiness\nЖук: anger", "Ada: neutral"]
    assert [cue.start for cue in cues] == ["00:00:00.000", "00:00:02.000", "00:00:05.500"]
    assert cues[1].end == "00:00:03.500", "nobody is seen after that"


def test_a_flicker_is_no_cue(tmp_path):
    shown = [["happiness"]] * 20 + [["anger"]] * 3 + [["happiness"]] * 20
    cues = captions(tmp_path, make_analysis(shown))
    assert [cue.text for cue in cues] == ["Person 1: happiness"]


def test_what_was_hidden_or_excluded_is_not_told(tmp_path):
    analysis = make_analysis([["happiness", "anger"]] * 40)
    edits = Edits(hidden=frozenset({2}), events=(Event("pause", Span(1.0, 3.0), excluded=True),))
    cues = captions(tmp_path, analysis, edits)
    assert [(cue.start, cue.end, cue.text) for cue in cues] == [
        ("00:00:00.000", "00:00:01.000", "Person 1: happiness"),
        ("00:00:03.000", "00:00:04.000", "Person 1: happiness"),
    ]


@pytest.mark.parametrize("name", ["a --> b", "<b>Ada</b> & Co", "NOTE x", "two\n\nlines", "WEBVTT", "00:00.000"])
def test_no_name_breaks_the_file(tmp_path, name):
    (cue,) = captions(tmp_path, make_analysis([["happiness"]] * 20), Edits(names={1: name}))
    import html

    assert html.unescape(cue.raw_text) == f"{' '.join(name.split())}: happiness"


def test_a_crowd_is_counted():
    edited = edit(make_analysis([["happiness"] * 7]))
    lines = cue_lines(edited, tuple((track, "happiness") for track in range(1, 8)))
    assert lines[-1] == "and 4 more people"
    assert len(lines) == 4


def test_nobody_gives_an_empty_file_that_is_valid(tmp_path):
    assert captions(tmp_path, make_analysis([[]] * 5)) == []


@settings(deadline=None)
@given(st.floats(0, 360_000, allow_nan=False))
def test_times_are_read_back_to_the_millisecond(seconds):
    hours, minutes, rest = timestamp(seconds).split(":")
    assert len(rest) == 6 and int(minutes) < 60 and float(rest) < 60
    assert int(hours) * 3600 + int(minutes) * 60 + float(rest) == pytest.approx(seconds, abs=0.000_51)


runs = st.lists(st.tuples(st.integers(1, 3000), st.integers(0, 2000), st.integers(1, 3)), max_size=20)


@settings(deadline=None)
@given(runs)
def test_cues_are_in_order_apart_and_long_enough(parts):
    """Each part: duration and gap after it in ms, and who is seen."""
    cues, start = [], 0
    for duration, gap, who in parts:
        cues.append(Cue(start / 1000, (start + duration) / 1000, ((who, "anger"),)))
        start += duration + gap
    shown = list(readable(cues, 1.0, start / 1000))
    for cue, following in itertools.pairwise(shown):
        assert cue.start_s < cue.end_s <= following.start_s
        touches = following.start_s - cue.end_s < 1e-6
        assert cue.duration_s >= 1.0 - 1e-6 or touches, "only the next cue may cut one short"
    assert {cue.start_s for cue in shown} <= {cue.start_s for cue in cues}
