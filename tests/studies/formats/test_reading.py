"""Events from logs of other programs: known tables, round trips, and files in other formats."""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pympi.Elan import Eaf

from emotion.analytics.edits import Event, Span
from emotion.csv_text import csv_bytes
from emotion.errors import InputError
from emotion.studies.formats.annotations import Mark, Tiers, boris_table, eaf_text
from emotion.studies.formats.event_tables import (
    READERS,
    Columns,
    LoggedEvent,
    boris_events,
    elan_events,
    eprime_events,
    events_of_table,
    in_video,
    offset_by,
    psychopy_events,
    read_table,
    xdf_events,
)
from tests.studies.formats.test_writing import TIERS

PSYCHOPY = """trials.thisN,film.started,film.stopped,beep.started,participant
0,12.5,42.5,41.0,p1
1,60.0,None,,p1
"""
EPRIME = "Exp.edat2\nSubject\tFilm.OnsetTime\tFilm.OffsetTime\n1\t12500\t42500\n1\tNULL\tNULL\n"


def test_psychopy_has_an_event_per_component() -> None:
    assert psychopy_events(PSYCHOPY.encode()) == [
        LoggedEvent(12.5, 42.5, "film"),
        LoggedEvent(41.0, 41.0, "beep"),
        LoggedEvent(60.0, 60.0, "film"),
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8"])
def test_eprime_is_in_milliseconds(encoding: str) -> None:
    assert eprime_events(EPRIME.encode(encoding)) == [LoggedEvent(12.5, 42.5, "Film")]


def test_any_table_by_its_columns() -> None:
    table = read_table(b"what;from;for\nclap;1,5;0\nfilm;2000;1500,5\n;;\n")
    events = events_of_table(table, Columns("from", "what", duration="for", unit_s=0.001))
    assert events == [LoggedEvent(0.0015, 0.0015, "clap"), LoggedEvent(2.0, 3.5005, "film")]
    with pytest.raises(InputError, match="expected a column 'x'; the table has what, from, for"):
        events_of_table(table, Columns("x"))
    with pytest.raises(InputError, match="expected a number in the column what"):
        events_of_table(table, Columns("what"))


def test_a_common_event_shifts_the_log_to_the_video() -> None:
    events = psychopy_events(PSYCHOPY.encode())
    offset = offset_by(events, "FILM", 3.0)
    assert offset == -9.5
    assert in_video(events, offset)[0] == Event("film", Span(3.0, 33.0))
    assert in_video(events, -45.0) == (Event("film", Span(15.0, 15.0)),)
    with pytest.raises(InputError, match="expected an event 'clap' in the log; it has film, beep"):
        offset_by(events, "clap", 0)


@settings(max_examples=30)
@given(TIERS)
def test_elan_round_trip(tiers: Tiers) -> None:
    expected = sorted((round(m.start_s, 3), round(m.end_s, 3), m.label) for marks in tiers.values() for m in marks)
    found = elan_events(eaf_text(tiers).encode())
    assert sorted((event.start_s, event.end_s, event.label) for event in found) == expected


@settings(max_examples=30)
@given(TIERS)
def test_boris_round_trip(tiers: Tiers) -> None:
    content = csv_bytes(boris_table(tiers, "clip.mp4", 60, 25), None)
    found = boris_events(content)
    assert len(found) == sum(map(len, tiers.values()))
    totals = sum(event.end_s - event.start_s for event in found)
    assert totals == pytest.approx(sum(m.end_s - m.start_s for marks in tiers.values() for m in marks), abs=0.01)


def test_elan_reads_what_pympi_wrote(tmp_path: Path) -> None:
    made = Eaf()
    made.add_tier("a")
    made.add_tier("b")
    made.add_annotation("a", 100, 1500, "smile & wave")
    made.add_annotation("b", 200, 300, "x")
    made.to_file(str(tmp_path / "x.eaf"))
    content = (tmp_path / "x.eaf").read_bytes()
    assert elan_events(content, ["a"]) == [LoggedEvent(0.1, 1.5, "smile & wave")]
    assert len(elan_events(content)) == 2


def eaf(slots: list[int | None], tiers: str, media: str = "", encoding: str = "UTF-8") -> bytes:
    order = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="ts{number}"' + ("/>" if value is None else f' TIME_VALUE="{value}"/>')
        for number, value in enumerate(slots)
    )
    document = f"<HEADER>{media}</HEADER><TIME_ORDER>{order}</TIME_ORDER>{tiers}"
    declaration = f'<?xml version="1.0" encoding="{encoding}"?>'
    return f"{declaration}<ANNOTATION_DOCUMENT>{document}</ANNOTATION_DOCUMENT>".encode(encoding)


def aligned(name: str, first: int, last: int, text: str) -> str:
    refs = f'TIME_SLOT_REF1="ts{first}" TIME_SLOT_REF2="ts{last}"'
    value = f"<ANNOTATION_VALUE>{text}</ANNOTATION_VALUE>"
    return (
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="{name}" {refs}>{value}</ALIGNABLE_ANNOTATION></ANNOTATION>'
    )


def referring(name: str, parent: str, text: str) -> str:
    value = f"<ANNOTATION_VALUE>{text}</ANNOTATION_VALUE>"
    inner = f'<REF_ANNOTATION ANNOTATION_ID="{name}" ANNOTATION_REF="{parent}">{value}</REF_ANNOTATION>'
    return f"<ANNOTATION>{inner}</ANNOTATION>"


