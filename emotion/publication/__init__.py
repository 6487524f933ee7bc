"""Figures and texts for publications: charts as SVG and PDF in millimetres, methods and citation."""
