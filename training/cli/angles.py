"""The command ``angles``: accuracy by the angle of the head, for a model's evaluation and card."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from emotion.errors import DatasetError, ModelError
from emotion.models.registry import EVALUATION_FILE, load_card, model_dir
from training.cli.arguments import SHARED_DEFAULT
from training.datasets.readers.parquet import default_data_dir


def add_angles(command: argparse.ArgumentParser) -> None:
    """Add the options of ``angles``."""
    command.add_argument("--model", default="default", help="a model or an alias (default: %(default)s)")
    command.add_argument(
        "--shared", type=Path, default=default_data_dir().parent, help=f"folder of rafdb and genki4k {SHARED_DEFAULT}"
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from training.evaluation.angles import FILES, measure_angles

    card = load_card(options.model)
    file = model_dir(card.name) / EVALUATION_FILE
    if not file.is_file():
        raise ModelError(f"expected an evaluated model; {card.name} has no {EVALUATION_FILE}")
    rows = measure_angles(card, options.shared)
    if not rows:
        raise DatasetError(f"expected {' or '.join(map(str, FILES.values()))} in {options.shared}; there is none")
    evaluation = json.loads(file.read_text(encoding="utf-8")) | {"angles": rows}
    file.write_text(json.dumps(evaluation, indent=1) + "\n", encoding="utf-8")
    for row in rows:
        print(
            f"{row['set']}: {row['angle']} {row['from']}° to {row['to']}°, {row['faces']:,} faces, "
            f"right {row['accuracy']:.1%}, answered {row['answered']:.1%}"
        )
