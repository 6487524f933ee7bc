"""Uploaded timelines: valid ones are read, others are refused, and bombs affect only the sandbox."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emotion.errors import TimelineError
from emotion.library.read_upload import load_uploaded
from emotion.sandbox.runner import end_idle_processes


@pytest.fixture(autouse=True)
def none_waits():
    end_idle_processes()
    yield
    end_idle_processes()


@pytest.mark.slow
def test_an_invalid_upload_is_refused_with_the_readers_message():
    with pytest.raises(TimelineError, match=r"expected a Parquet file; text\.parquet is damaged or not one"):
        load_uploaded(b"no table", "text.parquet")


@pytest.mark.slow
def test_a_small_file_that_unpacks_to_gigabytes_is_refused(tmp_path, monkeypatch):
    """Its footer is within every limit, because a long text is stored once for a hundred rows."""
    path, texts = tmp_path / "bomb.parquet", pa.table({"text": ["a" * 100_000] * 100})
    with pq.ParquetWriter(path, texts.schema) as file:
        for _ in range(100):
            file.write_table(texts)
    assert path.stat().st_size < 1_000_000
    monkeypatch.setenv("EMOTION_MEMORY_MB", "700")
    with pytest.raises(TimelineError, match="expected a Parquet file that can be read within 700 MB of memory"):
        load_uploaded(path.read_bytes(), path.name)
