"""Mixed models against statsmodels' formulas, and in balanced designs against t tests and pingouin's ANOVA."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pingouin
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from emotion.errors import InputError
from emotion.studies.statistics.mixed import mixed_model
from emotion.studies.statistics.sentences import effect_sentence

NEAR = {"rel": 1e-4, "abs": 1e-6}
"""Tolerance: REML is a search, which stops close to the closed form."""


def study(repeats: int = 3, seed: int = 1) -> pd.DataFrame:
    """Return data of 20 people in two groups with three conditions each, and random levels and responses."""
    rng = np.random.default_rng(seed)
    people = [f"p{number:02}" for number in range(20)]
    index = pd.MultiIndex.from_product([people, ["film", "game", "rest"], range(repeats)])
    table = index.to_frame(index=False, name=["participant", "condition", "stimulus"])
    table["group"] = np.where(table["participant"] < "p10", "patients", "controls")
    own = np.repeat(rng.normal(0, 0.1, 20), 3 * repeats) + np.repeat(rng.normal(0, 0.06, 60), repeats)
    table["joy"] = 0.4 + own + rng.normal(0, 0.05, len(table)) + 0.08 * (table["condition"] == "film")
    return table


def test_without_repeats_it_is_what_statsmodels_formula_gives() -> None:
    table = study(repeats=1)
    ours = mixed_model(table, "joy", within="condition", reference={"condition": "rest"})
    formula = "joy ~ C(condition, Treatment('rest'))"
    theirs = smf.mixedlm(formula, table, groups=table["participant"]).fit(reml=True)
    assert [each.term for each in ours.effects] == ["condition: film − rest", "condition: game − rest"]
    assert [each.estimate for each in ours.effects] == pytest.approx(theirs.fe_params.iloc[1:].tolist(), rel=1e-6)
    assert [each.error for each in ours.effects] == pytest.approx(theirs.bse_fe.iloc[1:].tolist(), **NEAR)
    assert ours.sd_participant == pytest.approx(np.sqrt(theirs.cov_re.iloc[0, 0]), **NEAR)
    assert ours.sd_residual == pytest.approx(np.sqrt(theirs.scale), **NEAR)
    assert ours.sd_cell is None
    assert ours.converged


def test_two_conditions_give_the_paired_t_test_of_peoples_means() -> None:
    table = study()
    table = table[table["condition"] != "game"]
    model = mixed_model(table, "joy", within="condition", reference={"condition": "rest"})
    means = table.groupby(["participant", "condition"])["joy"].mean().unstack()
    theirs = stats.ttest_rel(means["film"], means["rest"])
    [effect] = model.effects
    assert (effect.t, effect.df, effect.p) == pytest.approx((theirs.statistic, theirs.df, theirs.pvalue), **NEAR)
    assert (effect.low, effect.high) == pytest.approx(tuple(theirs.confidence_interval()), **NEAR)
    assert (model.people, model.rows) == (20, 120)


def test_two_groups_give_the_t_test_of_peoples_means() -> None:
    table = study()
    [effect] = mixed_model(table, "joy", between="group").effects
    means = table.groupby(["group", "participant"])["joy"].mean()
    theirs = stats.ttest_ind(means["patients"], means["controls"])
    assert (effect.t, effect.df, effect.p) == pytest.approx((theirs.statistic, theirs.df, theirs.pvalue), **NEAR)


def test_both_factors_give_pingouins_mixed_anova() -> None:
    table = study()
    factors = {each.name: each for each in mixed_model(table, "joy", within="condition", between="group").factors}
    anova = pingouin.mixed_anova(
        table.groupby(["participant", "group", "condition"])["joy"].mean().reset_index(),
        dv="joy", within="condition", between="group", subject="participant",
    ).set_index("Source")  # fmt: skip
    for name, source in (("condition", "condition"), ("group", "group"), ("condition × group", "Interaction")):
        ours, theirs = factors[name], anova.loc[source]
        assert (ours.f, ours.df, ours.error_df) == pytest.approx((theirs["F"], theirs["DF1"], theirs["DF2"]), **NEAR)
        assert ours.p == pytest.approx(theirs["p_unc"], **NEAR)


def test_columns_are_never_read_as_formulas() -> None:
    table = study(repeats=1).rename(columns={"joy": "__import__('os').abort()", "condition": "a:b ~ c × d"})
    model = mixed_model(table, "__import__('os').abort()", within="a:b ~ c × d", between="group")
    assert model.converged
    assert [each.name for each in model.factors] == ["a:b ~ c × d", "group", "a:b ~ c × d × group"]


def test_people_who_are_equal_on_average_give_no_variance_between_people() -> None:
    table = study(repeats=1)
    table["joy"] -= table.groupby("participant")["joy"].transform("mean")
    model = mixed_model(table, "joy", within="condition")
    assert model.sd_participant == pytest.approx(0, abs=0.02)
    assert np.isfinite(model.effects[0].p)


def test_refusals_say_what_was_expected() -> None:
    table = study(repeats=1)
    with pytest.raises(InputError, match="expected a factor within or between people; got none"):
        mixed_model(table, "joy")
    with pytest.raises(InputError, match="expected values of joy that differ"):
        mixed_model(table.assign(joy=1.0), "joy", within="condition")
    with pytest.raises(InputError, match="expected each person in one group of condition; got p00 in 3"):
        mixed_model(table, "joy", between="condition")
    with pytest.raises(InputError, match="among film, game, rest; got music"):
        mixed_model(table, "joy", within="condition", reference={"condition": "music"})
    with pytest.raises(InputError, match="expected at least two levels of condition; got film only"):
        mixed_model(table[table["condition"] == "film"], "joy", within="condition")
    with pytest.raises(InputError, match="expected more people than terms of group"):
        mixed_model(table[table["participant"].isin(["p00", "p19"])], "joy", between="group")


def test_sentence_of_an_effect() -> None:
    model = mixed_model(study(), "joy", within="condition", reference={"condition": "rest"})
    sentence = effect_sentence(model, model.effects[0])
    assert sentence.startswith("joy differs reliably for condition: film − rest: 0.")
    assert sentence.endswith("20 people).")
