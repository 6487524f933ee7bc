"""Downloads of tables: no button gives a file with formulas."""

from __future__ import annotations

import io
import math
import tomllib

import pandas as pd
import pytest
from streamlit import config

from tests.conftest import ROOT
from ui.common.tables import csv_button, with_minus

NAMES = ['=HYPERLINK("http://example.org")', "+1", "-1", "@SUM(A1)", "Zoë"]


def test_streamlits_own_download_is_off() -> None:
    """It writes cells unchanged. Unknown options would have no effect, so the test checks that Streamlit knows it."""
    written = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert written["client"]["disableDataExport"] is True
    assert "client.disableDataExport" in config.get_config_options()


def test_text_is_neutralised_and_numbers_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {}
    monkeypatch.setattr("streamlit.download_button", lambda label, data, name, *_, **__: given.update({name: data()}))
    table = pd.DataFrame({"track_id": range(len(NAMES)), "person": NAMES, "value": -0.5})
    csv_button("People seen", table, "shown", hidden=("track_id",))
    csv_button("Read later", lambda: table, "later")
    assert list(given) == ["people-seen.csv", "read-later.csv"]
    for content in given.values():
        assert content.startswith("\ufeff".encode())
        read = pd.read_csv(io.BytesIO(content))
        assert read["person"].tolist() == [*(f"'{name}" for name in NAMES[:4]), "Zoë"]
        assert read["value"].tolist() == [-0.5] * len(NAMES)
    assert "track_id" not in given["people-seen.csv"].decode()


def test_figures_have_a_minus_sign():
    table = pd.DataFrame({"who": ["a-b", "c"], "points": [-79.2, -0.2], "r": [-0.5, math.nan], "n": [1, 2]})
    shown = with_minus(table, "z.2f", points="+z.0f").hide(axis="index").to_string()
    assert shown.split("\n")[1:3] == ["a-b −79 −0.50 1", "c +0 – 2"]
