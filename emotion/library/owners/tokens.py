"""Tokens with which programs use the HTTP API on behalf of an owner.

A token is shown once. The database stores its SHA-256, without salt or stretching: unlike a password, 256 random bits
cannot be guessed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update

from emotion.errors import InputError, LibraryError, brief, printable_line
from emotion.library.entries import clean_title
from emotion.library.library import Library
from emotion.library.mapping import now
from emotion.library.orm import ApiTokenRow
from emotion.library.repository import Repository

PREFIX = "emo_"
MOST_TOKENS, LONGEST_DAYS, DEFAULT_DAYS = 20, 366, 90
_USED_EVERY = dt.timedelta(minutes=1)
_LONGEST = 200
"""Longest text that is looked up, characters."""


@dataclass(frozen=True, slots=True)
class Token:
    """Facts about a token.

    Attributes:
        id: Identifies it in lists.
        owner: ID of the owner that it acts for.
        name: Name that its creator chose.
        address: Verified e-mail address of its creator; empty without sign-in.
        created_at: When it was created (UTC, like all times).
        expires_at: When it expires.
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
    """Create a token, and return it with its text, which is not stored.

    Args:
        repository: Library of the owner that it acts for.
        name: Name in lists; not blank, as it says which token to delete.
        days: Lifetime, days.
        address: Verified e-mail address of its creator.

    Raises:
        InputError: The name is blank.
        LibraryError: Too many tokens, a number of days out of range, or the database does not respond.
    """
    if not printable_line(name):
        raise InputError("expected a name for the token; it is empty")
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
    """Return the owner's valid tokens, newest first."""
    mine = select(ApiTokenRow).where(ApiTokenRow.owner == repository.owner, ApiTokenRow.expires_at > now())
    with repository.library.database.reading() as session:
        return [_token(row) for row in session.scalars(mine.order_by(ApiTokenRow.created_at.desc()))]


def revoke_token(repository: Repository, token_id: str) -> None:
    """Delete a token, which becomes invalid at once.

    Raises:
        LibraryError: The owner has no token with this ID.
    """
    deletion = delete(ApiTokenRow).where(ApiTokenRow.id == token_id, ApiTokenRow.owner == repository.owner)
    with repository.library.database.writing() as session:
        if not session.execute(deletion.returning(ApiTokenRow.id)).all():
            raise LibraryError(f"expected the ID of a token; got {brief(token_id)!r}")


def find_token(library: Library, text: str) -> Token | None:
    """Return the token with this text, and record its use; None if it is unknown or expired."""
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
