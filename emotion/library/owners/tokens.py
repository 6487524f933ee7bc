"""Tokens with which programs act for an owner at the HTTP API.

A token is shown once. The database has its SHA-256, which is enough for 256 random bits: unlike a password, it cannot
be guessed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update

from emotion.errors import LibraryError
from emotion.library.entries import clean_title
from emotion.library.library import Library
from emotion.library.mapping import now
from emotion.library.orm import ApiTokenRow
from emotion.library.repository import Repository

PREFIX = "emo_"
MOST_TOKENS, LONGEST_DAYS, DEFAULT_DAYS = 20, 366, 90
_USED_EVERY = dt.timedelta(minutes=1)
_LONGEST = 200
"""Characters; longer texts are no tokens."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token.

    Attributes:
        id: Names it in lists.
        owner: For whom it acts.
        name: What its maker calls it.
        address: Verified e-mail address of its maker; empty if nobody signs in.
        created_at: When it was made (UTC, as all times).
        expires_at: When it ends.
        used_at: When it was last used, to the minute; None if never.
    """

    id: str
    owner: str
    name: str
    address: str
    created_at: dt.datetime
    expires_at: dt.datetime
    used_at: dt.datetime | None


def create_token(
    repository: Repository, name: str, *, days: int = DEFAULT_DAYS, address: str = ""
) -> tuple[Token, str]:
    """Make a token, and return it with its text, which is stored nowhere.

    Args:
        repository: For whose owner it acts.
        name: What it is called in lists.
        days: How long it lasts.
        address: Verified e-mail address of its maker.

    Raises:
        LibraryError: Too many tokens, a number of days out of range, or the database does not respond.
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise LibraryError(f"expected a token for 1 to {LONGEST_DAYS} days; got {days}")
    text, moment = PREFIX + secrets.token_urlsafe(32), now()
    row = ApiTokenRow(
        id=secrets.token_hex(6),
        digest=_digest(text),
        owner=repository.owner,
        name=clean_title(name),
        address=address,
        created_at=moment,
        expires_at=moment + dt.timedelta(days=days),
    )
    with repository.library.database.writing() as session:
        mine = ApiTokenRow.owner == repository.owner
        session.execute(delete(ApiTokenRow).where(mine, ApiTokenRow.expires_at <= moment))
        if (session.scalar(select(func.count()).where(mine)) or 0) >= MOST_TOKENS:
            raise LibraryError(f"expected at most {MOST_TOKENS} tokens; delete one first")
        session.add(row)
        session.flush()
        return _token(row), text


def list_tokens(repository: Repository) -> list[Token]:
    """Return the owner's tokens that have not ended, newest first."""
    mine = select(ApiTokenRow).where(ApiTokenRow.owner == repository.owner, ApiTokenRow.expires_at > now())
    with repository.library.database.reading() as session:
        return [_token(row) for row in session.scalars(mine.order_by(ApiTokenRow.created_at.desc()))]


def revoke_token(repository: Repository, token_id: str) -> None:
    """Delete a token; it ends at once.

    Raises:
        LibraryError: The owner has no token with this ID.
    """
    gone = delete(ApiTokenRow).where(ApiTokenRow.id == token_id, ApiTokenRow.owner == repository.owner)
    with repository.library.database.writing() as session:
        if not session.execute(gone.returning(ApiTokenRow.id)).all():
            raise LibraryError("there is no such token")


def find_token(library: Library, text: str) -> Token | None:
    """Return the token with this text, and note that it was used; None if there is none or it has ended."""
    if not text.startswith(PREFIX) or len(text) > _LONGEST:
        return None
    moment = now()
    with library.database.reading() as session:
        valid = select(ApiTokenRow).where(ApiTokenRow.digest == _digest(text), ApiTokenRow.expires_at > moment)
        row = session.scalar(valid)
        token = None if row is None else _token(row)
    if token is not None and (token.used_at is None or moment - token.used_at > _USED_EVERY) and not library.is_full:
        with library.database.writing() as session:
            session.execute(update(ApiTokenRow).where(ApiTokenRow.id == token.id).values(used_at=moment))
    return token


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _token(row: ApiTokenRow) -> Token:
    return Token(row.id, row.owner, row.name, row.address, row.created_at, row.expires_at, row.used_at)
