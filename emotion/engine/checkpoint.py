"""The checkpoint of an unfinished analysis: Parquet files of a few seconds each, written whole or not at all.

Each part holds the rows since the part before and, in its metadata, the state from which the stream can continue. The
last part of a run that was stopped has no state, so the next run discards it and analyses those frames again.
:meth:`Checkpoint.merge` reads one part at a time: hours of video take no more memory than minutes.
"""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from emotion.analytics.files import from_arrow, to_arrow
from emotion.engine.storage import Storage
from emotion.errors import LibraryError, TimelineError
from emotion.stream_state import StreamState, pack_state, unpack_state
from emotion.types import Analysis

_STATE = b"emotion.state"
_ROWS_PER_GROUP = 50_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Saved:
    """What an earlier run saved.

    Attributes:
        frames: Number of frames it analysed.
        until_s: Time of the last of them, s.
        state: State of the stream after that frame.
    """

    frames: int
    until_s: float
    state: StreamState


class Checkpoint:
    """The saved parts of one analysis.

    Args:
        storage: Where the parts are.
        folder: Key of their folder, which holds nothing else.
    """

    def __init__(self, storage: Storage, folder: str) -> None:
        self._storage, self._folder = storage, folder

    def append(self, part: Analysis, state: StreamState | None) -> None:
        """Write the results since the last part as a new part.

        Raises:
            OSError: The part cannot be written. Earlier parts remain.
        """
        self._write(len(self._keys()) + 1, part, state)

    def replace_last(self, part: Analysis) -> None:
        """Replace the last part with a longer one that begins with the same rows.

        Raises:
            OSError: The part cannot be written. The old one remains.
        """
        self._write(max(len(self._keys()), 1), part, None)

    def resume(self, like: Analysis) -> Saved | None:
        """Return the point from which to continue, and delete the parts after it; None if there is no such point.

        Args:
            like: An analysis with the model and settings of the new run.

        Raises:
            LibraryError: The parts were made from another file or with other settings.
            OSError: The storage does not answer.
        """
        self.drop_damaged()
        while keys := self._keys():
            part, packed = self._read(keys[-1])
            if (part.model, part.settings) != (like.model, like.settings):
                raise LibraryError("the saved results are from another file or other settings; start over")
            state = None if packed is None else _unpacked_state(packed)
            if state is not None:
                return Saved(self._count(keys), float(part.frames["time_s"].iloc[-1]), state)
            self._storage.remove(keys[-1])
        return None

    def __bool__(self) -> bool:
        return bool(self._keys())

    def until_s(self) -> float | None:
        """Return the time of the last saved frame, s; None if there is no part."""
        keys = self._keys()
        return float(self._read(keys[-1])[0].frames["time_s"].iloc[-1]) if keys else None

    def load(self, note: str) -> Analysis:
        """Return all parts as one analysis.

        Args:
            note: Why it is incomplete, in one sentence; empty if it is complete.

        Raises:
            LibraryError: There is no part.
        """
        parts = list(self._each())
        if not parts:
            raise LibraryError("no results of this analysis are kept")
        timeline = pd.concat([part.timeline for part in parts], ignore_index=True)
        return replace(parts[-1], timeline=timeline, frames=_joined(parts), complete=not note, note=note)

    def merge(self, key: str, note: str) -> None:
        """Write all parts as one file, the same that :func:`emotion.analytics.files.save_parquet` would write.

        Args:
            key: Key of the file.
            note: Why the analysis is incomplete, in one sentence; empty if it is complete.

        Raises:
            LibraryError: There is no part.
            OSError: The file cannot be written.
        """
        # Copied: an empty view would keep the whole table in memory.
        empty = [replace(part, timeline=part.timeline.iloc[:0].copy()) for part in self._each()]
        if not empty:
            raise LibraryError("no results of this analysis are kept")
        # Take the properties from the last part, because a live recording gets longer with every part.
        whole = replace(empty[-1], frames=_joined(empty), complete=not note, note=note)
        schema = to_arrow(whole).schema
        with (
            self._storage.writing(key) as file,
            pq.ParquetWriter(file, schema, compression="zstd") as writer,
        ):
            for group in self._groups(schema):
                writer.write_table(group)

    def clear(self) -> None:
        """Delete all parts."""
        self._storage.remove(self._folder)

    def drop_damaged(self) -> None:
        """Delete the first damaged part and all parts after it.

        Raises:
            OSError: The storage does not answer; nothing is deleted.
        """
        keys = self._keys()
        for place, key in enumerate(keys):
            # Read outside of the try block: a storage that does not answer does not make the part damaged.
            content = self._content(key)
            try:
                _parsed(content, key)
            except TimelineError as error:
                log.warning("a damaged part and those after it are discarded: %s", error)
                for lost in reversed(keys[place:]):
                    self._storage.remove(lost)
                return

    def _write(self, number: int, part: Analysis, state: StreamState | None) -> None:
        own = {} if state is None else {_STATE: base64.b64encode(pack_state(state))}
        table = to_arrow(part)
        table = table.replace_schema_metadata(table.schema.metadata | own)
        with self._storage.writing(f"{self._folder}/{number:06d}.parquet") as file:
            file.write(_packed(table))

    def _groups(self, schema: pa.Schema) -> Iterator[pa.Table]:
        """Yield the rows in large groups; a row group per part would be slow to read."""
        waiting: list[pa.Table] = []
        for part in self._each():
            waiting.append(to_arrow(part).cast(schema))
            if sum(table.num_rows for table in waiting) >= _ROWS_PER_GROUP:
                yield pa.concat_tables(waiting)
                waiting = []
        if waiting:
            yield pa.concat_tables(waiting)

    def _each(self) -> Iterator[Analysis]:
        return (self._read(key)[0] for key in self._keys())

    def _keys(self) -> list[str]:
        return self._storage.keys(self._folder)

    def _read(self, key: str) -> tuple[Analysis, bytes | None]:
        """Return the results of a part and its packed state, if it has one."""
        try:
            content = self._content(key)
        except OSError as error:
            raise _unreadable(key, error) from error
        return _parsed(content, key)

    def _content(self, key: str) -> bytes:
        with self._storage.reading(key) as file:
            return file.read()

    def _count(self, keys: list[str]) -> int:
        return sum(len(self._read(key)[0].frames) for key in keys)


def _parsed(content: bytes, key: str) -> tuple[Analysis, bytes | None]:
    """Return the results of a part and its packed state, if it has one.

    Raises:
        TimelineError: It is damaged.
    """
    try:
        table = pq.read_table(io.BytesIO(content))
    except MemoryError:  # Arrow's is also an ArrowException, but the part is not damaged
        raise
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(key, error) from error
    return from_arrow(table, key), (table.schema.metadata or {}).get(_STATE)


def _unreadable(key: str, error: Exception) -> TimelineError:
    return TimelineError(f"expected a part of an analysis; {key} cannot be read: {error}")


def _unpacked_state(packed: bytes) -> StreamState | None:
    """Return the state of a part; None if it is damaged, which Parquet does not notice."""
    try:
        return unpack_state(base64.b64decode(packed))
    except MemoryError:
        raise
    except Exception as error:  # zip files, their compression and NumPy have their own exceptions
        log.warning("the frames after a damaged state are analysed again: %s", error)
        return None


def _joined(parts: list[Analysis]) -> pd.DataFrame:
    return pd.concat([part.frames for part in parts], ignore_index=True)


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())
