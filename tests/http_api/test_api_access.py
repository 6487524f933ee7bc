"""Tokens: the owner that a request acts for, and the isolation of owners."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, update

from emotion.errors import InputError, LibraryError
from emotion.library import LOCAL, Library
from emotion.library.backup.snapshot import back_up, restore
from emotion.library.mapping import now
from emotion.library.orm import ApiRequestRow, ApiTokenRow
from emotion.library.owners.erase import erase_owner
from emotion.library.owners.tokens import MOST_TOKENS, create_token, find_token, list_tokens, revoke_token
from tests.http_api.conftest import ADA, BEN, Server
from tests.http_api.test_jobs import add, finish_next

UNKNOWN = "0" * 32


def test_without_a_token_a_request_acts_for_the_local_owner_or_not_at_all(server: Server) -> None:
    assert server.client().get("/jobs").status_code == 200
    server.needs_token = True
    answer = server.client().get("/jobs")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert server.client().get("/health").status_code == 200, "needs no token"
    assert server.client().head("/health").status_code == 200, "as uptime monitors ask"
    assert server.client().head("/health?deep=1").status_code == 422


@pytest.mark.parametrize("given", ["Bearer emo_wrong", "Bearer ", "Basic YTpi", "emo_x", "Bearer " + "x" * 5000])
def test_a_wrong_token_is_never_the_local_owner(server: Server, given: str) -> None:
    assert server.client().get("/jobs", headers={"Authorization": given}).status_code == 401


def test_two_people_are_isolated(server: Server, library: Library, clip: bytes) -> None:
    ada, ben = (server.client(server.token(owner)[1]) for owner in (ADA, BEN))
    job = add(ada, clip, "same-key").json()["id"]
    finish_next(library)
    assert library.for_owner(ADA).get(job).owner == ADA
    for ask in (
        lambda client, one: client.get(f"/jobs/{one}"),
        lambda client, one: client.get(f"/jobs/{one}/events"),
        lambda client, one: client.get(f"/jobs/{one}/result"),
        lambda client, one: client.post(f"/jobs/{one}/cancel"),
        lambda client, one: client.post(f"/jobs/{one}/resume"),
        lambda client, one: client.delete(f"/jobs/{one}"),
    ):
        other, unknown = ask(ben, job), ask(ben, UNKNOWN)
        assert other.status_code == unknown.status_code == 404
        assert other.text.replace(job, "") .replace(other.json()["request_id"], "") == (
            unknown.text.replace(UNKNOWN, "").replace(unknown.json()["request_id"], "")
        ), "a job of another owner looks like an unknown one"  # fmt: skip
    assert ben.get("/jobs").json() == {"jobs": [], "total": 0}
    assert add(ben, clip, "same-key").json()["id"] != job, "keys of two people are unrelated"
    assert server.client().get("/jobs").json()["total"] == 0, "the local owner sees neither of them"
    assert ada.get(f"/jobs/{job}").json()["state"] == "done"


def test_a_token_ends_when_it_is_revoked_expired_or_its_maker_is_locked_out(server: Server, library: Library) -> None:
    token, text = server.token(ADA)
    client, mine = server.client(text), library.for_owner(ADA)
    assert client.get("/jobs").status_code == 200
    server.locked_out.add(token.id)
    assert client.get("/jobs").status_code == 401
    server.locked_out.clear()
    with pytest.raises(LibraryError, match="expected the ID of a token; got"):
        revoke_token(library.for_owner(BEN), token.id)
    assert client.get("/jobs").status_code == 200
    revoke_token(mine, token.id)
    assert client.get("/jobs").status_code == 401

    text = server.token(ADA)[1]
    with library.database.writing() as session:
        session.execute(update(ApiTokenRow).values(expires_at=now() - dt.timedelta(seconds=1)))
    assert server.client(text).get("/jobs").status_code == 401
    assert list_tokens(mine) == []


def test_only_a_digest_is_stored(server: Server, library: Library) -> None:
    token, text = server.token(ADA, "Lab computer")
    with library.database.reading() as session:
        row = session.scalar(select(ApiTokenRow))
        assert text.removeprefix("emo_") not in str(vars(row))
    assert find_token(library, text) is not None
    [listed] = list_tokens(library.for_owner(ADA))
    assert (listed.id, listed.name) == (token.id, "Lab computer")
    assert listed.used_at is not None


def test_tokens_are_few_have_a_name_and_last_at_most_a_year(library: Library) -> None:
    mine = library.for_owner(LOCAL)
    for days in (0, 367):
        with pytest.raises(LibraryError, match="1 to 366 days"):
            create_token(mine, "x", days=days)
    for blank in ("", " \u200b"):
        with pytest.raises(InputError, match="expected a name for the token; it is empty"):
            create_token(mine, blank)
    for number in range(MOST_TOKENS):
        create_token(mine, str(number))
    with pytest.raises(LibraryError, match="at most 20 tokens"):
        create_token(mine, "one more")


def test_an_erased_owner_has_no_tokens_and_a_restore_brings_none_back(
    server: Server, library: Library, clip: bytes, tmp_path
) -> None:
    kept, revoked = server.token(LOCAL)[1], server.token(LOCAL)
    add(server.client(kept), clip, "key")
    finish_next(library)
    back_up(library, tmp_path / "backup.tar")
    revoke_token(library.for_owner(LOCAL), revoked[0].id)
    restore(library, tmp_path / "backup.tar", replace=True)
    assert server.client(kept).get("/jobs").json()["total"] == 1
    assert server.client(revoked[1]).get("/jobs").status_code == 401
    add(server.client(kept), clip, "key")
    erase_owner(library.for_owner(LOCAL))
    assert server.client(kept).get("/jobs").status_code == 401
    with library.database.reading() as session:
        assert session.scalars(select(ApiRequestRow)).all() == []
