"""Two pages that edit one analysis: both changes are kept, and conflicts are reported.

Tested with two libraries on one database, as on two servers, and with two sessions of the real page.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Element

from emotion.analytics.edits import Edits, Event, Span
from emotion.library import LOCAL, Library, Repository
from emotion.library.jobs.queue import claim_next
from emotion.library.merge_edits import merge_edits
from emotion.library.summary import list_figures
from emotion.types import Analysis
from tests.conftest import ROOT, make_analysis
from tests.library.conftest import database_url, library, make_library, video  # noqa: F401 – fixtures
from tests.library.libraries import MakeLibrary, end, put

TWO_PEOPLE = [["neutral", "surprise"]] * 10
PAUSE, LAUGH = Event("pause", Span(0.0, 0.1)), Event("laugh", Span(0.2, 0.3))


@pytest.fixture
def pair(make_library: MakeLibrary, video: Path) -> tuple[Repository, Repository, str]:  # noqa: F811
    """Two servers' repositories for one analysis, and its ID."""
    first = make_library().for_owner(LOCAL)
    return first, make_library().for_owner(LOCAL), put(first, video, analysis=make_analysis(TWO_PEOPLE)).id


def test_changes_of_two_servers_are_both_kept(pair: tuple[Repository, Repository, str]) -> None:
    one, other, entry_id = pair
    seen_by_one, seen_by_other = one.get(entry_id).saved_edits, other.get(entry_id).saved_edits
    one.save_edits(entry_id, Edits(names={1: "Ada"}, events=(PAUSE,)), seen_by_one)
    saved = other.save_edits(entry_id, Edits(names={2: "Ben"}, baselines={2: Span(0.0, 0.2)}), seen_by_other)
    assert saved.conflicts == ()
    together = Edits({1: "Ada", 2: "Ben"}, baselines={2: Span(0.0, 0.2)}, events=(PAUSE,))
    assert saved.edits == one.get(entry_id).edits == together
    assert [entry.id for entry in one.search("ada ben pause").entries] == [entry_id]


def test_conflicting_changes_keep_the_first_and_are_reported(pair: tuple[Repository, Repository, str]) -> None:
    one, other, entry_id = pair
    seen = other.get(entry_id).saved_edits
    one.save_edits(entry_id, Edits(names={1: "Ada"}), seen)
    saved = other.save_edits(entry_id, Edits(names={1: "Eve"}, hidden=frozenset({2})), seen)
    assert saved.conflicts == ("the name of Person 1",)
    assert one.get(entry_id).edits == Edits(names={1: "Ada"}, hidden=frozenset({2}))
    assert one.get(entry_id).summary["people"] == 1, "the list's figures follow the merged edits"


