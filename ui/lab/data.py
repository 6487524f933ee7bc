"""Inside the models: statistics of the data sets that models are trained on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from emotion.errors import DatasetError
from emotion.paths import data_dir
from ui.common.plain import plain

DATASETS = data_dir() / "datasets"
FACTS_FILE = "facts.json"

HOW = """
To see faces per class, samples, mean faces, label agreement and duplicates of a data set, get it from its owners
(`data/README.md` lists them) and run:

```sh
python -m training facts --data FOLDER
```
"""
"""How to add a data set."""


def find_facts(folder: Path) -> dict[str, Path]:
    """Return the measured data sets: name → file of facts."""
    return {file.parent.name: file for file in sorted(folder.glob(f"*/{FACTS_FILE}"))}


def load_facts(file: Path) -> dict[str, Any]:
    """Read the facts of a data set.

    Raises:
        DatasetError: The file is damaged.
    """
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(f"the facts in {file.parent.name} cannot be read: {error}") from error
    if not isinstance(facts, dict) or not {"splits", "labels", "pictures", "duplicates"} <= facts.keys():
        raise DatasetError(f"expected facts as `python -m training facts` writes them in {file.parent.name}")
    return facts


def has_data_sets() -> bool:
    """Return whether a data set was measured on this server."""
    return bool(find_facts(DATASETS))


def show_data_sets() -> None:
    """Let the visitor choose a measured data set, and show its facts."""
    found = find_facts(DATASETS)
    name = st.selectbox("Data set", list(found), key="lab_data_set", persist_state="session")
    try:
        facts = load_facts(found[name])
    except DatasetError as error:
        st.error(plain(error), icon=":material/error:")
        return
    side = facts["picture_size"]
    st.markdown(f"{side:d} × {side:d} px, {'colour' if facts['colour'] else 'grey'}, {len(facts['labels'])} classes")
    _show_counts(facts)
    _show_pictures(facts["pictures"], found[name].parent)
    if facts["agreement"]:
        _show_agreement(facts["agreement"])
    _show_copies(facts["duplicates"])


def counts_table(facts: dict[str, Any]) -> pd.DataFrame:
    """Return face counts: a row per class, unlabelled and total; a column per split."""
    return pd.DataFrame(
        {
            split: {**values["classes"], "no label": values["unlabelled"], "all": values["faces"]}
            for split, values in facts["splits"].items()
        }
    )


def _show_counts(facts: dict[str, Any]) -> None:
    st.subheader("Faces", anchor=False)
    st.table(_as_text(counts_table(facts).map("{:,}".format)))
    pixels = {split: values["pixels"] for split, values in facts["splits"].items()}
    rows = {
        split: {"Mean": f"{one['mean']:.1f}", "Deviation": f"{one['deviation']:.1f}", "Blank pictures": one["blank"]}
        for split, one in pixels.items()
    }
    st.markdown("**Pixels**, 0–255")
    st.table(_as_text(pd.DataFrame(rows).T))


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table for ``st.table``, which reads every cell as Markdown."""
    return table.map(plain).rename(index=plain, columns=plain)


def _show_pictures(pictures: dict[str, Any], folder: Path) -> None:
    st.subheader("Samples per class", anchor=False)
    for label in pictures["samples"]:
        mean, samples = st.columns([1, 4], gap="medium")
        # File names come from a file, so only their last part is used.
        for place, kind, caption in ((mean, "mean", f"{label}, mean face"), (samples, "samples", f"{label}, samples")):
            file = folder / Path(pictures[kind].get(label, "")).name
            if file.is_file():
                place.image(
                    str(file),
                    caption=plain(caption),
                    width="stretch" if kind == "samples" else 110,
                    alt=caption,
                )


def _show_agreement(agreement: dict[str, Any]) -> None:
    st.subheader("Agreement of FER2013 labels with the FER+ majority", anchor=False)
    for split, values in agreement["splits"].items():
        if not values["decided"]:
            continue
        st.markdown(f"**{plain(split)}**: {values['share']:.1%} of {values['decided']:,} labels agree")
        st.dataframe(pd.DataFrame(values["table"], index=agreement["rows"], columns=agreement["columns"]))
    # Facts of earlier versions lack this.
    if shares := ", ".join(f"{share:.1%} in {plain(split)}" for split, share in agreement.get("foretold", {}).items()):
        st.caption(f"Predicting the FER2013 label from the FER+ votes alone would be right for {shares}.")


def _show_copies(duplicates: dict[str, Any]) -> None:
    st.subheader("Duplicates", anchor=False)
    within = [{"Of": split, "In": "itself", **counts} for split, counts in duplicates["within"].items()]
    across = [
        {"Of": one["of"], "In": one["in"], "exact": one["exact"], "near": one["near"]} for one in duplicates["across"]
    ]
    table = pd.DataFrame([*within, *across]).rename(columns={"exact": "Exact copies", "near": "Near copies"})
    st.dataframe(table, hide_index=True)
    conflicts = duplicates["conflicts"]
    st.caption(
        f"{conflicts['groups']:,} groups of identical pictures; labels differ in "
        f"{conflicts['groups_with_different_labels']:,} of them."
    )
