"""Shares in tables are whole per cent."""

from __future__ import annotations

import pandas as pd

from ui.common.shares import whole_percent


def test_shares_are_rounded_down_to_whole_per_cent():
    table = pd.DataFrame({"person": ["A", "B"], "smile_index": [0.2547, None], "seconds": [4.317, 1.5]})
    shown = whole_percent(table, "smile_index", "unclear")
    assert shown["smile_index"].iloc[0] == 0.25 and shown["smile_index"].isna().tolist() == [False, True]
    pd.testing.assert_frame_equal(shown[["person", "seconds"]], table[["person", "seconds"]])
    nothing = pd.DataFrame({"smile": [None, None]})
    pd.testing.assert_frame_equal(whole_percent(nothing, "smile"), nothing)
