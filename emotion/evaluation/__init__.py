"""How good classifiers are: metrics, scores, model cards, fairness, user evaluations."""
