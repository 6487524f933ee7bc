"""Limits of uploaded Parquet files, checked in the footer before any rows are read."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from emotion.errors import TooLargeError
from emotion.limits import MEGA

MOST_BYTES = 64 * MEGA
"""Maximum size of the file; a row of a timeline takes about 130 bytes, and less where little changes."""
MOST_ROWS = 1_000_000
"""Maximum number of rows of faces, and of frames: nine hours of one person at 30 frames per second."""
MOST_ROW_GROUPS = 1_000
MOST_COLUMNS = 100
MOST_EXPANDED_BYTES = 256 * MEGA
"""Maximum size of the table in memory."""

_FIXED = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)
_TEXT_BYTES = 16
"""Assumed size of a text value. In a timeline, texts are categories, which are stored once."""


def check_footer(path: Path, name: str) -> None:
    """Refuse a Parquet file that would take too much memory, by its size and its footer.

    Args:
        path: The file.
        name: Name of the file in messages.

    Raises:
        TooLargeError: It has too many bytes, rows, row groups or columns, or expands to too many bytes.
        OSError: It cannot be read, or is not a Parquet file.
        pyarrow.ArrowException: It is not a Parquet file.
    """
    _expect_at_most(MOST_BYTES, path.stat().st_size, "bytes", name)
    with pq.ParquetFile(path) as file:
        facts, schema = file.metadata, file.schema_arrow
        _expect_at_most(MOST_COLUMNS, facts.num_columns, "columns", name)
        _expect_at_most(MOST_ROW_GROUPS, facts.num_row_groups, "row groups", name)
        groups = [facts.row_group(index) for index in range(facts.num_row_groups)]
    # The counts are stored separately, and a crafted file may state them differently.
    check_rows(max(facts.num_rows, sum(group.num_rows for group in groups)), name)
    # Repeated values are stored once in the file but take memory for every row.
    in_memory = facts.num_rows * sum(_bytes_of(field.type) for field in schema)
    stored = sum(group.total_byte_size for group in groups)
    _expect_at_most(MOST_EXPANDED_BYTES, max(in_memory, stored), "bytes when unpacked", name)


def check_rows(rows: int, name: str) -> None:
    """Refuse a table of too many rows.

    Raises:
        TooLargeError: There are more than :data:`MOST_ROWS`.
    """
    _expect_at_most(MOST_ROWS, rows, "rows", name)


def _bytes_of(kind: pa.DataType) -> int:
    if any(is_fixed(kind) for is_fixed in _FIXED):
        return max(1, int(kind.bit_width) // 8)
    return int(kind.index_type.bit_width) // 8 if pa.types.is_dictionary(kind) else _TEXT_BYTES


def _expect_at_most(most: int, found: int, what: str, name: str) -> None:
    if found > most:
        raise TooLargeError(f"{name} is too large: expected a table of at most {most:,} {what}; it has {found:,}")