def test_forty_saves_at_once_lose_nothing(pair: tuple[Repository, Repository, str]) -> None:
    """Two threads, one per server, each read, add an event and save twenty times at the same time."""
    entry_id, failures = pair[2], []

    def mark(repository: Repository, who: str) -> None:
        try:
            for number in range(20):
                seen = repository.get(entry_id).saved_edits
                event = Event(f"{who} {number}", Span(number / 20, number / 20))
                saved = repository.save_edits(entry_id, replace(seen.edits, events=(*seen.edits.events, event)), seen)
                assert saved.conflicts == ()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=mark, args=(each, who)) for each, who in zip(pair, ("one", "two"), strict=False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    kept = {event.label for event in pair[0].get(entry_id).edits.events}
    assert kept == {f"{who} {number}" for who in ("one", "two") for number in range(20)}
    assert pair[1].get(entry_id).edits_version == 40


BASE = Edits({1: "Ada"}, {3: 1}, frozenset({4}), {1: Span(0, 1)}, (PAUSE, LAUGH))


@pytest.mark.parametrize(
    ("mine", "stored", "merged", "conflicts"),
    [
        (replace(BASE, names={}), BASE, replace(BASE, names={}), ()),
        (replace(BASE, names={}), replace(BASE, names={1: "Eve"}), replace(BASE, names={1: "Eve"}),
         ("the name of Person 1",)),
        (replace(BASE, names={1: "Eve"}), replace(BASE, names={1: "Eve"}), replace(BASE, names={1: "Eve"}), ()),
        (replace(BASE, hidden=frozenset()), replace(BASE, hidden=frozenset({4, 5})),
         replace(BASE, hidden=frozenset({5})), ()),
        (replace(BASE, merged={3: 1, 1: 2}), replace(BASE, merged={3: 1, 2: 1}), replace(BASE, merged={3: 1, 2: 1}),
         ("the merge of Person 1",)),
        (replace(BASE, baselines={1: Span(2, 3)}), replace(BASE, baselines={}), replace(BASE, baselines={}),
         ("the baseline of Person 1",)),
        (replace(BASE, events=(PAUSE,)), replace(BASE, events=(replace(PAUSE, excluded=True), LAUGH)),
         replace(BASE, events=(replace(PAUSE, excluded=True),)), ()),
        (replace(BASE, events=(LAUGH,)), replace(BASE, events=(replace(PAUSE, label="break"), LAUGH)),
         replace(BASE, events=(replace(PAUSE, label="break"), LAUGH)), ("the event “pause”",)),
        (replace(BASE, events=(Event("new", Span(8, 9)), LAUGH)), replace(BASE, events=(PAUSE, LAUGH, PAUSE)),
         replace(BASE, events=(LAUGH, PAUSE, Event("new", Span(8, 9)))), ()),
    ],
)  # fmt: skip
def test_each_kind_of_edit_is_merged(mine: Edits, stored: Edits, merged: Edits, conflicts: tuple[str, ...]) -> None:
    result = merge_edits(BASE, mine, stored)
    assert (result.edits, result.conflicts) == (merged, conflicts)


@pytest.fixture
def page_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    opened = Library.open(f"sqlite:///{tmp_path / 'library.db'}", str(tmp_path / "storage"))
    monkeypatch.setattr("ui.access.library._opened", lambda: (opened, None))
    return opened


@pytest.fixture
def shown(page_library: Library, video: Path) -> tuple[Repository, str]:  # noqa: F811
    repository = page_library.for_owner(LOCAL)
    return repository, put(repository, video, analysis=make_analysis(TWO_PEOPLE)).id


def tab_of(entry_id: str, tab: str = "People") -> AppTest:
    """Return one browser tab that shows an analysis."""
    test = AppTest.from_file(str(ROOT / "pages" / "video.py"), default_timeout=300)
    test.query_params["analysis"] = entry_id
    test.session_state["insight_tabs"] = tab
    return ran(test)


def ran(changed: AppTest | Element) -> AppTest:
    test = changed.run()
    assert not test.exception
    return test


def field(test: AppTest, label: str) -> str:
    return next(one for one in test.text_input if one.label == label).value


def name(test: AppTest, label: str, to: str) -> AppTest:
    return ran(next(one for one in test.text_input if one.label == label).set_value(to))


@pytest.mark.slow
def test_names_given_in_two_tabs_are_both_kept(shown: tuple[Repository, str]) -> None:
    repository, entry_id = shown
    first, second = tab_of(entry_id), tab_of(entry_id)
    name(first, "Name of Person 1", "Ada")
    second = name(second, "Name of Person 2", "Ben")
    assert repository.get(entry_id).edits.names == {1: "Ada", 2: "Ben"}
    assert field(second, "Name of Person 1") == "Ada", "the second tab shows it too"
    ran(second)
    ran(first)
    assert repository.get(entry_id).edits.names == {1: "Ada", 2: "Ben"}, (
        "a field with an old value does not overwrite it"
    )
    assert field(first, "Name of Person 2") == "Ben"


@pytest.mark.slow
def test_a_name_changed_in_two_tabs_keeps_the_first_and_warns_the_second(shown: tuple[Repository, str]) -> None:
    repository, entry_id = shown
    first, second = tab_of(entry_id), tab_of(entry_id)
    name(first, "Name of Person 1", "Ada")
    second = name(second, "Name of Person 1", "Eve")
    assert repository.get(entry_id).edits.names == {1: "Ada"}
    assert [warning.value for warning in second.warning] == [
        "Another page changed the name of Person 1 in the meantime; "
        "that version was kept, and your change to it was not saved."
    ]
    assert field(second, "Name of Person 1") == "Ada"
    second = name(second, "Name of Person 1", "Eve")
    assert repository.get(entry_id).edits.names == {1: "Eve"}, "after the warning, it can be changed"
    assert not second.warning


@pytest.mark.slow
def test_a_baseline_and_a_name_from_two_tabs_are_both_kept(shown: tuple[Repository, str]) -> None:
    repository, entry_id = shown
    first, second = tab_of(entry_id), tab_of(entry_id, "Baseline")
    person = next(box for box in second.selectbox if box.label == "Person")
    second = ran(person.set_value(1))
    name(first, "Name of Person 2", "Ben")
    ran(next(button for button in second.button if button.label == "Set as baseline").click())
    edits = repository.get(entry_id).edits
    assert (edits.names, list(edits.baselines)) == ({2: "Ben"}, [1])


def test_events_saved_elsewhere_survive_an_import(shown: tuple[Repository, str]) -> None:
    repository, entry_id = shown
    second = tab_of(entry_id, "Events")
    repository.save_edits(entry_id, Edits(events=(PAUSE,)))
    upload = next(one for one in second.file_uploader if one.label.startswith("Import events"))
    ran(upload.set_value([("events.csv", b"label,start_s,end_s\nlaugh,0.2,0.3\n", "text/csv")]))
    assert set(repository.get(entry_id).edits.events) == {PAUSE, LAUGH}


def test_edits_saved_while_an_analysis_ends_count_in_its_figures(
    make_library: MakeLibrary,  # noqa: F811
    video: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker, page = make_library(), make_library().for_owner(LOCAL)
    entry_id = page.add(video, "talk.mp4").id
    claim = claim_next(worker, 1)
    assert claim is not None
    computed: list[Edits] = []

    def figures(analysis: Analysis, edits: Edits) -> dict[str, Any]:
        if not computed:
            page.save_edits(entry_id, Edits(hidden=frozenset({2})), page.get(entry_id).saved_edits)
        computed.append(edits)
        return list_figures(analysis, edits)

    monkeypatch.setattr("emotion.library.jobs.outcomes.list_figures", figures)
    end(worker, claim, make_analysis(TWO_PEOPLE))
    assert [edits.hidden for edits in computed] == [frozenset(), frozenset({2})]
    assert page.get(entry_id).summary["people"] == 1
