from __future__ import annotations

import pandas as pd

from emotion.charts.behaviour import signal_chart

SPANS = pd.DataFrame(
    {
        "line": ["Left", "Left", "Right"], "start_s": [0.0, 1.0, 0.0], "end_s": [1.0, 2.0, 1.0],
        "low": [0.1, 0.2, 0.3], "mean": [0.2, 0.3, 0.4], "high": [0.3, 0.4, 0.5], "run": [1, 1, 1],
    }
)  # fmt: skip
MARKS = pd.DataFrame({"kind": ["blink", "blink", "blink"], "start_s": [0.0, 0.1, 1.5], "end_s": [0.05, 0.2, 1.7]})


def drawn(marks: pd.DataFrame = MARKS, limit: float | None = 0.5) -> dict:
    chart = signal_chart(
        SPANS,
        marks,
        title="Eyes",
        lines=["Left", "Right"],
        unit="Share",
        domain=(0, 1),
        time_domain=(0, 2),
        limit=limit,
    )
    return chart.to_dict()


def test_lines_differ_in_colour_and_in_dashes():
    line = next(layer for layer in drawn()["layer"] if layer["mark"]["type"] == "line")
    scales = [line["encoding"][channel]["scale"] for channel in ("color", "strokeDash")]
    assert [scale["domain"] for scale in scales] == [["Left", "Right"]] * 2
    assert all(len(set(map(str, scale["range"]))) == 2 for scale in scales)


def test_every_mark_has_a_bar_and_those_with_room_a_name():
    chart = drawn()
    rows = {layer["mark"]["type"]: len(chart["datasets"][layer["data"]["name"]]) for layer in chart["layer"]}
    assert rows["rect"] == 3
    assert rows["text"] == 2


def test_without_marks_and_limit_only_lines_remain():
    kinds = {layer["mark"]["type"] for layer in drawn(MARKS.iloc[:0], None)["layer"]}
    assert kinds == {"area", "line", "point"}