def tier(name: str, *annotations: str) -> str:
    return f'<TIER TIER_ID="{name}">{"".join(annotations)}</TIER>'


def test_elan_annotations_without_a_time_divide_the_time_between_their_neighbours() -> None:
    """In a tier that divides the time of another one, ELAN stores the outer times only."""
    parts = tier("a", aligned("1", 0, 1, "smile"), aligned("2", 1, 2, "frown"))
    events = elan_events(eaf([1000, None, 2000], parts))
    assert events == [LoggedEvent(1, 1.5, "smile"), LoggedEvent(1.5, 2, "frown")]


def test_elan_annotations_that_refer_to_others_have_their_times() -> None:
    tiers = [
        tier("words", referring("4", "2", "far")),
        tier("codes", referring("2", "1", "smile"), referring("3", "1", "frown")),
        tier("parts", aligned("1", 0, 1, "part")),
        tier("lost", referring("5", "9", "nothing"), referring("6", "6", "itself")),
    ]
    content = eaf([1000, 2000], "".join(tiers))
    assert elan_events(content, ["codes"]) == [LoggedEvent(1, 1.5, "smile"), LoggedEvent(1.5, 2, "frown")]
    assert elan_events(content, ["words"]) == [LoggedEvent(1, 1.5, "far")]
    assert len(elan_events(content)) == 4


def test_elan_times_are_those_of_the_video_if_media_were_synchronised() -> None:
    sound = '<MEDIA_DESCRIPTOR MEDIA_URL="a.wav" MIME_TYPE="audio/x-wav"/>'
    video = '<MEDIA_DESCRIPTOR MEDIA_URL="a.mp4" MIME_TYPE="video/mp4" TIME_ORIGIN="1500"/>'
    part = tier("a", aligned("1", 0, 1, "smile"))
    assert elan_events(eaf([1000, 2000], part, sound + video)) == [LoggedEvent(2.5, 3.5, "smile")]
    assert elan_events(eaf([1000, 2000], part, sound, "UTF-16")) == [LoggedEvent(1, 2, "smile")]


def test_several_boris_observations_are_refused() -> None:
    """Their times are those of several videos."""
    rows = ["o1,s,smile,START,1", "o2,s,smile,START,1.5", "o1,s,smile,STOP,2", "o2,s,smile,STOP,3"]
    content = "\n".join(["Observation id,Subject,Behavior,Behavior type,Time", *rows]).encode()
    with pytest.raises(InputError, match=r"expected BORIS' events of one observation, .*; got o1, o2"):
        boris_events(content)


def test_tables_of_windows_programs() -> None:
    """Excel's line that names the separator, and typographic signs in Windows' code page."""
    table = read_table("sep=;\r\nonset;what\r\n1,5;“ja” – nein\r\n".encode("cp1252"))
    assert events_of_table(table, Columns("onset", "what")) == [LoggedEvent(1.5, 1.5, "“ja” – nein")]


@pytest.mark.parametrize("name", sorted(READERS))
@given(content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(name: str, content: bytes) -> None:
    try:
        READERS[name](content)
    except InputError as error:
        assert "expected" in str(error)


def test_entities_are_refused() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><ANNOTATION_DOCUMENT>&b;</ANNOTATION_DOCUMENT>'
    with pytest.raises(InputError, match="without a document type"):
        elan_events(bomb.encode())


def test_xdf_markers(tmp_path: Path) -> None:
    path = tmp_path / "x.xdf"
    path.write_bytes(made_xdf([(1.25, "start"), (3.5, "film")]))
    assert xdf_events(path) == [LoggedEvent(1.25, 1.25, "start"), LoggedEvent(3.5, 3.5, "film")]
    with tempfile.NamedTemporaryFile(suffix=".xdf") as other:
        other.write(b"no")
        other.flush()
        with pytest.raises(InputError, match="expected an XDF file"):
            xdf_events(Path(other.name))


def made_xdf(markers: list[tuple[float, str]]) -> bytes:
    """Return an XDF file with one stream of markers, built after the specification."""

    def chunk(tag: int, content: bytes) -> bytes:
        return b"\x04" + struct.pack("<I", len(content) + 2) + struct.pack("<H", tag) + content

    header = (
        "<?xml version='1.0'?><info><name>m</name><type>Markers</type><channel_count>1</channel_count>"
        "<nominal_srate>0</nominal_srate><channel_format>string</channel_format></info>"
    )
    samples = b"".join(
        b"\x08" + struct.pack("<d", time) + b"\x01" + bytes([len(text)]) + text.encode() for time, text in markers
    )
    footer = b"<?xml version='1.0'?><info><sample_count>2</sample_count></info>"
    stream = struct.pack("<I", 1)
    return b"XDF:" + b"".join([
        chunk(1, b"<?xml version='1.0'?><info><version>1.0</version></info>"),
        chunk(2, stream + header.encode()),
        chunk(3, stream + b"\x01" + bytes([len(markers)]) + samples),
        chunk(6, stream + footer),
    ])  # fmt: skip


def test_boris_keeps_the_same_behaviour_of_two_subjects_apart() -> None:
    tiers = {"Ada": [Mark(1, 4, "smile")], "Ben": [Mark(2, 3, "smile")]}
    content = csv_bytes(boris_table(tiers, "clip.mp4", 60, 25), None)
    assert boris_events(content) == [LoggedEvent(1, 4, "smile"), LoggedEvent(2, 3, "smile")]
