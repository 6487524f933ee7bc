"""A timeline that is still being made: small Parquet files, one after the other, each whole or absent.

A part holds what was found since the part before and, in its metadata, the state from which the stream can go on.
The last part of a run that was stopped has none; a run that goes on drops it and makes it again. Putting the
parts together reads them one by one, so that it takes no more memory for hours of video than for minutes.
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
from emotion.stream_state import State, pack_state, unpack_state
from emotion.types import Analysis

_STATE = b"emotion.state"
_ROWS_A_GROUP = 50_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What an earlier run left.

    Attributes:
        frames: How many frames it analysed.
        until_s: The time of the last of them, in seconds.
        state: From where to go on.
    """

    frames: int
    until_s: float
    state: State


class Parts:
    """The parts of one analysis.

    Args:
        storage: Where they lie.
        folder: In which folder; nothing else is in it.
    """

    def __init__(self, storage: Storage, folder: str) -> None:
        self._storage, self._folder = storage, folder

    def append(self, part: Analysis, state: State | None) -> None:
        """Add what was found since the last part.

        Raises:
            OSError: It cannot be written; what was written before stays.
        """
        self._write(len(self._keys()) + 1, part, state)

    def put_last(self, part: Analysis) -> None:
        """Put this in the place of the last part, which it begins with.

        Raises:
            OSError: It cannot be written; what was written before stays.
        """
        self._write(max(len(self._keys()), 1), part, None)

    def kept(self, like: Analysis) -> Kept | None:
        """Return what an earlier run left to go on from, and drop what it made after that; None if there is nothing.

        Args:
            like: An analysis with the settings of the run that wants to go on.

        Raises:
            LibraryError: The earlier run had other settings or another file.
        """
        self._drop_damaged()
        while keys := self._keys():
            part, state = self._read(keys[-1])
            if (part.model, part.settings) != (like.model, like.settings):
                raise LibraryError("what is kept was made of another file or with other settings, so it cannot go on")
            if state is not None:
                return Kept(self._count(keys), float(part.frames["time_s"].iloc[-1]), state)
            self._storage.remove(keys[-1])
        return None

    def __bool__(self) -> bool:
        return bool(self._keys())

    def until_s(self) -> float | None:
        """Return the time of the last frame that is kept, in seconds; None if there is none."""
        keys = self._keys()
        return float(self._read(keys[-1])[0].frames["time_s"].iloc[-1]) if keys else None

    def whole(self, note: str) -> Analysis:
        """Return all parts as one analysis that is not complete.

        Raises:
            LibraryError: There is no part.
        """
        parts = [part for part, _ in self._each()]
        if not parts:
            raise LibraryError("nothing of this analysis is kept")
        timeline = pd.concat([part.timeline for part in parts], ignore_index=True)
        return replace(parts[-1], timeline=timeline, frames=_joined(parts), complete=False, note=note)

    def assemble(self, key: str, note: str) -> None:
        """Write all parts as one file like :func:`emotion.analytics.files.save_parquet`, one part at a time.

        Args:
            key: Where to.
            note: Why the analysis is not complete; empty if it is.

        Raises:
            LibraryError: There is no part.
            OSError: It cannot be written.
        """
        # Copied, as a view of no rows still holds the table that it looks at.
        empty = [replace(part, timeline=part.timeline.iloc[:0].copy()) for part, _ in self._each()]
        if not empty:
            raise LibraryError("nothing of this analysis is kept")
        # The last one's facts: a live recording grows longer from part to part.
        whole = replace(empty[-1], frames=_joined(empty), complete=not note, note=note)
        schema = to_arrow(whole).schema
        with (
            self._storage.writing(key) as file,
            pq.ParquetWriter(file, schema, compression="zstd") as writer,
        ):
            for group in self._groups(schema):
                writer.write_table(group)

    def clear(self) -> None:
        """Remove the parts."""
        self._storage.remove(self._folder)

    def _write(self, number: int, part: Analysis, state: State | None) -> None:
        own = {} if state is None else {_STATE: base64.b64encode(pack_state(state))}
        table = to_arrow(part)
        table = table.replace_schema_metadata(table.schema.metadata | own)
        with self._storage.writing(f"{self._folder}/{number:06d}.parquet") as file:
            file.write(_packed(table))

    def _groups(self, schema: pa.Schema) -> Iterator[pa.Table]:
        """Yield the rows in groups that readers like: parts of a few seconds are too small."""
        waiting: list[pa.Table] = []
        for part, _ in self._each():
            waiting.append(to_arrow(part).cast(schema))
            if sum(table.num_rows for table in waiting) >= _ROWS_A_GROUP:
                yield pa.concat_tables(waiting)
                waiting = []
        if waiting:
            yield pa.concat_tables(waiting)

    def _each(self) -> Iterator[tuple[Analysis, State | None]]:
        return map(self._read, self._keys())

    def _keys(self) -> list[str]:
        return self._storage.keys(self._folder)

    def _read(self, key: str) -> tuple[Analysis, State | None]:
        try:
            with self._storage.reading(key) as file:
                table = pq.read_table(io.BytesIO(file.read()))
        except (OSError, pa.ArrowException) as error:
            raise TimelineError(f"expected a part of an analysis; {key} cannot be read: {error}") from error
        packed = (table.schema.metadata or {}).get(_STATE)
        return from_arrow(table, key), None if packed is None else unpack_state(base64.b64decode(packed))

    def _drop_damaged(self) -> None:
        """Remove the first part that cannot be read and all after it: what was before is as good as ever."""
        keys = self._keys()
        for place, key in enumerate(keys):
            try:
                self._read(key)
            except TimelineError as error:
                log.warning("what came after a damaged part is made again: %s", error)
                for lost in reversed(keys[place:]):
                    self._storage.remove(lost)
                return

    def _count(self, keys: list[str]) -> int:
        return sum(len(self._read(key)[0].frames) for key in keys)


def _joined(parts: list[Analysis]) -> pd.DataFrame:
    return pd.concat([part.frames for part in parts], ignore_index=True)


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())
