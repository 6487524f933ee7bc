"""Editors of a study's participants and stimuli."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page() -> None:
    from types import SimpleNamespace

    from emotion.studies import Consent, Participant, Stimulus, Study
    from ui.studies import people

    study = Study(
        "t",
        (Participant("p", {"consent": "by phone", "group": "a"}, Consent.WITHDRAWN, "ill"), Participant("q")),
        (Stimulus("s", {"event": "film"}, "clap", 1.0, 2.0), Stimulus("u", {"stimulus": "", "before_s": "no"})),
    )
    saved = SimpleNamespace(study=study, id="1", version=1)
    again = people._with_tables(study, people._edit_people(saved), people._edit_stimuli(saved))
    assert again.participants[0] == study.participants[0]
    assert again.stimuli[0].variables["event"] == "film"
    assert (again.stimuli[0].event, again.stimuli[1].name) == ("clap", "u")
    assert again.stimuli[1].variables["before_s"] == "no"


def test_variables_may_be_named_like_the_columns_of_the_tables() -> None:
    assert not AppTest.from_function(page, default_timeout=60).run().exception
