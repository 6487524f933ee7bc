"""Codings from one file per coder and video, and from one table of all."""

from __future__ import annotations

import pytest

from emotion.errors import InputError
from emotion.studies.formats.coded_files import (
    SPANS,
    is_table_of_all,
    spans_of_files,
    spans_of_table,
    suggest_coded_pattern,
)
from emotion.studies.formats.event_tables import LoggedEvent, kind_of, read_table
from emotion.studies.names import NamePattern

TABLE = (
    b"coder;participant;stimulus;code;start_s;end_s\nann;p1;film;smile;1,5;2\nbob;p1;film;;;\nann;p2;film;smile;0;1\n"
)


def test_a_table_of_all_names_coders_who_coded_nothing() -> None:
    table = read_table(TABLE)
    assert is_table_of_all(table)
    spans = spans_of_table(table)
    assert list(spans) == list(SPANS)
    assert spans.fillna(-1).to_numpy().tolist() == [
        ["ann", "p1", "film", "smile", 1.5, 2.0],
        ["bob", "p1", "film", "", -1, -1],
        ["ann", "p2", "film", "smile", 0.0, 1.0],
    ]
    assert spans_of_table(table.drop(columns="stimulus"))["stimulus"].tolist() == ["video"] * 3


def test_files_are_named_by_coder_participant_and_stimulus() -> None:
    files = {"ann_p1_film.eaf": [LoggedEvent(1, 2, "smile")], "bob_p1_film.eaf": [], "notes.eaf": []}
    spans, unmatched = spans_of_files(files, NamePattern("{coder}_{participant}_{stimulus}"))
    assert unmatched == ["notes.eaf"]
    assert spans[["coder", "participant", "stimulus", "code"]].to_numpy().tolist() == [
        ["ann", "p1", "film", "smile"],
        ["bob", "p1", "film", ""],
    ]
    with pytest.raises(InputError, match=r"expected a pattern with \{coder\}"):
        spans_of_files(files, NamePattern("{participant}"))
    assert suggest_coded_pattern(["ann-p1-film.eaf"]) == "{coder}-{participant}-{stimulus}"
    assert suggest_coded_pattern(["x.eaf"]) == "{coder}_{participant}_{stimulus}"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.eaf", b"", "elan"),
        ("a.XDF", b"", "xdf"),
        ("a.csv", b"film.started,film.stopped\n1,2\n", "psychopy"),
        ("a.txt", b"Exp.edat2\nSubject\tFilm.OnsetTime\n1\t12500\n", "eprime"),
        ("a.tsv", b"Behavior\tBehavior type\tTime\nsmile\tPOINT\t1\n", "boris"),
        ("a.csv", b"onset,what\n1,clap\n", "csv"),
    ],
)
def test_the_format_of_a_log_is_known_by_its_name_and_columns(name: str, content: bytes, kind: str) -> None:
    assert kind_of(name, content) == kind
