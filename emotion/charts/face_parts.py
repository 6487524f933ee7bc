"""Chart of the training of face-part models."""

from __future__ import annotations

import altair as alt
import pandas as pd

from emotion.charts.common import VIOLET, finish


def history_chart(history: pd.DataFrame) -> alt.Chart:
    """Return the score on held-out faces per epoch.

    Args:
        history: ``epoch`` and ``score`` (0–1; 1 minus the error for points), as training writes them.
    """
    # Not from 0, as a poor first epoch would flatten the rest.
    floor = max(0.0, float(history["score"].clip(lower=0).quantile(0.1)))
    chart = (
        alt.Chart(history, height=260)
        .mark_line(color=VIOLET, point=alt.OverlayMarkDef(color=VIOLET), clip=True)
        .encode(
            x=alt.X("epoch:Q", title="Epoch", axis=alt.Axis(grid=False, tickMinStep=1)),
            y=alt.Y(
                "score:Q",
                title="Score on held-out faces",
                scale=alt.Scale(domain=[floor, 1.0]),
                axis=alt.Axis(format=".0%"),
            ),
            tooltip=[
                alt.Tooltip("epoch:Q", title="Epoch"),
                alt.Tooltip("score:Q", format=".2%", title="Score"),
                alt.Tooltip("loss:Q", format=".3f", title="Training loss"),
            ],
        )
    )
    return finish(chart, "Score on held-out faces per epoch")
