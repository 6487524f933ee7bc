"""Idempotency keys: a request that is sent again makes no second analysis."""

from __future__ import annotations

import contextlib
import datetime as dt

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from emotion.errors import LibraryError
from emotion.library.mapping import now
from emotion.library.orm import ApiRequestRow
from emotion.library.repository import Repository

KEPT = dt.timedelta(hours=24)
"""How long a key is remembered."""
ABANDONED = dt.timedelta(minutes=15)
"""A request without an analysis after this time was interrupted, for instance by a crash."""


class KeyInUseError(LibraryError):
    """Another request with the same key is being answered."""


class KeyReusedError(LibraryError):
    """The key was used before, with another file or other parameters."""


class IdempotentRequest:
    """One request with a key: call :meth:`begin` first, then :meth:`finish` or :meth:`release`.

    Args:
        repository: Repository of the owner who sent the request; keys of different owners are independent.
        key: The client's key.
        fingerprint: Digest of everything that the request asks for, at most 64 characters.
    """

    def __init__(self, repository: Repository, key: str, fingerprint: str) -> None:
        self._database, self._owner = repository.library.database, repository.owner
        self._key, self._fingerprint = key, fingerprint
        self._mine = ApiRequestRow.owner == self._owner, ApiRequestRow.key == key

    def begin(self) -> str | None:
        """Reserve the key and return None, or return the ID of the analysis that an earlier request created.

        Raises:
            KeyInUseError: The earlier request is still being answered.
            KeyReusedError: The earlier request asked for something else.
        """
        self._forget_old()
        if (earlier := self._stored()) is None and self._try_to_take():
            return None
        earlier = earlier or self._stored()
        if earlier is None or (earlier[1] is None and earlier[0] == self._fingerprint):
            raise KeyInUseError("a request with this idempotency key is being answered; try again in a moment")
        if earlier[0] != self._fingerprint:
            raise KeyReusedError(
                "expected a new idempotency key; this one was used with another file or other parameters"
            )
        return earlier[1]

    def finish(self, analysis_id: str) -> None:
        """Store the ID of the analysis that the request created."""
        with self._database.writing() as session:
            session.execute(update(ApiRequestRow).where(*self._mine).values(analysis_id=analysis_id))

    def release(self) -> None:
        """Release the key, as the request created no analysis."""
        with self._database.writing() as session:
            session.execute(delete(ApiRequestRow).where(*self._mine, ApiRequestRow.analysis_id.is_(None)))

    def _stored(self) -> tuple[str, str | None] | None:
        with self._database.reading() as session:
            row = session.get(ApiRequestRow, (self._owner, self._key))
            return None if row is None else (row.fingerprint, row.analysis_id)

    def _try_to_take(self) -> bool:
        row = ApiRequestRow(owner=self._owner, key=self._key, fingerprint=self._fingerprint, created_at=now())
        with contextlib.suppress(LibraryError, IntegrityError), self._database.writing() as session:
            session.add(row)
            session.flush()
            return True
        return False

    def _forget_old(self) -> None:
        moment, mine = now(), ApiRequestRow.owner == self._owner
        cut_off = (ApiRequestRow.analysis_id.is_(None)) & (ApiRequestRow.created_at < moment - ABANDONED)
        old = (ApiRequestRow.created_at < moment - KEPT) | cut_off
        with self._database.writing() as session:
            session.execute(delete(ApiRequestRow).where(mine, old))
