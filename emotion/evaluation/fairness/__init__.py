"""Compares a model's accuracy between groups of people, on a user's labelled pictures.

- :mod:`emotion.evaluation.fairness.folders`: reads pictures, their expressions and their groups
- :mod:`emotion.evaluation.fairness.association`: tests whether an outcome depends on the group
- :mod:`emotion.evaluation.fairness.report`: figures per group with intervals, tests and warnings
- :mod:`emotion.evaluation.fairness.tables`: these figures as tables for people and for files
"""
