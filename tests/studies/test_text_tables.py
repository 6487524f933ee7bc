"""Tables of other programs: columns are read without the rows, and limits hold before rows are parsed."""

from __future__ import annotations

import pytest

from emotion.errors import InputError
from emotion.studies.text_tables import TableLimits, column_names, read_text_table

LIMITS = TableLimits(2, 3, 1 << 20)


@pytest.mark.parametrize("text", ["a;b\n1;2\n", "Title\na;b\n1;2\n", '\r\n"a";b\r\n1;2;3;4;5\r\n'])
def test_columns_are_read_without_the_rows(text: str) -> None:
    assert column_names(text.encode(), LIMITS, titled=True) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\n1\n2\n3\n", "at most 2 rows"), ("a\n" + "," * 4, "at most 3 columns"), ("a\n" * (1 << 20), "at most 1 MiB")],
)
def test_limits_hold(text: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        read_text_table(text.encode(), LIMITS)
