"""Whether a model does as well for one group of people as for another, on somebody's own labelled pictures.

- :mod:`emotion.fairness.folders`: pictures, their expressions and their groups
- :mod:`emotion.fairness.association`: whether an outcome depends on the group
- :mod:`emotion.fairness.report`: figures of each group with intervals, tests, and what they cannot carry
"""
