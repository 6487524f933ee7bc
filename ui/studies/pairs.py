"""Two people at once across a study: each video's pair, and pairs against shuffled ones."""

from __future__ import annotations

from typing import Any

import streamlit as st

from emotion.library.studies import SavedStudy, StudyRepository
from emotion.library.studies.results import study_pairs
from emotion.studies.pair_figures import MEANINGS
from emotion.studies.pair_people import MIN_SEEN_S
from emotion.studies.pair_results import TEST_MEANINGS, StudyPairs
from emotion.studies.pair_sentences import LEADING_MEANS, SHUFFLED_ASSUME, stimulus_sentence, stimulus_smiles
from emotion.studies.results import StudyResults
from ui.common.charts import how_to_read
from ui.common.plain import plain
from ui.common.shares import share_column, whole_percent
from ui.common.tables import csv_button
from ui.studies.jobs import computed
from ui.video.tabs.pair import ask_measure

_MOST_PROBLEMS = 5
_SHARES = ("first_leads", "second_leads", "smiling_together", "smiling_by_chance")

_TITLES = {
    "seconds": "Both seen, s",
    "r": "r",
    "lag_s": "Lag, s",
    "r_lag": "r at that lag",
    "first_leads": "First leads",
    "second_leads": "Second leads",
    "smiling_together": "Smile together",
    "smiling_by_chance": "By chance",
}
"""Column of the table of pairs → its title; the CSV file has more."""


def show_pairs(studies: StudyRepository, saved: SavedStudy, results: StudyResults) -> None:
    """Show how the two people of each video go together."""
    if not any(sums.people > 1 for sums in results.sums.values()):
        st.info(
            "No video of this study shows two people. Film both people together. The first person is the one with the "
            "participant's name, or otherwise the one seen longest.",
            icon=":material/group:",
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure, over = ask_measure(results.measures, "study_pairs")
    found = computed(
        "study_pairs",
        (results, measure, over),
        lambda on_step: study_pairs(studies, saved, measure, over=over, on_step=on_step),
        title="Comparing pairs", steps="steps", again="Compare pairs",
    )  # fmt: skip
    if found is not None:
        _show(found)


def _show(found: StudyPairs) -> None:
    if found.table.empty:
        st.info(f"No video shows a second person for {MIN_SEEN_S:g} s or more.", icon=":material/group_off:")
        _show_problems(found)
        return
    for test in found.tests.to_dict("records"):
        words = stimulus_sentence(test, found.measure), stimulus_smiles(test)
        st.markdown("\n".join(f"- {plain(each)}" for each in words if each))
    st.caption(plain(f"{SHUFFLED_ASSUME} A face smiles if happiness is over {found.over:g}."))
    st.markdown("**Pairs against shuffled pairs**")
    st.dataframe(
        whole_percent(found.tests.round(3), "smiling_together", "smiling_shuffled"),
        hide_index=True, placeholder="–", column_config=_test_columns(),
    )  # fmt: skip
    st.markdown("**Every pair**")
    st.dataframe(
        whole_percent(found.table[["participant", "stimulus", "partner", *_TITLES]].round(2), *_SHARES),
        hide_index=True, placeholder="–", column_config=_pair_columns(),
        height=min(38 + 35 * len(found.table), 420),
    )  # fmt: skip
    how_to_read(
        "The participant is the first person of a pair. The second person is another participant of the same video and "
        "stimulus, or otherwise the other person seen longest. Two participants of one video share one row.",
        "\n".join(f"- {MEANINGS[name]}: **{title}**" for name, title in _TITLES.items()),
        LEADING_MEANS,
    )
    _show_problems(found)
    with st.container(horizontal=True):
        csv_button("Pairs", found.table, "study_pairs_csv")
        csv_button("Shuffled pairs", found.tests, "study_pair_tests_csv")


def _show_problems(found: StudyPairs) -> None:
    if not found.problems:
        return
    with st.expander(f"Videos without figures: {len(found.problems)}", icon=":material/report:"):
        for key, reason in list(found.problems.items())[:_MOST_PROBLEMS]:
            st.markdown(f"- {plain(' · '.join(key))}: {plain(reason)}")
        if len(found.problems) > _MOST_PROBLEMS:
            st.caption(f"And {len(found.problems) - _MOST_PROBLEMS} more.")


def _pair_columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    figures = {
        name: share_column(title, MEANINGS[name], width=105) if name in _SHARES else number(title, help=MEANINGS[name])
        for name, title in _TITLES.items()
    }
    return {"participant": "Participant", "stimulus": "Stimulus", "partner": "Second person", **figures}


def _test_columns() -> dict[str, Any]:
    titles = {
        "pairs": "Pairs",
        "r": "r",
        "r_shuffled": "r shuffled",
        "p": "p",
        "p_holm": "p Holm",
        "smiling_together": "Smile together",
        "smiling_shuffled": "Shuffled",
        "smiling_p": "p (smiles)",
        "smiling_p_holm": "p Holm (smiles)",
    }
    shares = {"smiling_together", "smiling_shuffled"}
    figures = {
        name: share_column(title, TEST_MEANINGS[name])
        if name in shares
        else st.column_config.NumberColumn(title, help=TEST_MEANINGS[name])
        for name, title in titles.items()
    }
    return {"stimulus": "Stimulus", **figures}
