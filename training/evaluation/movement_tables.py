"""Writes the tables and figures of docs/movements.md, from the codebook and the file of measured groups."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emotion.paths import ROOT
from emotion.vision.movement_codebook import MEASURES, MOVEMENTS
from training.guide import with_parts

GROUPS_FILE = ROOT / "data" / "movements.json"
"""Written by ``python -m training.evaluation.movement_groups``."""
GUIDE = ROOT / "docs" / "movements.md"


def write_tables(guide: Path = GUIDE) -> None:
    """Write the tables into the guide, each between its markers."""
    guide.write_text(with_parts(guide.read_text(encoding="utf-8"), tables()), encoding="utf-8")


def tables() -> dict[str, str]:
    """Return the guide's tables in Markdown, by marker."""
    record = json.loads(GROUPS_FILE.read_text(encoding="utf-8"))
    return {
        "measures": _measures_table(),
        "movements": _movements_table(),
        "groups": _groups_table(record),
        "says": _says(record["sets"]),
        "pose": _pose(record["pose"]),
    }


def _measures_table() -> str:
    rows = [[_code(measure.columns), measure.meaning] for measure in MEASURES]
    return _table(["columns", "measures"], rows)


def _movements_table() -> str:
    rows = [
        [
            movement.title,
            f"`{movement.name}`",
            "left, right, asymmetry" if movement.sided else "",
            f"{'+' if movement.sign > 0 else '−'} {_code(movement.measures)}",
            movement.resembles,
        ]
        for movement in MOVEMENTS
    ]
    return _table(["movement", "column", "sides", "read from", "resembles (FACS)"], rows)


def _groups_table(record: dict[str, Any]) -> str:
    rows = []
    for places in zip(*(found["areas"] for found in record["sets"].values()), strict=True):
        first = places[0]
        kinds = ("against_neutral", "against_neutral_ahead", "against_rest")
        figures = ["–" if place[kind] is None else f"{place[kind]:.2f}" for place in places for kind in kinds]
        hoped = "" if first["hoped"] is None else f"{first['hoped']:.2f}"
        rows.append([first["expression"], _code(first["movements"]), hoped, *figures])
    heads = [f"{name}: {kind}" for name in record["sets"] for kind in ("neutral", "neutral, ahead", "all others")]
    counts = [f"{name} {sum(found['faces'].values()):,} faces" for name, found in record["sets"].items()]
    note = f"{', '.join(counts)}, measured at commit {record['commit']}.\n\n"
    return note + _table(["expression", "movements", "target", *heads], rows)


def _pose(slopes: dict[str, Any]) -> str:
    return _wrapped(
        "**Remaining effect of the pose.** In neutral faces, measures change by up to "
        f"{slopes['largest_per_10_deg']:.3f} per 10° of yaw or pitch (regression over {slopes['faces']:,} faces of "
        "FER2013 and RAF-DB), a tenth of a clear movement: compare spans with similar poses, or ignore movements below "
        "0.02."
    )


def _says(sets: dict[str, Any]) -> str:
    def area(name: str, expression: str, *movements: str, kind: str = "against_neutral") -> str:
        rows = sets[name]["areas"]
        found = next(row for row in rows if (row["expression"], row["movements"]) == (expression, list(movements)))
        return f"{found[kind]:.2f}"

    def both(expression: str, *movements: str, kind: str = "against_neutral") -> str:
        return " and ".join(area(name, expression, *movements, kind=kind) for name in ("FER+", "RAF-DB"))

    def span(name: str) -> str:
        rows = [row["against_neutral"] for row in sets[name]["areas"] if tuple(row["movements"]) in _NOT_SHOWN]
        return f"{min(rows):.2f}–{max(rows):.2f} on {name}"

    up, stretch, surprise = "lip_corner_up", "lip_stretch", ("jaw_drop", "lid_raise")
    ups = ", ".join(f"{area(name, 'happiness', up)} on {name}" for name in ("FER+", "FFHQ", "RAF-DB"))
    together = ", ".join(area(name, "happiness", up, stretch) for name in ("FER+", "FFHQ", "RAF-DB"))
    lines = [
        f"**Lip corners separate smiles from neutral faces**: corner up alone {ups}; with lip stretch {together}.",
        f"**Jaw and lids separate surprise from neutral faces** ({both('surprise', *surprise)} on FER+ and RAF-DB; "
        "target 0.85), **but not from other expressions** "
        f"({both('surprise', *surprise, kind='against_rest')}), as people who laugh or shout open the mouth too. With "
        f"the outer brows: {both('surprise', *surprise, 'brow_outer_raise')}.",
        f"**Brow lowering separates anger moderately** ({both('anger', 'brow_lower')}; target 0.75). All 468 points "
        "together do no better on FER+ ([decision 0018](decisions/0018-movements.md)).",
        "**Lip press, lip corner down and inner brow raise are not validated** "
        f"({span('FER+')}, {span('RAF-DB')}): simulated movements are measured correctly, but the mesh does not show "
        "them in real faces, or people do not make them. Do not draw conclusions from them alone.",
        "**The mesh's lids hardly move**, so lid raise is weak. Blinks and shut eyes are measured by the iris model.",
        f"RAF-DB's aligned pictures are squeezed, each differently: {_squeeze(sets)}. Vertical movements are therefore "
        "measured less accurately there, and the mean face does not fit. FFHQ's pictures are not squeezed; its labels "
        "are probably a model's.",
    ]
    return "".join(_wrapped(f"- {line}", indent="  ") for line in lines)


def _squeeze(sets: dict[str, Any]) -> str:
    squeezed, whole = sets["RAF-DB"]["mouth_to_eyes"], sets["FER+"]["mouth_to_eyes"]
    return (
        f"mouth to eyes is {squeezed[0]:.2f} of the eye distance (standard deviation {squeezed[1]:.2f}), in FER2013 "
        f"{whole[0]:.2f} ({whole[1]:.2f})"
    )


def _wrapped(text: str, indent: str = "") -> str:
    lines = textwrap.wrap(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return "".join(f"{line}\n" for line in lines)


_NOT_SHOWN = (("lip_press",), ("lip_corner_down",), ("brow_inner_raise",))
"""Movements that no group of faces validates."""


def _code(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
