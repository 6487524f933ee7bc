"""Judges of cases about tables, data sets and training."""

from __future__ import annotations

import codecs
import io

import pandas as pd

from tests.cases.command import Judged, Ran, error_of
from training.datasets.readers.parquet import read_dataset


def judge_spelling(ran: Ran) -> Judged:
    counts = {name: len(split) for name, split in read_dataset(ran.out).items()} if ran.status == 0 else {}
    return f"{counts or error_of(ran)}; exit {ran.status}", sum(counts.values()) == 30


def judge_names(ran: Ran) -> Judged:
    content = (ran.out / "named.csv").read_bytes()
    has_bom, name = content.startswith(codecs.BOM_UTF8), pd.read_csv(io.BytesIO(content))["person"].iloc[0]
    return f"{'a BOM' if has_bom else 'no BOM'}; person {name[:24]}…", has_bom and name.startswith("'=HYPERLINK")


def judge_import(ran: Ran) -> Judged:
    models = [folder.name for folder in (ran.out / "models").iterdir()] if (ran.out / "models").is_dir() else []
    return f"model {models}; exit {ran.status}: {error_of(ran)}", ran.status == 0 and len(models) == 1


def judge_divergence(ran: Ran) -> Judged:
    return f"exit {ran.status}: {error_of(ran)}", ran.status == 2 and "choose a lower --learning-rate" in ran.text


def judge_empty_run(ran: Ran) -> Judged:
    return f"exit {ran.status}: {error_of(ran)}", ran.status == 2 and "Traceback" not in ran.text
