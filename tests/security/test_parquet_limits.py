"""Small Parquet files with large tables: refused by their footers in one sentence, before a row is read."""

from __future__ import annotations

import io
import resource
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emotion.analytics.edits import Edits
from emotion.analytics.files import load_parquet, save_parquet, to_arrow
from emotion.analytics.parquet_limits import MOST_BYTES, MOST_ROWS
from emotion.errors import TooLargeError
from emotion.library.read_upload import load_uploaded
from emotion.types import Analysis
from tests.analytics.test_files import assert_same

MEGABYTE = 10**6


def many_rows(analysis: Analysis) -> bytes:
    """Three million valid rows."""
    table = to_arrow(analysis)
    whole = pa.concat_tables([table] * -(-3_000_000 // len(table))).combine_chunks()
    frames = pa.array(np.arange(len(whole), dtype=np.int32))
    place = whole.schema.get_field_index("frame_index")
    return _file(whole.set_column(place, whole.schema.field("frame_index"), frames))


def many_row_groups(analysis: Analysis) -> bytes:
    table = to_arrow(analysis).slice(0, 1)
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, table.schema) as file:
        for _ in range(1_100):
            file.write_table(table)
    return sink.getvalue()


def many_columns(analysis: Analysis) -> bytes:
    table = to_arrow(analysis)
    for number in range(200):
        table = table.append_column(f"p_{number}", pa.array(np.zeros(len(table), np.float32)))
    return _file(table)


def many_equal_values(analysis: Analysis) -> bytes:
    """Within every other limit, because repeated values are stored once."""
    column = pa.array(np.zeros(900_000))
    table = pa.table({f"p_{number}": column for number in range(90)})
    return _file(table.replace_schema_metadata(to_arrow(analysis).schema.metadata))


def many_frames(analysis: Analysis) -> bytes:
    """Frames are stored in the footer's metadata, which Parquet does not count as rows."""
    frames = pd.DataFrame({"frame_index": np.arange(2_000_000, dtype=np.int32), "time_s": 0.0, "faces": np.int16(0)})
    return _file(to_arrow(replace(analysis, frames=frames)))


def _file(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def test_an_analysis_of_a_usual_size_comes_out_as_it_was_saved(analysis: Analysis, tmp_path: Path) -> None:
    path = save_parquet(analysis, tmp_path / "a.parquet", Edits(names={1: "Ada"}))
    loaded, edits = load_uploaded(path.read_bytes(), "mine.parquet")
    assert_same(loaded, load_parquet(path))
    assert edits.names == {1: "Ada"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("attack", "expected"),
    [
        (many_rows, f"at most {MOST_ROWS:,} rows; it has 3,0"),
        (many_row_groups, "at most 1,000 row groups; it has 1,100"),
        (many_columns, "at most 100 columns; it has 2"),
        (many_equal_values, "at most 256,000,000 bytes when unpacked; it has 648,000,000"),
        (many_frames, f"at most {MOST_ROWS:,} rows; it has 2,000,000"),
        (lambda _: bytes(MOST_BYTES + 1), f"at most {MOST_BYTES:,} bytes"),
    ],
    ids=["rows", "row groups", "columns", "equal values", "frames", "bytes"],
)
def test_a_small_file_of_a_large_table_is_refused(
    analysis: Analysis, attack: Callable[[Analysis], bytes], expected: str
) -> None:
    content = attack(analysis)
    assert len(content) <= MOST_BYTES + 1
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(TooLargeError, match=expected) as refused:
        load_uploaded(content, "mine.parquet")
    assert str(refused.value).startswith("mine.parquet is too large")
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 100 * MEGABYTE
