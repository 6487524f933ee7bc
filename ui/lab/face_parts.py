"""Inside the models: accuracy and training of the face-part models."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from emotion.charts.face_parts import history_chart
from emotion.errors import ModelError
from emotion.models.face_parts import PartCard, list_part_models, load_part_card, part_models_dir
from emotion.models.registry import HISTORY_FILE
from ui.common.charts import show_chart
from ui.common.plain import plain

HOW = """
No model of face parts is installed. Train one on a table of facial keypoints:

```sh
python -m training train --model resunet --data FOLDER
python -m training export --run data/runs/resunet --data FOLDER
python -m training evaluate --model resunet --data FOLDER
```
"""
"""How to add a model of face parts."""

_SCORE_NAMES = {
    "mean_dice": "Mean Dice",
    "error": "Mean error (share of eye distance)",
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
}
_COLUMN_NAMES = {"dice": "Dice", "iou": "IoU", "errors": "Mean error"}


def has_part_models() -> bool:
    """Return whether a model of face parts is installed."""
    return bool(list_part_models())


def show_part_models() -> None:
    """Show a card for each face-part model."""
    st.caption(
        "These models draw facial features on the Pictures page. Some people in the test pictures are also in the "
        "training pictures: expect slightly lower scores for new people."
    )
    for name in list_part_models():
        try:
            card = load_part_card(name)
        except ModelError as error:
            st.error(plain(error), icon=":material/error:")
            continue
        with st.container(border=True):
            _show_card(card)


def _show_card(card: PartCard) -> None:
    st.subheader(plain(card.title), anchor=False)
    scores = card.scores
    shown = {title: scores[name] for name, title in _SCORE_NAMES.items() if name in scores}
    figures = st.columns(max(len(shown) + 2, 3))
    for column, (title, value) in zip(figures, shown.items(), strict=False):
        column.metric(plain(title), f"{value:.1%}")
    if "ms_per_face" in scores:
        figures[len(shown)].metric("ms per face", f"{scores['ms_per_face']:.2f}")
        figures[len(shown) + 1].metric("File", f"{scores['file_bytes'] / 1e6:.2f} MB")
    table, course = st.columns(2, gap="medium")
    with table:
        _show_each(card)
    with course:
        history = pd.read_csv(part_models_dir() / card.name / HISTORY_FILE)
        show_chart(history_chart(history), f"parts_history_{card.name}", "training")
    hours = card.training.get("hours")
    st.caption(f"{card.parameters / 1e6:.2f} million parameters · {_training_time(hours)}. {plain(card.licence)}")


def _training_time(hours: object) -> str:
    """Return how long a training took, in words."""
    if not isinstance(hours, int | float):
        return "training time not recorded"
    return f"trained in {hours:.1f} hours" if hours >= 2 else f"trained in {hours * 60:.0f} minutes"


def _show_each(card: PartCard) -> None:
    """Show the scores of each part or point, if there are any."""
    each = {name: values for name, values in card.scores.items() if isinstance(values, dict)}
    if not each:
        st.write("Detects whether brows, eyes, nose and mouth of a face are visible.")
        return
    table = pd.DataFrame(each).rename_axis("part").reset_index()
    table["part"] = table["part"].str.replace("_", " ").str.replace("center", "centre")
    columns: dict[str, Any] = {"part": "Part"}
    for name in each:
        columns[name] = st.column_config.NumberColumn(_COLUMN_NAMES.get(name, name), format="%.1f%%")
        table[name] *= 100
    st.dataframe(table, hide_index=True, column_config=columns, height="content" if len(table) < 8 else 320)
