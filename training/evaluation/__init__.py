"""How good models are: scores, calibration, robustness, leakage."""
