"""A library whose tables go back to each older version and up again keeps its analyses."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from emotion.analytics.edits import Edits, Event, Span
from emotion.library import LOCAL, Library
from emotion.library.revisions import MIGRATIONS, newest_revision, revisions
from tests.conftest import make_analysis
from tests.library.conftest import database_url, library, make_library, video  # noqa: F401 – fixtures
from tests.library.libraries import MakeLibrary, put

OLDER = revisions()[1:]


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def downgrade(url: str, revision: str) -> None:
    config = alembic_config()
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
    engine.dispose()


def test_file_names_give_alembics_revisions() -> None:
    """The program compares the schema with the names, because loading Alembic takes a quarter of a second."""
    scripts = ScriptDirectory.from_config(alembic_config())
    assert [script.revision for script in scripts.walk_revisions()] == list(revisions())
    assert scripts.get_current_head() == newest_revision()


@pytest.mark.parametrize("revision", OLDER)
def test_down_and_up_again_keeps_analyses_and_edits(
    database_url: str,  # noqa: F811 – fixtures
    make_library: MakeLibrary,  # noqa: F811
    video: Path,  # noqa: F811
    revision: str,
) -> None:
    first: Library = make_library()
    repository = first.for_owner(LOCAL)
    entry = put(repository, video, title="Ada's talk", tags=["pilot"], analysis=make_analysis([["happiness"]] * 10))
    repository.save_edits(entry.id, Edits(names={1: "Ada"}))
    first.close()
    downgrade(database_url, revision)

    again = make_library().for_owner(LOCAL)
    kept = again.get(entry.id)
    assert (kept.title, kept.tags, kept.edits.names) == ("Ada's talk", ("pilot",), {1: "Ada"})
    assert kept.summary is not None
    assert again.load_analysis(entry.id).timeline["emotion"].eq("happiness").all()
    # Edits are versioned again.
    saved = again.save_edits(entry.id, Edits(names={1: "Ben"}), kept.saved_edits)
    assert (saved.edits.names, saved.conflicts) == ({1: "Ben"}, ())


def test_analyses_of_an_older_version_are_found_by_today_s_spelling(
    database_url: str,  # noqa: F811 – fixtures
    make_library: MakeLibrary,  # noqa: F811
    video: Path,  # noqa: F811
) -> None:
    """Before 0008, texts kept a letter and its accent as two characters, as macOS writes them in file names."""
    first: Library = make_library()
    repository = first.for_owner(LOCAL)
    entry = put(repository, video, title="Jose\u0301", tags=["pilot"], analysis=make_analysis([["happiness"]] * 10))
    repository.save_edits(entry.id, Edits(names={1: "Zoë"}, events=(Event("scare", Span(0, 1)),)))
    first.close()
    downgrade(database_url, "0007")
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE analyses SET words = 'old text jose\u0301', title_key = 'zzz'"))
    engine.dispose()

    again = make_library().for_owner(LOCAL)
    for words in ("Jos\u00e9", "jose\u0301", "zoë", "SCARE", "pilot"):
        assert [each.id for each in again.search(words).entries] == [entry.id], words
    assert again.search("old text").total == 0
    again.rename(entry.id, "Ada")
    assert (again.search("ada").total, again.search("José").total) == (1, 0)
