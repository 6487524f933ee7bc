"""Studies: participants × stimuli, each cell an analysis or a part of one.

``study.py`` has the values; ``names.py`` and ``sheet.py`` build them from file names and CSV files; ``windows.py``
finds the part of an analysis that a cell means; ``sums.py`` and ``results.py`` aggregate timelines, a few of them in
memory at a time.
"""

from emotion.studies.study import Cell, Consent, Participant, Stimulus, Study

__all__ = ["Cell", "Consent", "Participant", "Stimulus", "Study"]
