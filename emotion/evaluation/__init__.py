"""Evaluation of classifiers: metrics, scores, model cards, fairness and user evaluations."""
