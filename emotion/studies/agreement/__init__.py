"""Agreement of coders, people or the model: kappa, alpha, ICC, and lists of disagreements."""
