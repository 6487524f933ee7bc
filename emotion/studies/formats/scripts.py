"""Starter scripts in R and Python that read the exported tables and draw the first figure."""

from __future__ import annotations

import json

_R = """# Reads the tables of this folder and draws the first figure. Needs R only, no packages.
# Run it in this folder:  Rscript first_figure.R
measure <- {measure}
seconds <- read.csv("seconds.csv", fileEncoding = "UTF-8-BOM", check.names = FALSE)
means <- read.csv("means.csv", fileEncoding = "UTF-8-BOM", check.names = FALSE)

stimuli <- unique(seconds$stimulus)
colours <- hcl.colors(length(stimuli), "Dark 3")
png("first_figure.png", width = 1600, height = 900, res = 150)
curves <- aggregate(seconds[[measure]], list(stimulus = seconds$stimulus, second = seconds$second), mean, na.rm = TRUE)
plot(range(curves$second), range(curves$x, na.rm = TRUE), type = "n", xlab = "Stimulus time, s",
     ylab = paste("Mean", measure, "across people"))
for (i in seq_along(stimuli)) {{
  one <- curves[curves$stimulus == stimuli[i], ]
  one <- one[order(one$second), ]
  lines(one$second, one$x, col = colours[i], lwd = 2)
}}
legend("topright", legend = stimuli, col = colours, lwd = 2, bty = "n")
invisible(dev.off())

print(aggregate(means[[measure]], list(stimulus = means$stimulus), mean, na.rm = TRUE))
cat("Wrote first_figure.png\\n")
"""

_PYTHON = '''"""Reads the tables of this folder and draws the first figure. Needs pandas and matplotlib.

Run it in this folder:  python first_figure.py
"""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd

MEASURE = {measure}

seconds = pd.read_csv("seconds.csv", encoding="utf-8-sig")
means = pd.read_csv("means.csv", encoding="utf-8-sig")

curves = seconds.groupby(["stimulus", "second"])[MEASURE].agg(["mean", "sem"]).reset_index()
figure, axes = plt.subplots(figsize=(10, 5.5))
for stimulus, curve in curves.groupby("stimulus"):
    (line,) = axes.plot(curve["second"], curve["mean"], label=stimulus)
    low, high = curve["mean"] - 1.96 * curve["sem"], curve["mean"] + 1.96 * curve["sem"]
    axes.fill_between(curve["second"], low, high, color=line.get_color(), alpha=0.2)
axes.set(xlabel="Stimulus time, s", ylabel=f"Mean {{MEASURE}} across people")
axes.legend()
figure.savefig("first_figure.png", dpi=150)

print(means.groupby("stimulus")[MEASURE].agg(["mean", "std", "count"]))
print("Wrote first_figure.png")
'''


def r_script(measure: str) -> str:
    """Return a script in R for ``means.csv`` and ``seconds.csv``."""
    return _R.format(measure=json.dumps(measure))


def python_script(measure: str) -> str:
    """Return a script in Python for the same files."""
    return _PYTHON.format(measure=json.dumps(measure))
