"""Whether a model does as well for one group of people as for another, on somebody's own labelled pictures.

- :mod:`emotion.evaluation.fairness.folders`: pictures, their expressions and their groups
- :mod:`emotion.evaluation.fairness.association`: whether an outcome depends on the group
- :mod:`emotion.evaluation.fairness.report`: figures of each group with intervals, tests, and what they cannot carry
"""
