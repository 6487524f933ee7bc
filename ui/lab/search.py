"""Inside the models: results of the architecture search."""

from __future__ import annotations

import re

import pandas as pd
import streamlit as st

from emotion.charts.search import WITHIN_MS, front_chart, front_of, generations_chart, is_candidates, winner_of
from emotion.evaluation.scores import score_table
from emotion.paths import data_dir
from ui.common.charts import show_chart
from ui.common.plain import code, plain
from ui.lab.models import Lab, choose_test, show_figures

CANDIDATES = data_dir() / "search" / "candidates.csv"

HOW = """
To train, quantise and time many small networks, run:

```sh
python -m training search --evolve --trials 40
```
"""
"""How to run an architecture search."""

_GENES = {
    "stem": r"-s(\d+)",
    "widths": r"-w([\d.]+)",
    "depths": r"-d([\d.]+)",
    "kernels": r"-k([\d.]+)",
    "channel attention": r"-a([01])",
    "spatial attention": r"-p([01])",
}
_YES = {"0": "no", "1": "yes"}


def has_candidates() -> bool:
    """Return whether an architecture search left its results on this server."""
    return CANDIDATES.is_file()


def show_search(lab: Lab) -> None:
    """Show the candidates, the Pareto front over generations, the winner, and fully trained networks."""
    table = pd.read_csv(CANDIDATES)
    if not is_candidates(table):
        st.error(
            f"Expected candidates as `python -m training search --evolve` writes them in {plain(CANDIDATES.name)}.",
            icon=":material/error:",
        )
        return
    st.caption(
        f"{len(table)} networks in {table['generation'].nunique():,} generations of NSGA-II, which maximises "
        "accuracy on validation pictures and speed on one core. All had the same small training budget, so compare "
        "their accuracies only with each other."
    )
    _show_winner(table)
    found, moved = st.columns(2, gap="medium")
    with found:
        st.subheader("Candidates and Pareto front", anchor=False)
        show_chart(front_chart(table), "search_front", "front")
    with moved:
        st.subheader("Pareto front over generations", anchor=False)
        show_chart(generations_chart(table), "search_generations", "generations")
    st.subheader("Networks of the Pareto front", anchor=False)
    st.dataframe(_described(front_of(table)), hide_index=True, column_config=_COLUMNS)
    _show_in_full(set(table["network"]), lab)


def _show_winner(table: pd.DataFrame) -> None:
    winner = winner_of(table)
    with st.container(border=True):
        st.markdown(f"**Winner: most accurate within {WITHIN_MS} ms per face**")
        figures = st.columns(4)
        figures[0].metric("Accuracy after short training", f"{winner['accuracy']:.1%}")
        figures[1].metric("ms per face", f"{winner['ms_per_face']:.2f}")
        figures[2].metric("Parameters", f"{winner['parameters'] / 1e6:.2f} M")
        figures[3].metric("File", f"{winner['file_bytes'] / 1e6:.2f} MB")
        st.caption(
            f"{code(winner['network'])} at {winner['input_size']:,} px. {plain(_description(winner['network']))}"
        )


def _show_in_full(networks: set[str], lab: Lab) -> None:
    """Show candidates that were fully trained, next to every model with the same number of classes."""
    recipes = {name: card.training.get("recipe") or {} for name, card in lab.cards.items()}
    found = [name for name, recipe in recipes.items() if recipe.get("network") in networks]
    if not found:
        return
    st.subheader("Fully trained, next to hand-designed networks", anchor=False)
    scores = score_table(lab.cards, lab.evaluations, *choose_test(lab, "search"), {})
    classes = scores.loc[scores["model"].isin(found), "classes"].dropna()
    if classes.empty:
        st.info("Not evaluated with these labels on this split.", icon=":material/help:")
        return
    beside = scores[scores["classes"].isin(classes)].sort_values("accuracy", ascending=False)
    show_figures(beside.drop(columns="ms"))
    st.caption(
        f"Found by architecture search: {', '.join(map(plain, found))}. "
        "Recipes and epochs differ; see each model's card."
    )


def _description(network: str) -> str:
    genes = _genes(network)
    stages = zip(*(genes[name].split(".") for name in ("widths", "depths", "kernels")), strict=True)
    parts = [f"{depth} × {width} filters of {kernel}×{kernel}" for width, depth, kernel in stages]
    extras = [name for name in ("channel attention", "spatial attention") if genes[name] == "1"]
    return f"A stem of {genes['stem']} filters, then {'; '.join(parts)}{'; ' if extras else ''}{', '.join(extras)}."


def _genes(network: str) -> dict[str, str]:
    found = {name: re.search(pattern, network) for name, pattern in _GENES.items()}
    return {name: match[1] if match else "" for name, match in found.items()}


def _described(front: pd.DataFrame) -> pd.DataFrame:
    genes = pd.DataFrame([_genes(network) for network in front["network"]]).replace(
        {"channel attention": _YES, "spatial attention": _YES}
    )
    figures = front[["candidate", "generation", "accuracy", "ms_per_face", "input_size", "parameters"]]
    return pd.concat([figures.reset_index(drop=True), genes], axis=1)


_COLUMNS = {
    "accuracy": st.column_config.NumberColumn("accuracy", format="percent"),
    "ms_per_face": st.column_config.NumberColumn("ms", format="%.2f"),
    "input_size": st.column_config.NumberColumn("input, px"),
    "parameters": st.column_config.NumberColumn("parameters", format="localized"),
}
