"""Charts of analyses and models as Vega-Altair objects."""
