"""The rounds of training that lead to the default model, and all recipes by name (``training/default_model.sh``)."""

from __future__ import annotations

from dataclasses import replace

from emotion.errors import InputError
from training.augment import Augmentation
from training.recipes import BOTH, DEFAULT, VOTES, ExtraSet, Recipe

_SETS = (
    ExtraSet("rafdb", weight=2.0, trust=0.95),
    ExtraSet("affectnet-fear", weight=0.7, trust=0.85),
    ExtraSet("affectnet-contempt", weight=0.5, trust=0.4),
    ExtraSet("ffhq", weight=0.5, trust=0.7),
    ExtraSet("genki4k", weight=0.5, trust=0.9),
)

EVERYFACE_FIRST = Recipe(
    name="everyface-first",
    network="mobilenet-face",
    epochs=30,
    learning_rate=0.1,
    weight_decay=1e-3,
    average_decay=0.998,
    targets=BOTH,
    label_smoothing=0.1,
    teachers=("ferplus-resvgg", "fer2013-ensemble"),
    teacher_weight=0.5,
    augmentation=Augmentation(worsen=0.2, erase=0.2),
    sets=_SETS,
    balance=0.4,
)
"""FER2013's two heads, trained on RAF-DB and sets with partial labels as well."""

EVERYFACE_SECOND = replace(
    EVERYFACE_FIRST,
    name="everyface-second",
    epochs=8,
    learning_rate=0.03,
    targets=VOTES,
    teachers=("everyface-first", "ferplus-resvgg"),
    teacher_weight=0.6,
    teacher_shares=(0.6, 0.4),
    teacher_versions=8,
    augmentation=Augmentation(worsen=0.3, erase=0.2),
)
"""Second round: starts from the run of ``everyface-first``; that model and ``ferplus-resvgg`` are its teachers."""

EVERYFACE_THIRD = replace(
    EVERYFACE_SECOND,
    name="everyface-third",
    epochs=14,
    seed=2026,
    teachers=("everyface-second", "everyface-first", "ferplus-resvgg"),
    teacher_shares=(0.45, 0.2, 0.35),
    teacher_versions=6,
    augmentation=Augmentation(worsen=0.35, erase=0.2, relight=0.5, background=0.15),
)
"""Third round: starts from the model ``everyface-second``, with light that the sets rarely show."""

EVERYFACE_LARGE = replace(
    EVERYFACE_FIRST,
    name="everyface-large",
    epochs=8,
    learning_rate=0.05,
    seed=2027,
    targets=VOTES,
    input_size=96,
    teachers=("ferplus-resvgg",),
    teacher_weight=0.4,
    augmentation=Augmentation(worsen=0.3, erase=0.2, relight=0.4, background=0.15),
)
"""The same network on faces of 96 px, from the run of ``everyface-third``."""

EVERYFACE_SLIM = replace(
    EVERYFACE_THIRD,
    name="everyface-slim",
    network="mobilenet-slim",
    epochs=10,
    learning_rate=0.04,
    seed=2028,
    teachers=("everyface-large", "ferplus-resvgg"),
    teacher_weight=0.7,
    teacher_shares=(0.85, 0.15),
    teacher_versions=4,
)
"""A network with fewer channels: starts from the model ``everyface-large``, which teaches it."""

EVERYFACE_GRAIN = replace(EVERYFACE_SLIM, name="everyface-grain", epochs=2, learning_rate=0.02)
"""Starts from the run of ``everyface-slim``, which had only seen fine noise."""

EVERYFACE_LONG = replace(
    EVERYFACE_SLIM,
    name="everyface-long",
    epochs=12,
    seed=2029,
    teacher_shares=(0.7, 0.3),
    teacher_versions=6,
    sets=tuple(replace(each, teacher_shares=(0.9, 0.1)) for each in (ExtraSet("rafdb", 1.6, 0.95), *_SETS[1:])),
    balance=0.5,
)
"""Starts from the model ``everyface-grain``; rare expressions and FER+ weigh more."""

_PHOTOGRAPHS = (0.0, 0.3, 0.7)
"""Weights of the default's three teachers for sharp photographs: ``everyface-large`` is wrong about these."""

EVERYFACE = replace(
    EVERYFACE_SLIM,
    name="everyface",
    epochs=4,
    learning_rate=0.03,
    seed=2030,
    teachers=("everyface-large", "ferplus-resvgg", "everyface-second"),
    teacher_shares=(0.7, 0.3, 0.0),
    sets=(
        ExtraSet("rafdb", weight=2.0, trust=0.95, teacher_shares=(0.9, 0.1, 0.0)),
        ExtraSet("affectnet-fear", weight=0.3, trust=0.6, teacher_shares=_PHOTOGRAPHS),
        ExtraSet("affectnet-contempt", weight=0.1, trust=0.3, teacher_shares=_PHOTOGRAPHS),
        ExtraSet("ffhq", weight=1.5, trust=0.9, teacher_shares=_PHOTOGRAPHS),
        ExtraSet("genki4k", weight=1.0, trust=0.9, teacher_shares=_PHOTOGRAPHS),
    ),
)
"""Recipe of the default model: starts from the run of ``everyface-long``, which calls people who talk afraid.

AffectNet's sharp photographs show only fear and contempt, and ``everyface-large`` sees them in other photographs too.
"""

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        DEFAULT,
        EVERYFACE_FIRST,
        EVERYFACE_SECOND,
        EVERYFACE_THIRD,
        EVERYFACE_LARGE,
        EVERYFACE_SLIM,
        EVERYFACE_GRAIN,
        EVERYFACE_LONG,
        EVERYFACE,
    )
}


def find_recipe(name: str) -> Recipe:
    """Return a recipe by name.

    Raises:
        InputError: There is no such recipe.
    """
    if name not in RECIPES:
        raise InputError(f"expected a recipe from {', '.join(RECIPES)}; got {name!r}")
    return RECIPES[name]
